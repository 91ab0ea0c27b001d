"""A booking under way, kept on the server so that it survives tabs, crashes and train tunnels."""

import uuid
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base, EncryptedText, UtcDateTime
from booking.models.columns import BigId, one_of


class DraftStatus(StrEnum):
    """OPEN until it is sent or given up."""

    OPEN = "open"
    SENT = "sent"
    DISCARDED = "discarded"


class Draft(Base):
    """Answers so far. One open draft a citizen, patient and service: a second tab continues the first one's.

    ``moves_id`` is set when the draft changes the time of an appointment. ``chosen_at`` is the start of the time
    picked last, kept also when its hold has gone, so that the citizen is told which time was lost.
    """

    __tablename__ = "draft"
    __table_args__ = (
        one_of("status", DraftStatus, "status"),
        sa.Index(
            "uq_draft_open_booking",
            "booked_by_id",
            "patient_id",
            "service_id",
            unique=True,
            postgresql_where=sa.text("status = 'open' AND moves_id IS NULL"),
            sqlite_where=sa.text("status = 'open' AND moves_id IS NULL"),
        ),
        sa.Index(
            "uq_draft_open_move",
            "moves_id",
            unique=True,
            postgresql_where=sa.text("status = 'open' AND moves_id IS NOT NULL"),
            sqlite_where=sa.text("status = 'open' AND moves_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_draft_open_booked_by_id_updated_at",
            "booked_by_id",
            "updated_at",
            postgresql_where=sa.text("status = 'open'"),
            sqlite_where=sa.text("status = 'open'"),
        ),
        sa.Index("ix_draft_status_updated_at", "status", "updated_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    booked_by_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("person.id"))
    patient_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("person.id"))
    service_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("service.id"))
    moves_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("appointment.id"))
    appointment_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("appointment.id"))
    status: Mapped[str] = mapped_column(sa.String(12), default=DraftStatus.OPEN.value)
    answer: Mapped[str | None] = mapped_column(sa.String(3))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    chosen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(EncryptedText("draft.reason"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
