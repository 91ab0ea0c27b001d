"""What the doctor does with a visit: open early, let in, write, invite, remove, end, and say what came of it."""

import secrets
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.crypto import keyring
from booking.db import in_transaction
from booking.domain.appointments import STAYS_OPEN, Status, change, is_coming, video_opens
from booking.domain.errors import AlreadyEnded, FieldRefused, RoomFull, SeatRefused, TooLateToChange
from booking.domain.reason_text import clean_reason
from booking.domain.visits import (
    APPOINTMENT_EVENT,
    CODE_LENGTH,
    CODE_LETTERS,
    GUEST_NAME_MAX,
    GUEST_SEATS,
    MESSAGE_MAX,
    Outcome,
    Role,
    SeatEvent,
    SeatState,
    change_seat,
    check_outcome,
)
from booking.models import Appointment, GuestInvitation, Visit, VisitParticipant
from booking.models.visit import VisitEventKind
from booking.queries.visits import Visitor
from booking.services.visits import check_not_over, leave_seat, record, visit_for_update

SHORTEST_INVITATION = timedelta(minutes=30)
OPENED_EARLY_AT_MOST = timedelta(hours=12)
"""A visit is opened on its day, not on an earlier one by mistake."""


@in_transaction
def open_early(session: Session, *, appointment_id: uuid.UUID, by: Visitor, now: datetime) -> None:
    """Let people in before the five minutes. Raises AlreadyEnded, VisitOver, TooLateToChange (another day's visit)."""
    appointment, visit = visit_for_update(session, appointment_id)
    check_not_over(visit)
    if not is_coming(appointment.status, appointment.ends_at, now):
        raise AlreadyEnded(appointment.status)
    if now < appointment.starts_at - OPENED_EARLY_AT_MOST:
        raise TooLateToChange(appointment.starts_at.isoformat())
    if visit.opened_early_at is None and now < video_opens(appointment.starts_at):
        visit.opened_early_at = now
        record(session, appointment, VisitEventKind.OPEN_EARLY, by, now)


@in_transaction
def admit(session: Session, *, appointment_id: uuid.UUID, seat: str, by: Visitor, now: datetime) -> None:
    """«Slipp inn»: from the waiting room, or after being removed; twice is once. Raises SeatRefused, VisitOver."""
    appointment, visit = visit_for_update(session, appointment_id)
    check_not_over(visit)
    there = _seat(session, visit, seat)
    if there.state in (SeatState.ADMITTED, SeatState.IN):
        return
    there.state = change_seat(there.state, SeatEvent.ADMIT).value
    there.admitted_at, there.removed_at, there.left_at = now, None, None
    record(session, appointment, VisitEventKind.ADMIT, by, now, seat=seat)


@in_transaction
def remove(session: Session, *, appointment_id: uuid.UUID, seat: str, by: Visitor, now: datetime) -> bool:
    """Put somebody out. The seat's epoch rises: no ticket signed before lets in again. Raises SeatRefused.

    False when it was done already: then the video server is not told again, whose count would run ahead of ours.
    """
    appointment, visit = visit_for_update(session, appointment_id)
    there = _seat(session, visit, seat)
    if there.state == SeatState.REMOVED:
        return False
    if there.role == Role.PRACTITIONER:
        raise SeatRefused(there.state)
    there.state = change_seat(there.state, SeatEvent.REMOVE).value
    there.removed_at, there.epoch = now, there.epoch + 1
    record(session, appointment, VisitEventKind.REMOVE, by, now, seat=seat)
    return True


@in_transaction
def write_message(session: Session, *, appointment_id: uuid.UUID, text: str, by: Visitor) -> None:
    """What whoever waits shall read; an empty text takes it away. Raises FieldRefused, VisitOver."""
    message = clean_reason(text)
    if len(message) > MESSAGE_MAX:
        raise FieldRefused("message", "long")
    assert by.role is Role.PRACTITIONER, "only the doctor writes to the waiting room"
    _appointment, visit = visit_for_update(session, appointment_id)
    check_not_over(visit)
    visit.message = message or None


@in_transaction
def invite_guest(
    session: Session, *, appointment_id: uuid.UUID, name: str, by: Visitor, now: datetime
) -> str:
    """A one-time code for an interpreter or a relative; it is shown once and kept only as a digest.

    Raises FieldRefused, RoomFull, VisitOver. A seat whose guest was removed, or never came in time, is given anew.
    """
    called = " ".join(clean_reason(name).split())
    if not called or len(called) > GUEST_NAME_MAX:
        raise FieldRefused("name", "long" if called else "missing")
    appointment, visit = visit_for_update(session, appointment_id)
    check_not_over(visit)
    if appointment.status not in (Status.BOOKED, Status.ARRIVED):
        raise AlreadyEnded(appointment.status)
    seat = _free_guest_seat(session, visit, now)
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    session.add(
        GuestInvitation(
            appointment_id=visit.appointment_id,
            seat=seat,
            name=called,
            code_digest=code_digest(code),
            created_at=now,
            expires_at=max(appointment.ends_at + STAYS_OPEN, now + SHORTEST_INVITATION),
        )
    )
    record(session, appointment, VisitEventKind.INVITE, by, now, seat=seat)
    return code


