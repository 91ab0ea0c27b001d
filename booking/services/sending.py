"""Send the booking: the held time becomes an appointment, or an appointment gets its new time. Once."""

import uuid
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.db import in_transaction
from booking.domain import draft as steps
from booking.domain.appointments import Event, Status, change, check_room_for
from booking.domain.errors import NotFound, SlotPassed, TimeChanged
from booking.domain.reason_text import check_reason
from booking.models import Absence, Appointment, AppointmentEvent, Draft, Person, Slot
from booking.models.draft import DraftStatus
from booking.models.slot import SlotStatus
from booking.queries.appointments import booked_spans
from booking.queries.drafts import DraftInHand
from booking.queries.people import Citizen
from booking.services.drafts import check_may_use
from booking.services.holding import Held, draft_for_update, free_times_of, take
from booking.services.visits import forget_visit

# The statements of the product's busiest write, made once: to put one together costs as much as to run it.
_SLOT: Any = Slot.__table__
_DRAFT: Any = Draft.__table__
_AWAY: Any = Absence.__table__
_LOCK_PATIENT = (
    sa.select(Person.__table__.c.id)
    .where(Person.__table__.c.id == sa.bindparam("patient_id"))
    .with_for_update()
)
_IS_AWAY = sa.exists().where(
    _AWAY.c.practitioner_id == _SLOT.c.practitioner_id,
    _AWAY.c.starts_at < _SLOT.c.ends_at,
    _AWAY.c.ends_at > _SLOT.c.starts_at,
)
# Locked: somebody who takes over a hold that ran out does so before us or not at all.
_HELD = (
    sa.select(*(_SLOT.c[field.name] for field in fields(Held)), _IS_AWAY)
    .where(_SLOT.c.draft_id == sa.bindparam("draft"))
    .with_for_update(of=_SLOT)
)
_APPOINTMENT: Any = Appointment.__table__
_EVENT: Any = AppointmentEvent.__table__
_ADD_APPOINTMENT = sa.insert(_APPOINTMENT)
_ADD_LINE = sa.insert(_EVENT).inline()
_BOOK_SLOT = (
    sa.update(_SLOT)
    .where(_SLOT.c.id == sa.bindparam("slot_id"))
    .values(
        status=SlotStatus.BOOKED.value,
        appointment_id=sa.bindparam("appointment"),
        draft_id=sa.null(),
        expires_at=sa.null(),
    )
)
_CLOSE_DRAFT = (
    sa.update(_DRAFT)
    .where(_DRAFT.c.id == sa.bindparam("draft"))
    .values(
        status=DraftStatus.SENT.value,
        appointment_id=sa.bindparam("appointment"),
        reason=sa.null(),
        updated_at=sa.bindparam("now"),
    )
)


@in_transaction
def send_booking(
    session: Session,
    *,
    draft_id: uuid.UUID,
    reason: str,
    by: Citizen,
    now: datetime,
    shown: datetime | None = None,
) -> uuid.UUID:
    """Book what the draft holds and return the appointment's id; sent again, it returns the same one.

    A hold that ran out is taken anew when the time is still free. ``shown`` is the start that the citizen saw, where
    that is known: another one is not sent unseen. Raises NotFound, StepNotOpen, TimeChanged, ReasonMissing,
    ReasonTooLong, NotResident, NeedsConsent, SlotPassed, SlotTaken, OverlapsOwnAppointment, TooManyAppointments,
    AlreadyEnded and TooLateToChange (when moving).
    """
    hand = draft_for_update(session, draft_id, by)
    if hand.draft.status == DraftStatus.SENT and hand.draft.appointment_id is not None:
        return hand.draft.appointment_id
    steps.require(hand.progress, steps.Step.REVIEW)
    if shown is not None and shown != hand.draft.chosen_at:
        raise TimeChanged(str(draft_id))
    text = check_reason(reason)
    check_may_use(session, service_id=hand.service.id, by=by, now=now)
    _queue_patient(session, hand.draft.patient_id)
    slot = _held_slot(session, hand, now)
    spans = booked_spans(session, hand.draft.patient_id, now, hand.draft.moves_id)
    check_room_for(
        slot.starts_at, slot.ends_at, [(s, e, service == hand.service.id) for s, e, service in spans]
    )
    if hand.draft.moves_id is None:
        appointment_id = _book(session, hand, slot, text, by, now)
    else:
        appointment_id = _move(session, hand.draft.moves_id, slot, text, by, now)
    booked = session.execute(_BOOK_SLOT, {"slot_id": slot.id, "appointment": appointment_id})
    assert booked.rowcount == 1, "the slot is locked by this transaction"  # type: ignore[attr-defined]
    session.execute(_CLOSE_DRAFT, {"draft": draft_id, "appointment": appointment_id, "now": now})
    return appointment_id


