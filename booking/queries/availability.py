"""Which times are free at a service? The only reader of schedules, closed days, absences and slots together.

One statement brings all of it, gathered into a few lines of text: a month of a service is hundreds of rows, and making
Python objects of them is most of what a page would cost. The same text gives the same free times, so they are worked
out once for each answer of the database and kept under it. Nothing is kept longer than the database says so.
"""

import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import OSLO, oslo_date, start_of_oslo_day
from booking.domain.slots import FreeTimes, WeeklyHours, untaken_times
from booking.models import Absence, ClosedDay, Schedule, Slot
from booking.sql_functions import joined, minutes_since_1970, time_between, whole_minutes

LONGEST_VISIT = timedelta(hours=4)
"""What ck_schedule_visit allows."""

Line = tuple[str, int, int, str | None]
"""What kind, then for «taken» the practitioner and how many minutes, then the texts of the kind joined by «;»."""

_SCHEDULE, _CLOSED_DAY = Schedule.__table__.c, ClosedDay.__table__.c
_SLOT, _ABSENCE = Slot.__table__.c, Absence.__table__.c
_NOBODY = uuid.UUID(int=0)


def _words(*columns: Any) -> sa.ColumnElement[str]:
    """The columns as one text with spaces between."""
    words: list[sa.ColumnElement[str]] = [sa.cast(column, sa.String) for column in columns]
    text = words[0]
    for word in words[1:]:
        text = text.concat(sa.literal_column("' '")).concat(word)
    return text


def _line(kind: str, practitioner: Any, minutes: Any, texts: Any) -> sa.Select[Any]:
    return sa.select(sa.literal_column(f"'{kind}'").label("kind"), practitioner, minutes, joined(texts))


_NONE: sa.ColumnElement[int] = sa.literal_column("0")
_AT_SERVICE = _SCHEDULE.service_id == sa.bindparam("service_id")
_PRACTITIONERS = sa.select(_SCHEDULE.practitioner_id).where(_AT_SERVICE)
_HOURS = _line(
    "hours",
    _NONE,
    _NONE,
    _words(
        _SCHEDULE.practitioner_id,
        _SCHEDULE.weekday,
        _SCHEDULE.opens,
        _SCHEDULE.closes,
        _SCHEDULE.visit_minutes,
        _SCHEDULE.valid_from,
        sa.func.coalesce(sa.cast(_SCHEDULE.valid_until, sa.String), sa.literal_column("'-'")),
    ),
).where(
    _AT_SERVICE,
    _SCHEDULE.valid_from <= sa.bindparam("last"),
    sa.or_(_SCHEDULE.valid_until.is_(None), _SCHEDULE.valid_until >= sa.bindparam("first")),
)
_CLOSED = _line("closed", _NONE, _NONE, _words(_CLOSED_DAY.day)).where(
    _CLOSED_DAY.service_id == sa.bindparam("service_id"),
    _CLOSED_DAY.day.between(sa.bindparam("first"), sa.bindparam("last")),
)
_BUSY = sa.union_all(
    sa.select(
        _SLOT.practitioner_id,
        minutes_since_1970(_SLOT.starts_at).label("start"),
        time_between(_SLOT.starts_at, _SLOT.ends_at).label("span"),
    ).where(
        _SLOT.practitioner_id.in_(_PRACTITIONERS),
        _SLOT.starts_at.between(sa.bindparam("earliest"), sa.bindparam("closing")),
        sa.or_(_SLOT.expires_at.is_(None), _SLOT.expires_at > sa.bindparam("now")),
        sa.or_(_SLOT.draft_id.is_(None), _SLOT.draft_id != sa.bindparam("mine")),
    ),
    sa.select(
        _ABSENCE.practitioner_id,
        minutes_since_1970(_ABSENCE.starts_at),
        time_between(_ABSENCE.starts_at, _ABSENCE.ends_at),
    ).where(
        _ABSENCE.practitioner_id.in_(_PRACTITIONERS),
        _ABSENCE.ends_at > sa.bindparam("opening"),
        _ABSENCE.starts_at < sa.bindparam("closing"),
    ),
).subquery()
_TAKEN = _line("taken", _BUSY.c.practitioner_id, whole_minutes(_BUSY.c.span), _words(_BUSY.c.start)).group_by(
    _BUSY.c.practitioner_id, _BUSY.c.span
)
_EVERYTHING = sa.union_all(_HOURS, _CLOSED, _TAKEN)


def window(horizon_days: int, now: datetime) -> tuple[date, date]:
    """The first and last day in Oslo that can be booked at ``now``: today and the horizon's days after it."""
    today = oslo_date(now)
    return today, today + timedelta(days=horizon_days)


def free_times_for(
    session: Session, *, service_id: int, horizon_days: int, now: datetime, mine: uuid.UUID | None = None
) -> FreeTimes:
    """The free times of a service from ``now`` to its horizon; a hold of the draft ``mine`` counts as free."""
    first, last = window(horizon_days, now)
    opening = start_of_oslo_day(first)
    asked = {
        "service_id": service_id,
        "first": first,
        "last": last,
        "opening": opening,
        "earliest": opening - LONGEST_VISIT,
        "closing": start_of_oslo_day(last + timedelta(days=1)),
        "now": now,
        "mine": mine or _NOBODY,
    }
    lines = tuple(map(tuple, session.execute(_EVERYTHING, asked).all()))
    return _untaken(lines, first, last).offered_at(now)


@lru_cache(maxsize=512)
def _untaken(lines: tuple[Line, ...], first: date, last: date) -> FreeTimes:
    hours = sorted((_weekly_hours(text) for text in _texts(lines, "hours")), key=_order)
    closed = frozenset(date.fromisoformat(text) for text in _texts(lines, "closed"))
    return untaken_times(tuple(hours), closed, _taken(lines), first=first, last=last, zone=OSLO)


def _texts(lines: tuple[Line, ...], kind: str) -> list[str]:
    return [text for line in lines if line[0] == kind and line[3] for text in line[3].split(";")]


def _taken(lines: tuple[Line, ...]) -> Iterator[tuple[int, int, int]]:
    for kind, practitioner_id, minutes, starts in lines:
        if kind == "taken" and starts:
            for start in map(int, starts.split(";")):
                yield practitioner_id, start, start + minutes


def _weekly_hours(text: str) -> WeeklyHours:
    words = text.split(" ")
    practitioner_id, weekday, opens, closes, visit = map(int, words[:5])
    since, until = date.fromisoformat(words[5]), None if words[6] == "-" else date.fromisoformat(words[6])
    return WeeklyHours(practitioner_id, weekday, opens, closes, visit, since, until)


def _order(line: WeeklyHours) -> tuple[int, ...]:
    return line.practitioner_id, line.weekday, line.opens, line.closes, line.visit_minutes
