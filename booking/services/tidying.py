"""Throw away what is no longer needed: holds that ran out, bookings given up, sessions and parked text."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.db import in_transaction
from booking.domain.draft import RESUMABLE
from booking.models import (
    Appointment,
    Draft,
    GuestInvitation,
    LoginSession,
    ParkedText,
    Slot,
    Visit,
    VisitParticipant,
)
from booking.models.draft import DraftStatus
from booking.models.slot import SlotStatus
from booking.services.login import LONGEST

VISIT_KEPT = timedelta(days=1)
OUT_OF_SIGHT = timedelta(days=30)
"""A draft that was given up holds no text; its row goes after a month. One that was sent stays: it is how a booking
sent twice is known again."""


@in_transaction
def tidy(session: Session, *, now: datetime) -> None:
    """Delete health text of unfinished bookings as soon as they can no longer be picked up, and the rest with it."""
    forgotten = now - RESUMABLE
    # Drafts before their holds, as everywhere: one that is being continued right now is waited for.
    session.execute(
        sa.update(Draft)
        .where(Draft.status == DraftStatus.OPEN, Draft.updated_at <= forgotten)
        .values(status=DraftStatus.DISCARDED.value, reason=None, chosen_at=None)
    )
    session.execute(sa.delete(Slot).where(Slot.status == SlotStatus.HELD, Slot.expires_at <= now))
    session.execute(sa.delete(ParkedText).where(ParkedText.parked_at <= forgotten))
    session.execute(
        sa.delete(Draft).where(Draft.status == DraftStatus.DISCARDED, Draft.updated_at <= now - OUT_OF_SIGHT)
    )
    session.execute(sa.delete(LoginSession).where(LoginSession.created_at <= now - LONGEST))
    _tidy_visits(session, now)


def _tidy_visits(session: Session, now: datetime) -> None:
    """A day after a visit nobody needs its message, its telephone number or its guests' codes; the history stays."""
    over = sa.select(Appointment.id).where(
        Appointment.ends_at <= now - VISIT_KEPT, Appointment.ends_at > now - VISIT_KEPT - OUT_OF_SIGHT
    )
    session.execute(
        sa.update(Visit)
        .where(Visit.appointment_id.in_(over), Visit.message.is_not(None))
        .values(message=None)
    )
    session.execute(
        sa.update(VisitParticipant)
        .where(VisitParticipant.appointment_id.in_(over), VisitParticipant.phone.is_not(None))
        .values(phone=None)
    )
    session.execute(sa.delete(GuestInvitation).where(GuestInvitation.appointment_id.in_(over)))
