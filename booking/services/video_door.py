"""The small door through which the video pages ask booking: who is this, which visit, how late is the doctor."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import oslo_date, start_of_oslo_day
from booking.db import db, in_transaction
from booking.domain.errors import CodeRefused, NotFound
from booking.domain.visits import Role, clean_code, delay_minutes
from booking.models import GuestInvitation, Visit
from booking.queries.people import Citizen, Doctor
from booking.queries.visits import (
    Invitation,
    SeatFacts,
    VisitFacts,
    Visitor,
    invitation_with_pass,
    visit_facts,
    visits_before,
    works_at,
)
from booking.services.visit_leading import code_digests
from booking.services.visits import (
    SEEN_EVERY,
    come_to_waiting_room,
    confirm_alone,
    enter_room,
    give_phone,
    leave,
    pin_node,
    seen_waiting,
)

__all__ = [
    "Entry",
    "come_to_waiting_room",
    "confirm_alone",
    "delay_of",
    "enter_room",
    "find_entry",
    "give_phone",
    "guest_of_pass",
    "leave",
    "note_seen",
    "pin_node",
    "use_code",
]


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody at the door of a visit that is theirs. ``seat`` is None until they have come."""

    visit: VisitFacts
    visitor: Visitor
    seat: SeatFacts | None


def find_entry(
    appointment_id: uuid.UUID,
    *,
    citizen: Citizen | None,
    doctor: Doctor | None,
    guest_pass: str | None,
    now: datetime,
) -> Entry:
    """The visit, for its patient, its doctor (who works at its service) or its guest. NotFound for everybody else."""
    visit = visit_facts(db.session, appointment_id)
    if visit is None:
        raise NotFound(str(appointment_id))
    visitor = _as_login(visit, citizen, doctor, now) or _as_guest(visit, guest_pass)
    if visitor is None:
        raise NotFound(str(appointment_id))
    return Entry(visit, visitor, visit.seat(visitor.seat))


def _as_login(
    visit: VisitFacts, citizen: Citizen | None, doctor: Doctor | None, now: datetime
) -> Visitor | None:
    if citizen is not None and citizen.id == visit.patient_id:
        return Visitor(Role.PATIENT, Role.PATIENT.value, citizen.name, person_id=citizen.id)
    own = doctor is not None and doctor.id == visit.practitioner_id
    if doctor is not None and own and works_at(db.session, doctor.id, visit.service_id, oslo_date(now)):
        return as_doctor(doctor)
    return None


def as_doctor(doctor: Doctor) -> Visitor:
    """The doctor in the doctor's seat."""
    return Visitor(Role.PRACTITIONER, Role.PRACTITIONER.value, doctor.name, practitioner_id=doctor.id)


def _as_guest(visit: VisitFacts, guest_pass: str | None) -> Visitor | None:
    invitation = guest_of_pass(guest_pass)
    if invitation is None or invitation.appointment_id != visit.appointment_id:
        return None
    return Visitor(Role.GUEST, invitation.seat, invitation.name)


def guest_of_pass(guest_pass: str | None) -> Invitation | None:
    """The invitation behind what a guest's browser holds. When the visit is over, its own door says so."""
    return invitation_with_pass(db.session, _pass_digest(guest_pass)) if guest_pass else None


@in_transaction
def use_code(session: Session, *, code: str, now: datetime) -> tuple[uuid.UUID, str]:
    """Use a guest's code up: the visit, and what the guest's browser holds from now on. Raises CodeRefused."""
    wanted = sa.select(GuestInvitation).where(
        GuestInvitation.code_digest.in_(code_digests(clean_code(code))),
        GuestInvitation.used_at.is_(None),
        GuestInvitation.expires_at > now,
    )
    invitation = session.scalar(wanted.with_for_update())
    if invitation is None:
        raise CodeRefused
    visit = session.get(Visit, invitation.appointment_id)
    if visit is None or visit.ended_at is not None:
        raise CodeRefused
    guest_pass = secrets.token_urlsafe(32)
    invitation.used_at, invitation.pass_digest = now, _pass_digest(guest_pass)
    return invitation.appointment_id, guest_pass


def note_seen(entry: Entry, now: datetime) -> None:
    """Note that somebody's waiting page is open, but not every second."""
    if entry.seat is not None and now - entry.seat.seen_at >= SEEN_EVERY:
        seen_waiting(appointment_id=entry.visit.appointment_id, by=entry.visitor, now=now)


def delay_of(visit: VisitFacts, now: datetime) -> int | None:
    """How many minutes late the doctor will be, from the doctor's real visits today; None when in time."""
    since = min(start_of_oslo_day(oslo_date(now)), visit.starts_at - timedelta(hours=12))
    earlier = visits_before(db.session, visit.practitioner_id, since, visit.starts_at)
    return delay_minutes(earlier, visit.starts_at, now)


def _pass_digest(guest_pass: str) -> bytes:
    return hashlib.sha256(guest_pass.encode()).digest()
