"""Whom can one be in the test login? Used by its page only."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Municipality, Person, Practitioner, Schedule, Service

MANY = 60


@dataclass(frozen=True, slots=True)
class Choice:
    """An invented person; ``place`` is empty for a protected address."""

    id: int
    name: str
    birth_date: date
    place: str


def people_to_choose(session: Session) -> list[Choice]:
    """The invented people in the order of the seed."""
    statement = (
        sa.select(Person.id, Person.name, Person.birth_date, Municipality.name, Person.address_protected)
        .join(Municipality, Municipality.number == Person.municipality_number)
        .order_by(Person.id)
        .limit(MANY)
    )
    return [
        Choice(person_id, name, born, "" if protected else place)
        for person_id, name, born, place, protected in session.execute(statement)
    ]


def national_id_of(session: Session, person_id: int) -> str | None:
    """The synthetic number of an invented person; None for ids that nobody has."""
    if person_id > 2**31:
        return None
    return session.scalar(sa.select(Person.national_id).where(Person.id == person_id))


@dataclass(frozen=True, slots=True)
class DoctorChoice:
    """An invented doctor; ``place`` is the municipality that runs the service where the doctor works."""

    id: int
    name: str
    place: str


def doctors_to_choose(session: Session) -> list[DoctorChoice]:
    """The invented doctors in the order of the seed."""
    statement = (
        sa.select(Practitioner.id, Practitioner.name, sa.func.min(Municipality.name))
        .join(Schedule, Schedule.practitioner_id == Practitioner.id)
        .join(Service, Service.id == Schedule.service_id)
        .join(Municipality, Municipality.number == Service.owner_number)
        .group_by(Practitioner.id, Practitioner.name)
        .order_by(Practitioner.id)
        .limit(MANY)
    )
    return [DoctorChoice(*row) for row in session.execute(statement)]


def hpr_number_of(session: Session, practitioner_id: int) -> str | None:
    """The number of an invented doctor; None for ids that nobody has."""
    if practitioner_id > 2**31:
        return None
    return session.scalar(sa.select(Practitioner.hpr_number).where(Practitioner.id == practitioner_id))
