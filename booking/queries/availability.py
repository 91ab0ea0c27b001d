"""Which times are free at a service? The only reader of schedules, closed days, absences and slots together."""

import uuid
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import OSLO, oslo_date, start_of_oslo_day
from booking.domain.slots import FreeTimes, WeeklyHours, free_times, to_minutes
from booking.models import Absence, ClosedDay, Schedule, Slot

_HOURS = (
    sa.select(
        Schedule.practitioner_id,
        Schedule.weekday,
        Schedule.opens,
        Schedule.closes,
        Schedule.visit_minutes,
        Schedule.valid_from,
        Schedule.valid_until,
    )
    .where(Schedule.service_id == sa.bindparam("service_id"))
    .where(Schedule.valid_from <= sa.bindparam("last"))
    .where(sa.or_(Schedule.valid_until.is_(None), Schedule.valid_until >= sa.bindparam("first")))
    .order_by(Schedule.practitioner_id, Schedule.weekday, Schedule.opens, Schedule.id)
)
_CLOSED = sa.select(ClosedDay.day).where(
    ClosedDay.service_id == sa.bindparam("service_id"),
    ClosedDay.day.between(sa.bindparam("first"), sa.bindparam("last")),
)
_TAKEN = sa.union_all(
    sa.select(Slot.practitioner_id, Slot.starts_at, Slot.ends_at).where(
        Slot.practitioner_id.in_(sa.bindparam("practitioners", expanding=True)),
        Slot.starts_at.between(sa.bindparam("opening") - timedelta(hours=4), sa.bindparam("closing")),
        sa.or_(Slot.expires_at.is_(None), Slot.expires_at > sa.bindparam("now")),
        sa.or_(Slot.draft_id.is_(None), Slot.draft_id != sa.bindparam("mine")),
    ),
    sa.select(Absence.practitioner_id, Absence.starts_at, Absence.ends_at).where(
        Absence.practitioner_id.in_(sa.bindparam("practitioners", expanding=True)),
        Absence.ends_at > sa.bindparam("opening"),
        Absence.starts_at < sa.bindparam("closing"),
    ),
)
_NOBODY = uuid.UUID(int=0)


def window(horizon_days: int, now: datetime) -> tuple[date, date]:
    """The first and last day in Oslo that can be booked at ``now``: today and the horizon's days after it."""
    today = oslo_date(now)
    return today, today + timedelta(days=horizon_days)


def free_times_for(
    session: Session, *, service_id: int, horizon_days: int, now: datetime, mine: uuid.UUID | None = None
) -> FreeTimes:
    """The free times of a service from ``now`` to its horizon; a hold of the draft ``mine`` counts as free."""
    first, last = window(horizon_days, now)
    asked = {"service_id": service_id, "first": first, "last": last}
    hours = tuple(WeeklyHours(*row) for row in session.execute(_HOURS, asked))
    closed = frozenset(session.scalars(_CLOSED, asked))
    rows = session.execute(
        _TAKEN,
        {
            "practitioners": sorted({line.practitioner_id for line in hours}),
            "opening": start_of_oslo_day(first),
            "closing": start_of_oslo_day(last + timedelta(days=1)),
            "now": now,
            "mine": mine or _NOBODY,
        },
    )
    taken = [(practitioner, to_minutes(start), to_minutes(end)) for practitioner, start, end in rows]
    return free_times(hours, closed, taken, first=first, last=last, now=now, zone=OSLO)
