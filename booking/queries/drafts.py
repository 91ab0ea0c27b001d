"""Which booking is this person in the middle of, and how far has it come?"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.draft import RESUMABLE, Progress, as_of
from booking.domain.screening import Answer
from booking.domain.slots import FreeTimes
from booking.models import Draft, Slot
from booking.models.draft import DraftStatus
from booking.queries.availability import TEXTS, free_times_in, texts_asked
from booking.queries.services import COLUMNS, SERVICE, AnySelect, ServiceFacts, with_owner


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """A draft as it was read; whoever changes one writes to its row."""

    id: uuid.UUID
    patient_id: int
    moves_id: uuid.UUID | None
    appointment_id: uuid.UUID | None
    status: str
    answer: str | None
    answered_at: datetime | None
    chosen_at: datetime | None
    reason: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DraftInHand:
    """A draft with its service and its hold, if it has one. ``held_until`` is UTC and may have passed."""

    draft: DraftFacts
    service: ServiceFacts
    held_until: datetime | None

    def progress(self, now: datetime) -> Progress:
        """What the steps are decided by at ``now``."""
        sent = self.draft.status == DraftStatus.SENT
        kept = Progress(answer=self.draft.answer, chosen=self.draft.chosen_at, sent=sent)
        return as_of(kept, self.draft.updated_at, now)


# The statements are made once: to put one together costs as much as to run it.
_DRAFT: Any = Draft.__table__
_SLOT: Any = Slot.__table__
_FACTS = tuple(_DRAFT.c[field.name] for field in fields(DraftFacts))
_OPEN = _DRAFT.c.status == sa.literal_column(
    f"'{DraftStatus.OPEN}'"
)  # written out: partial indexes are for it
_IN_HAND = with_owner(
    sa.select(*_FACTS, _SLOT.c.expires_at, *COLUMNS).join_from(
        _DRAFT, SERVICE, SERVICE.c.id == _DRAFT.c.service_id
    )
).outerjoin(_SLOT, _SLOT.c.draft_id == _DRAFT.c.id)
OF_PERSON = _IN_HAND.where(
    _DRAFT.c.id == sa.bindparam("draft_id"),
    _DRAFT.c.booked_by_id == sa.bindparam("booked_by_id"),
    _DRAFT.c.status != DraftStatus.DISCARDED.value,
)
"""A draft that the person ``booked_by_id`` has not given up; further columns come behind."""

_OF_PERSON_WITH_TIMES = OF_PERSON.add_columns(*TEXTS)
_OF_PERSON_TO_CHANGE = OF_PERSON.with_for_update(of=_DRAFT)
_UNFINISHED = (
    _IN_HAND.where(
        _DRAFT.c.booked_by_id == sa.bindparam("booked_by_id"),
        _OPEN,
        _DRAFT.c.answer == Answer.NO.value,
        _DRAFT.c.updated_at > sa.bindparam("since"),
    )
    .order_by(_DRAFT.c.updated_at.desc(), _DRAFT.c.id)
    .limit(1)
)


def _one(session: Session, statement: AnySelect, asked: dict[str, object]) -> DraftInHand | None:
    row = session.execute(statement, asked).first()
    return None if row is None else in_hand(row)


def in_hand(row: Sequence[Any]) -> DraftInHand:
    """What a row of OF_PERSON begins with."""
    held = len(_FACTS)
    service = row[held + 1 : held + 1 + len(COLUMNS)]
    return DraftInHand(DraftFacts(*row[:held]), ServiceFacts(*service), row[held])


def draft_of(
    session: Session, draft_id: uuid.UUID, booked_by_id: int, *, to_change: bool = False
) -> DraftInHand | None:
    """The draft, if it is that person's and was not given up; ``to_change`` locks it until the transaction ends.

    One that has waited for the lock sees the draft as it is now, but ``held_until`` as it was before.
    """
    statement = _OF_PERSON_TO_CHANGE if to_change else OF_PERSON
    return _one(session, statement, {"draft_id": draft_id, "booked_by_id": booked_by_id})


def draft_with_times(
    session: Session, draft_id: uuid.UUID, booked_by_id: int, now: datetime
) -> tuple[DraftInHand, FreeTimes] | None:
    """As draft_of, and the free times at its service from ``now``, its own hold counted as free."""
    asked = {"draft_id": draft_id, "booked_by_id": booked_by_id, **texts_asked(now, draft_id)}
    row = session.execute(_OF_PERSON_WITH_TIMES, asked).first()
    if row is None:
        return None
    hand = in_hand(row)
    texts = row[-len(TEXTS) :]
    return hand, free_times_in(texts, horizon_days=hand.service.horizon_days, now=now)


def unfinished_booking(session: Session, booked_by_id: int, now: datetime) -> DraftInHand | None:
    """The person's newest half-done booking that can still be picked up."""
    return _one(session, _UNFINISHED, {"booked_by_id": booked_by_id, "since": now - RESUMABLE})


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
