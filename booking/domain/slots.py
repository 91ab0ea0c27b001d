"""Schedules − closed days − what is taken = free times. One calculator serves showing, holding and confirming.

Inside, a time is an integer: whole minutes since 1970-01-01T00:00Z, because a month of a service is thousands of
times on every page view. A day's times are bits of an integer, a practitioner's free times one such integer.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache, reduce
from operator import or_

LEAD = timedelta(minutes=10)
"""A time is offered until ten minutes before it starts: as long as it may be held while the citizen reviews."""


@dataclass(frozen=True)
class WeeklyHours:
    """One line of a schedule. ``opens`` and ``closes`` are minutes after local midnight, ``weekday`` 0 is Monday."""

    practitioner_id: int
    weekday: int
    opens: int
    closes: int
    visit_minutes: int
    valid_from: date
    valid_until: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the line holds on ``day`` (both ends included)."""
        in_time = self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)
        return in_time and day.weekday() == self.weekday


@dataclass(frozen=True)
class Taken:
    """What a practitioner is not free for: a hold, a visit or an absence, from ``start`` to ``end`` in minutes UTC."""

    practitioner_id: int
    start: int
    end: int


@dataclass(frozen=True)
class _Day:
    """A day's planned times: sorted starts, and for each practitioner which (bits) and until when."""

    day: date
    starts: tuple[int, ...]
    bits: dict[int, int]
    ends: dict[tuple[int, int], int]


def to_minutes(moment: datetime) -> int:
    """Whole minutes since 1970 of an aware datetime."""
    return int(moment.timestamp()) // 60


def from_minutes(minutes: int) -> datetime:
    """The UTC datetime again."""
    return datetime.fromtimestamp(minutes * 60, UTC)


def _wall_clock(day: date, minute: int, zone: tzinfo) -> int | None:
    """UTC minutes of a local wall time; None for one that the spring change skips, the first of two in autumn."""
    local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    utc = local.astimezone(UTC)
    return (
        to_minutes(utc) if utc.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None) else None
    )


def _plan(hours: tuple[WeeklyHours, ...], day: date, zone: tzinfo) -> _Day:
    """The day's times. Of a practitioner's times that overlap only the first is kept: two lines of hours may, and
    so may a long visit into the hour that the spring change skips and the time that the clock shows after it.
    """
    times: dict[int, dict[int, int]] = {}
    for line in hours:
        if line.covers(day):
            for minute in range(line.opens, line.closes - line.visit_minutes + 1, line.visit_minutes):
                start = _wall_clock(day, minute, zone)
                if start is not None:
                    times.setdefault(start, {})[line.practitioner_id] = start + line.visit_minutes
    starts = tuple(sorted(times))
    bits: dict[int, int] = {}
    ends = {}
    busy_until: dict[int, int] = {}
    for position, start in enumerate(starts):
        for practitioner_id, end in times[start].items():
            if start >= busy_until.get(practitioner_id, start):
                bits[practitioner_id] = bits.get(practitioner_id, 0) | 1 << position
                ends[practitioner_id, start] = end
                busy_until[practitioner_id] = end
    return _Day(day, starts, bits, ends)


@dataclass(frozen=True)
class _Window:
    """Planned days in a row, and where each (practitioner, start, end) stands: (day's place, bit)."""

    plans: tuple[_Day, ...]
    place: dict[tuple[int, int, int], tuple[int, int]]


@lru_cache(maxsize=512)
def _window(
    hours: tuple[WeeklyHours, ...], closed: frozenset[date], first: date, last: date, zone: tzinfo
) -> _Window:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    plans = tuple(_plan(() if day in closed else hours, day, zone) for day in days)
    place: dict[tuple[int, int, int], tuple[int, int]] = {}
    for n, plan in enumerate(plans):
        bits = {start: 1 << i for i, start in enumerate(plan.starts)}
        place |= {(who, start, end): (n, bits[start]) for (who, start), end in plan.ends.items()}
    return _Window(plans, place)


