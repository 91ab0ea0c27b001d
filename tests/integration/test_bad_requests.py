"""Bodies, methods, cookies and headers that no browser of ours would send, and texts that a person may write."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.models import Appointment, Draft, Person
from tests.factories import Town, log_in, make_appointment, make_person, oslo, stored
from tests.journeys import book, every_doctors_form, every_form, hold, send
from tests.page_client import PageClient
from tests.page_tree import read_html

MONDAY_8 = oslo("2026-11-23 08.00")
HEALTH_TEXT = "Hemmelig utslett på hendene"
NOBODY = "00000000-0000-4000-8000-000000000000"


# Bodies


def test_ten_megabytes_are_a_413_page_in_every_form(
    kari: PageClient, doctor: PageClient, session: Session, town: Town, person: Person, said: list[Any]
) -> None:
    appointment = make_appointment(session, patient=person, town=town, starts_at=oslo("2026-11-24 08.00"))
    draft = hold(kari, MONDAY_8)
    body = b"reason=" + b"x" * 10_000_000
    forms = [(kari, address) for address in every_form(draft, appointment.id)]
    for sender, address in forms + [(doctor, address) for address in every_doctors_form(appointment.id)]:
        response = sender.browser.post(address, data=body, content_type="application/x-www-form-urlencoded")
        assert response.status_code == 413, address
        assert "<h1>Det du sendte, er for stort</h1>" in response.get_data(as_text=True), address
    assert "xxx" not in str(said)


def test_ten_megabytes_of_another_kind_are_refused(kari: PageClient, subtests: pytest.Subtests) -> None:
    path = hold(kari, MONDAY_8)
    body = (
        b'--x\r\nContent-Disposition: form-data; name="reason"\r\n\r\n' + b"x" * 10_000_000 + b"\r\n--x--\r\n"
    )
    for kind in ["multipart/form-data; boundary=x", "multipart/form-data", "application/json"]:
        with subtests.test(kind=kind):
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


def test_reason_is_kept_and_shown_as_it_was_meant(
    kari: PageClient, session: Session, subtests: pytest.Subtests
) -> None:
    path = hold(kari, MONDAY_8)
    for typed, kept in (
        ("Vondt\0 i halsen\x07", "Vondt i halsen"),
        ("Vondt i \u202enesla\u202c halsen", "Vondt i nesla halsen"),
        ("Feber 🤒 og 👩‍👩‍👧", "Feber 🤒 og 👩‍👩‍👧"),
        ("درد گلو", "درد گلو"),
        ("Linje 1\r\nLinje 2", "Linje 1\nLinje 2"),
        ("{{ 7*7 }} {% if %} %(x)s %s", "{{ 7*7 }} {% if %} %(x)s %s"),
        ("e\u0301", "é"),
        ("'; DROP TABLE appointment; --", "'; DROP TABLE appointment; --"),
        ("&lt;b&gt; </textarea><script>alert(1)</script>", "&lt;b&gt; </textarea><script>alert(1)</script>"),
    ):
        with subtests.test(typed=typed):
            kari.post(f"{path}/hva-det-gjelder", {"reason": typed}, expect=204)
            assert [draft.reason for draft in stored(session, Draft)] == [kept]
            # Read as a browser reads it, without the page client's rules: the text is a person's, not ours.
            page = read_html(kari.browser.get(f"{path}/se-gjennom").get_data(as_text=True))
            (field,) = page.root.all("textarea")
            assert "".join(map(str, field.children)).removeprefix("\n") == kept
            assert not page.faults


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


def test_reason_that_nobody_can_read_is_asked_for_again(kari: PageClient, subtests: pytest.Subtests) -> None:
    hold(kari, MONDAY_8)
    for typed in ["\u200b\u200b", "\u202e", "\0\0", "\u00a0\u2003"]:
        with subtests.test(typed=typed):
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


def test_broken_cookie_is_nobodys_login(client: PageClient, town: Town, subtests: pytest.Subtests) -> None:
    browser = client.app.test_client(use_cookies=False)
    for cookie in [
        "nettlege=rubbish",
        "nettlege=",
        "nettlege=a; nettlege=b",
        "nettlege=eyJ0b2tlbiI6IngifQ.x.y",
        "nettlege=" + "x" * 9000,
        "=;;; =",
        "nettlege=\xff\xfe",
        'nettlege="a\\000b"',
        "; ".join(f"c{number}=x" for number in range(500)),
    ]:
        with subtests.test(cookie=cookie):
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


def test_rubbish_in_headers_changes_nothing(kari: PageClient, subtests: pytest.Subtests) -> None:
    for headers in [
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
    ]:
        with subtests.test(headers=headers):
            for address in ("/", "/timeavtaler", "/kommuner?q=kr", "/tjenester"):
                response = kari.browser.get(address, headers=headers)
                assert response.status_code == 200, address
                assert "evil" not in response.get_data(as_text=True)


def test_part_without_a_name_is_refused(client: PageClient) -> None:
    """Found by benchmarks/fuzz/over_http.py: Flask-WTF looked for an ending in a name that was none."""
    part = b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n"
    answer = client.browser.post("/sprak", data=part, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 400
