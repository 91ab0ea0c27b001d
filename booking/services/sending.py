"""Send the booking: the held time becomes an appointment, or an appointment gets its new time. Once."""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.db import in_transaction, write_all
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
    .where(_DRAFT.c.id == sa.bindparam("draft"))
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
    found = draft_to_send(session, draft_id, by.id, by.municipality_number, now)
    if found is None:
        raise NotFound(str(draft_id))
    hand = found.hand
    if hand.draft.status == DraftStatus.SENT and hand.draft.appointment_id is not None:
        return hand.draft.appointment_id
    steps.require(hand.progress(now), steps.Step.REVIEW)
    if shown is not None and shown != hand.draft.chosen_at:
        raise TimeChanged(str(draft_id))
    text = check_reason(reason)
    check_served(hand.service.id, found.served_by, by=by, now=now)
    slot = _held_slot(session, found, now)
    spans = [(start, end, service == hand.service.id) for start, end, service in found.spans]
    check_room_for(slot.starts_at, slot.ends_at, spans)
    written = {"draft": draft_id, "held": slot.id, "start": slot.starts_at, "by": by.id, "now": now}
    written |= {"patient": hand.draft.patient_id, "counted": found.booking_count}
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


def _held_slot(session: Session, found: ToSend, now: datetime) -> Held:
    """The slot that is held, or taken anew."""
    draft, start = found.hand.draft, found.hand.draft.chosen_at
    assert start is not None, "step REVIEW is open only with a chosen time"
    if start <= now:
        raise SlotPassed(start, free_times_of(session, found.hand, now).nearest(start))
    if found.held is not None:
        return found.held
    session.execute(sa.delete(Slot).where(Slot.draft_id == draft.id))
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
