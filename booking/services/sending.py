"""Send the booking: the held time becomes an appointment, or an appointment gets its new time. Once."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.db import in_transaction
from booking.domain import draft as steps
from booking.domain.appointments import Event, Status, change, check_room_for
from booking.domain.errors import NotFound, SlotPassed
from booking.domain.reason_text import check_reason
from booking.models import Absence, Appointment, AppointmentEvent, Person, Slot
from booking.models.draft import DraftStatus
from booking.models.slot import SlotStatus
from booking.queries.appointments import booked_spans
from booking.queries.drafts import DraftInHand
from booking.queries.people import Citizen
from booking.services.drafts import check_may_use
from booking.services.holding import draft_for_update, free_times_of, take


@in_transaction
def send_booking(
    session: Session, *, draft_id: uuid.UUID, reason: str, by: Citizen, now: datetime
) -> uuid.UUID:
    """Book what the draft holds and return the appointment's id; sent again, it returns the same one.

    A hold that ran out is taken anew when the time is still free. Raises NotFound, StepNotOpen, ReasonMissing,
    ReasonTooLong, NotResident, NeedsConsent, SlotPassed, SlotTaken, OverlapsOwnAppointment, TooManyAppointments,
    AlreadyEnded and TooLateToChange (when moving).
    """
    hand = draft_for_update(session, draft_id, by)
    if hand.draft.status == DraftStatus.SENT and hand.draft.appointment_id is not None:
        return hand.draft.appointment_id
    steps.require(hand.progress, steps.Step.REVIEW)
    text = check_reason(reason)
    check_may_use(session, service_id=hand.service.id, by=by, now=now)
    _queue_patient(session, hand.draft.patient_id)
    slot = _held_slot(session, hand, now)
    spans = booked_spans(session, hand.draft.patient_id, now, hand.draft.moves_id)
    check_room_for(
        slot.starts_at, slot.ends_at, [(s, e, service == hand.service.id) for s, e, service in spans]
    )
    if hand.draft.moves_id is None:
        appointment = _book(session, hand, slot, text, by, now)
    else:
        appointment = _move(session, hand, slot, text, by, now)
    slot.status, slot.appointment_id = SlotStatus.BOOKED.value, appointment.id
    slot.draft_id, slot.expires_at = None, None
    hand.draft.status, hand.draft.appointment_id = DraftStatus.SENT.value, appointment.id
    hand.draft.reason, hand.draft.updated_at = None, now
    session.flush()
    return appointment.id


def record(session: Session, appointment: Appointment, event: Event, by: Citizen, now: datetime) -> None:
    """Add a line to the appointment's history."""
    session.add(
        AppointmentEvent(
            appointment_id=appointment.id,
            event=event.value,
            status=appointment.status,
            starts_at=appointment.starts_at,
            at=now,
            by_id=by.id,
        )
    )


def _queue_patient(session: Session, patient_id: int) -> None:
    """One booking at a time for a patient: «no overlap» and «at most three» are judged on what is committed."""
    session.execute(sa.select(Person.id).where(Person.id == patient_id).with_for_update())


def _held_slot(session: Session, hand: DraftInHand, now: datetime) -> Slot:
    start = hand.draft.chosen_at
    assert start is not None, "step REVIEW is open only with a chosen time"
    away = sa.select(Absence.id).where(
        Absence.practitioner_id == Slot.practitioner_id,
        Absence.starts_at < Slot.ends_at,
        Absence.ends_at > Slot.starts_at,
    )
    # Locked: somebody who takes over a hold that ran out does so before us or not at all.
    mine = sa.select(Slot, away.exists()).where(Slot.draft_id == hand.draft.id).with_for_update(of=Slot)
    slot, is_away = session.execute(mine).one_or_none() or (None, False)
    if start <= now:
        raise SlotPassed(start, free_times_of(session, hand, now).nearest(start))
    if slot is not None and not is_away:
        return slot
    session.execute(sa.delete(Slot).where(Slot.draft_id == hand.draft.id))
    return take(session, hand, start, free_times_of(session, hand, now), now)


def _book(
    session: Session, hand: DraftInHand, slot: Slot, reason: str, by: Citizen, now: datetime
) -> Appointment:
    draft = hand.draft
    assert draft.answer is not None, "step REVIEW is open only when screened"
    assert draft.answered_at is not None, "an answer is kept with its time"
    appointment = Appointment(
        id=uuid.uuid4(),
        draft_id=draft.id,
        patient_id=draft.patient_id,
        booked_by_id=by.id,
        service_id=slot.service_id,
        practitioner_id=slot.practitioner_id,
        status=Status.BOOKED.value,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        screening_answer=draft.answer,
        screened_at=draft.answered_at,
        reason=reason,
        created_at=now,
    )
    session.add(appointment)
    session.flush()
    record(session, appointment, Event.BOOK, by, now)
    return appointment


def _move(
    session: Session, hand: DraftInHand, slot: Slot, reason: str, by: Citizen, now: datetime
) -> Appointment:
    moved = sa.select(Appointment).where(Appointment.id == hand.draft.moves_id).with_for_update()
    appointment = session.scalar(moved)
    if appointment is None:
        raise NotFound(str(hand.draft.moves_id))
    appointment.status = change(appointment.status, Event.MOVE, start=appointment.starts_at, now=now).value
    # The old time is let go in the same transaction that takes the new one: never neither, never both.
    session.execute(sa.delete(Slot).where(Slot.appointment_id == appointment.id))
    appointment.starts_at, appointment.ends_at = slot.starts_at, slot.ends_at
    appointment.practitioner_id, appointment.reason = slot.practitioner_id, reason
    appointment.sequence += 1
    record(session, appointment, Event.MOVE, by, now)
    return appointment
