"""What the doctor does with a visit: open early, let in, write, invite, remove, end, and say what came of it."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import oslo_date
from booking.crypto import keyring
from booking.db import in_transaction
from booking.domain.appointments import STAYS_OPEN, Status, change, is_coming, video_opens
from booking.domain.errors import (
    AlreadyEnded,
    FieldRefused,
    OutcomeSettled,
    RoomFull,
    SeatRefused,
    TooLateToChange,
)
from booking.domain.reason_text import clean_reason
from booking.domain.visits import (
    APPOINTMENT_EVENT,
    CODE_LENGTH,
    CODE_LETTERS,
    GUEST_NAME_MAX,
    GUEST_SEATS,
    MESSAGE_MAX,
    STATUS_AFTER,
    Outcome,
    Role,
    SeatEvent,
    SeatState,
    change_seat,
    check_outcome,
    may_correct,
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
    check_not_over(appointment, visit)
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
    check_not_over(appointment, visit)
    there = _seat(session, visit, seat)
    if there.state in (SeatState.ADMITTED, SeatState.IN):
        return
    there.state = change_seat(there.state, SeatEvent.ADMIT).value
    there.admitted_at, there.removed_at, there.left_at = now, None, None
    record(session, appointment, VisitEventKind.ADMIT, by, now, seat=seat)


@dataclass(frozen=True, slots=True)
class Removal:
    """What the room's video server shall be told; ``node`` is None when the visit has no room yet."""

    node: str | None
    epoch: int


@in_transaction
def remove(session: Session, *, appointment_id: uuid.UUID, seat: str, by: Visitor, now: datetime) -> Removal:
    """Put somebody out. The seat's epoch rises: no ticket signed before lets in again. Raises SeatRefused.

    Done twice it is done once, with the same answer: the video server may not have heard it the first time.
    """
    appointment, visit = visit_for_update(session, appointment_id)
    there = _seat(session, visit, seat)
    if there.state == SeatState.REMOVED:
        return Removal(visit.node, there.epoch)
    if there.role == Role.PRACTITIONER:
        raise SeatRefused(there.state)
    there.state = change_seat(there.state, SeatEvent.REMOVE).value
    there.removed_at, there.epoch = now, there.epoch + 1
    record(session, appointment, VisitEventKind.REMOVE, by, now, seat=seat)
    return Removal(visit.node, there.epoch)


@in_transaction
def write_message(session: Session, *, appointment_id: uuid.UUID, text: str, by: Visitor) -> None:
    """What whoever waits shall read; an empty text takes it away. Raises FieldRefused, VisitOver."""
    message = clean_reason(text)
    if len(message) > MESSAGE_MAX:
        raise FieldRefused("message", "long")
    assert by.role is Role.PRACTITIONER, "only the doctor writes to the waiting room"
    appointment, visit = visit_for_update(session, appointment_id)
    check_not_over(appointment, visit)
    visit.message = message or None


@in_transaction
def invite_guest(
    session: Session, *, appointment_id: uuid.UUID, name: str, by: Visitor, now: datetime
) -> str:
    """A one-time code for an interpreter or a relative; it is shown once and kept only as a digest.

    Raises FieldRefused, RoomFull, VisitOver. A seat whose guest was removed, or never came in time, is given anew; so
    is one that waits for a guest of the same name: a second click makes a new code and takes no second seat.
    """
    called = " ".join(clean_reason(name).split())
    if not called or len(called) > GUEST_NAME_MAX:
        raise FieldRefused("name", "long" if called else "missing")
    appointment, visit = visit_for_update(session, appointment_id)
    check_not_over(appointment, visit)
    seat = _free_guest_seat(session, visit, called, now)
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
def end_visit(session: Session, *, appointment_id: uuid.UUID, by: Visitor, now: datetime) -> str | None:
    """End for all: the video server to tell. What came of it is said afterwards; ended twice, it stays ended once."""
    appointment, visit = visit_for_update(session, appointment_id)
    _end(session, appointment, visit, by, now)
    return visit.node


@in_transaction
def say_outcome(
    session: Session, *, appointment_id: uuid.UUID, outcome: Outcome, by: Visitor, now: datetime
) -> str | None:
    """What came of it; ends the visit when it has not ended, and forgets the patient's telephone number. Said twice
    the same, it is said once; said otherwise, it is corrected, and both lines stay in the history. Returns the video
    server to tell.

    Raises NoShowRefused, TooLateToChange (before the start, nothing can have come of it), AlreadyEnded, OutcomeSettled.
    """
    appointment, visit = visit_for_update(session, appointment_id)
    if appointment.outcome == outcome:
        return visit.node
    opened = visit.opened_early_at or video_opens(appointment.starts_at)
    if now < opened:
        raise TooLateToChange(appointment.starts_at.isoformat())
    patient = session.get(VisitParticipant, (appointment_id, Role.PATIENT.value))
    came = patient is not None or appointment.status == Status.ARRIVED
    event = APPOINTMENT_EVENT[outcome]
    check_outcome(outcome, patient_came=came, start=appointment.starts_at, now=now)
    if appointment.outcome is None:
        after = change(appointment.status, event, start=appointment.starts_at, now=now)
    elif may_correct(oslo_date(appointment.starts_at), oslo_date(now)):
        after = STATUS_AFTER[outcome]
    else:
        raise OutcomeSettled(appointment.outcome)
    appointment.status, appointment.outcome = after.value, outcome.value
    _end(session, appointment, visit, by, now)
    if patient is not None:
        patient.phone = None
    record(session, appointment, VisitEventKind(event.value), by, now)
    return visit.node


def code_digest(code: str) -> bytes:
    """What of a guest's code is kept."""
    return keyring().digest(code, "guest_invitation.code")


def code_digests(code: str) -> list[bytes]:
    """What may be kept of a guest's code: more than one while look-up keys change."""
    return keyring().digests(code, "guest_invitation.code")


def _end(session: Session, appointment: Appointment, visit: Visit, by: Visitor, now: datetime) -> None:
    if visit.ended_at is not None:
        return
    # Another web server, whose clock goes before ours, may have let the visit begin.
    visit.ended_at, visit.message = max(now, visit.started_at or now), None
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


def _free_guest_seat(session: Session, visit: Visit, called: str, now: datetime) -> str:
    """The seat that waits for a guest called so, else one that nobody has.

    First one nobody has been given, else one whose code ran out, else one whose guest was removed or has left.
    """
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
            if invited[name].name == called:
                return -1
            return 1 if invited[name].expires_at <= now else 9
        state = there[name].state if name in there else None
        return {SeatState.REMOVED: 2, SeatState.LEFT: 3}.get(SeatState(state), 9) if state else 9

    name = min(GUEST_SEATS, key=order)
    if order(name) > 3:
        raise RoomFull(str(len(GUEST_SEATS)))
    if name in invited:
        session.delete(invited[name])
    if name in there:
        # The row stays for its epoch, which rises: whoever comes now waits like anybody else, and whoever had the seat
        # before comes in on no ticket that is still under way.
        seat = there[name]
        seat.epoch += 1
        seat.state, seat.left_at, seat.removed_at = SeatState.LEFT.value, now, None
        seat.admitted_at = seat.entered_at = seat.waiting_since = seat.alone_confirmed_at = None
    session.flush()
    return name
