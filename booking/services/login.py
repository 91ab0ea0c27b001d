"""Log in, stay logged in, log out."""

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import oslo_date
from booking.crypto import keyring
from booking.db import db, in_transaction
from booking.domain.access import LoginRole, may_log_in
from booking.integrations.identity.port import Identity, LoginRefused
from booking.models import LoginSession, Person
from booking.queries.people import (
    Citizen,
    Doctor,
    citizen_by_digest,
    citizen_with_session,
    doctor_by_hpr,
    doctor_with_session,
)

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)


@in_transaction
def log_in(session: Session, *, identity: Identity, now: datetime) -> tuple[str, Citizen | Doctor]:
    """A new session for whom the identity provider vouches; the cookie's secret, and the citizen or the doctor.

    Raises LoginRefused for somebody we do not know or who is too young to log in.
    """
    session.execute(sa.delete(LoginSession).where(LoginSession.seen_at < now - IDLE))
    token = secrets.token_urlsafe(32)
    login = LoginSession(token_digest=_digest(token), created_at=now, seen_at=now)
    who = _doctor_of(session, identity) or _citizen_of(session, identity, now)
    if isinstance(who, Doctor):
        login.role, login.practitioner_id = LoginRole.PRACTITIONER.value, who.id
    else:
        login.role, login.person_id = LoginRole.CITIZEN.value, who.id
    session.add(login)
    session.flush()
    return token, who


def _doctor_of(session: Session, identity: Identity) -> Doctor | None:
    """The doctor of a login that carries an HPR number. Raises LoginRefused when no service knows the doctor."""
    if identity.hpr_number is None:
        return None
    doctor = doctor_by_hpr(session, identity.hpr_number)
    if doctor is None:
        raise LoginRefused("unknown_doctor")
    return doctor


def _citizen_of(session: Session, identity: Identity, now: datetime) -> Citizen:
    known = identity.national_id is not None
    citizen = citizen_by_digest(session, *national_id_digests(identity.national_id or "")) if known else None
    if citizen is None or not may_log_in(citizen.birth_date, oslo_date(now)):
        raise LoginRefused("unknown" if citizen is None else "too_young")
    return citizen


def citizen_of_session(*, token: str, now: datetime) -> Citizen | None:
    """The citizen logged in with that secret, unless the session was idle or open too long."""
    found = citizen_with_session(db.session, _digest(token))
    return found[0] if found is not None and _still_good(token, *found[1:], now=now) else None


def doctor_of_session(*, token: str, now: datetime) -> Doctor | None:
    """The doctor logged in with that secret, unless the session was idle or open too long."""
    found = doctor_with_session(db.session, _digest(token))
    return found[0] if found is not None and _still_good(token, *found[1:], now=now) else None


def _still_good(token: str, seen_at: datetime, created_at: datetime, *, now: datetime) -> bool:
    """Whether the session may be used; notes that it is."""
    if now - seen_at >= IDLE or now - created_at >= LONGEST:
        return False
    if now - seen_at >= SEEN_EVERY:
        _mark_seen(token=token, now=now)
    return True


@in_transaction
def _mark_seen(session: Session, *, token: str, now: datetime) -> None:
    session.execute(
        sa.update(LoginSession).where(LoginSession.token_digest == _digest(token)).values(seen_at=now)
    )


@in_transaction
def log_out(session: Session, *, token: str) -> None:
    """End the session; the cookie's secret opens nothing afterwards."""
    session.execute(sa.delete(LoginSession).where(LoginSession.token_digest == _digest(token)))


@in_transaction
def remember_language(session: Session, *, person_id: int, language: str) -> None:
    """Keep the language a person chose."""
    session.execute(sa.update(Person).where(Person.id == person_id).values(language=language))


def national_id_digest(number: str) -> bytes:
    """What a national number is stored beside, to be found again."""
    return keyring().digest(number, "person.national_id")


def national_id_digests(number: str) -> list[bytes]:
    """What a national number may be stored beside: more than one while look-up keys change."""
    return keyring().digests(number, "person.national_id")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
