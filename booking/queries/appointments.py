"""Which appointments does this person have?"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.appointments import LONGEST_OVERRUN, STAYS_OPEN, Status
from booking.models import Appointment, Draft, Practitioner, Visit
from booking.queries.services import COLUMNS, OWNER, SERVICE, ServiceFacts, with_owner

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


_APPOINTMENT: Any = Appointment.__table__
_VISIT: Any = Visit.__table__
_IS_LIVE = sa.or_(*(_APPOINTMENT.c.status == word for word in LIVE))
_GOES_ON = sa.exists().where(
    _VISIT.c.appointment_id == _APPOINTMENT.c.id,
    _VISIT.c.started_at.is_not(None),
    _VISIT.c.ended_at.is_(None),
)
# As is_coming in the domain says. The visit is looked for only when the room would have closed without it.
_ROOM_OPEN = sa.and_(
    _IS_LIVE,
    sa.or_(
        _APPOINTMENT.c.ends_at > sa.bindparam("closed"),
        sa.and_(_APPOINTMENT.c.ends_at > sa.bindparam("overrun"), _GOES_ON),
    ),
)
_LINE = with_owner(
    sa.select(
        _APPOINTMENT.c.id,
        _APPOINTMENT.c.status,
        _APPOINTMENT.c.starts_at,
        _APPOINTMENT.c.ends_at,
        OWNER.c.name,
        SERVICE.c.owner_number,
        _APPOINTMENT.c.outcome,
    ).join_from(_APPOINTMENT, SERVICE, SERVICE.c.id == _APPOINTMENT.c.service_id)
).where(_APPOINTMENT.c.patient_id == sa.bindparam("patient_id"))
_COMING = _LINE.where(
    # The start bounds the index range: a visit lasts four hours at most (ck_schedule_visit).
    _APPOINTMENT.c.starts_at > sa.bindparam("began"),
    _ROOM_OPEN,
).order_by(_APPOINTMENT.c.starts_at, _APPOINTMENT.c.id)
_EARLIER = (
    _LINE.where(sa.not_(_ROOM_OPEN))
    .order_by(_APPOINTMENT.c.starts_at.desc(), _APPOINTMENT.c.id)
    .limit(PAGE + 1)
    .offset(sa.bindparam("skipped"))
)
# In one statement; a part with its own order and limit has to stand in brackets that SQLite does not know.
_BOTH = sa.union_all(
    sa.select(sa.true(), *_COMING.subquery().c), sa.select(sa.false(), *_EARLIER.subquery().c)
)
SPAN = (_APPOINTMENT.c.starts_at, _APPOINTMENT.c.ends_at, _APPOINTMENT.c.service_id)


def in_the_way(patient_id: Any, except_id: Any) -> sa.ColumnElement[bool]:
    """What an appointment must be to be one of booked_spans; its other values are those of spans_asked."""
    return sa.and_(
        _APPOINTMENT.c.patient_id == patient_id,
        _APPOINTMENT.c.starts_at > sa.bindparam("began"),
        _APPOINTMENT.c.ends_at > sa.bindparam("now"),
        _IS_LIVE,
        _APPOINTMENT.c.id.is_distinct_from(except_id),
    )


_SPANS = (
    sa.select(*SPAN)
    .where(in_the_way(sa.bindparam("patient_id"), sa.bindparam("except_id", type_=sa.Uuid())))
    .order_by(_APPOINTMENT.c.starts_at)
)


def _moments(now: datetime) -> dict[str, datetime]:
    """The planned ends of rooms that close now, without and with a visit that goes on, and their earliest start."""
    overrun = now - LONGEST_OVERRUN
    return {"closed": now - STAYS_OPEN, "overrun": overrun, "began": overrun - FOUR_HOURS}


def goes_on(session: Session, appointment_id: uuid.UUID) -> bool:
    """Whether doctor and patient have met and the doctor has not ended the visit."""
    statement = sa.select(Visit.appointment_id).where(
        Visit.appointment_id == appointment_id, Visit.started_at.is_not(None), Visit.ended_at.is_(None)
    )
    return session.scalar(statement) is not None


def coming_appointments(session: Session, patient_id: int, now: datetime) -> list[AppointmentLine]:
    """The live ones whose room has not closed, the next one first."""
    asked = {"patient_id": patient_id, **_moments(now)}
    return [AppointmentLine(*row) for row in session.execute(_COMING, asked).all()]


def coming_and_earlier(
    session: Session, patient_id: int, now: datetime, page: int
) -> tuple[list[AppointmentLine], list[AppointmentLine]]:
    """The coming ones as above; and of the rest, latest first, one page (from 1) and one line more that tells whether
    there is another page.
    """
    asked = {"patient_id": patient_id, "skipped": (page - 1) * PAGE, **_moments(now)}
    coming: list[AppointmentLine] = []
    earlier: list[AppointmentLine] = []
    for row in session.execute(_BOTH, asked).all():
        (coming if row[0] else earlier).append(AppointmentLine(*row[1:]))
    coming.sort(key=lambda line: (line.starts_at, line.id))
    earlier.sort(key=lambda line: line.starts_at, reverse=True)
    return coming, earlier


def appointment_of(session: Session, appointment_id: uuid.UUID, person_id: int) -> AppointmentInHand | None:
    """The appointment, if the person is its patient."""
    statement = (
        sa.select(Appointment, Practitioner.name, *COLUMNS)
        .join(Practitioner, Practitioner.id == Appointment.practitioner_id)
        .join(SERVICE, SERVICE.c.id == Appointment.service_id)
        .where(Appointment.id == appointment_id, Appointment.patient_id == person_id)
    )
    row = session.execute(with_owner(statement)).one_or_none()
    return None if row is None else AppointmentInHand(row[0], row[1], ServiceFacts(*row[2:]))


def booked_spans(
    session: Session, patient_id: int, now: datetime, except_id: uuid.UUID | None
) -> list[tuple[datetime, datetime, int]]:
    """(start, end, service) of the patient's live appointments that have not ended, but for one that is moved."""
    asked = {"patient_id": patient_id, "except_id": except_id, **spans_asked(now)}
    rows = session.execute(_SPANS, asked)
    return [(start, end, service) for start, end, service in rows.all()]


def spans_asked(now: datetime) -> dict[str, datetime]:
    """The values of in_the_way."""
    return {"began": now - FOUR_HOURS, "now": now}


def appointment_id_of_draft(session: Session, draft_id: uuid.UUID, booked_by_id: int) -> uuid.UUID | None:
    """Which appointment a sent draft became, or moved."""
    statement = sa.select(Draft.appointment_id).where(
        Draft.id == draft_id, Draft.booked_by_id == booked_by_id
    )
    return session.scalar(statement)
