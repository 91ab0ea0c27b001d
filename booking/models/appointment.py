"""Appointments (FHIR Appointment) and their history."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import Base, EncryptedText, UtcDateTime
from booking.domain.appointments import Event, Status
from booking.domain.screening import Answer
from booking.domain.visits import STATUS_AFTER, Outcome
from booking.models.columns import BigId, one_of

_OUTCOMES = " OR ".join(
    f"(outcome = '{outcome.value}' AND status = '{STATUS_AFTER[outcome].value}')" for outcome in Outcome
)


class Appointment(Base):
    """A patient's visit, and who booked it. ``draft_id`` is unique: a booking sent twice is one appointment.

    ``sequence`` counts changes of time, as calendar files want it (RFC 5545 § 3.8.7.4). ``outcome`` is what the doctor
    says came of it; FHIR's status has no word for a technical failure.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        sa.UniqueConstraint("draft_id"),
        one_of("status", Status, "status"),
        sa.CheckConstraint("starts_at < ends_at", name="order"),
        sa.CheckConstraint(f"outcome IS NULL OR {_OUTCOMES}", name="outcome"),
        sa.Index("ix_appointment_practitioner_id_starts_at", "practitioner_id", "starts_at"),
        sa.CheckConstraint(f"screening_answer = '{Answer.NO}'", name="screened"),
        sa.Index("ix_appointment_patient_id_starts_at", "patient_id", "starts_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    draft_id: Mapped[uuid.UUID] = mapped_column()
    patient_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("person.id"))
    booked_by_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("person.id"))
    service_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("service.id"))
    practitioner_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("practitioner.id"))
    status: Mapped[str] = mapped_column(sa.String(12))
    outcome: Mapped[str | None] = mapped_column(sa.String(20))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    screening_answer: Mapped[str] = mapped_column(sa.String(3))
    screened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(EncryptedText("appointment.reason"))
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AppointmentEvent(Base):
    """One line of an appointment's history: what happened, when, by whom, and the state and time after it."""

    __tablename__ = "appointment_event"
    __table_args__ = (
        one_of("event", Event, "event"),
        one_of("status", Status, "status"),
        sa.Index("ix_appointment_event_appointment_id_at", "appointment_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    appointment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("appointment.id"))
    event: Mapped[str] = mapped_column(sa.String(12))
    status: Mapped[str] = mapped_column(sa.String(12))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int] = mapped_column(BigId, sa.ForeignKey("person.id"))