def record(
    session: Session,
    appointment_id: uuid.UUID,
    event: Event,
    *,
    status: str,
    starts_at: datetime,
    by: Citizen,
    now: datetime,
) -> None:
    """Add a line to the appointment's history: what happened, and its state and start after that."""
    line = {
        "appointment_id": appointment_id,
        "event": event.value,
        "status": status,
        "starts_at": starts_at,
        "at": now,
        "by_id": by.id,
    }
    session.execute(_ADD_LINE, line)


def _queue_patient(session: Session, patient_id: int) -> None:
    """One booking at a time for a patient: «no overlap» and «at most three» are judged on what is committed."""
    session.execute(_LOCK_PATIENT, {"patient_id": patient_id})


def _held_slot(session: Session, hand: DraftInHand, now: datetime) -> Held:
    start = hand.draft.chosen_at
    assert start is not None, "step REVIEW is open only with a chosen time"
    *slot, is_away = session.execute(_HELD, {"draft": hand.draft.id}).one_or_none() or (False,)
    if start <= now:
        raise SlotPassed(start, free_times_of(session, hand, now).nearest(start))
    if slot and not is_away:
        return Held(*slot)
    session.execute(sa.delete(Slot).where(Slot.draft_id == hand.draft.id))
    return take(session, hand, start, free_times_of(session, hand, now), now)


def _book(
    session: Session, hand: DraftInHand, slot: Held, reason: str, by: Citizen, now: datetime
) -> uuid.UUID:
    draft, appointment_id = hand.draft, uuid.uuid4()
    assert draft.answer is not None, "step REVIEW is open only when screened"
    assert draft.answered_at is not None, "an answer is kept with its time"
    appointment = {
        "id": appointment_id,
        "draft_id": draft.id,
        "patient_id": draft.patient_id,
        "booked_by_id": by.id,
        "service_id": hand.service.id,
        "practitioner_id": slot.practitioner_id,
        "status": Status.BOOKED.value,
        "starts_at": slot.starts_at,
        "ends_at": slot.ends_at,
        "screening_answer": draft.answer,
        "screened_at": draft.answered_at,
        "reason": reason,
        "sequence": 0,
        "created_at": now,
    }
    session.execute(_ADD_APPOINTMENT, appointment)
    status = Status.BOOKED.value
    record(session, appointment_id, Event.BOOK, status=status, starts_at=slot.starts_at, by=by, now=now)
    return appointment_id


def _move(
    session: Session, appointment_id: uuid.UUID, slot: Held, reason: str, by: Citizen, now: datetime
) -> uuid.UUID:
    moved = sa.select(Appointment).where(Appointment.id == appointment_id).with_for_update()
    appointment = session.scalar(moved)
    if appointment is None:
        raise NotFound(str(appointment_id))
    status = change(appointment.status, Event.MOVE, start=appointment.starts_at, now=now).value
    forget_visit(session, appointment)
    # The old time is let go in the same transaction that takes the new one: never neither, never both.
    session.execute(sa.delete(Slot).where(Slot.appointment_id == appointment_id))
    appointment.status, appointment.reason = status, reason
    appointment.starts_at, appointment.ends_at = slot.starts_at, slot.ends_at
    appointment.practitioner_id = slot.practitioner_id
    appointment.sequence += 1
    session.flush()
    record(session, appointment_id, Event.MOVE, status=status, starts_at=slot.starts_at, by=by, now=now)
    return appointment_id
