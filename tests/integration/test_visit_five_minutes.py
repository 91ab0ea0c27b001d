"""The five-minute rule as the server keeps it: whatever is asked of it, by whomever, there is no ticket before."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.domain.visits import Role
from tests.factories import make_person, oslo
from tests.page_client import PageClient
from tests.stage import A_FRIDAY_MORNING, Clock
from tests.visits import OFFER, Stage, csrf_of, make_stage

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SECOND = timedelta(seconds=1)
MOMENT = timedelta(microseconds=1)
LIES: dict[str, Any] = {
    "sdp": OFFER,
    "now": "2030-01-01T00:00:00Z",
    "server_now": "2030-01-01T00:00:00Z",
    "opened_early_at": "2020-01-01T00:00:00Z",
    "state": "in",
    "seat": "practitioner",
    "role": "practitioner",
    "outcome": "fulfilled",
    "med": "lyd",
}
"""What a page could say, and what no server may believe: a phone's clock, a role, a state."""

WHENS = {
    "winter time": "2026-11-26 08.20",
    "summer time begins": "2027-03-28 03.00",
    "the hour after it": "2027-03-28 03.04",
    "winter time begins": "2027-10-31 03.00",
    "midnight": "2026-11-27 00.02",
}


@pytest.fixture
def play(app: Flask, session: Session, another_client: Callable[[], PageClient], clock: Clock) -> Any:
    """A visit at a moment, everybody logged in a little before its door opens."""

    def begin(start: datetime, before: timedelta) -> Stage:
        clock.now = start - timedelta(minutes=5) - before
        return make_stage(app, session, another_client, seconds=(start - A_FRIDAY_MORNING).total_seconds())

    return begin


def guest_of(stage: Stage, new: PageClient) -> PageClient:
    page = stage.practitioner.post(stage.lege("inviter"), {"name": "Tolk Amina"}, htmx=True)
    new.submit(new.get("/video/gjest").find_form("Gå videre"), code=page.root.all("strong")[0].text())
    return new


def addresses(app: Flask, stage: Stage) -> list[str]:
    """Every address of the visit's pages, as the app itself knows them."""
    rules = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0].startswith(("video", "practitioner"))
    ]
    found = [rule.replace("<uuid:appointment_id>", str(stage.id)) for rule in rules]
    assert len(found) > 15
    return [address for address in found if "<" not in address and not address.endswith("apne-tidlig")]


def ask_everything(app: Flask, stage: Stage, clients: list[PageClient]) -> None:
    for client, address, method in itertools.product(clients, addresses(app, stage), METHODS):
        headers = {
            "X-CSRFToken": csrf_of(client),
            "Date": "Tue, 01 Jan 2030 00:00:00 GMT",
            "X-HTTP-Method-Override": "POST",
        }
        sent: list[dict[str, Any]] = [{"json": LIES}]
        if method not in ("GET", "HEAD", "OPTIONS"):
            sent.append({"data": LIES})
        for body in sent:
            answer = client.browser.open(address, method=method, headers=headers, query_string=LIES, **body)
            assert answer.status_code < 500, (method, address)
            assert "an answer" not in answer.get_data(as_text=True), (method, address)


@pytest.mark.parametrize("when", WHENS.values(), ids=list(WHENS))
def test_no_ticket_before_five_minutes_and_one_at_five(play: Any, clock: Clock, when: str) -> None:
    start = oslo(when)
    stage = play(start, MOMENT)
    for client in (stage.patient, stage.practitioner):
        status, told = stage.offer(client)
        assert (status, told["error"]) == (403, "too_early")
    assert stage.patient.get(stage.page("venterom"), expect=303).location == stage.start
    clock.now += MOMENT
    assert clock.now == start - timedelta(minutes=5)
    stage.patient.get(stage.page("venterom"))
    stage.admit()
    assert [stage.offer(client)[0] for client in (stage.practitioner, stage.patient)] == [200, 200]


