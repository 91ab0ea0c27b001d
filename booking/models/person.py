"""People who log in, and their sessions."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base, EncryptedText, UtcDateTime
from booking.domain.access import LoginRole
from booking.models.columns import BigId, one_of


class Person(Base):
    """A citizen (FHIR Patient). The national number is sealed; ``national_id_digest`` finds it again.

    ``municipality_number`` decides what a person may book; for a protected address it is never shown.
    ``booking_count`` goes up with each booking sent for the person: whoever judged a booking by the person's other
    appointments and finds another number when it is written, has judged by old ones and begins again.
    """

    __tablename__ = "person"
    __table_args__ = (
        sa.UniqueConstraint("national_id_digest"),
        # Room for a new version of a row beside the old one, so that counting touches no index.
        {"postgresql_with": {"fillfactor": 90}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    national_id: Mapped[str] = mapped_column(EncryptedText("person.national_id"))
    national_id_digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    name: Mapped[str] = mapped_column(sa.String(120))
    birth_date: Mapped[date]
    municipality_number: Mapped[str] = mapped_column(
        sa.String(4), sa.ForeignKey("municipality.number"), index=True
    )
    address_protected: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str | None] = mapped_column(sa.String(2))
    booking_count: Mapped[int] = mapped_column(server_default="0")


class LoginSession(Base):
    """A login, of a citizen or of a doctor: one person in two roles logs in twice.

    The cookie's secret is kept only as a digest, so that a copy of the table lets nobody in.
    """

    __tablename__ = "login_session"
    __table_args__ = (
        one_of("role", LoginRole, "role"),
        sa.CheckConstraint(
            "(role = 'citizen') = (person_id IS NOT NULL) AND "
            "(role = 'practitioner') = (practitioner_id IS NOT NULL)",
            name="who",
        ),
    )

    token_digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(12))
    person_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("person.id"), index=True)
    practitioner_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("practitioner.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
