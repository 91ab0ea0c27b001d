"""Timeavtaler while a visit goes on past its planned end: it stays among the coming ones, with its way in."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from booking.models import Appointment
from booking.queries.appointments import AppointmentLine, coming_and_earlier, coming_appointments
from tests.page_client import PageClient
from tests.stage import Clock
from tests.visits import Stage, make_stage


@pytest.fixture
def stage(app: Flask, session: Session, another_client: Callable[[], PageClient]) -> Stage:
    """A visit that starts in four minutes and is planned to last twenty."""
    return make_stage(app, session, another_client, minutes=4)


def listed(stage: Stage, clock: Clock) -> tuple[list[AppointmentLine], list[AppointmentLine]]:
    stage.session.rollback()
    coming, earlier = coming_and_earlier(stage.session, stage.person.id, clock.now, 1)
    assert coming == coming_appointments(stage.session, stage.person.id, clock.now)
    return coming, earlier


def test_visit_that_goes_on_is_coming_until_two_hours_past_its_end(stage: Stage, clock: Clock) -> None:
    stage.both_in()
    for minutes in (24 + 14, 2, 103):
        clock.forward(minutes=minutes)
        coming, earlier = listed(stage, clock)
        assert ([line.id for line in coming], earlier) == ([stage.id], [])
    clock.forward(minutes=1)
    coming, earlier = listed(stage, clock)
    assert (coming, [line.id for line in earlier]) == ([], [stage.id])


def test_visit_that_never_began_is_earlier_fifteen_minutes_past_its_end(stage: Stage, clock: Clock) -> None:
    stage.patient.get(stage.page("venterom"))
    clock.forward(minutes=24 + 15)
    coming, earlier = listed(stage, clock)
    assert (coming, [line.id for line in earlier]) == ([], [stage.id])


def test_visit_that_the_doctor_has_ended_is_earlier_with_what_came_of_it(stage: Stage, clock: Clock) -> None:
    stage.both_in()
    clock.forward(minutes=24)
    stage.post(stage.practitioner, stage.lege("avslutt"))
    stage.post(stage.practitioner, stage.lege("utfall"), outcome="technical_failure")
    clock.forward(minutes=1)
    coming, (line,) = listed(stage, clock)
    assert (coming, line.status, line.outcome) == ([], "cancelled", "technical_failure")
    assert "Teknisk feil" in stage.patient.get("/timeavtaler").main_text()


def test_page_shows_the_way_back_into_a_visit_that_goes_on(stage: Stage, clock: Clock) -> None:
    """A phone that ran out of battery finds the visit where it was, sixteen minutes past its end."""
    stage.both_in()
    for _ in range(2):
        clock.forward(minutes=20)
        page = stage.patient.get("/timeavtaler")
    assert page.link("Start video") == stage.start
    assert stage.patient.get("/").link("Start video") == stage.start
    assert stage.session.scalar(sa.select(Appointment.status).where(Appointment.id == stage.id)) == "arrived"
