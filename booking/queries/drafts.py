"""Which booking is this person in the middle of, and how far has it come?"""

import uuid
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.draft import RESUMABLE, Progress
from booking.models import Draft, Service, Slot
from booking.models.draft import DraftStatus
from booking.queries.services import COLUMNS, AnySelect, ServiceFacts, with_owner


@dataclass(frozen=True, slots=True)
class DraftInHand:
    """A draft with its service and its hold, if it has one. ``held_until`` is UTC and may have passed."""

    draft: Draft
    service: ServiceFacts
    held_until: datetime | None

    @property
    def progress(self) -> Progress:
        """What the steps are decided by."""
        sent = self.draft.status == DraftStatus.SENT
        return Progress(answer=self.draft.answer, chosen=self.draft.chosen_at, sent=sent)


_IN_HAND = with_owner(
    sa.select(Draft, Slot.expires_at, *COLUMNS).join(Service, Service.id == Draft.service_id)
).outerjoin(Slot, Slot.draft_id == Draft.id)


def _one(session: Session, statement: AnySelect) -> DraftInHand | None:
    row = session.execute(statement).first()
    return None if row is None else DraftInHand(row[0], ServiceFacts(*row[2:]), row[1])


def draft_of(session: Session, draft_id: uuid.UUID, booked_by_id: int) -> DraftInHand | None:
    """The draft, if it is that person's and was not given up."""
    mine = sa.and_(Draft.id == draft_id, Draft.booked_by_id == booked_by_id)
    return _one(session, _IN_HAND.where(mine, Draft.status != DraftStatus.DISCARDED))


def unfinished_booking(session: Session, booked_by_id: int, now: datetime) -> DraftInHand | None:
    """The person's newest half-done booking that can still be picked up."""
    mine = sa.and_(Draft.booked_by_id == booked_by_id, Draft.status == DraftStatus.OPEN)
    statement = _IN_HAND.where(mine, Draft.answer == "no", Draft.updated_at > now - RESUMABLE)
    return _one(session, statement.order_by(Draft.updated_at.desc(), Draft.id).limit(1))


def open_draft(
    session: Session, *, booked_by_id: int, service_id: int, to_change: bool = False
) -> Draft | None:
    """The person's open draft at a service, other than one that moves an appointment; ``to_change`` locks it."""
    statement = sa.select(Draft).where(
        Draft.booked_by_id == booked_by_id,
        Draft.patient_id == booked_by_id,
        Draft.service_id == service_id,
        Draft.status == DraftStatus.OPEN,
        Draft.moves_id.is_(None),
    )
    return session.scalar(statement.with_for_update() if to_change else statement)
