"""Rows that a test needs. Each function demands what matters, defaults the rest, and commits for requests to see."""

import itertools
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import OSLO, oslo_date
from booking.domain.municipalities import slug
from booking.models import (
    Absence,
    Appointment,
    AppointmentEvent,
    ClosedDay,
    Municipality,
    MunicipalitySpelling,
    Person,
    Practitioner,
    Schedule,
    Service,
    ServiceArea,
    Slot,
)
from booking.seed.synthetic import birth_date_at_age, make_synthetic
from booking.services.login import national_id_digest
from tests.page_client import Page, PageClient
from tests.stage import A_FRIDAY_MORNING

WEEKDAYS = range(5)
EVERY_DAY = range(7)
_serials = itertools.count(500)
Row = TypeVar("Row")


def oslo(text: str) -> datetime:
    """The moment (UTC) at which Oslo's clocks show «2026-11-23 08.00»."""
    return datetime.strptime(text, "%Y-%m-%d %H.%M").replace(tzinfo=OSLO).astimezone(UTC)


def _save(session: Session, *rows: Any) -> None:
    session.add_all(rows)
    session.commit()


def make_municipality(
    session: Session, *, name: str = "Kristiansand", number: str = "4204", also_written: Iterable[str] = ()
) -> Municipality:
    """A kommune; ``also_written`` are former or further spellings, as they stand in an address."""
    municipality = Municipality(number=number, name=name, slug=slug(name))
    _save(session, municipality)
    _save(session, *(MunicipalitySpelling(spelling=spelling, number=number) for spelling in also_written))
    return municipality


def make_service(
    session: Session, *, owner: Municipality, also_for: Iterable[Municipality] = (), **columns: Any
) -> Service:
    """A service run by ``owner`` for its residents, and those of ``also_for``."""
    service = Service(slug=owner.slug, owner_number=owner.number, **columns)
    _save(session, service)
    _save(
        session,
        *(ServiceArea(municipality_number=m.number, service_id=service.id) for m in (owner, *also_for)),
    )
    return service


def make_doctor(session: Session, *, name: str = "Astrid Sørlandslege") -> Practitioner:
    doctor = Practitioner(name=name, hpr_number=f"99{next(_serials):05}")
    _save(session, doctor)
    return doctor


def make_hours(
    session: Session,
    *,
    service: Service,
    doctor: Practitioner,
    opens: str = "08.00",
    closes: str = "10.00",
    weekdays: Iterable[int] = WEEKDAYS,
    visit_minutes: int = 20,
) -> None:
    """Weekly hours: six visits on each working day unless told otherwise."""
    lines = [
        Schedule(
            service_id=service.id,
            practitioner_id=doctor.id,
            weekday=weekday,
            opens=_minutes(opens),
            closes=_minutes(closes),
            visit_minutes=visit_minutes,
            valid_from=date(2026, 1, 1),
        )
        for weekday in weekdays
    ]
    _save(session, *lines)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(".")
    return int(hours) * 60 + int(minutes)


@dataclass(frozen=True)
class Town:
    """A kommune with its own service and doctors."""

    municipality: Municipality
    service: Service
    doctors: list[Practitioner]


def make_town(
    session: Session,
    *,
    name: str = "Kristiansand",
    number: str = "4204",
    doctors: int = 1,
    horizon_days: int = 28,
    **hours: Any,
) -> Town:
    """A connected kommune; ``hours`` as make_hours takes them."""
    municipality = make_municipality(session, name=name, number=number)
    service = make_service(session, owner=municipality, horizon_days=horizon_days)
    staff = [make_doctor(session) for _ in range(doctors)]
    for doctor in staff:
        make_hours(session, service=service, doctor=doctor, **hours)
    return Town(municipality, service, staff)


def make_person(
    session: Session,
    *,
    lives_in: Municipality,
    name: str = "Kari Nordmann",
    age: int = 40,
    **columns: Any,
) -> Person:
    """An invented person, ``age`` years old on the day that tests begin."""
    # Everybody has a birthday of their own, so that no two numbers meet; it was 100 to 300 days ago.
    born = birth_date_at_age(age, oslo_date(A_FRIDAY_MORNING)) - timedelta(days=next(_serials) % 200)
    number = make_synthetic(born, 500 if born.year > 1999 else 0)
    person = Person(
        national_id=number,
        national_id_digest=national_id_digest(number),
        name=name,
        birth_date=born,
        municipality_number=lives_in.number,
        **columns,
    )
    _save(session, person)
    return person


def make_appointment(
    session: Session,
    *,
    patient: Person,
    town: Town,
    starts_at: datetime,
    doctor: Practitioner | None = None,
    status: str = "booked",
    minutes: int = 20,
    reason: str = "Utslett på hendene",
) -> Appointment:
    """An appointment as a sent booking leaves it; a booked one takes the doctor's time."""
    doctor, booked_at = doctor or town.doctors[0], min(starts_at, A_FRIDAY_MORNING) - timedelta(days=1)
    appointment = Appointment(
        id=uuid.uuid4(),
        draft_id=uuid.uuid4(),
        patient_id=patient.id,
        booked_by_id=patient.id,
        service_id=town.service.id,
        practitioner_id=doctor.id,
        status=status,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        screening_answer="no",
        screened_at=booked_at,
        reason=reason,
        created_at=booked_at,
    )
    event = AppointmentEvent(
        appointment_id=appointment.id,
        event="book",
        status="booked",
        starts_at=starts_at,
        at=booked_at,
        by_id=patient.id,
    )
    _save(session, appointment)
    _save(session, event)
    if status == "booked":
        _save(session, _taken(appointment))
    return appointment


def _taken(appointment: Appointment) -> Slot:
    return Slot(
        service_id=appointment.service_id,
        practitioner_id=appointment.practitioner_id,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        status="busy",
        appointment_id=appointment.id,
    )


def make_absence(session: Session, *, doctor: Practitioner, starts_at: datetime, ends_at: datetime) -> None:
    _save(session, Absence(practitioner_id=doctor.id, starts_at=starts_at, ends_at=ends_at))


def make_closed_day(session: Session, *, service: Service, day: date) -> None:
    _save(session, ClosedDay(service_id=service.id, day=day, reason="Stengt"))


def log_in(client: PageClient, person: Person) -> Page:
    """Through the test login's own pages; the page one ends at."""
    return client.log_in(person.name)


def stored(session: Session, model: type[Row], **columns: Any) -> list[Row]:
    """The rows as they are now, after whatever requests have done to them."""
    session.rollback()
    session.expire_all()
    return list(session.scalars(sa.select(model).filter_by(**columns)))
