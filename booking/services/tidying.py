"""Throw away what is no longer needed: holds that ran out, bookings given up, sessions and parked text."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.db import in_transaction
from booking.domain.draft import RESUMABLE
from booking.models import Draft, LoginSession, ParkedText, Slot
from booking.models.draft import DraftStatus
from booking.models.slot import SlotStatus
from booking.services.login import LONGEST

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
