"""The invented world: residents, doctors, four weeks of times with some taken, an appointment to try at once."""

import uuid
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import oslo_date
from booking.domain.appointments import Event, Status
from booking.domain.screening import Answer
from booking.models import (
    Appointment,
    AppointmentEvent,
    Municipality,
    Person,
    Practitioner,
    Schedule,
    Service,
    Slot,
)
from booking.models.slot import SlotStatus
from booking.queries.availability import free_times_for
from booking.seed.reference import load_municipalities, load_services, rows
from booking.seed.synthetic import birth_date_at_age, make_synthetic
from booking.services.login import national_id_digest

HERE = Path(__file__).resolve().parent
WEEKDAYS = range(5)
OPENS, CLOSES, VISIT_MINUTES = 8 * 60, 20 * 60, 20
FIRST_VISIT_IN = timedelta(minutes=4)
EARLIER = ((-9, Status.FULFILLED), (-30, Status.FULFILLED), (-44, Status.CANCELLED))
REASONS = ("Utslett på hendene", "Spørsmål om en resept", "Vondt i halsen", "Pollenallergi", "Søvnproblemer")


def taken_share(days_ahead: int) -> float:
    """How much of a day is taken: nearly all of the first ones, little later, as in a real service."""
    return max(0.3, 0.92 - 0.07 * days_ahead)


def is_seeded(session: Session) -> bool:
    """Whether the database holds anything."""
    return session.scalar(sa.select(sa.func.count()).select_from(Municipality)) != 0


def seed(session: Session, now: datetime) -> None:
    """Fill an empty database, in one transaction. The same ``now`` (UTC) makes the same world."""
    load_municipalities(session)
    services = load_services(session, now)
    people = _people(session, oslo_date(now))
    doctors = _practitioners(session, services, oslo_date(now))
    first = people["kari"]
    # Off the doctors' grid, so that there is always something to try at once.
    start = (now + FIRST_VISIT_IN).replace(second=0, microsecond=0)
    _book(
        session,
        first,
        doctors["kristiansand"][0],
        services["kristiansand"],
        start,
        now,
        Status.BOOKED,
        REASONS[0],
    )
    for days, status in EARLIER:
        past = start + timedelta(days=days, hours=-1)
        _book(
            session,
            first,
            doctors["kristiansand"][1],
            services["kristiansand"],
            past,
            now,
            status,
            REASONS[2],
        )
    _take_some(session, doctors, services, now)
    session.commit()


def _people(session: Session, today: date) -> dict[str, Person]:
    people = {}
    for row in rows(HERE / "people.csv"):
        born = (
            birth_date_at_age(int(row["age_years"]), today)
            if row["age_years"]
            else date.fromisoformat(row["birth_date"])
        )
        number = make_synthetic(born, int(row["serial"]))
        people[row["key"]] = Person(
            national_id=number,
            national_id_digest=national_id_digest(number),
            name=row["name"],
            birth_date=born,
            municipality_number=row["kommunenummer"],
            address_protected=row["protected"] == "1",
            language=row["language"] if row["language"] != "nb" else None,
        )
    session.add_all(people.values())
    session.flush()
    return people


def _practitioners(
    session: Session, services: dict[str, Service], today: date
) -> dict[str, list[Practitioner]]:
    doctors: dict[str, list[Practitioner]] = {slug: [] for slug in services}
    for row in rows(HERE / "practitioners.csv"):
        doctor = Practitioner(name=row["name"], hpr_number=row["hpr_number"])
        session.add(doctor)
        session.flush()
        doctors[row["service_slug"]].append(doctor)
        session.add_all(
            Schedule(
                service_id=services[row["service_slug"]].id,
                practitioner_id=doctor.id,
                weekday=weekday,
                opens=OPENS,
                closes=CLOSES,
                visit_minutes=VISIT_MINUTES,
                valid_from=today - timedelta(weeks=4),  # they have had visits already
            )
            for weekday in WEEKDAYS
        )
    session.flush()
    return doctors


def _take_some(
    session: Session,
    doctors: dict[str, list[Practitioner]],
    services: dict[str, Service],
    now: datetime,
) -> None:
    """Other residents' bookings, a good part of the first two weeks; the people one logs in as stay free to book."""
    random = Random(2026)  # noqa: S311  the same world every time; nothing secret hangs on it
    for slug, service in services.items():
        filler = _filler(session, service, slug, oslo_date(now))
        for doctor in doctors[slug]:
            free = free_times_for(session, service_id=service.id, horizon_days=14, now=now)
            for days_ahead, day in enumerate(free.days()):
                share = taken_share(days_ahead)
                for start in free.starts(day):
                    there = dict(free.practitioners(day, start))
                    if doctor.id in there and random.random() < share:
                        _book(
                            session,
                            filler,
                            doctor,
                            service,
                            start,
                            now,
                            Status.BOOKED,
                            random.choice(REASONS),
                        )
    session.flush()


def _filler(session: Session, service: Service, slug: str, today: date) -> Person:
    # A small child does not log in, so nobody meets this calendar-filling patient on the login page.
    born = birth_date_at_age(5, today)
    number = make_synthetic(born, 700 + service.id)
    person = Person(
        national_id=number,
        national_id_digest=national_id_digest(number),
        name=f"Oppdiktet Barn {slug.capitalize()}",
        birth_date=born,
        municipality_number=service.owner_number,
        address_protected=False,
    )
    session.add(person)
    session.flush()
    return person


def _book(
    session: Session,
    patient: Person,
    doctor: Practitioner,
    service: Service,
    start: datetime,
    now: datetime,
    status: Status,
    reason: str,
) -> None:
    end = start + timedelta(minutes=VISIT_MINUTES)
    booked = min(now, start) - timedelta(days=1)
    appointment = Appointment(
        id=uuid.uuid4(),
        draft_id=uuid.uuid4(),
        patient_id=patient.id,
        booked_by_id=patient.id,
        service_id=service.id,
        practitioner_id=doctor.id,
        status=status.value,
        starts_at=start,
        ends_at=end,
        screening_answer=Answer.NO.value,
        screened_at=booked,
        reason=reason,
        created_at=booked,
    )
    session.add(appointment)
    session.flush()
    session.add(
        AppointmentEvent(
            appointment_id=appointment.id,
            event=Event.BOOK.value,
            status=Status.BOOKED.value,
            starts_at=start,
            at=booked,
            by_id=patient.id,
        )
    )
    if status is Status.BOOKED:
        session.add(
            Slot(
                service_id=service.id,
                practitioner_id=doctor.id,
                starts_at=start,
                ends_at=end,
                status=SlotStatus.BOOKED.value,
                appointment_id=appointment.id,
            )
        )
    session.flush()
