"""What is kept how long: each rule of booking/domain/retention.py is kept to the minute, on both databases."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from booking.db import Base
from booking.domain.retention import NOBODYS, RULES, TEN_YEARS, Kind, gone_before
from booking.models import (
    Appointment,
    Draft,
    GuestInvitation,
    LoginSession,
    ParkedText,
    Person,
    Slot,
    Visit,
    VisitEvent,
    VisitParticipant,
)
from booking.services import login, tidying
from booking.services.tidying import tidy
from tests.factories import Town, make_appointment, make_person, oslo, stored
from tests.stage import A_FRIDAY_MORNING

NOW = A_FRIDAY_MORNING
MINUTE = timedelta(minutes=1)


@pytest.fixture
def tidied(app: Flask) -> Callable[[datetime], None]:
    def run(now: datetime) -> None:
        with app.app_context():
            tidy(now=now)

    return run


def test_every_table_has_a_rule_or_is_nobodys() -> None:
    """Who adds a table says how long its rows are kept."""
    ruled = {place.partition(".")[0] for rule in RULES for place in rule.places}
    tables = {name for name in Base.metadata.tables if name != "alembic_version"}
    assert tables - ruled - NOBODYS == set(), "name them in booking/domain/retention.py, and tidy them"
    assert (ruled | NOBODYS) <= tables
    assert not ruled & NOBODYS


def test_every_kind_has_one_rule() -> None:
    assert [rule.kind for rule in RULES] == list(Kind)
    assert gone_before(Kind.LOGIN, NOW) == NOW - login.LONGEST, "a login that may be used is not thrown away"


def test_unfinished_text_is_gone_after_a_day_and_its_row_after_a_month(
    tidied: Callable[[datetime], None], session: Session, town: Town, person: Person
) -> None:
    draft = Draft(
        booked_by_id=person.id, patient_id=person.id, service_id=town.service.id, answer="no",
        chosen_at=NOW, reason="Utslett", created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    session.add(draft)
    session.flush()
    session.add(ParkedText(draft_id=draft.id, reason="Mer utslett", parked_at=NOW))
    held = Slot(
        service_id=town.service.id, practitioner_id=town.doctors[0].id, starts_at=NOW, ends_at=NOW + MINUTE * 20,
        status="busy-tentative", draft_id=draft.id, expires_at=NOW + timedelta(minutes=10),
    )  # fmt: skip
    session.add(held)
    session.commit()
    tidied(NOW + timedelta(minutes=9))
    assert stored(session, Slot)
    tidied(NOW + timedelta(minutes=10))
    assert not stored(session, Slot)
    tidied(NOW + timedelta(days=1) - MINUTE)
    assert [row.reason for row in stored(session, Draft)] == ["Utslett"]
    assert stored(session, ParkedText)
    tidied(NOW + timedelta(days=1))
    assert [(row.status, row.reason) for row in stored(session, Draft)] == [("discarded", None)]
    assert not stored(session, ParkedText)
    tidied(NOW + timedelta(days=30) - MINUTE)
    assert stored(session, Draft)
    tidied(NOW + timedelta(days=30))
    assert not stored(session, Draft)


def test_login_is_gone_after_twelve_hours(
    tidied: Callable[[datetime], None], session: Session, person: Person
) -> None:
    session.add(
        LoginSession(token_digest=b"x" * 32, role="citizen", person_id=person.id, created_at=NOW, seen_at=NOW)
    )
    session.commit()
    tidied(NOW + timedelta(hours=12) - MINUTE)
    assert stored(session, LoginSession)
    tidied(NOW + timedelta(hours=12))
    assert not stored(session, LoginSession)


def a_visit(session: Session, appointment: Appointment, person: Person) -> None:
    """Everything that a visit leaves."""
    session.add(Visit(appointment_id=appointment.id, message="Kommer straks"))
    session.flush()
    session.add_all(
        [
            VisitParticipant(
                appointment_id=appointment.id, seat="patient", role="patient", name="Kari", state="waiting",
                seen_at=NOW, phone="41234567",
            ),
            GuestInvitation(
                appointment_id=appointment.id, seat="guest-1", name="Tolk",
                code_digest=uuid.uuid4().bytes * 2, created_at=NOW, expires_at=NOW,
            ),
            VisitEvent(
                appointment_id=appointment.id, at=NOW, what="wait", seat="patient", by_role="patient",
                by_person_id=person.id, status="booked",
            ),
        ]
    )  # fmt: skip
    session.commit()


def test_what_a_visit_needed_is_gone_a_day_later(
    tidied: Callable[[datetime], None], session: Session, town: Town, person: Person
) -> None:
    appointment = make_appointment(session, patient=person, town=town, starts_at=oslo("2026-11-20 11.00"))
    a_visit(session, appointment, person)
    tidied(appointment.ends_at + timedelta(days=1) - MINUTE)
    assert stored(session, Visit)[0].message == "Kommer straks"
    assert stored(session, VisitParticipant)[0].phone == "41234567"
    tidied(appointment.ends_at + timedelta(days=1))
    assert stored(session, Visit)[0].message is None
    assert stored(session, VisitParticipant)[0].phone is None
    assert not stored(session, GuestInvitation)
    assert stored(session, VisitEvent), "the history stays"


def test_text_of_a_cancelled_appointment_is_gone_after_a_month(
    tidied: Callable[[datetime], None], session: Session, town: Town, person: Person
) -> None:
    called_off = make_appointment(
        session, patient=person, town=town, starts_at=oslo("2026-11-20 11.00"), status="cancelled"
    )
    make_appointment(
        session, patient=person, town=town, starts_at=oslo("2026-11-20 11.00"), status="fulfilled"
    )
    tidied(called_off.ends_at + timedelta(days=30) - MINUTE)
    assert [row.reason for row in stored(session, Appointment, status="cancelled")] == ["Utslett på hendene"]
    tidied(called_off.ends_at + timedelta(days=30))
    assert [row.reason for row in stored(session, Appointment, status="cancelled")] == [""]
    assert [row.reason for row in stored(session, Appointment, status="fulfilled")] == ["Utslett på hendene"]


def test_appointments_and_who_had_no_other_are_gone_after_ten_years(
    tidied: Callable[[datetime], None],
    session: Session,
    town: Town,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tidying, "BATCH", 2)
    ola = make_person(session, lives_in=town.municipality, name="Ola Nordmann")
    days = [oslo(f"2026-11-{day} 11.00") for day in (20, 23, 24)]
    old = [make_appointment(session, patient=person, town=town, starts_at=day) for day in days]
    last = make_appointment(session, patient=ola, town=town, starts_at=oslo("2026-11-24 13.00"))
    for appointment in old:
        a_visit(session, appointment, person)
        moved = Draft(
            booked_by_id=person.id, patient_id=person.id, service_id=town.service.id, status="sent",
            moves_id=appointment.id, appointment_id=appointment.id, created_at=NOW, updated_at=NOW,
        )  # fmt: skip
        session.add(moved)
    session.commit()
    tidied(old[0].ends_at + TEN_YEARS - MINUTE)
    assert len(stored(session, Appointment)) == 4
    tidied(old[-1].ends_at + TEN_YEARS)
    assert [row.id for row in stored(session, Appointment)] == [last.id]
    assert {row.name for row in stored(session, Person)} == {"Ola Nordmann"}
    for table in Base.metadata.tables.values():
        if "appointment_id" in table.c:
            left = set(session.scalars(sa.select(table.c.appointment_id)))
            assert left <= {last.id, None}, table.name


def test_person_with_a_login_or_another_appointment_stays(
    tidied: Callable[[datetime], None], session: Session, town: Town, person: Person
) -> None:
    first = make_appointment(session, patient=person, town=town, starts_at=oslo("2026-11-20 11.00"))
    later = make_appointment(session, patient=person, town=town, starts_at=oslo("2026-11-27 11.00"))
    tidied(first.ends_at + TEN_YEARS)
    assert [row.id for row in stored(session, Appointment)] == [later.id]
    assert stored(session, Person)


def test_command_does_it(app: Flask, session: Session, person: Person) -> None:
    long_ago = NOW - timedelta(days=2)
    session.add(
        LoginSession(
            token_digest=b"x" * 32, role="citizen", person_id=person.id, created_at=long_ago, seen_at=long_ago
        )
    )
    session.commit()
    assert app.test_cli_runner().invoke(args=["tidy"]).exit_code == 0
    assert not stored(session, LoginSession)
