"""An appointment's states and what may be done to it when. Status words are FHIR R4's AppointmentStatus."""

from datetime import datetime, timedelta
from enum import StrEnum

from booking.domain.errors import AlreadyEnded, OverlapsOwnAppointment, TooLateToChange, TooManyAppointments

MAX_COMING = 3
"""Coming appointments a citizen may have at one service: leaves times for others."""

OPENS_BEFORE = timedelta(minutes=5)
STAYS_OPEN = timedelta(minutes=15)
LONGEST_OVERRUN = timedelta(hours=2)
"""A visit that goes on keeps its room open past the planned end; one that was never ended, only so long."""


class Status(StrEnum):
    """FHIR's words. BOOKED is the only state that a citizen can change."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NOSHOW = "noshow"


class Event(StrEnum):
    """What happens to an appointment; each is a line of its history."""

    BOOK = "book"
    MOVE = "move"
    CANCEL = "cancel"
    ARRIVE = "arrive"
    FULFIL = "fulfil"
    MISS = "miss"
    FAIL = "fail"


_CHANGES = {
    (Status.BOOKED, Event.MOVE): Status.BOOKED,
    (Status.BOOKED, Event.CANCEL): Status.CANCELLED,
    (Status.BOOKED, Event.ARRIVE): Status.ARRIVED,
    (Status.BOOKED, Event.MISS): Status.NOSHOW,
    (Status.BOOKED, Event.FULFIL): Status.FULFILLED,  # the doctor telephoned
    (Status.BOOKED, Event.FAIL): Status.CANCELLED,
    (Status.ARRIVED, Event.FULFIL): Status.FULFILLED,
    (Status.ARRIVED, Event.FAIL): Status.CANCELLED,
}
"""Who has arrived is never a no-show: what failed then was the connection."""


def change(status: str, event: Event, *, start: datetime, now: datetime) -> Status:
    """The state after ``event``.

    Raises AlreadyEnded when the state does not allow it, TooLateToChange when a citizen's change (move, cancel)
    comes at or after the start.
    """
    after = _CHANGES.get((Status(status), event))
    if after is None:
        raise AlreadyEnded(status)
    if event in (Event.MOVE, Event.CANCEL) and now >= start:
        raise TooLateToChange(start.isoformat())
    return after


def is_late_cancellation(start: datetime, now: datetime, deadline_hours: int) -> bool:
    """Whether a cancellation at ``now`` comes after the municipality's deadline (hours before the start)."""
    return now > start - timedelta(hours=deadline_hours)


def is_coming(status: str, end: datetime, now: datetime, *, going_on: bool = False) -> bool:
    """Whether the appointment belongs under the coming ones: live, and its room not closed yet.

    The room is open until fifteen minutes after the planned end, and longer while the visit is ``going_on``.
    """
    closes = end + (LONGEST_OVERRUN if going_on else STAYS_OPEN)
    return status in (Status.BOOKED, Status.ARRIVED) and now < closes


def video_opens(start: datetime) -> datetime:
    """When «Start video» leads in: five minutes before the start."""
    return start - OPENS_BEFORE


def check_room_for(
    start: datetime,
    end: datetime,
    coming: list[tuple[datetime, datetime, bool]],
) -> None:
    """Whether the citizen may have one more appointment from ``start`` to ``end``.

    ``coming`` are the citizen's other coming appointments: start, end, whether at the same service. Raises
    OverlapsOwnAppointment or TooManyAppointments.
    """
    for other_start, other_end, _ in coming:
        if start < other_end and other_start < end:
            raise OverlapsOwnAppointment(other_start)
    if sum(same_service for _, _, same_service in coming) >= MAX_COMING:
        raise TooManyAppointments(MAX_COMING)
