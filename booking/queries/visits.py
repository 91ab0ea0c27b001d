"""Which video visit is this, who sits in it, and what does a doctor's day look like?"""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.domain.appointments import LONGEST_OVERRUN, Status
from booking.domain.visits import Role, SeatState, VisitToday
from booking.models import (
    Appointment,
    GuestInvitation,
    Person,
    Practitioner,
    Schedule,
    Visit,
    VisitParticipant,
)
from booking.queries.services import OWNER, SERVICE, AnySelect, with_owner


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever comes to a visit: in which seat, under which name, and who that is to us."""

    role: Role
    seat: str
    name: str
    person_id: int | None = None
    practitioner_id: int | None = None


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """A seat that somebody has taken. ``admitted_at`` is None for somebody who has not been let in since waiting."""

    seat: str
    role: str
    name: str
    state: str
    waiting_since: datetime | None
    seen_at: datetime
    admitted_at: datetime | None
    removed_at: datetime | None
    alone_confirmed_at: datetime | None
    epoch: int
    phone: str | None


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """An appointment as a video visit, from before anybody has come to after it is over."""

    appointment_id: uuid.UUID
    status: str
    outcome: str | None
    starts_at: datetime
    ends_at: datetime
    service_id: int
    service_owner: str
    owner_slug: str
    help_url: str | None
    patient_id: int
    patient_name: str
    practitioner_id: int
    practitioner_name: str
    reason: str
    opened_early_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    node: str | None
    message: str | None
    seats: tuple[SeatFacts, ...] = ()

    def seat(self, name: str) -> SeatFacts | None:
        """Who has that seat; None when nobody has taken it."""
        return next((each for each in self.seats if each.seat == name), None)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A guest's invitation that holds; ``used`` when its code has been typed in."""

    appointment_id: uuid.UUID
    seat: str
    name: str
    expires_at: datetime
    used: bool


def _facts() -> AnySelect:
    return with_owner(
        sa.select(
            Appointment.id,
            Appointment.status,
            Appointment.outcome,
            Appointment.starts_at,
            Appointment.ends_at,
            Appointment.service_id,
            OWNER.c.name,
            OWNER.c.slug,
            SERVICE.c.help_url,
            Appointment.patient_id,
            Person.name,
            Appointment.practitioner_id,
            Practitioner.name,
            Appointment.reason,
            Visit.opened_early_at,
            Visit.started_at,
            Visit.ended_at,
            Visit.node,
            Visit.message,
        )
        .join(SERVICE, SERVICE.c.id == Appointment.service_id)
        .join(Person, Person.id == Appointment.patient_id)
        .join(Practitioner, Practitioner.id == Appointment.practitioner_id)
        .outerjoin(Visit, Visit.appointment_id == Appointment.id)
    )


def _seats(session: Session, ids: list[uuid.UUID]) -> dict[uuid.UUID, tuple[SeatFacts, ...]]:
    columns = [getattr(VisitParticipant, name) for name in SeatFacts.__slots__]
    rows = session.execute(
        sa.select(VisitParticipant.appointment_id, *columns)
        .where(VisitParticipant.appointment_id.in_(ids))
        .order_by(VisitParticipant.appointment_id, VisitParticipant.seat)
    )
    found: dict[uuid.UUID, tuple[SeatFacts, ...]] = {}
    for appointment_id, *rest in rows:
        found[appointment_id] = (*found.get(appointment_id, ()), SeatFacts(*rest))
    return found


def _with_seats(session: Session, statement: AnySelect) -> list[VisitFacts]:
    visits = [VisitFacts(*row) for row in session.execute(statement)]
    seats = _seats(session, [visit.appointment_id for visit in visits]) if visits else {}
    return [replace(visit, seats=seats.get(visit.appointment_id, ())) for visit in visits]


def visit_facts(session: Session, appointment_id: uuid.UUID) -> VisitFacts | None:
    """The appointment as a video visit; whoever asks judges whose it is."""
    return next(iter(_with_seats(session, _facts().where(Appointment.id == appointment_id))), None)