@in_transaction
def end_visit(session: Session, *, appointment_id: uuid.UUID, by: Visitor, now: datetime) -> None:
    """End for all. What came of it is said afterwards; ended twice, it stays ended once."""
    appointment, visit = visit_for_update(session, appointment_id)
    _end(session, appointment, visit, by, now)


@in_transaction
def say_outcome(
    session: Session, *, appointment_id: uuid.UUID, outcome: Outcome, by: Visitor, now: datetime
) -> None:
    """What came of it; ends the visit when it has not ended, and forgets the patient's telephone number. Said twice
    the same, it is said once.

    Raises NoShowRefused, TooLateToChange (before the start, nothing can have come of it), AlreadyEnded.
    """
    appointment, visit = visit_for_update(session, appointment_id)
    if appointment.outcome == outcome:
        return
    opened = visit.opened_early_at or video_opens(appointment.starts_at)
    if now < opened:
        raise TooLateToChange(appointment.starts_at.isoformat())
    patient = session.get(VisitParticipant, (appointment_id, Role.PATIENT.value))
    came = patient is not None or appointment.status == Status.ARRIVED
    event = APPOINTMENT_EVENT[outcome]
    check_outcome(outcome, patient_came=came, start=appointment.starts_at, now=now)
    after = change(appointment.status, event, start=appointment.starts_at, now=now)
    appointment.status, appointment.outcome = after.value, outcome.value
    _end(session, appointment, visit, by, now)
    if patient is not None:
        patient.phone = None
    record(session, appointment, VisitEventKind(event.value), by, now)


def code_digest(code: str) -> bytes:
    """What of a guest's code is kept."""
    return keyring().digest(code, "guest_invitation.code")


def code_digests(code: str) -> list[bytes]:
    """What may be kept of a guest's code: more than one while look-up keys change."""
    return keyring().digests(code, "guest_invitation.code")


def _end(session: Session, appointment: Appointment, visit: Visit, by: Visitor, now: datetime) -> None:
    if visit.ended_at is not None:
        return
    visit.ended_at, visit.message = now, None
    for seat in session.scalars(_seats(visit).order_by(VisitParticipant.seat)):
        if seat.state in (SeatState.WAITING, SeatState.ADMITTED, SeatState.IN):
            leave_seat(seat, now)
            record(session, appointment, VisitEventKind.LEAVE, by, now, seat=seat.seat)
    # A code that nobody has used opens nothing any more; who has used one still reads that the visit is over.
    unused = sa.and_(
        GuestInvitation.appointment_id == visit.appointment_id, GuestInvitation.used_at.is_(None)
    )
    session.execute(sa.delete(GuestInvitation).where(unused))
    record(session, appointment, VisitEventKind.END, by, now)


def _seats(visit: Visit) -> sa.Select[VisitParticipant]:
    return sa.select(VisitParticipant).where(VisitParticipant.appointment_id == visit.appointment_id)


def _seat(session: Session, visit: Visit, name: str) -> VisitParticipant:
    there = session.get(VisitParticipant, (visit.appointment_id, name), populate_existing=True)
    if there is None:
        raise SeatRefused("absent")
    return there


def _free_guest_seat(session: Session, visit: Visit, now: datetime) -> str:
    """A seat nobody has been given, else one whose code ran out, else one whose guest was removed or has left."""
    invited = {
        each.seat: each
        for each in session.scalars(
            sa.select(GuestInvitation).where(GuestInvitation.appointment_id == visit.appointment_id)
        )
    }
    there = {seat.seat: seat for seat in session.scalars(_seats(visit))}

    def order(name: str) -> int:
        if name not in invited:
            return 0
        if invited[name].used_at is None:
            return 1 if invited[name].expires_at <= now else 9
        state = there[name].state if name in there else None
        return {SeatState.REMOVED: 2, SeatState.LEFT: 3}.get(SeatState(state), 9) if state else 9

    name = min(GUEST_SEATS, key=order)
    if order(name) > 3:
        raise RoomFull(str(len(GUEST_SEATS)))
    if name in invited:
        session.delete(invited[name])
    if name in there:
        # The row stays for its epoch; whoever comes now waits like anybody else.
        seat = there[name]
        seat.state, seat.left_at, seat.removed_at = SeatState.LEFT.value, now, None
        seat.admitted_at = seat.entered_at = seat.waiting_since = seat.alone_confirmed_at = None
    session.flush()
    return name
