"""Everything that citizens, doctors and time can do, in any order that hypothesis thinks of; what must hold, holds
after every step (tests/booked_once.py).

The services are called as views call them, by several citizens and from several tabs: with drafts that are sent or
given up, with other people's, with times that are off the grid, gone or taken. The examples are the same in every run.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from booking.domain.errors import BookingRefused
from booking.domain.reason_text import ReasonMissing, ReasonTooLong
from booking.domain.screening import Answer
from booking.models import Absence, Appointment, AppointmentEvent, ClosedDay, Draft, Slot
from booking.queries.people import Citizen
from booking.queries.services import ServiceFacts, service_by_slug
from booking.services.appointments import cancel_appointment
from booking.services.drafts import answer_screening, begin_move, discard_draft, keep_reason
from booking.services.holding import hold_time
from booking.services.sending import send_booking
from booking.services.tidying import tidy
from tests.booked_once import faults
from tests.factories import Town, make_hours, make_person, make_town, oslo
from tests.stage import A_FRIDAY_MORNING

VISIT = timedelta(minutes=20)
MONDAY = oslo("2026-11-23 08.00")
# Eight times of the first service's grid, half of which the other service's doctor cuts across; and one nobody has.
TIMES = [MONDAY + n * VISIT for n in range(8)] + [MONDAY + timedelta(minutes=30 * n) for n in (1, 3)]
TIMES += [MONDAY + timedelta(minutes=7)]
OLD = (Slot, AppointmentEvent, Draft, Appointment, Absence, ClosedDay)

which = st.integers(0, 99)  # one of however many there are
citizens = st.integers(0, 2)
places = st.integers(0, 1)
starts = st.sampled_from(TIMES)
# Mostly one's own, sometimes somebody else's: then it must not even seem to exist.
strangers = st.sampled_from([False] * 5 + [True])


class World:
    """Two services, three doctors (one of whom works at both, on another grid), three citizens of both places."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.app, self.session = app, session
        near = make_town(session, doctors=2, opens="08.00", closes="10.40")
        far = make_town(session, name="Arendal", number="4203", opens="08.00", closes="10.40")
        make_hours(
            session,
            service=far.service,
            doctor=near.doctors[0],
            opens="08.00",
            closes="11.00",
            visit_minutes=30,
        )
        self.towns: list[Town] = [near, far]
        found = [service_by_slug(session, town.service.slug) for town in self.towns]
        self.services: list[ServiceFacts] = [service for service in found if service is not None]
        self.doctors = [*near.doctors, *far.doctors]
        people = [
            make_person(session, lives_in=near.municipality, name=f"P{n}", age=30 + n) for n in range(3)
        ]
        self.citizens = [
            [
                Citizen(p.id, p.name, p.birth_date, town.municipality.number, False, None)
                for town in self.towns
            ]
            for p in people
        ]

    def begin(self) -> None:
        self.session.rollback()
        for model in OLD:
            self.session.execute(sa.delete(model))
        self.session.commit()


