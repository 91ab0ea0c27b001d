"""Send the booking: the held time becomes an appointment, or an appointment gets its new time. Once."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.db import (
    Overtaken,
    db,
    each_statement_stands_alone,
    in_transaction,
    until_done,
    violated,
    write_all,
)
from booking.domain import draft as steps
from booking.domain.appointments import Event, Status, change, check_room_for
from booking.domain.errors import NotFound, SlotPassed, TimeChanged
from booking.domain.reason_text import check_reason
from booking.models import Appointment, AppointmentEvent, Draft, Person, Slot
from booking.models.draft import DraftStatus
from booking.models.slot import SlotStatus
from booking.queries.drafts import DraftInHand
from booking.queries.people import Citizen
from booking.queries.sending import Held, ToSend, draft_to_send
from booking.services.drafts import check_served
from booking.services.holding import free_times_of, take
from booking.services.visits import forget_visit

# The statements of the product's busiest write, made once: to put one together costs as much as to run it.
_SLOT: Any = Slot.__table__
_DRAFT: Any = Draft.__table__
_PATIENT: Any = Person.__table__
_APPOINTMENT: Any = Appointment.__table__
_EVENT: Any = AppointmentEvent.__table__
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
    .where(_SLOT.c.id == sa.bindparam("held"), _SLOT.c.draft_id == sa.bindparam("draft"))
    .values(
        status=SlotStatus.BOOKED.value,
        appointment_id=sa.bindparam("appointment"),
        draft_id=sa.null(),
        expires_at=sa.null(),
    )
)
_CLOSE_DRAFT = (
    sa.update(_DRAFT)
    .where(_DRAFT.c.id == sa.bindparam("draft"), _DRAFT.c.status == DraftStatus.OPEN.value)
    .values(
        status=DraftStatus.SENT.value,
        appointment_id=sa.bindparam("appointment"),
        reason=sa.null(),
        updated_at=sa.bindparam("now"),
    )
)
# One booking at a time for a patient: «no overlap» and «at most three» were judged with the count as it was.
_COUNT = (
    sa.update(_PATIENT)
    .where(_PATIENT.c.id == sa.bindparam("patient"), _PATIENT.c.booking_count == sa.bindparam("counted"))
    .values(booking_count=_PATIENT.c.booking_count + 1)
)
_HISTORY = (_ADD_LINE,)
_MOVED = (_COUNT, _ADD_LINE, _BOOK_SLOT, _CLOSE_DRAFT)
_BOOKED = (_ADD_APPOINTMENT, *_MOVED)


def send_booking(
    *, draft_id: uuid.UUID, reason: str, by: Citizen, now: datetime, shown: datetime | None = None
) -> uuid.UUID:
    """Book what the draft holds and return the appointment's id; sent again, it returns the same one.

    A hold that ran out is taken anew when the time is still free. ``shown`` is the start that the citizen saw, where
    that is known: another one is not sent unseen. Raises NotFound, StepNotOpen, TimeChanged, ReasonMissing,
    ReasonTooLong, NotResident, NeedsConsent, SlotPassed, SlotTaken, OverlapsOwnAppointment, TooManyAppointments,
    AlreadyEnded and TooLateToChange (when moving).
    """
    form = Form(draft_id, reason, by, now, shown)
    sent = None
    if each_statement_stands_alone():
        # Most bookings are one reading and one writing statement. The writing one is all or none and finds out whether
        # what was read still holds, so a transaction around the two would only cost its two round trips.
        sent = until_done(lambda: _send_held(db.session, form))
    return sent or _send(form=form)


@dataclass(frozen=True, slots=True)
class Form:
    """What came with «Send»."""

    draft_id: uuid.UUID
    reason: str
    by: Citizen
    now: datetime
    shown: datetime | None


def _send_held(session: Session, form: Form) -> uuid.UUID | None:
    """Book a time that is held. None when it has to be taken anew or an appointment is moved: that takes more steps."""
    found = _judged(session, form, lock=False)
    if isinstance(found, uuid.UUID):
        return found
    if found.hand.draft.moves_id is not None or found.held is None or _start(found) <= form.now:
        return None
    _check_room(found, found.held)
    return _book(session, form, found, found.held)


@in_transaction
def _send(session: Session, *, form: Form) -> uuid.UUID:
    found = _judged(session, form, lock=True)
    if isinstance(found, uuid.UUID):
        return found
    slot = _held_slot(session, found, form.now)
    _check_room(found, slot)
    if found.hand.draft.moves_id is None:
        return _book(session, form, found, slot)
    text = check_reason(form.reason)
    appointment = _move(session, found.hand.draft.moves_id, slot, text, form.now)
    write_all(session, _MOVED, _written(form, found, slot) | appointment)
    return found.hand.draft.moves_id


def _judged(session: Session, form: Form, *, lock: bool) -> ToSend | uuid.UUID:
    """The draft, when its steps, its reason and its person allow it to be sent; the appointment, when it has been."""
    found = draft_to_send(session, form.draft_id, form.by, form.now, lock=lock)
    if found is None:
        raise NotFound(str(form.draft_id))
    draft = found.hand.draft
    if draft.status == DraftStatus.SENT and draft.appointment_id is not None:
        return draft.appointment_id
    steps.require(found.hand.progress(form.now), steps.Step.REVIEW)
    if form.shown is not None and form.shown != draft.chosen_at:
        raise TimeChanged(str(form.draft_id))
    check_reason(form.reason)
    check_served(found.hand.service.id, found.served_by, by=form.by, now=form.now)
    return found


def _check_room(found: ToSend, slot: Held) -> None:
    here = found.hand.service.id
    spans = [(start, end, service == here) for start, end, service in found.spans]
    check_room_for(slot.starts_at, slot.ends_at, spans)


def _written(form: Form, found: ToSend, slot: Held) -> dict[str, Any]:
    """Values of every statement above."""
    return {
        "draft": form.draft_id,
        "held": slot.id,
        "start": slot.starts_at,
        "by": form.by.id,
        "now": form.now,
        "patient": found.hand.draft.patient_id,
        "counted": found.booking_count,
    }


def _book(session: Session, form: Form, found: ToSend, slot: Held) -> uuid.UUID:
    appointment = _new_appointment(found.hand, slot, check_reason(form.reason))
    try:
        write_all(session, _BOOKED, _written(form, found, slot) | appointment)
    except IntegrityError as error:
        if not violated(error, "uq_appointment_draft_id"):
            raise
        raise Overtaken from None  # by another click on the same draft
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


def _start(found: ToSend) -> datetime:
    start = found.hand.draft.chosen_at
    assert start is not None, "step REVIEW is open only with a chosen time"
    return start


def _held_slot(session: Session, found: ToSend, now: datetime) -> Held:
    """The slot that is held, or taken anew."""
    start = _start(found)
    if start <= now:
        raise SlotPassed(start, free_times_of(session, found.hand, now).nearest(start))
    if found.held is not None:
        return found.held
    session.execute(sa.delete(Slot).where(Slot.draft_id == found.hand.draft.id))
    return take(session, found.hand, start, free_times_of(session, found.hand, now), now)


def _new_appointment(hand: DraftInHand, slot: Held, text: str) -> dict[str, Any]:
    draft = hand.draft
    assert draft.answer is not None, "step REVIEW is open only when screened"
    assert draft.answered_at is not None, "an answer is kept with its time"
    return {
        "appointment": uuid.uuid4(),
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
