"""A third and a fourth in the room: invited by a one-time code, let in like everybody else."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.models import GuestInvitation
from tests.factories import stored
from tests.page_client import PageClient
from tests.stage import Clock
from tests.visits import Stage, make_stage


@pytest.fixture
def stage(app: Flask, session: Session, another_client: Callable[[], PageClient]) -> Stage:
    return make_stage(app, session, another_client, minutes=4)


def invite(stage: Stage, name: str = "Tolk Amina") -> str:
    """The doctor asks for a code and reads it from the page."""
    page = stage.practitioner.post(stage.lege("inviter"), {"name": name}, htmx=True)
    return page.root.all("strong")[0].text()


def come(client: PageClient, code: str, *, expect: int = 200) -> PageClient:
    page = client.get("/video/gjest")
    client.submit(page.find_form("Gå videre"), code=code, expect=expect)
    return client


def test_a_guest_comes_by_the_code_and_waits_to_be_let_in(stage: Stage, client: PageClient) -> None:
    code = invite(stage)
    come(client, code.lower().replace(" ", "-"))
    assert client.page.heading == "Test kamera og lyd"
    assert "De andre ser deg som Tolk Amina." in client.page.main_text()
    client.click("Til venterommet")
    assert stage.offer(client)[1]["error"] == "not_admitted"
    assert "Tolk Amina venter" in stage.practitioner.get("/lege").main_text()
    stage.admit("guest-1")
    assert stage.offer(client)[0] == 200
    ticket = stage.nodes.offered[0]
    assert (ticket.seat, ticket.role, ticket.name) == ("guest-1", "guest", "Tolk Amina")
    assert stage.history() == [
        ("invite", "guest-1", "practitioner"),
        ("wait", "guest-1", "guest"),
        ("admit", "guest-1", "practitioner"),
        ("enter", "guest-1", "guest"),
    ]
    assert "Kari" not in client.get(stage.page("venterom"), expect=303).text()


def test_a_code_is_good_once(
    stage: Stage, client: PageClient, another_client: Callable[[], PageClient]
) -> None:
    code = invite(stage)
    come(client, code)
    again = come(another_client(), code, expect=422)
    assert "Koden er feil, brukt eller for gammel." in again.page.main_text()


@pytest.mark.parametrize("code", ["", "ABCDEFGH", "x" * 40])
def test_a_wrong_code_lets_nobody_in(stage: Stage, client: PageClient, code: str) -> None:
    invite(stage)
    come(client, code, expect=422)
    client.get(stage.page("venterom"), expect=303)


def test_a_code_runs_out_with_the_visit(stage: Stage, client: PageClient, clock: Clock) -> None:
    code = invite(stage)
    clock.forward(minutes=4 + 20 + 15)
    come(client, code, expect=422)


def test_a_code_is_worth_nothing_when_the_visit_has_ended(stage: Stage, client: PageClient) -> None:
    code = invite(stage)
    stage.post(stage.practitioner, stage.lege("avslutt"))
    come(client, code, expect=422)


def test_only_digests_of_codes_are_kept(stage: Stage) -> None:
    code = invite(stage).replace(" ", "")
    (kept,) = stored(stage.session, GuestInvitation)
    assert code.encode() not in kept.code_digest
    assert len(kept.code_digest) == 32


def test_a_guest_sees_no_other_page_and_no_other_visit(stage: Stage, client: PageClient) -> None:
    come(client, invite(stage))
    for path in (
        stage.page("telefon"),
        stage.page("rom").replace(
            str(stage.id), str(stage.person.id).zfill(8) + "-0000-4000-8000-000000000000"
        ),
    ):
        client.get(path, expect=404)
    for path in ("/timeavtaler", "/lege", f"/timeavtaler/{stage.id}", stage.lege("panel")):
        client.get(path, expect=303)


def test_a_guest_reads_afterwards_that_it_is_over(stage: Stage, client: PageClient) -> None:
    come(client, invite(stage))
    client.click("Til venterommet")
    stage.post(stage.practitioner, stage.lege("avslutt"))
    page = client.get(stage.page("ferdig"))
    assert (page.heading, "Takk for at du var med." in page.main_text()) == ("Timen er over", True)
    assert "Timeavtaler" not in page.main_text()


def test_the_room_holds_four(stage: Stage) -> None:
    invite(stage, "Tolk Amina")
    invite(stage, "Mor Marit")
    page = stage.practitioner.post(stage.lege("inviter"), {"name": "Far Finn"}, htmx=True, expect=422)
    assert "Rommet er fullt" in page.text()


def test_a_removed_guests_seat_is_given_anew_and_the_old_pass_opens_nothing(
    stage: Stage, client: PageClient, another_client: Callable[[], PageClient]
) -> None:
    come(client, invite(stage, "Tolk Amina"))
    client.get(stage.page("venterom"))
    invite(stage, "Mor Marit")
    stage.post(stage.practitioner, stage.lege("fjern"), seat="guest-1")
    assert stage.offer(client)[1]["error"] == "removed"
    new = come(another_client(), invite(stage, "Tolk Bashir"))
    client.get(stage.page("venterom"), expect=404)
    new.get(stage.page("venterom"))
    stage.admit("guest-1")
    assert stage.offer(new)[0] == 200
    assert (stage.nodes.offered[0].name, stage.nodes.offered[0].epoch) == ("Tolk Bashir", 2)


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "\u202e"])
def test_a_guest_has_a_name(stage: Stage, name: str) -> None:
    stage.practitioner.post(stage.lege("inviter"), {"name": name}, htmx=True, expect=422)
    assert stored(stage.session, GuestInvitation) == []


def test_without_scripts_the_code_has_a_page_of_its_own(stage: Stage) -> None:
    stage.practitioner.get("/lege")
    page = stage.practitioner.post(stage.lege("inviter"), {"name": "Tolk Amina"})
    assert page.heading == "Kode til gjesten"
