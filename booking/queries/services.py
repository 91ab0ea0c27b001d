"""Which service is for whom?"""

from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from booking.models import Municipality, Schedule, Service, ServiceArea

AnySelect: TypeAlias = sa.Select[*tuple[Any, ...]]
"""A SELECT whose columns are turned into a dataclass at once, so that their types need not be spelled twice."""

Owner = aliased(Municipality)
"""The municipality that runs the service of the row."""

COLUMNS: tuple[Any, ...] = (
    Service.id,
    Service.slug,
    Service.owner_number,
    Owner.name,
    Service.horizon_days,
    Service.cancellation_hours,
    Service.help_url,
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
    return statement.join(Owner, Owner.number == Service.owner_number)


def service_by_slug(session: Session, slug: str) -> ServiceFacts | None:
    """The service at that address."""
    row = session.execute(with_owner(sa.select(*COLUMNS)).where(Service.slug == slug)).one_or_none()
    return None if row is None else ServiceFacts(*row)


def service_for_municipality(session: Session, number: str) -> ServiceFacts | None:
    """The service that residents of the municipality may use."""
    found = with_owner(sa.select(*COLUMNS).join(ServiceArea, ServiceArea.service_id == Service.id))
    row = session.execute(found.where(ServiceArea.municipality_number == number)).one_or_none()
    return None if row is None else ServiceFacts(*row)


def is_served(session: Session, service_id: int, number: str) -> bool:
    """Whether residents of the municipality may use the service."""
    statement = sa.select(ServiceArea.service_id).where(ServiceArea.municipality_number == number)
    return session.scalar(statement) == service_id


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
