"""Which appointments does this person have?"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.appointments import LONGEST_OVERRUN, STAYS_OPEN, Status
from booking.models import Appointment, Draft, Practitioner, Service, Visit
from booking.queries.services import COLUMNS, Owner, ServiceFacts, with_owner

LIVE = (Status.BOOKED.value, Status.ARRIVED.value)
PAGE = 20
FOUR_HOURS = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class AppointmentLine:
    """An appointment in a list: no health text."""

    id: uuid.UUID
    status: str
    starts_at: datetime
    ends_at: datetime
    owner_name: str
    owner_number: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class AppointmentInHand:
    """One appointment whole, with its service and practitioner."""

    appointment: Appointment
    practitioner_name: str
    service: ServiceFacts


_LINE = with_owner(
    sa.select(
        Appointment.id,
        Appointment.status,
        Appointment.starts_at,
        Appointment.ends_at,
        Owner.name,
        Service.owner_number,
        Appointment.outcome,
    ).join(Service, Service.id == Appointment.service_id)
)


def _room_open(now: datetime) -> sa.ColumnElement[bool]:
    """Live, and the video room not closed: as is_coming in the domain says."""
    going_on = sa.exists().where(
        Visit.appointment_id == Appointment.id, Visit.started_at.is_not(None), Visit.ended_at.is_(None)
    )
    late = sa.and_(Appointment.ends_at > now - LONGEST_OVERRUN, going_on)
    return sa.and_(Appointment.status.in_(LIVE), sa.or_(Appointment.ends_at > now - STAYS_OPEN, late))


def goes_on(session: Session, appointment_id: uuid.UUID) -> bool:
    """Whether doctor and patient have met and the doctor has not ended the visit."""
    statement = sa.select(Visit.appointment_id).where(
        Visit.appointment_id == appointment_id, Visit.started_at.is_not(None), Visit.ended_at.is_(None)
    )
    return session.scalar(statement) is not None


def coming_appointments(session: Session, patient_id: int, now: datetime) -> list[AppointmentLine]:
    """The live ones whose room has not closed, the next one first."""
    # The start bounds the index range: a visit lasts four hours at most (ck_schedule_visit).
    recent = Appointment.starts_at > now - LONGEST_OVERRUN - FOUR_HOURS
    statement = _LINE.where(Appointment.patient_id == patient_id, recent, _room_open(now))
    return [
        AppointmentLine(*row)
        for row in session.execute(statement.order_by(Appointment.starts_at, Appointment.id))
    ]


def earlier_appointments(
    session: Session, patient_id: int, now: datetime, page: int
) -> list[AppointmentLine]:
    """The rest, latest first, one page (from 1) and one line more that tells whether there is another page."""
    statement = _LINE.where(Appointment.patient_id == patient_id, sa.not_(_room_open(now)))
    statement = statement.order_by(Appointment.starts_at.desc(), Appointment.id)
    rows = session.execute(statement.limit(PAGE + 1).offset((page - 1) * PAGE))
    return [AppointmentLine(*row) for row in rows]


def appointment_of(session: Session, appointment_id: uuid.UUID, person_id: int) -> AppointmentInHand | None:
    """The appointment, if the person is its patient."""
    statement = (
        sa.select(Appointment, Practitioner.name, *COLUMNS)
        .join(Practitioner, Practitioner.id == Appointment.practitioner_id)
        .join(Service, Service.id == Appointment.service_id)
        .where(Appointment.id == appointment_id, Appointment.patient_id == person_id)
    )
    row = session.execute(with_owner(statement)).one_or_none()
    return None if row is None else AppointmentInHand(row[0], row[1], ServiceFacts(*row[2:]))


def booked_spans(
    session: Session, patient_id: int, now: datetime, except_id: uuid.UUID | None
) -> list[tuple[datetime, datetime, int]]:
    """(start, end, service) of the patient's live appointments that have not ended, but for one that is moved."""
    statement = sa.select(Appointment.starts_at, Appointment.ends_at, Appointment.service_id).where(
        Appointment.patient_id == patient_id,
        Appointment.starts_at > now - FOUR_HOURS,
        Appointment.ends_at > now,
        Appointment.status.in_(LIVE),
    )
    if except_id is not None:
        statement = statement.where(Appointment.id != except_id)
    return [
        (start, end, service)
        for start, end, service in session.execute(statement.order_by(Appointment.starts_at))
    ]


def appointment_id_of_draft(session: Session, draft_id: uuid.UUID, booked_by_id: int) -> uuid.UUID | None:
    """Which appointment a sent draft became, or moved."""
    statement = sa.select(Draft.appointment_id).where(
        Draft.id == draft_id, Draft.booked_by_id == booked_by_id
    )
    return session.scalar(statement)
