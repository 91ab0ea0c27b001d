"""What the database refuses of a visit, what the history holds, what is forgotten, what the migration keeps."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.db import db, violated
from booking.models import (
    Appointment,
    GuestInvitation,
    LoginSession,
    Visit,
    VisitEvent,
    VisitParticipant,
)
from booking.services.tidying import tidy
from tests.factories import make_appointment, make_person, make_town, oslo, stored
from tests.page_client import PageClient
from tests.stage import A_FRIDAY_MORNING, Clock, engine_of
from tests.visits import Stage, make_stage


@pytest.fixture
def stage(app: Flask, session: Session, another_client: Callable[[], PageClient]) -> Stage:
    return make_stage(app, session, another_client, minutes=4)


def seat(stage: Stage, **columns: Any) -> VisitParticipant:
    facts = {
        "seat": "patient",
        "role": "patient",
        "name": "Kari",
        "state": "waiting",
        "seen_at": A_FRIDAY_MORNING,
    }
    return VisitParticipant(appointment_id=stage.id, **(facts | columns))


def event(stage: Stage, **columns: Any) -> VisitEvent:
    facts = {"what": "wait", "by_role": "guest", "status": "booked", "at": A_FRIDAY_MORNING}
    return VisitEvent(appointment_id=stage.id, **(facts | columns))


def invitation(stage: Stage, **columns: Any) -> GuestInvitation:
    facts = {
        "seat": "guest-1", "name": "Tolk", "code_digest": b"1" * 32, "created_at": A_FRIDAY_MORNING,
        "expires_at": A_FRIDAY_MORNING,
    }  # fmt: skip
    return GuestInvitation(appointment_id=stage.id, **(facts | columns))


@pytest.mark.parametrize(
    ("constraint", "make"),
    [
        ("ck_visit_participant_role", lambda s: seat(s, role="nurse")),
        ("ck_visit_participant_state", lambda s: seat(s, state="here")),
        ("ck_visit_participant_seat", lambda s: seat(s, role="guest")),
        ("ck_visit_participant_admitted", lambda s: seat(s, state="in")),
        ("ck_visit_participant_removed", lambda s: seat(s, state="removed")),
        ("ck_visit_participant_epoch", lambda s: seat(s, epoch=-1)),
        ("ck_visit_participant_phone", lambda s: seat(s, seat="guest-1", role="guest", phone="41234567")),
        ("ck_visit_event_what", lambda s: event(s, what="talk")),
        ("ck_visit_event_by", lambda s: event(s, by_role="practitioner")),
        ("ck_visit_event_status", lambda s: event(s, status="gone")),
        ("ck_guest_invitation_seat", lambda s: invitation(s, seat="patient")),
        ("ck_guest_invitation_used", lambda s: invitation(s, used_at=A_FRIDAY_MORNING)),
    ],
)
def test_the_database_refuses(stage: Stage, constraint: str, make: Callable[[Stage], Any]) -> None:
    stage.session.add(Visit(appointment_id=stage.id))
    stage.session.commit()
    stage.session.add(make(stage))
    with pytest.raises(IntegrityError) as refused:
        stage.session.flush()
    assert violated(refused.value, constraint)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("booked", "fulfilled"),
        ("noshow", "technical_failure"),
        ("fulfilled", "noshow"),
        ("cancelled", "gone"),
    ],
)
def test_an_outcome_fits_its_status(stage: Stage, status: str, outcome: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        stage.session.execute(sa.update(Appointment).values(status=status, outcome=outcome))
    assert violated(refused.value, "ck_appointment_outcome")


def test_a_message_does_not_outlive_its_visit(stage: Stage) -> None:
    stage.session.add(Visit(appointment_id=stage.id, ended_at=A_FRIDAY_MORNING, message="Vent"))
    with pytest.raises(IntegrityError) as refused:
        stage.session.flush()
    assert violated(refused.value, "ck_visit_message")


@pytest.mark.parametrize(
    ("role", "who"), [("citizen", {}), ("practitioner", {}), ("nurse", {"person_id": 1})]
)
def test_a_login_says_whose_it_is(stage: Stage, role: str, who: dict[str, int]) -> None:
    login = LoginSession(
        token_digest=b"1" * 32, role=role, created_at=A_FRIDAY_MORNING, seen_at=A_FRIDAY_MORNING, **who
    )
    stage.session.add(login)
    with pytest.raises(IntegrityError):
        stage.session.flush()


def test_the_history_says_who_when_and_nothing_else(stage: Stage, clock: Clock) -> None:
    stage.patient.get(stage.page("venterom"))
    clock.forward(minutes=1)
    stage.admit()
    first, second = stored(stage.session, VisitEvent)
    assert (first.by_person_id, first.by_practitioner_id, first.at) == (
        stage.person.id,
        None,
        A_FRIDAY_MORNING,
    )
    assert (second.by_person_id, second.by_practitioner_id) == (None, stage.doctor.id)
    assert (second.at, second.seat, second.status) == (clock.now, "patient", "arrived")
    columns = set(VisitEvent.__table__.columns.keys())
    assert columns == {
        "id", "appointment_id", "at", "what", "seat", "by_role", "by_person_id", "by_practitioner_id", "status",
    }  # fmt: skip


def test_the_telephone_number_is_sealed_and_forgotten_when_the_visit_is_done(stage: Stage) -> None:
    stage.post(stage.patient, stage.page("telefon"), phone="41234567")
    sealed = stage.session.execute(sa.text("SELECT phone FROM visit_participant")).scalar_one()
    assert b"41234567" not in bytes(sealed)
    stage.post(stage.practitioner, stage.lege("utfall"), outcome="fulfilled")
    assert stage.seat().phone is None  # type: ignore[union-attr]


def test_a_day_later_message_number_and_codes_are_gone_and_the_history_stays(
    stage: Stage, app: Flask, clock: Clock
) -> None:
    stage.post(stage.patient, stage.page("telefon"), phone="41234567")
    stage.post(stage.practitioner, stage.lege("melding"), message="Vent litt")
    stage.post(stage.practitioner, stage.lege("inviter"), expect=200, name="Tolk")
    with app.app_context():
        tidy(now=clock.now + timedelta(hours=24, minutes=24))
    assert stage.seat().phone is None  # type: ignore[union-attr]
    assert stored(stage.session, Visit)[0].message is None
    assert stored(stage.session, GuestInvitation) == []
    assert [what for what, *_rest in stage.history()] == ["give_phone", "invite"]


def test_a_cancelled_appointment_takes_its_invitations_back(
    app: Flask, session: Session, another_client: Callable[[], PageClient]
) -> None:
    stage = make_stage(app, session, another_client, minutes=60)
    stage.post(stage.practitioner, stage.lege("inviter"), expect=200, name="Tolk")
    stage.post(stage.patient, f"/timeavtaler/{stage.id}/avbestill")
    assert stored(session, Visit) == stored(session, GuestInvitation) == []
    assert stage.history() == [("invite", "guest-1", "practitioner")]


def test_the_migration_keeps_what_was_there(app: Flask, session: Session) -> None:
    """Down to the version before the visit and up again: appointments, history and logins are the same."""
    town = make_town(session)
    person = make_person(session, lives_in=town.municipality)
    make_appointment(session, patient=person, town=town, starts_at=oslo("2026-11-23 08.00"))
    session.add(
        LoginSession(
            token_digest=b"1" * 32, role="citizen", person_id=person.id, created_at=A_FRIDAY_MORNING,
            seen_at=A_FRIDAY_MORNING,
        )
    )  # fmt: skip
    session.commit()
    before = rows(app)
    session.close()
    with app.app_context():
        app.extensions["alembic"].downgrade("0001")
        db.session.close()
        app.extensions["alembic"].upgrade()
        assert app.extensions["alembic"].compare_metadata() == []
    assert rows(app) == before


def rows(app: Flask) -> dict[str, list[Any]]:
    tables = ("appointment", "appointment_event", "login_session", "slot", "person")
    with engine_of(app).connect() as connection:
        return {
            name: [dict(row) for row in connection.execute(sa.text(f"SELECT * FROM {name}")).mappings()]
            for name in tables
        }
