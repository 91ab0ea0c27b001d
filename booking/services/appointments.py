"""What a citizen does to a booked appointment."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.db import in_transaction
from booking.domain.appointments import Event, Status, change
from booking.domain.errors import NotFound
from booking.models import Appointment, Draft, Slot
from booking.models.draft import DraftStatus
from booking.queries.people import Citizen
from booking.services.sending import record
from booking.services.visits import forget_visit


@in_transaction
def cancel_appointment(session: Session, *, appointment_id: uuid.UUID, by: Citizen, now: datetime) -> None:
    """Cancel and give the time back to others; cancelled twice, it stays cancelled once.

    Raises NotFound, TooLateToChange, AlreadyEnded.
    """
    mine = sa.select(Appointment).where(Appointment.id == appointment_id, Appointment.patient_id == by.id)
    appointment = session.scalar(mine.with_for_update())
    if appointment is None:
        raise NotFound(str(appointment_id))
    if appointment.status == Status.CANCELLED:
        return
    status = change(appointment.status, Event.CANCEL, start=appointment.starts_at, now=now).value
    forget_visit(session, appointment)
    appointment.status = status
    session.execute(sa.delete(Slot).where(Slot.appointment_id == appointment.id))
    _close_moves(session, appointment.id)
    start = appointment.starts_at
    record(session, appointment.id, Event.CANCEL, status=status, starts_at=start, by=by, now=now)
    session.flush()


def _close_moves(session: Session, appointment_id: uuid.UUID) -> None:
    """A half-done change of time is pointless now: let go of what it holds.

    First the drafts: that waits for a tab that is picking a time, and then sees the hold which that tab made.
    """
    session.execute(
        sa.update(Draft)
        .where(Draft.moves_id == appointment_id, Draft.status == DraftStatus.OPEN)
        .values(status=DraftStatus.DISCARDED.value, reason=None)
    )
    moves = sa.select(Draft.id).where(Draft.moves_id == appointment_id)
    session.execute(sa.delete(Slot).where(Slot.draft_id.in_(moves)))