class FreeTimes:
    """The free times of a service between two days; several practitioners free at one time are one time."""

    def __init__(self, days: Iterable[tuple[_Day, dict[int, int]]]) -> None:
        self._days = {plan.day: (plan, free) for plan, free in days}
        self._any = {day: _either(free.values()) for day, (_, free) in self._days.items()}
        self._offered: tuple[int, FreeTimes] | None = None

    def offered_at(self, now: datetime) -> "FreeTimes":
        """Those that start later than LEAD after ``now``; the same object as long as no further time has passed."""
        earliest = to_minutes(now + LEAD)
        begun = [plan for plan, _ in self._days.values() if plan.starts and plan.starts[0] <= earliest]
        passed = [bisect_right(plan.starts, earliest) for plan in begun]
        offered = self._offered
        if offered is None or offered[0] != sum(passed):
            days = {plan.day: (plan, dict(free)) for plan, free in self._days.values()}
            for plan, count in zip(begun, passed, strict=True):
                for practitioner_id, mask in days[plan.day][1].items():
                    days[plan.day][1][practitioner_id] = mask >> count << count
            self._offered = offered = (sum(passed), FreeTimes(days.values()))
        return offered[1]

    def days(self) -> list[date]:
        """Every day in the window, in order, free times or not."""
        return list(self._days)

    def count(self, day: date) -> int:
        """How many times are free on ``day``; 0 outside the window."""
        return self._any.get(day, 0).bit_count()

    def starts(self, day: date) -> list[datetime]:
        """The free starts (UTC) of ``day`` in order."""
        free = self._any.get(day, 0)
        if not free:
            return []
        return [from_minutes(s) for i, s in enumerate(self._days[day][0].starts) if free >> i & 1]

    def practitioners(self, day: date, start: datetime) -> list[tuple[int, datetime]]:
        """Who is free at ``start`` on ``day``, with the visit's end (UTC); the least busy that day first."""
        if day not in self._days:
            return []
        plan, free = self._days[day]
        minute = to_minutes(start)
        if from_minutes(minute) != start or minute not in plan.starts:
            return []
        position = plan.starts.index(minute)
        there = [p for p, mask in free.items() if mask >> position & 1]
        there.sort(key=lambda p: (-free[p].bit_count(), p))
        return [(p, from_minutes(plan.ends[p, minute])) for p in there]

    def next_day(self, after: date) -> date | None:
        """The first day after ``after`` with something free."""
        return next((day for day in self._days if day > after and self._any[day]), None)

    def first(self) -> datetime | None:
        """The first free start of all."""
        day = next((day for day, mask in self._any.items() if mask), None)
        if day is None:
            return None
        mask = self._any[day]
        return from_minutes(self._days[day][0].starts[(mask & -mask).bit_length() - 1])

    def nearest(self, start: datetime, how_many: int = 3) -> tuple[datetime, ...]:
        """The free starts nearest to ``start``, nearest first; of two as near, the later."""
        every = [s for day in self._days for s in self.starts(day) if s != start]
        every.sort(key=lambda s: (abs(s - start), s < start))
        return tuple(every[:how_many])


def _either(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)


def free_times(
    hours: tuple[WeeklyHours, ...],
    closed: frozenset[date],
    taken: Iterable[tuple[int, int, int]],
    *,
    first: date,
    last: date,
    now: datetime,
    zone: tzinfo,
) -> FreeTimes:
    """The free times from ``first`` to ``last`` (local days, both included).

    ``taken`` are (practitioner, start, end) in minutes UTC; one that overlaps a planned time in part takes it whole.
    Times that start within LEAD of ``now`` are not offered.
    """
    return untaken_times(hours, closed, taken, first=first, last=last, zone=zone).offered_at(now)


def untaken_times(
    hours: tuple[WeeklyHours, ...],
    closed: frozenset[date],
    taken: Iterable[tuple[int, int, int]],
    *,
    first: date,
    last: date,
    zone: tzinfo,
) -> FreeTimes:
    """As free_times, but with the times that have passed among them: for keeping until something is taken."""
    window = _window(hours, closed, first, last, zone)
    plans, place = window.plans, window.place
    free = [dict(plan.bits) for plan in plans]
    for visit in taken:
        spot = place.get(visit)
        if spot is not None:
            free[spot[0]][visit[0]] &= ~spot[1]
        else:
            _strike(plans, free, Taken(*visit))
    return FreeTimes(zip(plans, free, strict=True))


def _strike(plans: tuple[_Day, ...], free: list[dict[int, int]], taken: Taken) -> None:
    """Take away every planned time that overlaps; for visits off the grid and absences."""
    for n, plan in enumerate(plans):
        if plan.starts and plan.starts[0] < taken.end and taken.start < plan.starts[-1] + 24 * 60:
            for i, start in enumerate(plan.starts):
                end = plan.ends.get((taken.practitioner_id, start))
                if end is not None and start < taken.end and taken.start < end:
                    free[n][taken.practitioner_id] &= ~(1 << i)