def works_at(session: Session, practitioner_id: int, service_id: int, day: date) -> bool:
    """Whether the doctor has hours at the service on or around ``day`` (Oslo): leaving a service closes its visits."""
    line = sa.select(Schedule.id).where(
        Schedule.practitioner_id == practitioner_id,
        Schedule.service_id == service_id,
        Schedule.valid_from <= day,
        sa.or_(Schedule.valid_until.is_(None), Schedule.valid_until >= day),
    )
    return session.scalar(sa.select(line.exists())) or False


def doctors_day(
    session: Session, practitioner_id: int, since: datetime, until: datetime, day: date, now: datetime
) -> list[VisitFacts]:
    """The doctor's appointments between two moments, at services where the doctor works on ``day``, in order.

    And those from before ``since`` that nobody has said the outcome of and that may still go on at ``now``: at midnight
    nobody vanishes from the waiting room.
    """
    may_go_on = sa.and_(
        Appointment.ends_at > now - LONGEST_OVERRUN,
        Appointment.status.in_((Status.BOOKED.value, Status.ARRIVED.value)),
    )
    own = sa.select(Schedule.service_id).where(
        Schedule.practitioner_id == practitioner_id,
        Schedule.valid_from <= day,
        sa.or_(Schedule.valid_until.is_(None), Schedule.valid_until >= day),
    )
    statement = _facts().where(
        Appointment.practitioner_id == practitioner_id,
        sa.or_(Appointment.starts_at >= since, may_go_on),
        Appointment.starts_at < until,
        Appointment.service_id.in_(own),
    )
    return _with_seats(session, statement.order_by(Appointment.starts_at, Appointment.id))


def visits_before(
    session: Session, practitioner_id: int, since: datetime, start: datetime
) -> list[VisitToday]:
    """What the doctor's delay is reckoned from: the visits planned from ``since`` until before ``start``."""
    there = (SeatState.WAITING, SeatState.ADMITTED, SeatState.IN)
    patient = sa.and_(
        VisitParticipant.appointment_id == Appointment.id,
        VisitParticipant.seat == Role.PATIENT.value,
        VisitParticipant.state.in_(there),
    )
    rows = session.execute(
        sa.select(
            Appointment.starts_at,
            Appointment.ends_at,
            Visit.started_at,
            sa.or_(Visit.ended_at.is_not(None), Appointment.status.not_in(("booked", "arrived"))),
            VisitParticipant.seat.is_not(None),
        )
        .outerjoin(Visit, Visit.appointment_id == Appointment.id)
        .outerjoin(VisitParticipant, patient)
        .where(
            Appointment.practitioner_id == practitioner_id,
            Appointment.starts_at >= since,
            Appointment.starts_at < start,
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )
    return [VisitToday(*row[:3], over=bool(row[3]), patient_there=bool(row[4])) for row in rows]


def invitation_with_pass(session: Session, pass_digest: bytes) -> Invitation | None:
    """The invitation that a guest's browser was given for its code."""
    return _invitation(session, GuestInvitation.pass_digest == pass_digest)


def invitations_to(session: Session, appointment_id: uuid.UUID) -> list[Invitation]:
    """Everybody invited to a visit, by seat."""
    rows = session.execute(
        _INVITATION.where(GuestInvitation.appointment_id == appointment_id).order_by(GuestInvitation.seat)
    )
    return [Invitation(*row) for row in rows]


_INVITATION = sa.select(
    GuestInvitation.appointment_id,
    GuestInvitation.seat,
    GuestInvitation.name,
    GuestInvitation.expires_at,
    GuestInvitation.used_at.is_not(None),
)


def _invitation(session: Session, which: sa.ColumnElement[bool]) -> Invitation | None:
    row = session.execute(_INVITATION.where(which)).one_or_none()
    return None if row is None else Invitation(*row)
