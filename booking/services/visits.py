"""Into the visit and out of it again: the waiting room, the room, the door. Each line of it goes into the history."""

import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.db import in_transaction
from booking.domain.appointments import Event, Status, change, video_opens
from booking.domain.errors import FieldRefused, NotFound, SeatRefused, TooLateToChange, VisitOver
from booking.domain.visits import Role, SeatEvent, SeatState, change_seat, clean_phone
from booking.models import Appointment, Visit, VisitEvent, VisitParticipant
from booking.models.visit import VisitEventKind
from booking.queries.visits import Visitor

SEEN_EVERY = timedelta(seconds=5)
"""A waiting page asks every second; that somebody is there is written this often."""


@in_transaction
def come_to_waiting_room(session: Session, *, appointment_id: uuid.UUID, by: Visitor, now: datetime) -> None:
    """Sit down in the waiting room, or come back to it; the patient has arrived. Raises VisitOver, SeatRefused.

    Whether the room is open is for video/rules.py, which is asked first.
    """
    appointment, visit = visit_for_update(session, appointment_id)
    _check_open(appointment, visit, now)
    seat = seat_of(session, visit, by, now)
    seat.seen_at, before = now, seat.state if seat.waiting_since else None
    seat.state = change_seat(before, SeatEvent.WAIT, was_admitted=seat.admitted_at is not None).value
    if before == SeatState.WAITING:
        return
    seat.waiting_since, seat.left_at = now, None
    if by.role is Role.PATIENT:
        arrive(appointment, now)
    record(session, appointment, VisitEventKind.WAIT, by, now, seat=by.seat)


@in_transaction
def seen_waiting(session: Session, *, appointment_id: uuid.UUID, by: Visitor, now: datetime) -> None:
    """Note that the waiting page is still open."""
    session.execute(
        sa.update(VisitParticipant)
        .where(VisitParticipant.appointment_id == appointment_id, VisitParticipant.seat == by.seat)
        .values(seen_at=now)
    )


@in_transaction
def enter_room(
    session: Session, *, appointment_id: uuid.UUID, by: Visitor, epoch: int, now: datetime
) -> None:
    """The video server has answered: somebody is in, or in again. The visit begins when doctor and patient both are.

    ``epoch`` is the ticket's: meanwhile the seat may have been given to somebody else. Raises VisitOver and
    SeatRefused: then the caller takes the seat back from the video server.
    """
    appointment, visit = visit_for_update(session, appointment_id)
    _check_open(appointment, visit, now)
    seat = seat_of(session, visit, by, now)
    if seat.epoch != epoch:
        raise SeatRefused(seat.state)
    before = seat.state if seat.entered_at or seat.admitted_at or seat.waiting_since else None
    if by.role is Role.PRACTITIONER:
        seat.admitted_at = seat.admitted_at or now
        before = before or SeatState.ADMITTED.value
    seat.state = change_seat(before, SeatEvent.ENTER, was_admitted=seat.admitted_at is not None).value
    seat.seen_at, seat.left_at = now, None
    if before == SeatState.IN:
        return  # a rejoin after the network changed
    seat.entered_at = seat.entered_at or now
    if by.role is Role.PATIENT:
        arrive(appointment, now)
    session.flush()
    if visit.started_at is None and _both_are_in(session, visit):
        visit.started_at = now
    record(session, appointment, VisitEventKind.ENTER, by, now, seat=by.seat)


@in_transaction
def leave(session: Session, *, appointment_id: uuid.UUID, by: Visitor, now: datetime) -> None:
    """Leave the waiting room or the room; the seat is kept. Leaving twice, or what one never entered, is nothing."""
    appointment, visit = visit_for_update(session, appointment_id)
    seat = session.get(VisitParticipant, (visit.appointment_id, by.seat))
    if seat is None or seat.state in (SeatState.LEFT, SeatState.REMOVED):
        return
    leave_seat(seat, now)
    record(session, appointment, VisitEventKind.LEAVE, by, now, seat=by.seat)


@in_transaction
def confirm_alone(session: Session, *, appointment_id: uuid.UUID, by: Visitor, now: datetime) -> None:
    """«Hvem er i rommet?»: only those who are shown hear and see. Raises NotFound for somebody who is not in."""
    appointment, visit = visit_for_update(session, appointment_id)
    seat = session.get(VisitParticipant, (visit.appointment_id, by.seat))
    if seat is None or seat.state != SeatState.IN:
        raise NotFound(by.seat)
    if seat.alone_confirmed_at is None:
        seat.alone_confirmed_at = now
        record(session, appointment, VisitEventKind.CONFIRM_ALONE, by, now, seat=by.seat)


