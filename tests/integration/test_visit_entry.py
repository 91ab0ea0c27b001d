"""A citizen comes to the video visit: too early, waiting, let in, in, out and in again; and whoever may not."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from booking.integrations.video_node.port import NodeUnreachable
from booking.models import Appointment, Visit
from tests.factories import make_appointment, make_doctor, make_hours, make_person, oslo, stored
from tests.page_client import PageClient
from tests.stage import A_FRIDAY_MORNING, Clock, aside
from tests.visits import Stage, csrf_of, log_in_doctor, make_stage, refusing


@pytest.fixture
def stage(app: Flask, session: Session, another_client: Callable[[], PageClient]) -> Stage:
    """A visit that starts in four minutes: its door is open."""
    return make_stage(app, session, another_client, minutes=4)


@pytest.fixture
def later(app: Flask, session: Session, another_client: Callable[[], PageClient]) -> Stage:
    """A visit that starts in an hour."""
    return make_stage(app, session, another_client, minutes=60)


def stay(stage: Stage, clock: Clock, *, minutes: int, seconds: int = 0) -> None:
    """Let time pass with the page open, so that nobody's login runs out."""
    for _ in range(minutes // 20):
        clock.forward(minutes=20)
        stage.state(stage.patient), stage.state(stage.practitioner)
    clock.forward(minutes=minutes % 20, seconds=seconds)


# Before the five minutes


def test_too_early_one_is_told_when_to_come(later: Stage) -> None:
    page = later.patient.get(later.start)
    text = page.main_text()
    assert "Timen starter fredag 20. november kl. 11.00." in text
    assert "Vi anbefaler at du starter videotimen 5 minutter før avtalt tidspunkt, kl. 10.55." in text
    assert "Videorommet åpner om 55 minutter." in text
    assert page.has_link("Test kamera og lyd")
    assert page.link("Se brukerveiledning") == "/hjelp/kristiansand"
    root = page.root.by_id("start")
    assert root is not None
    assert root.get("data-server-now") == "2026-11-20T09:00:00.000Z"
    assert root.get("data-opens-at") == "2026-11-20T09:55:00.000Z"
    assert 'http-equiv="refresh" content="60"' in page.html


def test_the_page_goes_on_by_itself_when_the_door_opens(later: Stage, clock: Clock) -> None:
    stay(later, clock, minutes=54, seconds=50)
    assert 'http-equiv="refresh" content="11"' in later.patient.get(later.start).html
    clock.forward(seconds=10)
    assert later.patient.get(later.start, expect=303).location.endswith("/sjekk")


@pytest.mark.parametrize("page", ["venterom", "rom"])
def test_no_page_lets_in_too_early(later: Stage, page: str) -> None:
    assert later.patient.get(later.page(page), expect=303).location == later.start
    assert stored(later.session, Visit) == []


def test_no_ticket_too_early_whatever_is_asked(later: Stage) -> None:
    for client in (later.patient, later.practitioner):
        status, told = later.offer(client)
        assert (status, told["error"]) == (403, "too_early")
    assert later.nodes.asked == []
    assert later.state(later.patient)["state"] == "early"


def test_the_equipment_check_is_open_early_and_leads_back(later: Stage) -> None:
    page = later.patient.get(later.page("sjekk"))
    assert page.link("Tilbake") == later.start
    assert not page.has_link("Bli med uten bilde")


def test_the_doctor_opens_early_and_the_citizen_is_told_at_once(later: Stage) -> None:
    later.post(later.practitioner, later.lege("apne-tidlig"))
    told = later.state(later.patient)
    assert (told["state"], told["opened_early"]) == ("open", True)
    assert told["next"] == later.page("sjekk")
    assert told["opens_at"] == "2026-11-20T09:00:00.000Z"
    later.patient.get(later.page("venterom"))
    assert later.history()[0] == ("open_early", None, "practitioner")


def test_moving_the_appointment_takes_the_early_opening_back(later: Stage) -> None:
    later.post(later.practitioner, later.lege("apne-tidlig"))
    later.patient.get(f"/timeavtaler/{later.id}")
    later.patient.click("Endre tid")
    page = later.patient.page.path.split("?")[0]
    later.patient.get(f"{page}?dato=2026-11-23")
    later.patient.submit(later.patient.page.find_form("Neste"), start="2026-11-23T07:20Z")
    later.patient.submit(later.patient.page.find_form("Send"), reason="Det samme")
    assert stored(later.session, Visit) == []
    assert later.state(later.patient)["state"] == "early"


# After the end


def test_after_the_door_has_closed_there_is_no_way_in(stage: Stage, clock: Clock) -> None:
    stay(stage, clock, minutes=4 + 20 + 15)
    assert stage.offer(stage.patient)[1]["error"] == "over"
    assert stage.patient.get(stage.page("venterom"), expect=303).location == stage.page("ferdig")
    assert stage.patient.get(stage.page("ferdig")).heading == "Timen er over"


def test_a_visit_that_goes_on_stays_open_longer(stage: Stage, clock: Clock) -> None:
    stage.both_in()
    stay(stage, clock, minutes=4 + 20 + 16)
    assert stage.state(stage.patient)["state"] == "in"
    assert stage.patient.get(f"/timeavtaler/{stage.id}").has_link("Start video")


@pytest.mark.parametrize("status", ["cancelled", "noshow", "fulfilled"])
def test_an_appointment_that_is_over_has_no_visit(stage: Stage, status: str) -> None:
    gone = make_appointment(
        stage.session, patient=stage.person, town=stage.town, starts_at=A_FRIDAY_MORNING, status=status
    )
    stage.appointment = gone
    assert stage.offer(stage.patient)[1]["error"] == "over"


# The waiting room


def test_the_citizen_waits_and_is_let_in(stage: Stage) -> None:
    assert stage.patient.get(stage.start, expect=303).location == stage.page("sjekk")
    page = stage.patient.get(stage.page("sjekk"))
    assert "De andre ser deg som Kari Nordmann." in page.main_text()
    stage.patient.click("Til venterommet")
    assert "Legen vet at du er her." in stage.patient.page.main_text()
    assert stage.state(stage.patient)["state"] == "waiting"
    assert stage.patient.get(stage.page("rom"), expect=303).location == stage.page("venterom")
    status, told = stage.offer(stage.patient)
    assert (status, told["error"], told["next"]) == (409, "not_admitted", stage.page("venterom"))
    assert stage.nodes.asked == []

    stage.admit()
    told = stage.state(stage.patient)
    assert (told["state"], told["next"], told["ice_servers"]) == ("admitted", stage.page("rom"), [])
    assert stage.patient.get(stage.page("rom")).heading == "Videorom"
    status, told = stage.offer(stage.patient)
    assert (status, told["sdp"], told["seat"]) == (200, "v=0 an answer", "patient")
    ticket = stage.nodes.offered[0]
    assert (ticket.room, ticket.role, ticket.name, ticket.epoch) == (
        str(stage.id),
        "patient",
        "Kari Nordmann",
        0,
    )
    assert ticket.exp == A_FRIDAY_MORNING.timestamp() + 60
    assert stage.history() == [
        ("wait", "patient", "patient"),
        ("admit", "patient", "practitioner"),
        ("enter", "patient", "patient"),
    ]
    assert stored(stage.session, Appointment, id=stage.id)[0].status == "arrived"


def test_the_visit_begins_when_both_are_in(stage: Stage, clock: Clock) -> None:
    stage.patient.get(stage.page("venterom"))
    stage.admit()
    stage.offer(stage.patient)
    assert stored(stage.session, Visit)[0].started_at is None
    clock.forward(minutes=1)
    stage.offer(stage.practitioner)
    assert stored(stage.session, Visit)[0].started_at == clock.now


def test_one_may_leave_the_waiting_room_and_come_back(stage: Stage, clock: Clock) -> None:
    stage.patient.get(stage.page("venterom"))
    stage.patient.click("Gå ut av venterommet")
    assert stage.patient.page.heading == "Du har gått ut"
    assert stage.state(stage.patient)["state"] == "left"
    clock.forward(minutes=1)
    stage.patient.click("Gå inn igjen")
    assert stage.patient.page.heading == "Venterom"
    seat = stage.seat()
    assert seat is not None
    assert (seat.state, seat.waiting_since, seat.left_at) == ("waiting", clock.now, None)


def test_looking_again_does_not_make_one_wait_anew(stage: Stage, clock: Clock) -> None:
    stage.patient.get(stage.page("venterom"))
    since = clock.now
    clock.forward(minutes=2)
    stage.patient.get(stage.page("venterom"))
    seat = stage.seat()
    assert seat is not None
    assert (seat.waiting_since, seat.seen_at) == (since, clock.now)
    assert stage.history() == [("wait", "patient", "patient")]


def test_the_waiting_page_is_seen_every_five_seconds(stage: Stage, clock: Clock) -> None:
    stage.patient.get(stage.page("venterom"))
    came = clock.now
    clock.forward(seconds=4)
    stage.state(stage.patient)
    assert (seat := stage.seat()) is not None
    assert seat.seen_at == came
    clock.forward(seconds=1)
    stage.state(stage.patient)
    assert (seat := stage.seat()) is not None
    assert seat.seen_at == clock.now


def test_the_delay_comes_from_the_doctors_real_visits(stage: Stage, clock: Clock) -> None:
    neighbour = make_person(stage.session, lives_in=stage.town.municipality, name="Ola Nordmann")
    earlier = make_appointment(
        stage.session,
        patient=neighbour,
        town=stage.town,
        starts_at=oslo("2026-11-20 09.44"),
        status="arrived",
    )
    stage.session.add(Visit(appointment_id=earlier.id, started_at=oslo("2026-11-20 09.52")))
    stage.session.commit()
    stage.patient.get(stage.page("venterom"))
    told = stage.state(stage.patient)
    assert (told["delay_minutes"], told["delay_text"]) == (8, "Legen er ca. 8 min forsinket.")
    assert "Legen er ca. 8 min forsinket." in stage.patient.get(stage.page("venterom")).main_text()


def test_the_doctors_message_is_shown_to_whoever_waits(stage: Stage) -> None:
    stage.patient.get(stage.page("venterom"))
    stage.post(stage.practitioner, stage.lege("melding"), message="Jeg kommer straks.")
    assert stage.state(stage.patient)["message"] == "Jeg kommer straks."
    assert "Jeg kommer straks." in stage.patient.get(stage.page("venterom")).main_text()
    sealed = stage.session.execute(sa.text("SELECT message FROM visit")).scalar_one()
    assert b"Jeg kommer straks" not in bytes(sealed)


# The room


def test_a_rejoin_is_no_new_line_of_history(stage: Stage) -> None:
    stage.both_in()
    before = stage.history()
    assert stage.offer(stage.patient)[0] == 200
    assert stage.history() == before
    assert len({ticket.jti for ticket in stage.nodes.offered}) == 3


def test_who_left_the_room_comes_straight_in_again(stage: Stage) -> None:
    stage.both_in()
    stage.post(stage.patient, stage.page("forlat"), expect=204)
    assert ("put out", "1", "patient", "left") in stage.nodes.asked
    assert stage.patient.get(stage.page("ferdig")).heading == "Du har gått ut"
    assert stage.patient.get(stage.page("venterom"), expect=303).location == stage.page("rom")
    assert stage.offer(stage.patient)[0] == 200
    assert [what for what, seat, _by in stage.history() if seat == "patient"][-2:] == ["leave", "enter"]


def test_a_visit_that_ends_while_the_video_server_answers_lets_nobody_in(stage: Stage) -> None:
    stage.patient.get(stage.page("venterom"))
    stage.admit()
    stage.nodes.on_offer = lambda: aside(lambda: stage.post(stage.practitioner, stage.lege("avslutt")))
    status, told = stage.offer(stage.patient)
    assert (status, told["error"], told["next"]) == (403, "over", stage.page("ferdig"))
    assert stage.nodes.asked[-1] == ("put out", "1", "patient", "left")


@pytest.mark.parametrize(
    ("fails", "status", "word"),
    [
        (NodeUnreachable("no answer"), 503, "unreachable"),
        (refusing(503, "full"), 503, "full"),
        (refusing(503, "draining"), 503, "draining"),
        (refusing(429, "too_many_offers"), 429, "too_many_offers"),
        (refusing(422, "bad_sdp"), 422, "bad_sdp"),
        (refusing(403, "removed"), 403, "removed"),
        (refusing(401, "ticket_expired"), 503, "unreachable"),
        (refusing(500, "unknown"), 503, "unreachable"),
    ],
)
def test_what_the_video_server_refuses_is_told_in_words(
    stage: Stage, fails: Exception, status: int, word: str
) -> None:
    stage.patient.get(stage.page("venterom"))
    stage.admit()
    stage.nodes.fails = fails
    told = stage.offer(stage.patient)
    assert (told[0], told[1]["error"]) == (status, word)
    assert told[1]["message"].endswith(".")
    assert (seat := stage.seat()) is not None
    assert seat.state == "admitted"


@pytest.mark.parametrize(("sdp", "status"), [("", 422), (7, 422), (None, 422), ("v=0 " + "x" * 48_000, 413)])
def test_an_offer_that_is_none_never_reaches_the_video_server(stage: Stage, sdp: object, status: int) -> None:
    stage.patient.get(stage.page("venterom"))
    stage.admit()
    assert stage.offer(stage.patient, sdp)[0] == status
    assert stage.nodes.asked == []


def test_an_offer_without_our_token_is_refused(stage: Stage) -> None:
    assert stage.patient.browser.post(stage.page("tilbud"), json={"sdp": "v=0"}).status_code == 400


def test_the_room_stays_on_its_video_server(stage: Stage) -> None:
    stage.nodes.names = ("a", "b", "c")
    stage.both_in()
    assert len({asked[1] for asked in stage.nodes.asked}) == 1
    stage.nodes.names = ("d",)
    stage.offer(stage.patient)
    assert stage.nodes.asked[-1][1] == "d"


def test_who_is_in_the_room_is_confirmed_once(stage: Stage) -> None:
    token = {"X-CSRFToken": csrf_of(stage.patient)}
    assert stage.patient.browser.post(stage.page("bekreft-rommet"), headers=token).status_code == 409
    stage.both_in()
    for _ in range(2):
        assert stage.patient.browser.post(stage.page("bekreft-rommet"), headers=token).status_code == 204
    assert stage.state(stage.practitioner)["confirmed"] == ["patient"]
    assert stage.history().count(("confirm_alone", "patient", "patient")) == 1


# «Legen ringer deg»


def test_the_doctor_is_given_the_number_to_call(stage: Stage) -> None:
    page = stage.patient.get(stage.page("telefon"))
    assert page.heading == "Skal legen ringe deg?"
    stage.patient.submit(page.find_form("Be legen ringe"), phone="412 34 567")
    assert stage.patient.page.heading == "Legen ringer deg"
    assert "412 34 567" in stage.patient.page.main_text()
    assert stage.practitioner.get("/lege").link("412 34 567") == "tel:41234567"
    assert stored(stage.session, Appointment, id=stage.id)[0].status == "arrived"


@pytest.mark.parametrize(("typed", "words"), [("", "Skriv telefonnummeret ditt"), ("123", "åtte siffer")])
def test_what_is_no_number_is_asked_for_again(stage: Stage, typed: str, words: str) -> None:
    page = stage.patient.get(stage.page("telefon"))
    stage.patient.submit(page.find_form("Be legen ringe"), phone=typed, expect=422)
    assert words in stage.patient.page.main_text()


# Who may not


PAGES = ("sjekk", "venterom", "rom", "ferdig", "telefon", "tilstand")


def test_another_citizens_visit_does_not_exist(
    stage: Stage, another_client: Callable[[], PageClient], session: Session
) -> None:
    make_person(session, lives_in=stage.town.municipality, name="Ola Nordmann")
    ola = another_client()
    ola.log_in("Ola Nordmann")
    for page in PAGES:
        ola.get(stage.page(page), expect=404)
    ola.get(stage.start, expect=404)
    for page in ("tilbud", "forlat", "bekreft-rommet", "telefon"):
        stage.post(ola, stage.page(page), expect=404)


def test_another_doctors_visit_does_not_exist(
    stage: Stage, another_client: Callable[[], PageClient], session: Session
) -> None:
    jon = make_doctor(session, name="Jon Videovik")
    make_hours(session, service=stage.town.service, doctor=jon)
    browser = log_in_doctor(another_client(), jon)
    for page in PAGES:
        browser.get(stage.page(page), expect=404)


def test_without_a_login_one_is_asked_to_log_in_and_a_script_is_told(
    stage: Stage, client: PageClient
) -> None:
    assert client.get(stage.page("venterom"), expect=303).location == "/logg-inn"
    answer = client.browser.get(stage.page("tilstand"))
    assert (answer.status_code, answer.get_json()) == (401, {"error": "logged_out"})


def test_only_the_patient_asks_to_be_called(stage: Stage) -> None:
    stage.practitioner.get(stage.page("telefon"), expect=404)
