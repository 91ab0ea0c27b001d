"""Keep what was typed into a page whose login had run out, and give it back after the next login."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.db import in_transaction
from booking.domain.reason_text import clean_reason
from booking.models import Draft, ParkedText
from booking.models.draft import DraftStatus
from booking.queries.people import Citizen
from booking.services.drafts import KEPT


@in_transaction
def park_reason(session: Session, *, draft_id: uuid.UUID, reason: str, now: datetime) -> bool:
    """Keep the text beside the open draft it belongs to; False (and nothing kept) when there is none."""
    text = clean_reason(reason)[:KEPT]
    still_open = sa.select(Draft.id).where(Draft.id == draft_id, Draft.status == DraftStatus.OPEN)
    if not text or session.scalar(still_open.with_for_update()) is None:
        return False
    session.merge(ParkedText(draft_id=draft_id, reason=text, parked_at=now))
    return True


@in_transaction
def give_back_reason(session: Session, *, draft_id: uuid.UUID, by: Citizen, now: datetime) -> bool:
    """Put parked text into the citizen's own draft; for anybody else nothing happens. True when it was there."""
    row = session.execute(
        sa.select(ParkedText, Draft)
        .join(Draft, Draft.id == ParkedText.draft_id)
        .where(Draft.id == draft_id, Draft.booked_by_id == by.id, Draft.status == DraftStatus.OPEN)
        .with_for_update()
    ).one_or_none()
    if row is None:
        return False
    parked, draft = row
    draft.reason, draft.updated_at = parked.reason, now
    session.delete(parked)
    return True
