"""What came of a visit: said by the doctor, corrected for a day, and never a no-show for whoever came."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from booking.models import Appointment
from tests.factories import stored
from tests.page_client import PageClient
from tests.stage import Clock
from tests.visits import Stage, log_in_doctor, make_stage


@pytest.fixture
def stage(app: Flask, session: Session, another_client: Callable[[], PageClient]) -> Stage:
    """A visit that starts in four minutes: its door is open."""
    return make_stage(app, session, another_client, minutes=4)


@pytest.fixture
def later(app: Flask, session: Session, another_client: Callable[[], PageClient]) -> Stage:
    return make_stage(app, session, another_client, minutes=60)


def say(stage: Stage, outcome: str, *, expect: int = 303) -> str:
    answer = stage.post(stage.practitioner, stage.lege("utfall"), expect=expect, outcome=outcome)
    text: str = answer.get_data(as_text=True)
    return text


def appointment(stage: Stage) -> tuple[str, str | None]:
    found = stored(stage.session, Appointment, id=stage.id)[0]
    return found.status, found.outcome


def test_a_visit_that_took_place_is_fulfilled(stage: Stage) -> None:
    stage.both_in()
    stage.practitioner.get(stage.lege("utfall"))
    stage.practitioner.submit(stage.practitioner.page.find_form("Noter"), outcome="fulfilled")
    assert stage.practitioner.page.heading == "Dagens timer"
    assert "Gjennomført" in stage.practitioner.page.main_text()
    assert appointment(stage) == ("fulfilled", "fulfilled")
    assert stage.history()[-1] == ("fulfil", None, "practitioner")
    assert "Gjennomført" in stage.patient.get(f"/timeavtaler/{stage.id}").main_text()


def test_a_failed_connection_is_told_as_that_and_never_as_a_no_show(stage: Stage, clock: Clock) -> None:
    stage.patient.get(stage.page("venterom"))
    clock.forward(minutes=20)
    page = stage.practitioner.get(stage.lege("utfall"))
    assert "Ikke møtt" not in page.find_form("Noter").choices("outcome")
    assert "noshow" not in page.find_form("Noter").choices("outcome")
    assert "Innbyggeren var her." in say(stage, "noshow", expect=409)
    assert appointment(stage) == ("arrived", None)
    say(stage, "technical_failure")
    assert appointment(stage) == ("cancelled", "technical_failure")
    assert "Teknisk feil" in stage.patient.get(f"/timeavtaler/{stage.id}").main_text()
    page = stage.patient.get(stage.page("ferdig"))
    assert "Det regnes ikke som at du ikke møtte." in page.main_text()


def test_somebody_who_only_asked_to_be_called_has_come(stage: Stage, clock: Clock) -> None:
    stage.post(stage.patient, stage.page("telefon"), phone="41234567")
    clock.forward(minutes=20)
    say(stage, "noshow", expect=409)
    assert appointment(stage)[1] is None


def test_who_never_came_is_a_no_show_after_ten_minutes(stage: Stage, clock: Clock) -> None:
    clock.forward(minutes=13, seconds=59)
    assert "noshow" not in stage.practitioner.get(stage.lege("utfall")).find_form("Noter").choices("outcome")
    say(stage, "noshow", expect=409)
    clock.forward(seconds=1)
    say(stage, "noshow")
    assert appointment(stage) == ("noshow", "noshow")
    assert stage.offer(stage.patient)[1]["error"] == "over"


def test_what_came_of_it_said_twice_the_same_is_said_once(stage: Stage) -> None:
    stage.both_in()
    say(stage, "fulfilled")
    say(stage, "fulfilled")
    assert stage.history().count(("fulfil", None, "practitioner")) == 1


def test_a_slip_of_the_finger_is_corrected_and_both_stay_in_the_history(stage: Stage, clock: Clock) -> None:
    stage.both_in()
    say(stage, "technical_failure")
    clock.forward(days=1)
    log_in_doctor(stage.practitioner, stage.doctor)
    day = stage.practitioner.get("/lege")
    assert "I går 10.04 Kari Nordmann Teknisk feil Endre utfallet" in day.main_text()
    page = stage.practitioner.get(stage.lege("utfall"))
    assert "Du har notert: Teknisk feil." in page.main_text()
    assert page.find_form("Endre").choices("outcome") == ["fulfilled"]
    stage.practitioner.submit(page.find_form("Endre"), outcome="fulfilled")
    assert appointment(stage) == ("fulfilled", "fulfilled")
    assert [what for what, _seat, _by in stage.history()][-3:] == ["end", "fail", "fulfil"]


def test_a_correction_makes_nobody_who_came_a_no_show(stage: Stage, clock: Clock) -> None:
    stage.patient.get(stage.page("venterom"))
    clock.forward(minutes=20)
    say(stage, "technical_failure")
    assert "Innbyggeren var her." in say(stage, "noshow", expect=409)
    assert appointment(stage) == ("cancelled", "technical_failure")


def test_who_never_came_may_become_a_no_show_and_be_cleared_of_it(stage: Stage, clock: Clock) -> None:
    clock.forward(minutes=20)
    for outcome, status in (("fulfilled",) * 2, ("noshow",) * 2, ("technical_failure", "cancelled")):
        say(stage, outcome)
        assert appointment(stage) == (status, outcome)


def test_the_day_after_tomorrow_what_was_said_stands(stage: Stage, clock: Clock) -> None:
    stage.both_in()
    say(stage, "fulfilled")
    clock.forward(hours=13 + 24, minutes=59)  # the last minute of the day after
    log_in_doctor(stage.practitioner, stage.doctor)
    say(stage, "technical_failure")
    clock.forward(minutes=1)
    assert "for sent" in say(stage, "fulfilled", expect=409)
    assert appointment(stage) == ("cancelled", "technical_failure")
    assert not stage.practitioner.get(stage.lege("utfall")).has_button("Endre")
    assert "I går" not in stage.practitioner.get("/lege").main_text()


def test_an_appointment_that_the_citizen_cancelled_has_no_outcome(stage: Stage) -> None:
    stage.session.execute(sa.update(Appointment).values(status="cancelled"))
    stage.session.commit()
    say(stage, "fulfilled", expect=409)
    assert appointment(stage) == ("cancelled", None)


def test_nothing_has_come_of_a_visit_that_has_not_opened(later: Stage) -> None:
    say(later, "fulfilled", expect=409)
    assert appointment(later) == ("booked", None)


@pytest.mark.parametrize("outcome", ["", "cancelled", "x"])
def test_an_outcome_that_is_none_is_asked_for_again(stage: Stage, outcome: str) -> None:
    assert "Velg én" in say(stage, outcome, expect=422)
