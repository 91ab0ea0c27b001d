"""Hold a time while the citizen reviews. The database's unique constraint decides who gets it."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.clock import oslo_date
from booking.db import in_transaction, violated
from booking.domain import draft as steps
from booking.domain.appointments import check_room_for
from booking.domain.errors import NotFound, SlotPassed, SlotTaken
from booking.domain.slots import LEAD, FreeTimes
from booking.models import Draft, Slot
from booking.models.slot import SlotStatus
from booking.queries.appointments import booked_spans
from booking.queries.availability import free_times_for
from booking.queries.drafts import DraftInHand, draft_of
from booking.queries.people import Citizen
from booking.queries.sending import Held
from booking.services.drafts import check_may_use

_SLOT: Any = Slot.__table__
_DRAFT: Any = Draft.__table__
_INSERT_SLOT = sa.insert(_SLOT).returning(_SLOT.c.id)

DECIDERS = ("uq_slot_practitioner_id_starts_at", "ex_slot_overlap")
"""Whoever breaks one of these constraints came second."""


@in_transaction
def hold_time(session: Session, *, draft_id: uuid.UUID, start: datetime, by: Citizen, now: datetime) -> None:
    """Hold the time that starts at ``start`` (UTC) for ten minutes, instead of the one held before.

    Raises NotFound, StepNotOpen, NotResident, NeedsConsent, SlotPassed, SlotTaken (with the nearest free times),
    OverlapsOwnAppointment, TooManyAppointments. When it raises, the time held before is still held.
    """
    hand = draft_for_update(session, draft_id, by)
    steps.require(hand.progress(now), steps.Step.TIME)
    check_may_use(session, service_id=hand.service.id, by=by, now=now)
    if hand.draft.chosen_at == start and hand.held_until is not None and hand.held_until > now:
        return
    free = free_times_of(session, hand, now)
    if start <= now + LEAD:
        raise SlotPassed(start, free.nearest(start))
    check_patient_has_room(session, hand, start, free, now)
    session.execute(sa.delete(Slot).where(Slot.draft_id == hand.draft.id))
    take(session, hand, start, free, now)
    chosen = {"chosen_at": start, "updated_at": now}
    session.execute(sa.update(_DRAFT).where(_DRAFT.c.id == draft_id).values(chosen))


def draft_for_update(session: Session, draft_id: uuid.UUID, by: Citizen) -> DraftInHand:
    """The citizen's draft, locked until the transaction ends, so that two tabs queue. Raises NotFound."""
    hand = draft_of(session, draft_id, by.id, to_change=True)
    if hand is None:
        raise NotFound(str(draft_id))
    return hand


def free_times_of(session: Session, hand: DraftInHand, now: datetime) -> FreeTimes:
    """The free times at the draft's service, its own hold counted as free."""
    service = hand.service
    return free_times_for(
        session, service_id=service.id, horizon_days=service.horizon_days, now=now, mine=hand.draft.id
    )


def check_patient_has_room(
    session: Session, hand: DraftInHand, start: datetime, free: FreeTimes, now: datetime
) -> None:
    """Whether the patient may have an appointment at ``start``. Raises as check_room_for."""
    there = free.practitioners(oslo_date(start), start)
    end = there[0][1] if there else start
    spans = booked_spans(session, hand.draft.patient_id, now, hand.draft.moves_id)
    check_room_for(start, end, [(s, e, service == hand.service.id) for s, e, service in spans])


def take(session: Session, hand: DraftInHand, start: datetime, free: FreeTimes, now: datetime) -> Held:
    """Write the hold for whichever free practitioner the database still gives. Raises SlotTaken."""
    for practitioner_id, end in free.practitioners(oslo_date(start), start):
        slot = {
            "service_id": hand.service.id,
            "practitioner_id": practitioner_id,
            "starts_at": start,
            "ends_at": end,
            "status": SlotStatus.HELD.value,
            "expires_at": steps.hold_expires(now),
            "draft_id": hand.draft.id,
        }
        _clear_expired(session, practitioner_id, start, end, now)
        try:
            with session.begin_nested():
                slot_id = session.scalars(_INSERT_SLOT, slot).one()
        except IntegrityError as error:
            if not violated(error, *DECIDERS):
                raise
            continue
        return Held(slot_id, practitioner_id, start, end)
    raise SlotTaken(start, free.nearest(start))


def _clear_expired(
    session: Session, practitioner_id: int, start: datetime, end: datetime, now: datetime
) -> None:
    session.execute(
        sa.delete(Slot).where(
            Slot.practitioner_id == practitioner_id,
            Slot.starts_at < end,
            Slot.ends_at > start,
            Slot.status == SlotStatus.HELD,
            Slot.expires_at <= now,
        )
    )