class Bookings(RuleBasedStateMachine):
    """``world`` is set by the test that runs the machine."""

    world: World

    @initialize()
    def everybody_begins(self) -> None:
        self.world.begin()
        self.now = A_FRIDAY_MORNING
        self.drafts: list[uuid.UUID] = []
        self.visits: list[uuid.UUID] = []
        self.sent: set[uuid.UUID] = set()
        self.owner: dict[uuid.UUID, tuple[int, int]] = {}
        self.answered: dict[uuid.UUID, str] = {}
        for who in range(3):
            self.answer(who=who, where=who % 2, answer=Answer.NO)

    def act(self, use_case: Callable[..., Any], **arguments: Any) -> Any:
        """As a request does: its own session; a refusal is an answer, anything else a fault."""
        with self.world.app.test_request_context(), suppress(BookingRefused, ReasonMissing, ReasonTooLong):
            return use_case(**arguments, now=self.now)

    def draft(self, n: int, stranger: bool) -> dict[str, Any]:
        """One of the drafts, and who acts on it. The latest come first, as open ones are among them."""
        draft_id = self.drafts[-1 - n % len(self.drafts)]
        who, where = self.owner[draft_id]
        return {"draft_id": draft_id, "by": self.world.citizens[(who + stranger) % 3][where]}

    def visit(self, n: int, stranger: bool) -> dict[str, Any]:
        visit_id = self.visits[-1 - n % len(self.visits)]
        who, where = self.owner[visit_id]
        return {"appointment_id": visit_id, "by": self.world.citizens[(who + stranger) % 3][where]}

    def send_it(self, reason: str, draft_id: uuid.UUID, by: Citizen) -> None:
        visit_id = self.act(send_booking, draft_id=draft_id, reason=reason, by=by)
        if visit_id is None:
            return
        if visit_id not in self.visits:
            self.visits.append(visit_id)
            self.owner[visit_id] = self.owner[draft_id]
        if draft_id not in self.sent:
            self.sent.add(draft_id)
            assert self.answered[draft_id] == Answer.NO, "sent without Nei"
            assert not self.is_away(visit_id), "booked with a doctor who is away"

    def is_away(self, visit_id: uuid.UUID) -> bool:
        away = sa.select(Absence.id).join(Appointment, Appointment.practitioner_id == Absence.practitioner_id)
        overlaps = sa.and_(Absence.starts_at < Appointment.ends_at, Absence.ends_at > Appointment.starts_at)
        return self.world.session.scalar(away.where(Appointment.id == visit_id, overlaps)) is not None

    @rule(who=citizens, where=places, answer=st.sampled_from([Answer.NO, Answer.NO, Answer.YES]))
    def answer(self, who: int, where: int, answer: Answer) -> None:
        service, by = self.world.services[where], self.world.citizens[who][where]
        draft = self.act(answer_screening, service=service, answer=answer, by=by)
        if draft is None:
            assert answer == Answer.YES, "a Nei begins a booking"
            return
        self.answered[draft.id], self.owner[draft.id] = answer, (who, where)
        if draft.id not in self.drafts:
            self.drafts.append(draft.id)

    @rule(n=which, start=starts, stranger=strangers)
    def hold(self, n: int, start: datetime, stranger: bool) -> None:
        self.act(hold_time, start=start, **self.draft(n, stranger))

    @rule(n=which, reason=st.sampled_from(["Utslett", "Utslett", " ", "x" * 501]), stranger=strangers)
    def send(self, n: int, reason: str, stranger: bool) -> None:
        self.send_it(reason, **self.draft(n, stranger))

    @rule(who=citizens, where=places, start=starts, tabs=st.integers(1, 2))
    def book(self, who: int, where: int, start: datetime, tabs: int) -> None:
        """All the steps in a row, as most people take them; with two tabs, each of them twice."""
        for _ in range(tabs):
            self.answer(who=who, where=where, answer=Answer.NO)
        mine = self.draft_of(who, where)
        for _ in range(tabs):
            self.act(hold_time, start=start, **mine)
        for _ in range(tabs):
            self.send_it("Utslett", **mine)

    def draft_of(self, who: int, where: int) -> dict[str, Any]:
        latest = [n for n, draft in enumerate(reversed(self.drafts)) if self.owner[draft] == (who, where)]
        return self.draft(latest[0], stranger=False)

    @precondition(lambda self: self.visits)
    @rule(n=which, start=starts, stranger=strangers, sends=st.booleans())
    def move(self, n: int, start: datetime, stranger: bool, sends: bool) -> None:
        draft = self.act(begin_move, **self.visit(n, stranger))
        if draft is None:
            return
        assert not stranger
        self.answered[draft.id], self.owner[draft.id] = Answer.NO, self.owner[draft.moves_id]
        if draft.id not in self.drafts:
            self.drafts.append(draft.id)
        moving = {"draft_id": draft.id, "by": self.visit(n, stranger)["by"]}
        self.act(hold_time, start=start, **moving)
        if sends:
            self.send_it("Utslett", **moving)

    @precondition(lambda self: self.visits)
    @rule(n=which, stranger=strangers)
    def cancel(self, n: int, stranger: bool) -> None:
        self.act(cancel_appointment, **self.visit(n, stranger))

    @rule(n=which, stranger=strangers)
    def discard(self, n: int, stranger: bool) -> None:
        with self.world.app.test_request_context(), suppress(BookingRefused):
            discard_draft(**self.draft(n, stranger))

    @rule(n=which, stranger=strangers)
    def type_something(self, n: int, stranger: bool) -> None:
        self.act(keep_reason, reason="Utsl", **self.draft(n, stranger))

    @rule(doctor=st.integers(0, 2), start=starts, minutes=st.integers(1, 90))
    def doctor_falls_ill(self, doctor: int, start: datetime, minutes: int) -> None:
        self.world.session.add(
            Absence(
                practitioner_id=self.world.doctors[doctor].id,
                starts_at=start,
                ends_at=start + timedelta(minutes=minutes),
            )
        )
        self.world.session.commit()

    @rule(who=citizens, where=places, start=starts, minutes=st.integers(1, 90))
    def doctor_falls_ill_while_one_writes(self, who: int, where: int, start: datetime, minutes: int) -> None:
        self.answer(who=who, where=where, answer=Answer.NO)
        mine = self.draft_of(who, where)
        self.act(hold_time, start=start, **mine)
        held = self.world.session.scalar(
            sa.select(Slot.practitioner_id).where(Slot.draft_id == mine["draft_id"])
        )
        for place, doctor in enumerate(self.world.doctors):
            if doctor.id == held:
                self.doctor_falls_ill(doctor=place, start=start, minutes=minutes)
        self.send_it("Utslett", **mine)

    @rule(minutes=st.sampled_from([1, 5, 9, 10, 11, 60]), tidies=st.booleans())
    def time_passes(self, minutes: int, tidies: bool) -> None:
        self.now += timedelta(minutes=minutes)
        if tidies:
            self.act(tidy)

    @precondition(lambda self: len(self.visits) > 3)
    @rule(
        until=st.sampled_from([MONDAY - timedelta(minutes=11), MONDAY - timedelta(minutes=9), MONDAY + VISIT])
    )
    def monday_comes(self, until: datetime) -> None:
        self.now = max(self.now, until)

    @invariant()
    def nothing_is_half_done_and_nobody_is_booked_twice(self) -> None:
        assert faults(self.world.session, self.now) == []


@pytest.fixture
def world(app: Flask, session: Session) -> Iterator[World]:
    with app.app_context():
        yield World(app, session)


def test_nothing_that_anybody_does_books_twice(world: World) -> None:
    on_sqlite = world.session.get_bind().dialect.name == "sqlite"
    machine = type("Bookings", (Bookings,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60 if on_sqlite else 12,
            stateful_step_count=40,
            derandomize=True,
            phases=[Phase.generate, Phase.shrink],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
