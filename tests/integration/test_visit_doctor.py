"""A doctor's day and visit: who waits, let in, write, remove, end, and what came of it; and whose it is not."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.integrations.video_node.port import NodeUnreachable
from booking.models import LoginSession, Schedule, Visit
from tests.factories import make_appointment, make_doctor, make_hours, make_person, make_town, oslo, stored
from tests.page_client import PageClient
from tests.stage import A_FRIDAY_MORNING, Clock
from tests.visits import Stage, log_in_doctor, make_stage


@pytest.fixture
def stage(app: Flask, session: Session, another_client: Callable[[], PageClient]) -> Stage:
    """A visit that starts in four minutes: its door is open."""
    return make_stage(app, session, another_client, minutes=4)


@pytest.fixture
def later(app: Flask, session: Session, another_client: Callable[[], PageClient]) -> Stage:
    return make_stage(app, session, another_client, minutes=60)


def fragment(client: PageClient, path: str, *, expect: int = 200) -> str:
    return client.get(path, htmx=True, expect=expect).html


# Login


def test_doctors_are_chosen_under_their_own_heading(stage: Stage, client: PageClient) -> None:
    client.get("/logg-inn", follow=True)
    assert "Leger" in [node.text() for node in client.page.root.all("h2")]
    client.submit(client.page.find_form("Astrid Sørlandslege"))
    assert client.page.heading == "Dagens timer"
    assert client.page.has_link("Dagens timer")
    assert not client.page.has_link("Timeavtaler")


def test_a_login_has_one_role(stage: Stage) -> None:
    logins = {
        (each.role, each.person_id is None, each.practitioner_id is None)
        for each in stored(stage.session, LoginSession)
    }
    assert logins == {("citizen", False, True), ("practitioner", True, False)}


@pytest.mark.parametrize("path", ["/lege", "/lege/{id}/panel", "/lege/{id}/utfall"])
def test_a_citizen_is_no_doctor(stage: Stage, path: str) -> None:
    stage.patient.get(path.format(id=stage.id), expect=403)


@pytest.mark.parametrize(
    "name", ["apne-tidlig", "slipp-inn", "melding", "inviter", "fjern", "avslutt", "utfall"]
)
def test_a_citizen_does_nothing_that_a_doctor_does(stage: Stage, name: str) -> None:
    stage.post(stage.patient, stage.lege(name), expect=403, seat="patient", outcome="noshow")
    assert stored(stage.session, Visit) == []


def test_a_doctor_is_no_citizen_and_stays_logged_in(stage: Stage) -> None:
    stage.practitioner.get("/timeavtaler", expect=403)
    assert stage.practitioner.get("/lege").heading == "Dagens timer"


def test_a_doctor_who_logs_in_for_a_page_comes_to_it(stage: Stage, client: PageClient) -> None:
    client.get("/lege", expect=303)
    client.get("/logg-inn", follow=True)
    client.submit(client.page.find_form(stage.doctor.name))
    assert client.page.path == "/lege"


# The day


def test_the_day_shows_time_name_reason_and_state(stage: Stage) -> None:
    text = stage.practitioner.get("/lege").main_text()
    assert "10.04 Kari Nordmann Utslett på hendene Ikke kommet ennå" in text
    assert stage.practitioner.page.has_link("Gå til videorommet")


def test_only_todays_own_visits_are_shown_and_what_is_left_of_yesterday(
    stage: Stage, session: Session
) -> None:
    other = make_person(session, lives_in=stage.town.municipality, name="Ola Nordmann")
    for when in ("2026-11-18 23.30", "2026-11-19 08.00", "2026-11-21 00.00"):
        make_appointment(session, patient=other, town=stage.town, starts_at=oslo(when))
    jon = make_doctor(session, name="Jon Videovik")
    make_appointment(session, patient=other, town=stage.town, starts_at=A_FRIDAY_MORNING, doctor=jon)
    today, yesterday = stage.practitioner.get("/lege").main_text().split("I går")
    assert "Ola Nordmann" not in today
    assert yesterday.split() == "08.00 Ola Nordmann Si hva som kom ut av timen Hva kom ut av timen?".split()


def test_who_waits_is_seen_without_a_reload(stage: Stage, clock: Clock) -> None:
    page = stage.practitioner.get("/lege")
    day = page.root.by_id("day")
    assert day is not None
    assert (day.get("data-waiting"), day.get("data-title")) == ("0", "Dagens timer")
    assert stage.practitioner.get(day.get("hx-get"), htmx=True, expect=204).html == ""

    stage.patient.get(stage.page("venterom"))
    clock.forward(minutes=3)
    stage.state(stage.patient)
    page = stage.practitioner.get(day.get("hx-get"), htmx=True)
    fresh = page.root.by_id("day")
    assert fresh is not None
    assert (fresh.get("data-waiting"), fresh.get("data-title")) == ("1", "(1) Dagens timer")
    assert fresh.get("data-say") == "Kari Nordmann venter"
    assert fresh.get("data-news") != day.get("data-news")
    assert "Kari Nordmann venter siden kl. 10.00 (3 minutter)" in page.text()
    assert page.has_button("Slipp inn")


def test_who_has_closed_the_page_makes_no_sound(stage: Stage, clock: Clock) -> None:
    stage.patient.get(stage.page("venterom"))
    clock.forward(seconds=31)
    page = stage.practitioner.get("/lege")
    day = page.root.by_id("day")
    assert day is not None
    assert day.get("data-waiting") == "0"
    assert "har lukket siden" in page.main_text()


def test_the_doctor_lets_in_from_the_day_and_comes_into_the_room(stage: Stage) -> None:
    stage.patient.get(stage.page("venterom"))
    stage.practitioner.get("/lege")
    stage.practitioner.click("Slipp inn")
    assert stage.practitioner.page.heading == "Videorom"
    text = stage.practitioner.page.main_text()
    assert "Utslett på hendene" in text
    assert stage.state(stage.patient)["state"] == "admitted"


def test_the_patient_does_not_see_the_doctors_panel(stage: Stage) -> None:
    stage.both_in()
    page = stage.patient.get(stage.page("rom"))
    assert page.root.by_id("doctor-panel") is None
    assert "Slå av mikrofonen" not in page.html
    assert "Utslett" not in page.main_text()


def test_the_day_is_empty_without_visits(
    stage: Stage, another_client: Callable[[], PageClient], session: Session
) -> None:
    jon = make_doctor(session, name="Jon Videovik")
    make_hours(session, service=stage.town.service, doctor=jon)
    assert "Du har ingen timer i dag." in log_in_doctor(another_client(), jon).get("/lege").main_text()


def test_the_doctor_opens_early_from_the_day(later: Stage) -> None:
    page = later.practitioner.get("/lege")
    assert "Åpner kl. 10.55" in page.main_text()
    later.practitioner.click("Åpne nå")
    assert later.practitioner.page.heading == "Dagens timer"
    assert later.practitioner.page.has_link("Gå til videorommet")
    assert later.offer(later.practitioner)[0] == 200


def test_another_days_visit_is_not_opened_by_mistake(stage: Stage, session: Session) -> None:
    stage.appointment = make_appointment(
        session, patient=stage.person, town=stage.town, starts_at=oslo("2026-11-23 08.00")
    )
    stage.post(stage.practitioner, stage.lege("apne-tidlig"))
    assert stored(session, Visit) == []


# In the room


def test_the_panel_lets_in_and_says_nothing_when_nothing_is_new(stage: Stage) -> None:
    stage.patient.get(stage.page("venterom"))
    page = stage.practitioner.get(stage.lege("panel"), htmx=True)
    panel = page.root.by_id("doctor-panel")
    assert panel is not None
    fragment(stage.practitioner, panel.get("hx-get"), expect=204)
    fresh = stage.practitioner.submit(page.find_form("Slipp inn Kari Nordmann"), htmx=True, follow=False)
    assert "venter" not in fresh.text()


def test_letting_in_twice_is_once_and_nobody_who_is_not_there(stage: Stage) -> None:
    stage.patient.get(stage.page("venterom"))
    stage.admit()
    stage.admit()
    assert stage.history().count(("admit", "patient", "practitioner")) == 1
    token = {"seat": "guest-1"}
    answer = stage.practitioner.post(stage.lege("slipp-inn"), token, htmx=True, expect=409)
    assert "er ikke her lenger" in answer.text()


def test_somebody_put_out_gets_no_ticket_until_let_in_again(stage: Stage) -> None:
    stage.both_in()
    stage.post(stage.practitioner, stage.lege("fjern"), seat="patient")
    assert ("put out", "1", "patient", "removed") in stage.nodes.asked
    status, told = stage.offer(stage.patient)
    assert (status, told["error"], told["next"]) == (403, "removed", stage.page("ferdig"))
    assert stage.patient.get(stage.page("venterom"), expect=303).location == stage.page("ferdig")
    assert stage.patient.get(stage.page("ferdig")).heading == "Legen har avsluttet samtalen for deg"

    stage.admit()
    assert stage.offer(stage.patient)[0] == 200
    assert stage.nodes.offered[-1].epoch == 1


def test_put_out_twice_counts_once_and_is_said_twice(stage: Stage) -> None:
    """The second click also reaches a video server that missed the first, and means the same to one that did not."""
    stage.both_in()
    for _ in range(2):
        stage.post(stage.practitioner, stage.lege("fjern"), seat="patient")
    assert stage.nodes.asked.count(("put out", "1", "patient", "removed")) == 2
    assert stage.nodes.epochs == [1, 1]
    assert (seat := stage.seat()) is not None
    assert seat.epoch == 1


def test_the_doctor_cannot_be_put_out(stage: Stage) -> None:
    stage.both_in()
    stage.practitioner.post(stage.lege("fjern"), {"seat": "practitioner"}, htmx=True, expect=409)
    assert (seat := stage.seat("practitioner")) is not None
    assert seat.state == "in"


def test_a_video_server_that_does_not_answer_stops_no_removal(stage: Stage) -> None:
    stage.both_in()
    stage.nodes.fails = NodeUnreachable("gone")
    stage.post(stage.practitioner, stage.lege("fjern"), seat="patient")
    assert (seat := stage.seat()) is not None
    assert seat.state == "removed"


def test_end_for_all(stage: Stage) -> None:
    stage.both_in()
    stage.post(stage.practitioner, stage.lege("melding"), message="Vent litt")
    answer = stage.post(stage.practitioner, stage.lege("avslutt"))
    assert answer.location == stage.lege("utfall")
    assert stage.nodes.asked[-1] == ("end", "1", str(stage.id))
    for client in (stage.patient, stage.practitioner):
        assert stage.offer(client)[1]["error"] == "over"
    assert stage.state(stage.patient) | {"server_now": ""} == stage.state(stage.patient) | {
        "server_now": "", "state": "over", "next": stage.page("ferdig"),
    }  # fmt: skip
    page = stage.patient.get(stage.page("ferdig"))
    assert (page.heading, "Hva skjer nå?" in page.main_text()) == ("Timen er over", True)
    visit = stored(stage.session, Visit)[0]
    assert (visit.message, visit.ended_at) == (None, A_FRIDAY_MORNING)
    assert stage.history()[-3:] == [
        ("leave", "patient", "practitioner"),
        ("leave", "practitioner", "practitioner"),
        ("end", None, "practitioner"),
    ]


@pytest.mark.parametrize("name", ["slipp-inn", "melding", "inviter", "apne-tidlig"])
def test_after_the_end_nothing_of_the_visit_can_be_done(stage: Stage, name: str) -> None:
    stage.both_in()
    stage.post(stage.practitioner, stage.lege("avslutt"))
    before = stage.history()
    stage.post(stage.practitioner, stage.lege(name), seat="patient", message="Hei", name="Tolk")
    assert stage.history() == before


def test_a_message_that_is_too_long_is_refused_in_words(stage: Stage) -> None:
    answer = stage.practitioner.post(stage.lege("melding"), {"message": "x" * 301}, htmx=True, expect=422)
    assert "høyst 300 tegn" in answer.text()


# Whose it is not


READ = ("panel", "utfall")
WRITE = ("apne-tidlig", "slipp-inn", "melding", "inviter", "fjern", "avslutt", "utfall")


def refused_everywhere(stage: Stage, browser: PageClient) -> None:
    for name in READ:
        browser.get(stage.lege(name), expect=404)
    for name in WRITE:
        stage.post(browser, stage.lege(name), expect=404, seat="patient", outcome="fulfilled", name="Tolk")
    assert stored(stage.session, Visit) == []


def test_a_colleagues_visit_does_not_exist(
    stage: Stage, another_client: Callable[[], PageClient], session: Session
) -> None:
    jon = make_doctor(session, name="Jon Videovik")
    make_hours(session, service=stage.town.service, doctor=jon)
    refused_everywhere(stage, log_in_doctor(another_client(), jon))


def test_a_doctor_of_another_service_reaches_nothing(
    stage: Stage, another_client: Callable[[], PageClient], session: Session
) -> None:
    arendal = make_town(session, name="Arendal", number="4203")
    session.query(LoginSession).delete()
    session.commit()
    elle = arendal.doctors[0]
    elle.name = "Elle Fjellvidde"
    session.commit()
    refused_everywhere(stage, log_in_doctor(another_client(), elle))


def test_a_doctor_who_has_left_the_service_reaches_its_visits_no_more(stage: Stage) -> None:
    for line in stored(stage.session, Schedule, practitioner_id=stage.doctor.id):
        line.valid_until = date(2026, 11, 19)
    stage.session.commit()
    assert "Kari" not in stage.practitioner.get("/lege").main_text()
    for name in ("rom", "sjekk", "tilstand"):
        stage.practitioner.get(stage.page(name), expect=404)
    refused_everywhere(stage, stage.practitioner)
