"""Which times are free at a service? The only reader of schedules, closed days, absences and slots together.

One statement brings all of it, gathered into three texts: a month of a service is hundreds of rows, and making Python
objects of them is most of what a page would cost. The same texts give the same free times, so they are worked out once
for each answer of the database and kept under it. Nothing is kept longer than the database says so.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import OSLO, oslo_date, start_of_oslo_day
from booking.domain.slots import FreeTimes, WeeklyHours, untaken_times
from booking.models import Absence, ClosedDay, Schedule, Slot
from booking.queries.services import SERVICE
from booking.sql_functions import joined, minutes_since_1970, time_between, whole_minutes

LONGEST_VISIT = timedelta(hours=4)
"""What ck_schedule_visit allows."""

LONGEST_HORIZON = timedelta(days=367)
"""What ck_service_horizon allows, and the days at both ends."""

Texts = tuple[str | None, str | None, str | None]
"""A service's weekly hours, its closed days, and its practitioners' taken times; None where there are none."""

_SCHEDULE, _CLOSED_DAY = Schedule.__table__.c, ClosedDay.__table__.c
_SLOT, _ABSENCE = Slot.__table__.c, Absence.__table__.c
_NOBODY = uuid.UUID(int=0)


def _words(*columns: Any, between: str = " ") -> sa.ColumnElement[str]:
    """The columns as one text."""
    words: list[sa.ColumnElement[str]] = [sa.cast(column, sa.String) for column in columns]
    text = words[0]
    for word in words[1:]:
        text = text.concat(sa.literal_column(f"'{between}'")).concat(word)
    return text


# The service of the row that the texts stand in; written out, for it is meant two queries further out.
_THE_SERVICE: sa.ColumnElement[int] = sa.literal_column("service.id")
_AT_SERVICE = _SCHEDULE.service_id == _THE_SERVICE
_PRACTITIONERS = sa.select(_SCHEDULE.practitioner_id).where(_AT_SERVICE)
_HOURS = sa.select(
    joined(
        _words(
            _SCHEDULE.practitioner_id,
            _SCHEDULE.weekday,
            _SCHEDULE.opens,
            _SCHEDULE.closes,
            _SCHEDULE.visit_minutes,
            _SCHEDULE.valid_from,
            sa.func.coalesce(sa.cast(_SCHEDULE.valid_until, sa.String), sa.literal_column("'-'")),
        )
    )
).where(_AT_SERVICE, sa.or_(_SCHEDULE.valid_until.is_(None), _SCHEDULE.valid_until >= sa.bindparam("first")))
_CLOSED = sa.select(joined(sa.cast(_CLOSED_DAY.day, sa.String))).where(
    _CLOSED_DAY.service_id == _THE_SERVICE, _CLOSED_DAY.day >= sa.bindparam("first")
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
_TAKEN_ALIKE = (
    sa.select(
        _words(
            _words(_BUSY.c.practitioner_id, whole_minutes(_BUSY.c.span)),
            joined(sa.cast(_BUSY.c.start, sa.String)),
            between=":",
        ).label("text")
    )
    .group_by(_BUSY.c.practitioner_id, _BUSY.c.span)
    .subquery()
)
TEXTS = (
    _HOURS.scalar_subquery(),
    _CLOSED.scalar_subquery(),
    sa.select(joined(_TAKEN_ALIKE.c.text, between="|")).scalar_subquery(),
)
"""Columns for a statement with a row of SERVICE; free_times_in makes FreeTimes of them, texts_asked are its values."""

_OF_SERVICE = sa.select(*TEXTS).select_from(SERVICE).where(SERVICE.c.id == sa.bindparam("service_id"))


def window(horizon_days: int, now: datetime) -> tuple[date, date]:
    """The first and last day in Oslo that can be booked at ``now``: today and the horizon's days after it."""
    today = oslo_date(now)
    return today, today + timedelta(days=horizon_days)


def free_times_for(
    session: Session, *, service_id: int, horizon_days: int, now: datetime, mine: uuid.UUID | None = None
) -> FreeTimes:
    """The free times of a service from ``now`` to its horizon; a hold of the draft ``mine`` counts as free."""
    asked = {"service_id": service_id, **texts_asked(now, mine)}
    row = session.execute(_OF_SERVICE, asked).first()
    return free_times_in(row or (None, None, None), horizon_days=horizon_days, now=now)


def texts_asked(now: datetime, mine: uuid.UUID | None) -> dict[str, object]:
    """The values of TEXTS."""
    first = oslo_date(now)
    opening = start_of_oslo_day(first)
    return {
        "first": first,
        "opening": opening,
        "earliest": opening - LONGEST_VISIT,
        "closing": opening + LONGEST_HORIZON,
        "now": now,
        "mine": mine or _NOBODY,
    }


def free_times_in(texts: Sequence[Any], *, horizon_days: int, now: datetime) -> FreeTimes:
    """The free times that a row of TEXTS tells of, from ``now`` to the horizon."""
    hours, closed, taken = texts
    return _untaken((hours, closed, taken), *window(horizon_days, now)).offered_at(now)


@lru_cache(maxsize=512)
def _untaken(texts: Texts, first: date, last: date) -> FreeTimes:
    planned, shut, taken = texts
    hours = sorted((_weekly_hours(text) for text in _split(planned, ";")), key=_order)
    closed = frozenset(map(date.fromisoformat, _split(shut, ";")))
    return untaken_times(tuple(hours), closed, _taken(taken), first=first, last=last, zone=OSLO)


def _split(text: str | None, at: str) -> list[str]:
    return text.split(at) if text else []


def _taken(text: str | None) -> Iterator[tuple[int, int, int]]:
    """(practitioner, start, end) in minutes, of «practitioner minutes:start;start|…»."""
    for alike in _split(text, "|"):
        whose, _, starts = alike.partition(":")
        practitioner_id, minutes = map(int, whose.split(" "))
        for start in map(int, starts.split(";")):
            yield practitioner_id, start, start + minutes


def _weekly_hours(text: str) -> WeeklyHours:
    words = text.split(" ")
    practitioner_id, weekday, opens, closes, visit = map(int, words[:5])
    since, until = date.fromisoformat(words[5]), None if words[6] == "-" else date.fromisoformat(words[6])
    return WeeklyHours(practitioner_id, weekday, opens, closes, visit, since, until)


def _order(line: WeeklyHours) -> tuple[int, ...]:
    return line.practitioner_id, line.weekday, line.opens, line.closes, line.visit_minutes
