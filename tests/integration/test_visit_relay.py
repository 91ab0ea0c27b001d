"""Who is given the relay's password: whoever may enter, with the way in, and nobody else."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.page_client import PageClient
from tests.stage import A_FRIDAY_MORNING
from tests.visits import Stage, make_stage
from video.relay import password_for

RELAY, SECRET = "turn:relay.example:3478", "only-in-tests"


@pytest.fixture
def stage(make_app: Callable[..., Flask], session: Session) -> Stage:
    """A visit that starts in four minutes, of people behind walls."""
    app = make_app(video_turn_urls=f"{RELAY}, turns:relay.example", video_turn_secret=SECRET)
    return make_stage(app, session, lambda: PageClient(app), minutes=4)


def test_whoever_waits_has_none(stage: Stage) -> None:
    for name in ("sjekk", "venterom"):
        assert "relay.example" not in stage.patient.get(stage.page(name)).html
    assert "ice_servers" not in stage.state(stage.patient)
    status, told = stage.offer(stage.patient)
    assert (status, "ice_servers" in told) == (409, False)


def test_whoever_was_let_in_has_it_with_the_room_and_with_every_ticket(stage: Stage) -> None:
    stage.patient.get(stage.page("venterom"))
    stage.admit()
    for client, seat in ((stage.patient, "patient"), (stage.practitioner, "practitioner")):
        name, password = password_for(seat, secret=SECRET, now=A_FRIDAY_MORNING.timestamp())
        urls = [RELAY, "turns:relay.example"]
        wanted = [{"urls": urls, "username": name, "credential": password}]
        assert stage.state(client)["ice_servers"] == wanted
        assert password in client.get(stage.page("rom")).html
        status, told = stage.offer(client)
        assert (status, told["ice_servers"]) == (200, wanted)
        assert SECRET not in client.page.html


def test_whoever_was_removed_is_given_no_new_one(stage: Stage) -> None:
    stage.both_in()
    stage.post(stage.practitioner, stage.lege("fjern"), seat="patient")
    assert "ice_servers" not in stage.state(stage.patient)
    status, told = stage.offer(stage.patient)
    assert (status, "ice_servers" in told) == (403, False)
