"""Which service is for whom?"""

from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Municipality, Schedule, Service, ServiceArea

AnySelect: TypeAlias = sa.Select[*tuple[Any, ...]]
"""A SELECT whose columns are turned into a dataclass at once, so that their types need not be spelled twice."""

# Columns of the tables, not of the classes: rows become ServiceFacts at once and need no mapping in between.
SERVICE: Any = Service.__table__
OWNER: Any = Municipality.__table__.alias("owner")
"""The municipality that runs the service of the row."""

COLUMNS: tuple[Any, ...] = (
    SERVICE.c.id,
    SERVICE.c.slug,
    SERVICE.c.owner_number,
    OWNER.c.name,
    SERVICE.c.horizon_days,
    SERVICE.c.cancellation_hours,
    SERVICE.c.help_url,
)


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """A service as pages and rules need it; ``owner_name`` is the municipality that runs it."""

    id: int
    slug: str
    owner_number: str
    owner_name: str
    horizon_days: int
    cancellation_hours: int
    help_url: str | None


def with_owner(statement: AnySelect) -> AnySelect:
    """``statement``, which already names Service, joined with the owning municipality."""
    return statement.join(OWNER, OWNER.c.number == SERVICE.c.owner_number)


_AREA: Any = ServiceArea.__table__
_HERE = _AREA.c.municipality_number == sa.bindparam("number")
SERVICE_HERE = sa.select(_AREA.c.service_id).where(_HERE)
"""The service that residents of the municipality ``number`` may use."""

_FOR_RESIDENTS = with_owner(
    sa.select(*COLUMNS).join_from(SERVICE, _AREA, _AREA.c.service_id == SERVICE.c.id)
).where(_HERE)
_BY_SLUG = with_owner(sa.select(*COLUMNS).select_from(SERVICE)).where(SERVICE.c.slug == sa.bindparam("slug"))


def service_by_slug(session: Session, slug: str) -> ServiceFacts | None:
    """The service at that address."""
    row = session.execute(_BY_SLUG, {"slug": slug}).one_or_none()
    return None if row is None else ServiceFacts(*row)


def service_for_municipality(session: Session, number: str) -> ServiceFacts | None:
    """The service that residents of the municipality may use."""
    row = session.execute(_FOR_RESIDENTS, {"number": number}).one_or_none()
    return None if row is None else ServiceFacts(*row)


def is_served(session: Session, service_id: int, number: str) -> bool:
    """Whether residents of the municipality may use the service."""
    found: int | None = session.scalar(SERVICE_HERE, {"number": number})
    return found == service_id


def served_municipalities(session: Session, service_id: int) -> list[str]:
    """Names of the municipalities whose residents may use the service, in alphabetical order."""
    statement = sa.select(Municipality.name).join(ServiceArea).where(ServiceArea.service_id == service_id)
    return list(session.scalars(statement.order_by(Municipality.name)))


def opening_hours(session: Session, service_id: int, day: date) -> list[tuple[int, int, int]]:
    """(weekday, opens, closes) of the schedules that hold on ``day``, in minutes after midnight in Oslo."""
    statement = (
        sa.select(Schedule.weekday, sa.func.min(Schedule.opens), sa.func.max(Schedule.closes))
        .where(Schedule.service_id == service_id, Schedule.valid_from <= day)
        .where(sa.or_(Schedule.valid_until.is_(None), Schedule.valid_until >= day))
        .group_by(Schedule.weekday)
        .order_by(Schedule.weekday)
    )
    return [(weekday, opens, closes) for weekday, opens, closes in session.execute(statement)]
