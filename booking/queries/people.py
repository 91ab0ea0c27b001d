"""Who is this?"""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import LoginSession, Person, Practitioner

# Columns of the tables, not of the classes: rows become Citizen at once and need no mapping in between.
_PERSON, _LOGIN = Person.__table__.c, LoginSession.__table__.c
_SHOWN = (
    _PERSON.id,
    _PERSON.name,
    _PERSON.birth_date,
    _PERSON.municipality_number,
    _PERSON.address_protected,
    _PERSON.language,
)


@dataclass(frozen=True, slots=True)
class Citizen:
    """A person as the rest of the house handles one: without the national number."""

    id: int
    name: str
    birth_date: date
    municipality_number: str
    address_protected: bool
    language: str | None


@dataclass(frozen=True, slots=True)
class Doctor:
    """A practitioner as the rest of the house handles one."""

    id: int
    name: str
    hpr_number: str


_WITH_SESSION = (
    sa.select(_LOGIN.seen_at, _LOGIN.created_at, *_SHOWN)
    .join_from(LoginSession.__table__, Person.__table__, _PERSON.id == _LOGIN.person_id)
    .where(_LOGIN.token_digest == sa.bindparam("digest"))
)


def citizen_with_session(session: Session, token_digest: bytes) -> tuple[Citizen, datetime, datetime] | None:
    """The citizen of a login, when the login was last used, and when it began (UTC)."""
    row = session.connection().execute(_WITH_SESSION, {"digest": token_digest}).one_or_none()
    return None if row is None else (Citizen(*row[2:]), row[0], row[1])


def citizen_by_digest(session: Session, *national_id_digests: bytes) -> Citizen | None:
    """The citizen with that national number; several digests of it while look-up keys change."""
    row = session.execute(
        sa.select(*_SHOWN).where(Person.national_id_digest.in_(national_id_digests))
    ).one_or_none()
    return None if row is None else Citizen(*row)


_DOCTOR = sa.select(Practitioner.id, Practitioner.name, Practitioner.hpr_number)


def doctor_by_hpr(session: Session, hpr_number: str) -> Doctor | None:
    """The practitioner with that number in Helsepersonellregisteret."""
    row = session.execute(_DOCTOR.where(Practitioner.hpr_number == hpr_number)).one_or_none()
    return None if row is None else Doctor(*row)


def doctor_with_session(session: Session, token_digest: bytes) -> tuple[Doctor, datetime, datetime] | None:
    """The doctor of a login, when the login was last used, and when it began (UTC)."""
    statement = (
        sa.select(LoginSession.seen_at, LoginSession.created_at, *_DOCTOR.selected_columns)
        .join(Practitioner, Practitioner.id == LoginSession.practitioner_id)
        .where(LoginSession.token_digest == token_digest)
    )
    row = session.execute(statement).one_or_none()
    return None if row is None else (Doctor(*row[2:]), row[0], row[1])
