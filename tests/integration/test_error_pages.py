"""Every error is a page in our style with the right status, and the log of it holds no health text."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask, abort
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from booking.db import Overtaken, db
from booking.models import Appointment
from booking.web import guards
from booking.web.errors import WORDS
from tests.factories import oslo, stored
from tests.journeys import hold
from tests.page_client import PageClient
from tests.stage import Clock

MONDAY_8 = oslo("2026-11-23 08.00")
HEALTH_TEXT = "Hemmelig utslett på hendene"


def test_every_error_has_a_page_in_our_style(
    app: Flask, client: PageClient, subtests: pytest.Subtests
) -> None:
    """The page client checks each: one h1, title, landmarks, headers, content security policy."""

    @app.get("/feil/<int:status>")
    @guards.everybody
    def fail(status: int) -> str:
        abort(status)

    for status in (400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 418, 503):
        with subtests.test(status=status):
            client.get(f"/feil/{status}", expect=status)
            said = WORDS.get(status) or WORDS[400 if status < 500 else 500]
            assert client.page.heading == str(said.heading)
            assert f"Feilkode {status}" in client.page.main_text()
            assert client.page.has_link("Til forsiden")
            assert client.page.link("116 117") == "tel:116117"
            assert client.page.response.headers["Cache-Control"] == "no-store"


def test_every_error_we_answer_with_has_words_of_its_own() -> None:
    assert set(WORDS) >= {400, 401, 403, 404, 405, 409, 413, 422, 429, 500}
    assert len({str(words.heading) for words in WORDS.values()}) == len(WORDS)


def test_fault_is_a_500_page_and_a_log_line_without_what_was_typed(
    app: Flask, client: PageClient, said: list[Any], capfd: pytest.CaptureFixture[str]
) -> None:
    @app.post("/feil/<name>")
    @guards.everybody
    def fail(name: str) -> str:
        raise ValueError(f"could not read {HEALTH_TEXT} of {name}")

    client.get("/personvern")
    client.post("/feil/hudplage", {"reason": HEALTH_TEXT}, expect=500)
    assert client.page.heading == "Noe gikk galt hos oss"
    assert HEALTH_TEXT not in client.page.html
    (fault,) = [entry for entry in said if entry["event"] == "fault"]
    assert fault["error"] == "ValueError"
    assert fault["place"].partition(":")[0].endswith("test_error_pages.py")
    heard = capfd.readouterr()
    assert "Hemmelig" not in json.dumps(said, ensure_ascii=False) + heard.out + heard.err


def test_fault_while_logged_out_or_without_database_is_still_a_page(
    app: Flask, client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the database is needed to say that something is wrong."""
    client.get("/")

    def broken(*_: object, **__: object) -> None:
        raise ConnectionError("database is down")

    monkeypatch.setattr("booking.web.public.front.search_municipalities", broken)
    client.get("/kommuner?q=kristiansand", expect=500)
    assert client.page.heading == "Noe gikk galt hos oss"


def test_log_never_holds_what_was_written_asked_or_answered(
    kari: PageClient, session: Session, clock: Clock, said: list[Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """A whole booking with every kind of mistake in it; the log knows routes, not addresses."""
    path = hold(kari, MONDAY_8)
    token = kari.page.find_form("Send").values()["csrf_token"]
    kari.post(f"{path}/hva-det-gjelder", {"reason": HEALTH_TEXT}, expect=204)
    kari.post(f"{path}/se-gjennom", {"reason": HEALTH_TEXT * 50, "csrf_token": token}, expect=422)
    kari.post(f"{path}/se-gjennom", {"reason": HEALTH_TEXT, "csrf_token": "x"}, expect=400)
    kari.post("/bestill/kristiansand", {"answer": HEALTH_TEXT, "csrf_token": token}, expect=422)
    kari.get(f"/k/{quote(HEALTH_TEXT)}", expect=404)
    kari.get(f"/kommuner?q={quote(HEALTH_TEXT)}")
    kari.post(f"{path}/se-gjennom", {"reason": HEALTH_TEXT, "csrf_token": token}, follow=True)
    clock.forward(hours=1)
    kari.post(f"{path}/se-gjennom", {"reason": HEALTH_TEXT, "csrf_token": token}, expect=401)
    heard = capfd.readouterr()
    everything = json.dumps(said, ensure_ascii=False, default=str) + heard.out + heard.err
    assert len(said) >= 8
    assert "Hemmelig" not in everything
    assert path.rpartition("/")[2] not in everything
    assert "Kari" not in everything
    assert stored(session, Appointment)[0].reason == HEALTH_TEXT


def test_a_database_that_does_not_answer_is_a_503_page_that_says_so(
    app: Flask, client: PageClient, capfd: pytest.CaptureFixture[str]
) -> None:
    @app.get("/opptatt")
    @guards.everybody
    def wait() -> str:
        raise OperationalError(f"SELECT {HEALTH_TEXT}", {}, TimeoutError(HEALTH_TEXT))

    client.get("/opptatt", expect=503)
    assert client.page.heading == "Vi klarte ikke å svare akkurat nå"
    assert client.page.response.headers["Retry-After"] == "10"
    assert HEALTH_TEXT not in client.page.html + capfd.readouterr().err


def test_who_is_overtaken_each_time_is_asked_to_try_again(app: Flask, client: PageClient) -> None:
    @app.get("/forbikjort")
    @guards.everybody
    def lose() -> str:
        raise Overtaken

    client.get("/forbikjort", expect=503)
    assert client.page.heading == "Vi klarte ikke å svare akkurat nå"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_nobody_waits_for_ever_for_a_row_that_somebody_holds(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        for name, limit in (("lock_timeout", "10s"), ("idle_in_transaction_session_timeout", "1min")):
            assert connection.exec_driver_sql(f"SHOW {name}").scalar_one() == limit