def test_nothing_that_can_be_asked_gives_a_ticket_too_early(
    app: Flask, play: Any, session: Session, another_client: Callable[[], PageClient], clock: Clock
) -> None:
    stage = play(oslo("2026-11-26 08.20"), MOMENT)
    other = another_client()
    other.log_in(make_person(session, lives_in=stage.town.municipality, name="Ola Nordmann").name)
    guest = guest_of(stage, another_client())
    ask_everything(app, stage, [stage.patient, stage.practitioner, guest, other, another_client()])
    assert stage.nodes.offered == []
    assert stage.history()[0] == ("invite", "guest-1", "practitioner")
    assert {what for what, _seat, _by in stage.history()} <= {"invite", "give_phone", "end"}
    # Nor was anything prepared by it: when the time comes, everybody but the doctor needs to be let in.
    clock.now += MOMENT
    assert stage.offer(stage.patient)[1]["error"] in ("not_admitted", "over")


def test_nothing_that_can_be_asked_gives_a_ticket_afterwards(
    app: Flask, play: Any, session: Session, another_client: Callable[[], PageClient], clock: Clock
) -> None:
    stage = play(oslo("2026-11-26 08.20"), timedelta())
    stage.patient.get(stage.page("venterom"))
    guest = guest_of(stage, another_client())
    closes = stage.appointment.ends_at + timedelta(minutes=15)
    while closes - clock.now > timedelta(minutes=15):
        clock.forward(minutes=10)
        stage.state(stage.patient), stage.state(stage.practitioner)
    clock.now = closes - MOMENT
    assert stage.offer(stage.practitioner)[0] == 200
    clock.now = closes
    given = len(stage.nodes.offered)
    ask_everything(app, stage, [stage.patient, stage.practitioner, guest])
    assert len(stage.nodes.offered) == given


def test_a_visit_that_goes_on_may_be_entered_until_two_hours_past_its_end(play: Any, clock: Clock) -> None:
    stage = play(oslo("2026-11-26 08.20"), timedelta())
    stage.both_in()
    closes = stage.appointment.ends_at + timedelta(hours=2)
    while closes - clock.now > timedelta(minutes=20):
        clock.forward(minutes=15)
        stage.state(stage.patient), stage.state(stage.practitioner)
    clock.now = closes - MOMENT
    assert stage.offer(stage.patient)[0] == 200
    clock.now = closes
    assert stage.offer(stage.patient)[1]["error"] == "over"


def test_opened_early_everybody_needs_to_be_let_in_all_the_same(play: Any) -> None:
    stage = play(oslo("2026-11-26 08.20"), timedelta(minutes=50))
    stage.post(stage.practitioner, stage.lege("apne-tidlig"))
    assert stage.offer(stage.patient)[1]["error"] == "not_admitted"
    stage.patient.get(stage.page("venterom"))
    stage.admit()
    assert stage.offer(stage.patient)[0] == 200
    assert stage.nodes.offered[0].role == Role.PATIENT


def test_only_the_doctor_opens_early(play: Any) -> None:
    stage = play(oslo("2026-11-26 08.20"), timedelta(minutes=50))
    token = csrf_of(stage.patient)
    answer = stage.patient.browser.post(stage.lege("apne-tidlig"), data={"csrf_token": token})
    assert answer.status_code == 403
    assert stage.state(stage.patient)["state"] == "early"


@pytest.mark.parametrize("off", [-7200, -61, 61, 7200])
def test_a_phone_with_a_wrong_clock_gets_the_servers_time(play: Any, clock: Clock, off: int) -> None:
    """What counts is told by the server; the page reckons from «server_now», not from its own clock."""
    stage = play(oslo("2026-11-26 08.20"), timedelta(minutes=10))
    wrong = (clock.now + timedelta(seconds=off)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    answer = stage.patient.browser.get(stage.page("tilstand"), headers={"Date": wrong}).get_json()
    assert (answer["state"], answer["server_now"]) == ("early", "2026-11-26T07:05:00.000Z")
    root = stage.patient.get(stage.start, headers={"Date": wrong}).root.by_id("start")
    assert root is not None
    assert root.get("data-server-now") == "2026-11-26T07:05:00.000Z"
    assert root.get("data-opens-at") == "2026-11-26T07:15:00.000Z"
