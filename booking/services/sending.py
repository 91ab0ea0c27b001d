"""Send the booking: the held time becomes an appointment, or an appointment gets its new time. Once."""

import uuid
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.db import in_transaction, write_all
from booking.domain import draft as steps
from booking.domain.appointments import Event, Status, change, check_room_for
from booking.domain.errors import NotFound, SlotPassed, TimeChanged
from booking.domain.reason_text import check_reason
from booking.models import Absence, Appointment, AppointmentEvent, Draft, Slot
from booking.models.draft import DraftStatus
from booking.models.slot import SlotStatus
from booking.queries.appointments import IN_THE_WAY, SPAN, booked_spans, spans_asked
from booking.queries.drafts import DraftInHand, draft_to_send
from booking.queries.people import Citizen
from booking.services.drafts import check_served
from booking.services.holding import Held, free_times_of, take
from booking.services.visits import forget_visit

# The statements of the product's busiest write, made once: to put one together costs as much as to run it.
_SLOT: Any = Slot.__table__
_DRAFT: Any = Draft.__table__
_AWAY: Any = Absence.__table__
_IS_AWAY = sa.exists().where(
    _AWAY.c.practitioner_id == _SLOT.c.practitioner_id,
    _AWAY.c.starts_at < _SLOT.c.ends_at,
    _AWAY.c.ends_at > _SLOT.c.starts_at,
)
_APPOINTMENT: Any = Appointment.__table__
_EVENT: Any = AppointmentEvent.__table__
# Locked: somebody who takes over a hold that ran out does so before us or not at all.
_HELD = (
    sa.select(*(_SLOT.c[field.name] for field in fields(Held)), _IS_AWAY, *SPAN)
    .select_from(_SLOT.outerjoin(_APPOINTMENT, IN_THE_WAY))
    .where(_SLOT.c.draft_id == sa.bindparam("draft"))
    .with_for_update(of=_SLOT)
)
_ADD_APPOINTMENT = sa.insert(_APPOINTMENT).values(
    id=sa.bindparam("appointment"),
    draft_id=sa.bindparam("draft"),
    patient_id=sa.bindparam("patient"),
    booked_by_id=sa.bindparam("by"),
    service_id=sa.bindparam("service"),
    practitioner_id=sa.bindparam("doctor"),
    status=sa.bindparam("state"),
    starts_at=sa.bindparam("start"),
    ends_at=sa.bindparam("end"),
    screening_answer=sa.bindparam("given"),
    screened_at=sa.bindparam("given_at"),
    reason=sa.bindparam("text"),
    sequence=0,
    created_at=sa.bindparam("now"),
)
_ADD_LINE = sa.insert(_EVENT).values(
    appointment_id=sa.bindparam("appointment"),
    event=sa.bindparam("happened"),
    status=sa.bindparam("state"),
    starts_at=sa.bindparam("start"),
    at=sa.bindparam("now"),
    by_id=sa.bindparam("by"),
)
_BOOK_SLOT = (
    sa.update(_SLOT)
    .where(_SLOT.c.id == sa.bindparam("held"))
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
_HISTORY = (_ADD_LINE,)
_MOVED = (_ADD_LINE, _BOOK_SLOT, _CLOSE_DRAFT)
_BOOKED = (_ADD_APPOINTMENT, *_MOVED)


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
    found = draft_to_send(session, draft_id, by.id, by.municipality_number)
    if found is None:
        raise NotFound(str(draft_id))
    hand, served = found
    if hand.draft.status == DraftStatus.SENT and hand.draft.appointment_id is not None:
        return hand.draft.appointment_id
    steps.require(hand.progress(now), steps.Step.REVIEW)
    if shown is not None and shown != hand.draft.chosen_at:
        raise TimeChanged(str(draft_id))
    text = check_reason(reason)
    check_served(hand.service.id, served, by=by, now=now)
    slot, spans = _held_slot(session, hand, now)
    check_room_for(
        slot.starts_at, slot.ends_at, [(s, e, service == hand.service.id) for s, e, service in spans]
    )
    written = {"draft": draft_id, "held": slot.id, "start": slot.starts_at, "by": by.id, "now": now}
    if hand.draft.moves_id is None:
        appointment = _new_appointment(hand, slot, text)
        write_all(session, _BOOKED, written | appointment)
    else:
        appointment = _move(session, hand.draft.moves_id, slot, text, now)
        write_all(session, _MOVED, written | appointment)
    appointment_id: uuid.UUID = appointment["appointment"]
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
        "appointment": appointment_id,
        "happened": event.value,
        "state": status,
        "start": starts_at,
        "now": now,
        "by": by.id,
    }
    write_all(session, _HISTORY, line)


def _held_slot(
    session: Session, hand: DraftInHand, now: datetime
) -> tuple[Held, list[tuple[datetime, datetime, int]]]:
    """The slot that is held, or taken anew; and the patient's other appointments, as booked_spans gives them."""
    draft, start = hand.draft, hand.draft.chosen_at
    assert start is not None, "step REVIEW is open only with a chosen time"
    asked = spans_asked(draft.patient_id, now, draft.moves_id) | {"draft": draft.id}
    rows = session.execute(_HELD, asked).all()
    if start <= now:
        raise SlotPassed(start, free_times_of(session, hand, now).nearest(start))
    if rows and not rows[0][4]:
        return Held(*rows[0][:4]), [(row[5], row[6], row[7]) for row in rows if row[5] is not None]
    session.execute(sa.delete(Slot).where(Slot.draft_id == draft.id))
    slot = take(session, hand, start, free_times_of(session, hand, now), now)
    return slot, booked_spans(session, draft.patient_id, now, draft.moves_id)


def _new_appointment(hand: DraftInHand, slot: Held, text: str) -> dict[str, Any]:
    draft = hand.draft
    assert draft.answer is not None, "step REVIEW is open only when screened"
    assert draft.answered_at is not None, "an answer is kept with its time"
    return {
        "appointment": uuid.uuid4(),
        "patient": draft.patient_id,
        "service": hand.service.id,
        "doctor": slot.practitioner_id,
        "end": slot.ends_at,
        "given": draft.answer,
        "given_at": draft.answered_at,
        "text": text,
        "state": Status.BOOKED.value,
        "happened": Event.BOOK.value,
    }


def _move(
    session: Session, appointment_id: uuid.UUID, slot: Held, text: str, now: datetime
) -> dict[str, Any]:
    moved = sa.select(Appointment).where(Appointment.id == appointment_id).with_for_update()
    appointment = session.scalar(moved)
    if appointment is None:
        raise NotFound(str(appointment_id))
    status = change(appointment.status, Event.MOVE, start=appointment.starts_at, now=now).value
    forget_visit(session, appointment)
    # The old time is let go in the same transaction that takes the new one: never neither, never both.
    session.execute(sa.delete(Slot).where(Slot.appointment_id == appointment_id))
    appointment.status, appointment.reason = status, text
    appointment.starts_at, appointment.ends_at = slot.starts_at, slot.ends_at
    appointment.practitioner_id = slot.practitioner_id
    appointment.sequence += 1
    session.flush()
    return {"appointment": appointment_id, "state": status, "happened": Event.MOVE.value}
