"""Municipalities and services: real places, needed in production as well as on a laptop."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import holidays
from sqlalchemy.orm import Session

from booking.clock import oslo_date
from booking.domain.municipalities import spellings
from booking.models import ClosedDay, Municipality, MunicipalitySpelling, Service, ServiceArea

DATA = Path(__file__).resolve().parent.parent / "data"
SERVICES = {
    "kristiansand": ("4204", ("4204",)),
    "arendal": ("4203", ("4203", "4214", "4211", "4202", "4201", "4213", "4212", "4217")),
}
"""Service → the municipality that runs it, and those whose residents may use it."""

YEARS_AHEAD = 2


def rows(file: Path) -> Iterator[dict[str, str]]:
    """The lines of a CSV file with a header."""
    with file.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def load_municipalities(session: Session) -> None:
    """All 357, and every further or former spelling (source: Kartverket, CC BY 4.0; see booking/data/README.md)."""
    written: set[tuple[str, str]] = set()
    taken = set()
    for row in rows(DATA / "municipalities.csv"):
        session.add(Municipality(number=row["kommunenummer"], name=row["navn"], slug=row["slug"]))
        taken.add(row["slug"])
        written |= {(spelling, row["kommunenummer"]) for spelling in spellings(row["navn"])}
    for row in rows(DATA / "municipality_spellings.csv"):
        written |= {(row["slug"], number) for number in row["kommunenummer"].split()}
    session.flush()
    session.add_all(
        MunicipalitySpelling(spelling=spelling, number=number)
        for spelling, number in sorted(written)
        if spelling not in taken
    )
    session.flush()


def load_services(session: Session, now: datetime) -> dict[str, Service]:
    """The two services of the trial, closed on public holidays from this year on; by slug."""
    services = {}
    first = oslo_date(now).year
    for slug, (owner, area) in SERVICES.items():
        service = Service(slug=slug, owner_number=owner)
        session.add(service)
        session.flush()
        session.add_all(ServiceArea(municipality_number=number, service_id=service.id) for number in area)
        session.add_all(
            ClosedDay(service_id=service.id, day=day, reason=reason)
            for day, reason in public_holidays(range(first, first + YEARS_AHEAD + 1))
        )
        services[slug] = service
    session.flush()
    return services


def public_holidays(years: range) -> list[tuple[date, str]]:
    """Norway's public holidays (lov om helligdager; 1 and 17 May), without the ordinary Sundays."""
    return sorted(holidays.country_holidays("NO", years=years).items())
