"""Whatever is sent, a clear page in our own style answers with the right status, and the log holds no health text."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from flask import Flask, abort
from sqlalchemy.orm import Session

from booking.models import Appointment, Draft, Person, Slot
from booking.web import guards
from booking.web.errors import WORDS
from tests.factories import Town, log_in, make_appointment, make_person, make_town, oslo, stored
from tests.journeys import answer_no, book, hold, send
from tests.page_client import PageClient
from tests.stage import Clock

MONDAY_8 = oslo("2026-11-23 08.00")
HEALTH_TEXT = "Hemmelig utslett på hendene"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def town(session: Session) -> Town:
    return make_town(session)


@pytest.fixture
def person(session: Session, town: Town) -> Person:
    return make_person(session, lives_in=town.municipality)


@pytest.fixture
def kari(client: PageClient, person: Person) -> PageClient:
    log_in(client, person)
    return client


@pytest.fixture
def said() -> Iterator[list[Any]]:
    """What the app has logged during the test."""
    with structlog.testing.capture_logs() as entries:
        yield entries


# Addresses that lead nowhere


@pytest.mark.parametrize(
    "address",
    [
        "/finnes-ikke",
        "/timeavtaler/1",
        "/timeavtaler/not-a-uuid",
        f"/timeavtaler/{NOBODY}",
        f"/timeavtaler/{NOBODY}/avbestill",
        f"/timeavtaler/{NOBODY}/kalender.ics",
        f"/timeavtaler/{NOBODY}/finnes-ikke",
        f"/bestilling/{NOBODY}/tidspunkt",
        f"/bestilling/{NOBODY.upper()}/se-gjennom",
        "/bestilling/%00/se-gjennom",
        "/bestill/finnes-ikke",
        "/bestill/%00",
        "/bestill/krist%00iansand",
        "/helsekontakter/%00",
        "/helsekontakter/%ff%fe",
        "/k/%00",
        "/k/4204%00",
        "/k/%ff%fe",
        "/k/%E2%80%AE",
        "/k/" + "x" * 3000,
        "/k/%00/ledige-timer",
        "/k/finnes-ikke/ledige-timer.json",
        "/hjelp/%00",
        "/hjelp/finnes-ikke",
        "/static/../app.py",
        "/static/finnes-ikke.css",
        "/%00",
        "/%ff",
        "/k/kristiansand/",
        "/" + "a/" * 400,
    ],
)
def test_address_that_leads_nowhere_is_a_404_page(kari: PageClient, address: str) -> None:
    kari.get(address, expect=404)
    assert kari.page.heading in {"Vi finner ikke siden", "Vi finner ikke kommunen"}


# Rubbish in the query: the page as if it were not there


def test_rubbish_for_a_day_shows_the_days(kari: PageClient) -> None:
    path = answer_no(kari)
    for rubbish in (
        "0", "-1", "i dag", "2026-02-30", "2026-11-2", "9999-12-31", "0001-01-01", "2026-11-23T07:00Z", "%00",
        "%ff", "２０２６-11-23", "2026-11-23' OR 1=1", "x" * 5000, "2999-12-31", "2000-01-01", "%E2%80%AE",
    ):  # fmt: skip
        kari.get(f"{path}/tidspunkt?dato={rubbish}")
        assert "mandag 23. november, 6 ledige timer" in kari.page.main_text(), rubbish
        kari.get(f"{path}/tidspunkt?dato={rubbish}", htmx=True)
        assert "mandag 23. november, 6 ledige timer" in kari.page.text(), rubbish
    kari.get(f"{path}/tidspunkt?dato=2026-11-23&dato=rubbish&page=2")
    assert kari.page.has_button("Neste")


def test_day_outside_the_window_says_that_nothing_is_free(kari: PageClient) -> None:
    path = answer_no(kari)
    for day in ("2026-11-19", "2027-06-01", "2000-01-01", "2999-12-31"):
        kari.get(f"{path}/tidspunkt?dato={day}")
        assert "Ingen ledige timer" in kari.page.main_text(), day


def test_rubbish_for_a_page_number_shows_a_list(kari: PageClient) -> None:
    for rubbish in ("0", "-1", "1.5", "x", "%00", "%ff", "٣", "²", "9" * 30, "9" * 6000, "1&side=2", ""):
        kari.get(f"/timeavtaler?side={rubbish}")
        assert kari.page.heading == "Timeavtaler", rubbish


def test_rubbish_in_the_search_finds_nothing_or_something_but_never_fails(client: PageClient) -> None:
    for rubbish in (
        "%00", "%ff", "'", "%25", "_", "\\", "<script>alert(1)</script>", "x" * 10_000, "%E2%80%AE", "🤒",
        "%20", "a" * 59 + "%00", "(((", "4204' --", "&q=kristiansand",
    ):  # fmt: skip
        client.get(f"/kommuner?q={rubbish}")
        assert client.page.heading == "Finn kommunen din", rubbish
        client.get(f"/kommuner?q={rubbish}", htmx=True)


def test_search_shows_what_was_typed_as_text_not_as_html(client: PageClient) -> None:
    client.get("/kommuner", query_string={"q": "<b>x</b>"})
    assert "«<b>x</b>»" in client.page.main_text()
    assert not client.page.root.all("b")


# Forms without our token


def every_form(town: Town, draft: str, appointment: str) -> list[str]:
    return [
        "/sprak",
        "/logg-ut",
        "/logg-inn/test",
        f"/bestill/{town.service.slug}",
        f"{draft}/tidspunkt",
        f"{draft}/se-gjennom",
        f"{draft}/hva-det-gjelder",
        f"{draft}/forkast",
        f"/timeavtaler/{appointment}/avbestill",
        f"/timeavtaler/{appointment}/endre-tid",
    ]


def test_every_form_without_our_token_is_refused_and_changes_nothing(
    app: Flask, kari: PageClient, session: Session, town: Town, person: Person
) -> None:
    appointment = make_appointment(session, patient=person, town=town, starts_at=oslo("2026-11-24 08.00"))
    draft = hold(kari, MONDAY_8)
    forms = every_form(town, draft, str(appointment.id))
    routes = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert len(forms) == len(routes), "a new form: add it to every_form"
    before = kari.get(f"{draft}/se-gjennom").text()
    filled = {
        "answer": "yes", "start": "2026-11-23T07:20Z", "reason": "forged", "language": "en", "person": "1"
    }  # fmt: skip
    for address in forms:
        for token in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": "x" * 9000}):
            kari.post(address, filled | token, csrf=False, expect=400)
            assert kari.page.heading in {"Siden var utdatert", "Se gjennom og send"}, address
    assert kari.get(f"{draft}/se-gjennom").text() == before
    assert kari.page.find_form("Send").values()["reason"] == ""
    assert [slot.starts_at for slot in stored(session, Slot, status="busy-tentative")] == [MONDAY_8]
    assert [row.status for row in stored(session, Appointment)] == ["booked"]


def test_token_of_another_browser_is_refused(
    kari: PageClient, another_client: Callable[[], PageClient], session: Session
) -> None:
    stranger = another_client()
    stranger.get("/")
    token = stranger.page.root.all("input")[-1].get("value")
    kari.post("/bestill/kristiansand", {"answer": "no", "csrf_token": token}, expect=400)
    assert stored(session, Draft) == []


# Tampered fields


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "/\n//evil.example", "http:/evil.example", "\0/", "", "///evil.example",
        "/\t/evil.example", "https:evil.example", " //evil.example",
    ],
)  # fmt: skip
def test_nobody_is_sent_to_another_site(client: PageClient, target: str) -> None:
    client.get("/")
    page = client.post("/sprak", {"language": "nb", "next": target}, expect=303)
    assert page.location == "/"


def test_login_does_not_remember_an_address_elsewhere(
    client: PageClient, session: Session, town: Town
) -> None:
    make_person(session, lives_in=town.municipality)
    client.get("/logg-inn?next=//evil.example/timeavtaler", follow=True)
    client.submit(client.page.find_form("Kari Nordmann"))
    assert client.page.path == "/timeavtaler"


def test_rubbish_for_a_person_is_refused(client: PageClient, town: Town) -> None:
    client.get("/logg-inn", follow=True)
    for rubbish in ("", "0", "-1", "x", "1.0", "\0", "٣", "²", "9" * 30, "9" * 6000, "1 OR 1=1"):
        client.post("/logg-inn/test", {"person": rubbish}, expect=400)


@pytest.mark.parametrize(
    "answer",
    ["", "?code=x", "?state=x", "?code=x&state=x", "?code=%00&state=%00", "?code=%ff&state=%ff", "?error=x"],
)
def test_rubbish_from_the_login_is_a_refusal_with_the_way_back(client: PageClient, answer: str) -> None:
    client.get("/logg-inn", expect=303)
    client.get(f"/logg-inn/retur{answer}", expect=403)
    assert client.page.heading == "Du er ikke logget inn"
    assert client.page.has_link("Prøv igjen")


def test_login_answer_is_good_for_the_browser_that_asked_and_once(
    client: PageClient, another_client: Callable[[], PageClient], session: Session, town: Town
) -> None:
    make_person(session, lives_in=town.municipality)
    client.get("/logg-inn", follow=True)
    answer = client.submit(client.page.find_form("Kari Nordmann"), follow=False, expect=303).location
    another_client().get(answer, expect=403)
    client.get(answer, expect=303)
    client.get(answer, expect=403)


@pytest.mark.parametrize(
    "start",
    [
        "", "x", "2026-11-23", "2026-11-23T07:00", "2026-11-23T07:00:00Z", "2026-13-45T99:99Z", "2026-02-30T07:00Z",
        "２０２６-11-23T07:00Z", "\0", "x" * 5000, "2026-11-23T07:00Z\n", "9999-11-23T07:00Z", "2026-11-23T24:00Z",
    ],
)  # fmt: skip
def test_rubbish_for_a_time_is_told_and_the_times_shown(
    kari: PageClient, session: Session, start: str
) -> None:
    path = answer_no(kari)
    kari.post(f"{path}/tidspunkt?dato=2026-11-23", {"start": start}, expect=422)
    assert "Du må rette noe før du kan gå videre" in kari.page.main_text()
    assert kari.page.has_button("Neste")
    assert stored(session, Slot) == []


def test_fields_that_we_did_not_ask_for_change_nothing(
    kari: PageClient, session: Session, person: Person, town: Town
) -> None:
    other = make_person(session, lives_in=town.municipality, name="Ola Nordmann")
    path = hold(kari, MONDAY_8)
    more = {
        "patient_id": other.id,
        "booked_by_id": other.id,
        "service_id": 99,
        "status": "fulfilled",
        "id": NOBODY,
    }
    kari.post(f"{path}/se-gjennom", {"reason": HEALTH_TEXT, **more}, follow=True)
    (appointment,) = stored(session, Appointment)
    assert (appointment.patient_id, appointment.booked_by_id, appointment.status) == (
        person.id,
        person.id,
        "booked",
    )


def test_field_sent_twice_counts_once(kari: PageClient, session: Session) -> None:
    path = hold(kari, MONDAY_8)
    kari.post(f"{path}/se-gjennom", {"reason": ["Den første", "Den andre"]}, follow=True)
    assert [appointment.reason for appointment in stored(session, Appointment)] == ["Den første"]


# Bodies


def test_ten_megabytes_are_a_413_page_in_every_form(
    kari: PageClient, session: Session, town: Town, person: Person, said: list[Any]
) -> None:
    appointment = make_appointment(session, patient=person, town=town, starts_at=oslo("2026-11-24 08.00"))
    draft = hold(kari, MONDAY_8)
    body = b"reason=" + b"x" * 10_000_000
    for address in every_form(town, draft, str(appointment.id)):
        response = kari.browser.post(address, data=body, content_type="application/x-www-form-urlencoded")
        assert response.status_code == 413, address
        assert "<h1>Det du sendte, er for stort</h1>" in response.get_data(as_text=True), address
    assert "xxx" not in str(said)


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "multipart/form-data", "application/json"]
)
def test_ten_megabytes_of_another_kind_are_refused(kari: PageClient, kind: str) -> None:
    path = hold(kari, MONDAY_8)
    body = (
        b'--x\r\nContent-Disposition: form-data; name="reason"\r\n\r\n' + b"x" * 10_000_000 + b"\r\n--x--\r\n"
    )
    response = kari.browser.post(f"{path}/se-gjennom", data=body, content_type=kind)
    assert response.status_code in {400, 413}
    assert "<h1>" in response.get_data(as_text=True)


def test_two_thousand_fields_are_refused(kari: PageClient) -> None:
    path = hold(kari, MONDAY_8)
    fields = {f"field{number}": (io.BytesIO(b"x"), "x.txt") for number in range(2000)}
    page = kari.browser.post(f"{path}/se-gjennom", data=fields)
    assert page.status_code == 413
    assert "<h1>Det du sendte, er for stort</h1>" in page.get_data(as_text=True)


def test_body_that_is_no_form_changes_nothing(kari: PageClient, session: Session) -> None:
    path = hold(kari, MONDAY_8)
    token = kari.page.find_form("Send").values()["csrf_token"]
    for body in (
        {"json": {"reason": HEALTH_TEXT}},
        {"json": {"reason": 123}},
        {"json": [1, 2]},
        {"json": None},
        {"data": b"\xff\xfe\x00", "content_type": "application/json"},
        {"data": b"\xff\xfe\x00", "content_type": "text/plain"},
        {"data": b"<reason/>", "content_type": "application/xml"},
        {"data": b"--", "content_type": "multipart/form-data; boundary=x"},
    ):
        response = kari.browser.post(f"{path}/se-gjennom", headers={"X-CSRFToken": token}, **body)
        assert response.status_code == 422, body
        response = kari.browser.post(f"{path}/se-gjennom", **body)
        assert response.status_code == 400, body
    assert stored(session, Appointment) == []


@pytest.mark.parametrize(
    ("body", "status"), [(b"reason=vondt+%ff%fe+i+halsen", 303), (b"reason=vondt+\xff\xfe", 400)]
)
def test_invalid_utf8_in_a_form_is_read_where_it_can_be_and_else_refused(
    kari: PageClient, body: bytes, status: int
) -> None:
    """Browsers write every byte beyond ASCII with a percent sign; raw ones come from no browser."""
    path = hold(kari, MONDAY_8)
    token = kari.page.find_form("Send").values()["csrf_token"].encode()
    sent = kari.browser.post(
        f"{path}/se-gjennom",
        data=body + b"&csrf_token=" + token,
        content_type="application/x-www-form-urlencoded",
    )
    assert sent.status_code == status


# What somebody may write


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Vondt\0 i halsen\x07", "Vondt i halsen"),
        ("Vondt i \u202enesla\u202c halsen", "Vondt i nesla halsen"),
        ("Feber 🤒 og 👩‍👩‍👧", "Feber 🤒 og 👩‍👩‍👧"),
        ("درد گلو", "درد گلو"),
        ("Linje 1\r\nLinje 2", "Linje 1\nLinje 2"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{{ 7*7 }} {% if %} %(x)s %s", "{{ 7*7 }} {% if %} %(x)s %s"),
        ("e\u0301", "é"),
        ("'; DROP TABLE appointment; --", "'; DROP TABLE appointment; --"),
    ],
)
def test_reason_is_kept_and_shown_as_it_was_meant(
    kari: PageClient, session: Session, typed: str, kept: str
) -> None:
    hold(kari, MONDAY_8)
    kari.post(f"{kari.page.path}", {"reason": typed}, follow=True)
    (appointment,) = stored(session, Appointment)
    assert appointment.reason == kept
    shown = kari.browser.get(f"/timeavtaler/{appointment.id}").get_data(as_text=True)
    assert "<script>alert" not in shown
    assert "49" not in kept


def test_five_hundred_and_one_are_counted_in_code_points(kari: PageClient, session: Session) -> None:
    """A family of three is five code points; the counter in the page counts the same way."""
    hold(kari, MONDAY_8)
    family = "👩‍👩‍👧"
    assert len(family) == 5
    send(kari, "x" * 496 + family, expect=422)
    assert "Teksten er 1 tegn for lang" in kari.page.main_text()
    assert kari.page.find_form("Send").values()["reason"] == "x" * 496 + family
    send(kari, "x" * 495 + family)
    assert len(stored(session, Appointment)[0].reason) == 500


@pytest.mark.parametrize("typed", ["\u200b\u200b", "\u202e", "\0\0", "\u00a0\u2003"])
def test_reason_that_nobody_can_read_is_asked_for_again(kari: PageClient, typed: str) -> None:
    hold(kari, MONDAY_8)
    send(kari, typed, expect=422)
    assert "Skriv kort hva timen gjelder" in kari.page.main_text()


# Methods


def test_wrong_method_is_a_405_page_that_names_the_right_ones(app: Flask, kari: PageClient) -> None:
    path = hold(kari, MONDAY_8)
    adapter = app.url_map.bind("localhost")
    some = {"draft_id": path.rpartition("/")[2], "appointment_id": NOBODY, "service_slug": "kristiansand",
            "key": "kristiansand"}  # fmt: skip
    for rule in app.url_map.iter_rules():
        values = {name: some[name] for name in rule.arguments if name in some}
        address = adapter.build(rule.endpoint, {**(rule.defaults or {}), **values})
        allowed = set(adapter.allowed_methods(address))
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - allowed:
            response = kari.browser.open(address, method=method)
            assert response.status_code == 405, f"{method} {address}"
            assert {*response.headers["Allow"].split(", ")} == allowed, f"{method} {address}"
            assert "<h1>Det går ikke an på denne siden</h1>" in response.get_data(as_text=True)


# Cookies and headers


@pytest.mark.parametrize(
    "cookie",
    [
        "nettlege=rubbish",
        "nettlege=",
        "nettlege=a; nettlege=b",
        "nettlege=eyJ0b2tlbiI6IngifQ.x.y",
        "nettlege=" + "x" * 9000,
        "=;;; =",
        "nettlege=\xff\xfe",
        'nettlege="a\\000b"',
        "; ".join(f"c{number}=x" for number in range(500)),
    ],
)
def test_broken_cookie_is_nobodys_login(client: PageClient, town: Town, cookie: str) -> None:
    browser = client.app.test_client(use_cookies=False)
    assert browser.get("/", headers={"Cookie": cookie}).status_code == 200
    response = browser.get("/timeavtaler", headers={"Cookie": cookie})
    assert (response.status_code, response.headers["Location"]) == (303, "/logg-inn")


def test_two_cookies_of_one_name_let_nobody_in_as_somebody_else(
    kari: PageClient, another_client: Callable[[], PageClient], session: Session, town: Town
) -> None:
    """Whichever is read, a page shows one person's data and never a mixture."""
    ola = another_client()
    log_in(ola, make_person(session, lives_in=town.municipality, name="Ola Nordmann"))
    cookies = []
    for client in (kari, ola):
        cookie = client.browser.get_cookie("nettlege")
        assert cookie is not None
        cookies.append(f"nettlege={cookie.value}")
    book(ola, MONDAY_8)
    browser = kari.app.test_client(use_cookies=False)
    text = browser.get("/timeavtaler", headers={"Cookie": "; ".join(cookies)}).get_data(as_text=True)
    assert ("Kari Nordmann" in text) != ("Ola Nordmann" in text)
    assert ("Ola Nordmann" in text) == ("mandag 23. november" in text)


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Language": "x" * 20_000},
        {"Accept-Language": ",".join(f"a{n};q=0.{n}" for n in range(500))},
        {"Accept-Language": "nb;q=rubbish, \xff"},
        {"User-Agent": "x" * 60_000},
        {"Referer": "x" * 60_000},
        {"Accept": "rubbish/;;q=x"},
        {"HX-Request": "rubbish"},
        {"HX-Request": "true", "HX-Current-URL": "\xff" * 5000, "HX-Target": "<script>"},
        {"HX-Request": "true", "HX-Prompt-URI-AutoEncoded": "true", "HX-Prompt": "%ff"},
        {"HX-Request": "true", "HX-Current-URL-URI-AutoEncoded": "true", "HX-Current-URL": "%ff"},
        {"Range": "bytes=0-1"},
        {"If-None-Match": '"x"', "If-Modified-Since": "rubbish"},
        {"X-Forwarded-For": "evil", "X-Forwarded-Host": "evil.example", "Forwarded": "for=evil"},
        {"Content-Length": "rubbish"},
        {"Content-Type": "rubbish"},
        {"Authorization": "Basic rubbish"},
    ],
)
def test_rubbish_in_headers_changes_nothing(kari: PageClient, headers: dict[str, str]) -> None:
    for address in ("/", "/timeavtaler", "/kommuner?q=kr", "/tjenester"):
        response = kari.browser.get(address, headers=headers)
        assert response.status_code == 200, address
        assert "evil" not in response.get_data(as_text=True)


# The pages themselves


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 418, 503])
def test_every_error_has_a_page_in_our_style(app: Flask, client: PageClient, status: int) -> None:
    """The page client checks each: one h1, title, landmarks, headers, content security policy."""

    @app.get("/feil")
    @guards.everybody
    def fail() -> str:
        abort(status)

    client.get("/feil", expect=status)
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
    assert fault["place"].partition(":")[0].endswith("test_bad_input.py")
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
