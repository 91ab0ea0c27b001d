"""The video visit of an appointment: its door, its seats, its guests' codes, and who came and went when."""

import uuid
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base, EncryptedText, UtcDateTime
from booking.domain.appointments import Status
from booking.domain.visits import Role, SeatState
from booking.models.columns import BigId, one_of


class VisitEventKind(StrEnum):
    """What a line of the visit's history says. No line holds what was said, shown or written."""

    OPEN_EARLY = "open_early"
    WAIT = "wait"
    ADMIT = "admit"
    ENTER = "enter"
    LEAVE = "leave"
    REMOVE = "remove"
    INVITE = "invite"
    CONFIRM_ALONE = "confirm_alone"
    GIVE_PHONE = "give_phone"
    END = "end"
    FULFIL = "fulfil"
    MISS = "miss"
    FAIL = "fail"


class Visit(Base):
    """Made when somebody first comes to the door. ``node`` names the one video server that holds the room.

    ``message`` is what the doctor has written to whoever waits; it goes when the visit ends.
    """

    __tablename__ = "visit"
    __table_args__ = (
        sa.CheckConstraint("ended_at IS NULL OR message IS NULL", name="message"),
        sa.CheckConstraint("started_at IS NULL OR ended_at IS NULL OR started_at <= ended_at", name="order"),
    )

    appointment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("appointment.id"), primary_key=True)
    opened_early_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    node: Mapped[str | None] = mapped_column(sa.String(40))
    message: Mapped[str | None] = mapped_column(EncryptedText("visit.message"))


class VisitParticipant(Base):
    """A seat and who has it. ``epoch`` counts removals: a ticket of an earlier one is refused.

    ``phone`` is the number that a patient has confirmed for when video fails.
    """

    __tablename__ = "visit_participant"
    __table_args__ = (
        one_of("role", Role, "role"),
        one_of("state", SeatState, "state"),
        sa.CheckConstraint("(role = 'guest') = (seat LIKE 'guest-%')", name="seat"),
        sa.CheckConstraint("state NOT IN ('admitted', 'in') OR admitted_at IS NOT NULL", name="admitted"),
        sa.CheckConstraint("(state = 'removed') = (removed_at IS NOT NULL)", name="removed"),
        sa.CheckConstraint("epoch >= 0", name="epoch"),
        sa.CheckConstraint("phone IS NULL OR role = 'patient'", name="phone"),
    )

    appointment_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("visit.appointment_id", ondelete="CASCADE"), primary_key=True
    )
    seat: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(12))
    name: Mapped[str] = mapped_column(sa.String(120))
    state: Mapped[str] = mapped_column(sa.String(8))
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    admitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    entered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    alone_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    epoch: Mapped[int] = mapped_column(default=0)
    phone: Mapped[str | None] = mapped_column(EncryptedText("visit_participant.phone"))


class GuestInvitation(Base):
    """A one-time code for an interpreter or a relative, with the name that the others see. Only digests are kept."""

    __tablename__ = "guest_invitation"
    __table_args__ = (
        sa.UniqueConstraint("code_digest"),
        sa.UniqueConstraint("pass_digest"),
        sa.UniqueConstraint("appointment_id", "seat"),
        sa.CheckConstraint("seat LIKE 'guest-%'", name="seat"),
        sa.CheckConstraint("(used_at IS NULL) = (pass_digest IS NULL)", name="used"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    appointment_id: Mapped[uuid.UUID] = mapped_column(
        sa.ForeignKey("visit.appointment_id", ondelete="CASCADE")
    )
    seat: Mapped[str] = mapped_column(sa.String(12))
    name: Mapped[str] = mapped_column(sa.String(60))
    code_digest: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    pass_digest: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class VisitEvent(Base):
    """One line of the appointment's history, beside AppointmentEvent: who did what to which seat, and when.

    The doer is a person or a practitioner; a guest has neither and is told by the seat. ``status`` is the
    appointment's after it.
    """

    __tablename__ = "visit_event"
    __table_args__ = (
        one_of("what", VisitEventKind, "what"),
        one_of("by_role", Role, "by_role"),
        one_of("status", Status, "status"),
        sa.CheckConstraint(
            "(by_role = 'patient') = (by_person_id IS NOT NULL) AND "
            "(by_role = 'practitioner') = (by_practitioner_id IS NOT NULL)",
            name="by",
        ),
        sa.Index("ix_visit_event_appointment_id_at", "appointment_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    appointment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("appointment.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    what: Mapped[str] = mapped_column(sa.String(16))
    seat: Mapped[str | None] = mapped_column(sa.String(12))
    by_role: Mapped[str] = mapped_column(sa.String(12))
    by_person_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("person.id"))
    by_practitioner_id: Mapped[int | None] = mapped_column(BigId, sa.ForeignKey("practitioner.id"))
    status: Mapped[str] = mapped_column(sa.String(12))
