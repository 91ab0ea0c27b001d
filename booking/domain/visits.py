"""A video visit: who sits in which seat, what came of it, and how late the doctor is."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from booking.domain.appointments import Event, Status
from booking.domain.errors import NoShowRefused, SeatRefused

NOSHOW_AFTER = timedelta(minutes=10)
"""Nobody is a no-show before half of an ordinary visit has gone."""

CORRECTED_WITHIN = timedelta(days=1)
"""What came of a visit can be said otherwise until the end of the day after it."""

AWAY_AFTER = timedelta(seconds=30)
"""Somebody who waits and has not been heard of for so long has left the page."""

WORTH_SAYING = timedelta(minutes=2)
"""A doctor who is less late than this is on time."""

GUEST_SEATS = ("guest-1", "guest-2")
"""A room holds four: the patient, the doctor and two guests."""

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0, O, 1, I or L: a code is read aloud on the telephone."""

CODE_LENGTH = 8
GUEST_NAME_MAX = 60
MESSAGE_MAX = 300

_PHONE = re.compile(r"(?:\+47)?([2-9]\d{7})|(\+(?!47)[1-9]\d{6,14})", re.ASCII)
_SEPARATORS = re.compile(r"[\s.\-()/]")


class Role(StrEnum):
    """Who somebody is in the room."""

    PATIENT = "patient"
    PRACTITIONER = "practitioner"
    GUEST = "guest"


class SeatState(StrEnum):
    """Where somebody is on the way from the door into the room."""

    WAITING = "waiting"
    ADMITTED = "admitted"
    IN = "in"
    LEFT = "left"
    REMOVED = "removed"


class SeatEvent(StrEnum):
    """What happens to a seat; each is a line of the appointment's history."""

    WAIT = "wait"
    ADMIT = "admit"
    ENTER = "enter"
    LEAVE = "leave"
    REMOVE = "remove"


class Outcome(StrEnum):
    """What came of an appointment. A failed connection is never a no-show: nobody is blamed or charged for it."""

    FULFILLED = "fulfilled"
    NOSHOW = "noshow"
    TECHNICAL_FAILURE = "technical_failure"


STATUS_AFTER = {
    Outcome.FULFILLED: Status.FULFILLED,
    Outcome.NOSHOW: Status.NOSHOW,
    Outcome.TECHNICAL_FAILURE: Status.CANCELLED,
}
"""FHIR's AppointmentStatus has no word for technical failure: such a visit did not take place."""

APPOINTMENT_EVENT = {
    Outcome.FULFILLED: Event.FULFIL,
    Outcome.NOSHOW: Event.MISS,
    Outcome.TECHNICAL_FAILURE: Event.FAIL,
}


def change_seat(state: str | None, event: SeatEvent, *, was_admitted: bool = False) -> SeatState:
    """The state after ``event``; ``state`` is None for somebody who has not come yet.

    ``was_admitted`` lets somebody who left the room (a closed lid, a tunnel) straight in again; who left the waiting
    room waits anew. Raises SeatRefused when it cannot be.
    """
    before = SeatState(state) if state is not None else None
    match event, before:
        case SeatEvent.WAIT, None | SeatState.WAITING:
            return SeatState.WAITING
        case SeatEvent.WAIT, SeatState.LEFT if not was_admitted:
            return SeatState.WAITING
        case SeatEvent.ADMIT, SeatState.WAITING | SeatState.REMOVED:
            return SeatState.ADMITTED
        case SeatEvent.ENTER, SeatState.ADMITTED | SeatState.IN:
            return SeatState.IN
        case SeatEvent.ENTER, SeatState.LEFT if was_admitted:
            return SeatState.IN
        case SeatEvent.LEAVE, SeatState.WAITING | SeatState.ADMITTED | SeatState.IN | SeatState.LEFT:
            return SeatState.LEFT
        case SeatEvent.REMOVE, SeatState.WAITING | SeatState.ADMITTED | SeatState.IN | SeatState.LEFT:
            return SeatState.REMOVED
    raise SeatRefused(before.value if before else "absent")


def is_away(state: str, seen_at: datetime, now: datetime) -> bool:
    """Whether somebody in the waiting room has closed the page without saying so."""
    return state == SeatState.WAITING and now - seen_at > AWAY_AFTER


def check_outcome(outcome: Outcome, *, patient_came: bool, start: datetime, now: datetime) -> None:
    """Whether the doctor may say that this came of it.

    Raises NoShowRefused when the patient was at the door, in the waiting room or in the room, however the connection
    went, and when it is too early to tell.
    """
    if outcome is not Outcome.NOSHOW:
        return
    if patient_came:
        raise NoShowRefused("came")
    if now < start + NOSHOW_AFTER:
        raise NoShowRefused("early")


def may_correct(visit_day: date, today: date) -> bool:
    """Whether the doctor may still say that something else came of a visit on ``visit_day`` (both days are Oslo's).

    check_outcome holds for the correction, too: who came does not become a no-show afterwards.
    """
    return today <= visit_day + CORRECTED_WITHIN


@dataclass(frozen=True, slots=True)
class VisitToday:
    """One of the doctor's visits today, as the delay is reckoned from."""

    start: datetime
    end: datetime
    started_at: datetime | None
    over: bool
    patient_there: bool


def delay_minutes(earlier: list[VisitToday], start: datetime, now: datetime) -> int | None:
    """How late the doctor will be for a visit at ``start``, in whole minutes; None when it is not worth saying.

    ``earlier`` are the doctor's visits of the day that were planned before this one. One that goes on takes its planned
    length from when it really began; one whose patient is there or may still come, its planned length from when the
    doctor is free; one that is over, or whose patient has not come five minutes into it, none.
    """
    free = now
    for visit in sorted(earlier, key=lambda each: each.start):
        length = visit.end - visit.start
        if visit.over:
            continue
        if visit.started_at is not None:
            free = max(free, visit.started_at + length)
        elif visit.patient_there or now < visit.start + timedelta(minutes=5):
            free = max(free, visit.start) + length
    late = free - start
    return round(late / timedelta(minutes=1)) if late >= WORTH_SAYING else None


def clean_phone(text: str) -> str | None:
    """A Norwegian number as eight digits, a foreign one as +digits; None when it is neither.

    >>> clean_phone("+47 412 34 567"), clean_phone("0047 41234567"), clean_phone("+46 70-123 45 67"), clean_phone("113")
    ('41234567', '41234567', '+46701234567', None)
    """
    digits = _SEPARATORS.sub("", text)
    found = _PHONE.fullmatch("+" + digits[2:] if digits.startswith("00") else digits)
    return (found[1] or found[2]) if found else None


def clean_code(text: str) -> str:
    """A guest's code as it is compared: capitals without blanks or hyphens.

    >>> clean_code(" abcd-efgh ")
    'ABCDEFGH'
    """
    return _SEPARATORS.sub("", text).upper()
