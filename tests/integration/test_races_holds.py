"""A held time and what may come between: it runs out, somebody takes it over, the doctor falls ill, clocks differ."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from booking.domain.errors import NotFound, SlotTaken, StepNotOpen
from booking.domain.screening import Answer
from booking.models import Appointment, Slot
from booking.queries.people import Citizen
from booking.queries.services import ServiceFacts, service_by_slug
from booking.services.appointments import cancel_appointment
from booking.services.drafts import answer_screening, begin_move, discard_draft
from booking.services.holding import hold_time
from booking.services.sending import send_booking
from tests.booked_once import faults
from tests.factories import Town, make_absence, make_person, make_town, oslo
from tests.stage import A_FRIDAY_MORNING

NOW = A_FRIDAY_MORNING
LATER = NOW + timedelta(minutes=11)
VISIT = timedelta(minutes=20)
START = oslo("2026-11-23 08.00")
NEXT = START + VISIT
REASON = "Utslett på hendene"


@dataclass
class Person:
    """Somebody with a booking under way; every step is a request of its own."""

    app: Flask
    service: ServiceFacts
    citizen: Citizen
    draft_id: uuid.UUID | None = None

    def do(self, use_case: Any, **arguments: Any) -> Any:
        with self.app.test_request_context():
            return use_case(by=self.citizen, **arguments)

    def begin(self, answer: Answer = Answer.NO) -> "Person":
        draft = self.do(answer_screening, service=self.service, answer=answer, now=NOW)
        self.draft_id = draft.id
        return self

    def hold(self, start: Any = START, now: Any = NOW) -> "Person":
        self.do(hold_time, draft_id=self.draft_id, start=start, now=now)
        return self

    def send(self, now: Any = NOW) -> uuid.UUID:
        visit: uuid.UUID = self.do(send_booking, draft_id=self.draft_id, reason=REASON, now=now)
        return visit


@pytest.fixture
def town(session: Session) -> Town:
    return make_town(session, doctors=2)


@pytest.fixture
def people(app: Flask, session: Session, town: Town) -> list[Person]:
    service = service_by_slug(session, town.service.slug)
    assert service is not None
    rows = [make_person(session, lives_in=town.municipality, name=f"P{n}", age=30 + n) for n in range(3)]
    return [
        Person(app, service, Citizen(p.id, p.name, p.birth_date, p.municipality_number, False, None))
        for p in rows
    ]


@pytest.fixture(autouse=True)
def nothing_half_done(session: Session) -> Iterator[None]:
    yield
    assert faults(session, LATER) == []


def slots(session: Session) -> list[Slot]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(sa.select(Slot).order_by(Slot.starts_at, Slot.id)))


def busy_doctor(session: Session, visit: uuid.UUID) -> int:
    session.rollback()
    session.expire_all()
    return session.get_one(Appointment, visit).practitioner_id


def test_a_hold_that_ran_out_is_still_ones_own_until_somebody_wants_it(people: list[Person]) -> None:
    kari, *_ = people
    kari.begin().hold().send(LATER)


def test_who_comes_back_too_late_is_told_and_offered_others(session: Session, people: list[Person]) -> None:
    kari, ola, gro = people
    kari.begin().hold()
    ola.begin().hold(now=LATER)
    gro.begin().hold(now=LATER)
    with pytest.raises(SlotTaken) as refusal:
        kari.send(LATER)
    assert refusal.value.nearest[0] == NEXT
    kari.hold(NEXT, LATER).send(LATER)
    assert [slot.starts_at for slot in slots(session)] == [START, START, NEXT]


def test_a_clock_that_runs_ahead_takes_a_hold_early_and_nobody_is_booked_twice(people: list[Person]) -> None:
    kari, ola, gro = people
    kari.begin().hold()
    for ahead in (ola, gro):
        ahead.begin().hold(now=LATER).send(LATER)
    with pytest.raises(SlotTaken):
        kari.send(NOW + timedelta(seconds=1))


def test_another_doctor_takes_over_when_the_held_one_falls_ill(
    session: Session, town: Town, people: list[Person]
) -> None:
    kari, *_ = people
    kari.begin().hold()
    (held,) = slots(session)
    ill, well = sorted(town.doctors, key=lambda doctor: doctor.id != held.practitioner_id)
    make_absence(session, doctor=ill, starts_at=START - VISIT, ends_at=START + VISIT)
    assert busy_doctor(session, kari.send()) == well.id


def test_nobody_is_booked_with_doctors_who_are_all_ill(
    session: Session, town: Town, people: list[Person]
) -> None:
    kari, *_ = people
    kari.begin().hold()
    for doctor in town.doctors:
        make_absence(session, doctor=doctor, starts_at=START - VISIT, ends_at=START + timedelta(minutes=1))
    with pytest.raises(SlotTaken) as refusal:
        kari.send()
    assert refusal.value.nearest[0] == NEXT


def test_a_refused_new_time_leaves_the_old_one_held(session: Session, people: list[Person]) -> None:
    kari, ola, gro = people
    for other in (ola, gro):
        other.begin().hold(NEXT)
    kari.begin().hold()
    with pytest.raises(SlotTaken):
        kari.hold(NEXT)
    assert [slot.starts_at for slot in slots(session) if slot.draft_id == kari.draft_id] == [START]
    kari.send()


def test_two_tabs_hold_one_time(session: Session, people: list[Person]) -> None:
    kari, *_ = people
    kari.begin().hold().hold(NEXT)
    assert [slot.starts_at for slot in slots(session)] == [NEXT]


def test_ja_lets_the_time_go_and_closes_every_step(session: Session, people: list[Person]) -> None:
    kari, *_ = people
    kari.begin().hold().begin(Answer.YES)
    assert slots(session) == []
    for step in (kari.hold, kari.send):
        with pytest.raises(StepNotOpen):
            step()
    kari.begin(Answer.NO)
    with pytest.raises(StepNotOpen):
        kari.send()


def test_a_discarded_booking_neither_holds_nor_is_sent(session: Session, people: list[Person]) -> None:
    kari, *_ = people
    kari.begin().hold().do(discard_draft, draft_id=kari.draft_id)
    assert slots(session) == []
    for step in (kari.hold, kari.send):
        with pytest.raises(NotFound):
            step()


def test_the_old_time_is_let_go_when_the_new_one_is_sent(session: Session, people: list[Person]) -> None:
    kari, *_ = people
    visit = kari.begin().hold().send()
    kari.draft_id = kari.do(begin_move, appointment_id=visit, now=NOW).id
    kari.hold(NEXT)
    assert [slot.starts_at for slot in slots(session)] == [START, NEXT]
    assert kari.send() == visit
    assert [(slot.starts_at, slot.appointment_id) for slot in slots(session)] == [(NEXT, visit)]


def test_cancelling_lets_go_of_the_time_and_of_the_new_one(session: Session, people: list[Person]) -> None:
    kari, *_ = people
    visit = kari.begin().hold().send()
    kari.draft_id = kari.do(begin_move, appointment_id=visit, now=NOW).id
    kari.hold(NEXT)
    for _ in range(2):
        kari.do(cancel_appointment, appointment_id=visit, now=NOW)
    assert slots(session) == []
    with pytest.raises(NotFound):
        kari.send()
