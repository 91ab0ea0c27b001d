"""Who may enter a video visit when. Pure: what is known of the visit and the time are arguments.

The five-minute rule: «Start video» leads in from five minutes before the start until fifteen minutes after the planned
end, longer while the visit goes on; earlier only when the doctor has opened early. Everything is reckoned in UTC, so
both changes of clock are days like any other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from booking.domain.appointments import is_coming, video_opens
from booking.domain.visits import Role, SeatState


class Door(StrEnum):
    """The room's door."""

    EARLY = "early"
    OPEN = "open"
    OVER = "over"


class Refusal(StrEnum):
    """Why somebody gets no ticket. The words stand in the answers that pages read."""

    EARLY = "too_early"
    OVER = "over"
    REMOVED = "removed"
    NOT_ADMITTED = "not_admitted"


@dataclass(frozen=True, slots=True)
class Visit:
    """What the rules need of a visit; all moments are aware UTC datetimes."""

    status: str
    start: datetime
    end: datetime
    opened_early_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody's place in the visit. ``state`` is a SeatState's word, None for somebody who has not come yet."""

    role: str
    state: str | None = None
    was_admitted: bool = False


class EntryRefused(Exception):
    """No way in; ``refusal`` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


def opens_at(visit: Visit) -> datetime:
    """When the door opens, or opened."""
    planned = video_opens(visit.start)
    return planned if visit.opened_early_at is None else min(planned, visit.opened_early_at)


def door(visit: Visit, now: datetime) -> Door:
    """Whether the room can be entered at ``now``."""
    going_on = visit.started_at is not None and visit.ended_at is None
    if visit.ended_at is not None or not is_coming(visit.status, visit.end, now, going_on=going_on):
        return Door.OVER
    return Door.OPEN if now >= opens_at(visit) else Door.EARLY


def seconds_until_open(visit: Visit, now: datetime) -> int:
    """Whole seconds until the door opens, rounded up so that nobody comes too early; 0 when it has opened."""
    left = opens_at(visit) - now
    return max(0, -(-left // timedelta(seconds=1)))


def check_may_wait(visit: Visit, seat: Seat, now: datetime) -> None:
    """Whether somebody may come into the waiting room. Raises EntryRefused."""
    _check_door(visit, now)
    if seat.state == SeatState.REMOVED:
        raise EntryRefused(Refusal.REMOVED)


def check_may_enter(visit: Visit, seat: Seat, now: datetime) -> None:
    """Whether somebody may have a ticket to the room. Raises EntryRefused.

    The doctor needs nobody's leave; everybody else needs the doctor's. Who was let in and left may come back.
    """
    check_may_wait(visit, seat, now)
    back_again = seat.state == SeatState.LEFT and seat.was_admitted
    let_in = seat.state in (SeatState.ADMITTED, SeatState.IN) or back_again
    if seat.role != Role.PRACTITIONER and not let_in:
        raise EntryRefused(Refusal.NOT_ADMITTED)


def _check_door(visit: Visit, now: datetime) -> None:
    state = door(visit, now)
    if state is Door.EARLY:
        raise EntryRefused(Refusal.EARLY)
    if state is Door.OVER:
        raise EntryRefused(Refusal.OVER)
