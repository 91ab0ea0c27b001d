"""Slots that are not free (FHIR Slot). A free time has no row: it is what the schedule leaves."""

import uuid
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base, UtcDateTime
from booking.models.columns import BigId, one_of


class SlotStatus(StrEnum):
    """FHIR's words: busy-tentative is held while a citizen reviews, busy is booked."""

    HELD = "busy-tentative"
    BOOKED = "busy"


class Slot(Base):
    """A practitioner's time that somebody has. The unique constraint decides who.

    No two rows of a practitioner may overlap: the unique start decides between equals, and the database refuses
    partial overlaps as well (``ex_slot_overlap``: an exclusion constraint in PostgreSQL, a trigger in SQLite).
    """

    __tablename__ = "slot"
    __table_args__ = (
        sa.UniqueConstraint("practitioner_id", "starts_at"),
        sa.UniqueConstraint("draft_id"),
        sa.UniqueConstraint("appointment_id"),
        one_of("status", SlotStatus, "status"),
        sa.CheckConstraint("starts_at < ends_at", name="order"),
        sa.CheckConstraint(
            "(status = 'busy' AND appointment_id IS NOT NULL AND draft_id IS NULL AND expires_at IS NULL) OR "
            "(status = 'busy-tentative' AND draft_id IS NOT NULL AND appointment_id IS NULL "
            "AND expires_at IS NOT NULL)",
            name="owner",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    service_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("service.id"))
    practitioner_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("practitioner.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(sa.String(16))
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    draft_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("draft.id", ondelete="CASCADE"))
    appointment_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("appointment.id"))