@in_transaction
def give_phone(
    session: Session, *, appointment_id: uuid.UUID, phone: str, by: Visitor, now: datetime
) -> None:
    """The number on which the doctor may call the patient when video fails. Raises FieldRefused, NotFound.

    Somebody who gives it has come, whatever the connection does: that is never a no-show.
    """
    number = clean_phone(phone)
    if number is None:
        raise FieldRefused("phone", "wrong" if phone.strip() else "missing")
    if by.role is not Role.PATIENT:
        raise NotFound(by.seat)
    appointment, visit = visit_for_update(session, appointment_id)
    if appointment.status not in (Status.BOOKED, Status.ARRIVED):
        raise VisitOver(str(appointment_id))
    seat = seat_of(session, visit, by, now)
    if seat.waiting_since is None:
        seat.state, seat.left_at = SeatState.LEFT.value, now
    seat.phone = number
    arrive(appointment, now)
    record(session, appointment, VisitEventKind.GIVE_PHONE, by, now, seat=by.seat)


@in_transaction
def pin_node(session: Session, *, appointment_id: uuid.UUID, node: str, instead_of: str | None) -> str:
    """The video server that holds the visit's room: ``node``, unless somebody was quicker to name another.

    ``instead_of`` is what the caller found named: nothing, or a server that is no longer there. Raises VisitOver.
    """
    appointment, visit = visit_for_update(session, appointment_id)
    check_not_over(appointment, visit)
    if visit.node in (None, instead_of):
        visit.node = node
    return str(visit.node)


def forget_visit(session: Session, appointment: Appointment) -> None:
    """A moved or cancelled appointment has no visit yet: what was opened early or invited is taken back.

    Raises TooLateToChange when the visit has begun. The history stays.
    """
    visit = session.get(Visit, appointment.id)
    if visit is None:
        return
    if visit.started_at is not None:
        raise TooLateToChange(visit.started_at.isoformat())
    session.execute(sa.delete(Visit).where(Visit.appointment_id == appointment.id))
    session.expunge(visit)


def visit_for_update(session: Session, appointment_id: uuid.UUID) -> tuple[Appointment, Visit]:
    """The appointment, locked until the transaction ends, and its visit, made when it is the first time."""
    appointment = session.scalar(
        sa.select(Appointment).where(Appointment.id == appointment_id).with_for_update()
    )
    if appointment is None:
        raise NotFound(str(appointment_id))
    visit = session.get(Visit, appointment_id, populate_existing=True)
    if visit is None:
        visit = Visit(appointment_id=appointment_id)
        session.add(visit)
        session.flush()
    return appointment, visit


def check_not_over(appointment: Appointment, visit: Visit) -> None:
    """Raises VisitOver when the doctor has ended the visit, or the appointment was cancelled a moment ago."""
    if visit.ended_at is not None or appointment.status not in (Status.BOOKED, Status.ARRIVED):
        raise VisitOver(str(visit.appointment_id))


def _check_open(appointment: Appointment, visit: Visit, now: datetime) -> None:
    """The door once more, under the lock: the appointment may have been moved since the page was asked for."""
    check_not_over(appointment, visit)
    if visit.opened_early_at is None and now < video_opens(appointment.starts_at):
        raise SeatRefused("early")


def seat_of(session: Session, visit: Visit, by: Visitor, now: datetime) -> VisitParticipant:
    """The visitor's seat, taken now when it is the first time."""
    seat = session.get(VisitParticipant, (visit.appointment_id, by.seat), populate_existing=True)
    if seat is None:
        seat = VisitParticipant(
            appointment_id=visit.appointment_id,
            seat=by.seat,
            role=by.role.value,
            name=by.name,
            state=SeatState.LEFT.value,
            seen_at=now,
            epoch=0,
        )
        session.add(seat)
    seat.name = by.name
    return seat


def leave_seat(seat: VisitParticipant, now: datetime) -> None:
    """Out of the waiting room or the room. Who has been let in may come back without asking again."""
    seat.state, seat.left_at = change_seat(seat.state, SeatEvent.LEAVE).value, now


def arrive(appointment: Appointment, now: datetime) -> None:
    """FHIR's arrived; from then on it is no no-show."""
    if appointment.status == Status.BOOKED:
        appointment.status = change(
            appointment.status, Event.ARRIVE, start=appointment.starts_at, now=now
        ).value


def record(
    session: Session,
    appointment: Appointment,
    what: VisitEventKind,
    by: Visitor,
    now: datetime,
    *,
    seat: str | None = None,
) -> None:
    """Add a line to the appointment's history: who, when, what; never what was said or written."""
    session.add(
        VisitEvent(
            appointment_id=appointment.id,
            at=now,
            what=what.value,
            seat=seat,
            by_role=by.role.value,
            by_person_id=by.person_id,
            by_practitioner_id=by.practitioner_id,
            status=appointment.status,
        )
    )


def _both_are_in(session: Session, visit: Visit) -> bool:
    here = sa.select(sa.func.count()).where(
        VisitParticipant.appointment_id == visit.appointment_id,
        VisitParticipant.state == SeatState.IN,
        VisitParticipant.role.in_((Role.PATIENT, Role.PRACTITIONER)),
    )
    return session.scalar(here) == 2
