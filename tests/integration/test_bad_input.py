"""Addresses, queries and fields full of rubbish: a clear page with the right status answers, and nothing changes."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.models import Appointment, Draft, Person, Slot, Visit
from tests.factories import Town, make_appointment, make_person, oslo, stored
from tests.journeys import REASON, answer_no, every_doctors_form, every_form, hold
from tests.page_client import PageClient

MONDAY_8 = oslo("2026-11-23 08.00")
NOBODY = "00000000-0000-4000-8000-000000000000"


# Addresses that lead nowhere


def test_address_that_leads_nowhere_is_a_404_page(kari: PageClient, subtests: pytest.Subtests) -> None:
    for address in [
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
    ]:
        with subtests.test(address=address):
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


def test_every_form_without_our_token_is_refused_and_changes_nothing(
    app: Flask, kari: PageClient, doctor: PageClient, session: Session, town: Town, person: Person
) -> None:
    appointment = make_appointment(session, patient=person, town=town, starts_at=oslo("2026-11-24 08.00"))
    draft = hold(kari, MONDAY_8)
    forms = [(kari, address) for address in every_form(draft, appointment.id)]
    forms += [(doctor, address) for address in every_doctors_form(appointment.id)]
    routes = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert len(forms) == len(routes), "a new form: add it to every_form or every_doctors_form"
    before = kari.get(f"{draft}/se-gjennom").text()
    filled = {
        "answer": "yes", "start": "2026-11-23T07:20Z", "reason": "forged", "language": "en", "person": "1",
        "phone": "41234567", "name": "Tolk", "message": "forged", "seat": "patient", "outcome": "noshow",
    }  # fmt: skip
    for sender, address in forms:
        for token in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": "x" * 9000}):
            sender.post(address, filled | token, csrf=False, expect=400)
            assert sender.page.heading in {"Siden var utdatert", "Se gjennom og send"}, address
    assert kari.get(f"{draft}/se-gjennom").text() == before
    assert kari.page.find_form("Send").values()["reason"] == ""
    assert [slot.starts_at for slot in stored(session, Slot, status="busy-tentative")] == [MONDAY_8]
    assert [row.status for row in stored(session, Appointment)] == ["booked"]
    assert stored(session, Visit) == []


def test_token_of_another_browser_is_refused(
    kari: PageClient, another_client: Callable[[], PageClient], session: Session
) -> None:
    stranger = another_client()
    stranger.get("/")
    token = stranger.page.root.all("input")[-1].get("value")
    kari.post("/bestill/kristiansand", {"answer": "no", "csrf_token": token}, expect=400)
    assert stored(session, Draft) == []


# Tampered fields


def test_nobody_is_sent_to_another_site(client: PageClient, subtests: pytest.Subtests) -> None:
    client.get("/")
    for target in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\n//evil.example",
        "http:/evil.example",
        "\0/",
        "",
        "///evil.example",
        "/\t/evil.example",
        "https:evil.example",
        " //evil.example",
    ]:
        with subtests.test(target=target):
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


def test_rubbish_from_the_login_is_a_refusal_with_the_way_back(
    client: PageClient, subtests: pytest.Subtests
) -> None:
    client.get("/logg-inn", expect=303)
    for answer in [
        "",
        "?code=x",
        "?state=x",
        "?code=x&state=x",
        "?code=%00&state=%00",
        "?code=%ff&state=%ff",
        "?error=x",
    ]:
        with subtests.test(answer=answer):
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


def test_rubbish_for_a_time_is_told_and_the_times_shown(
    kari: PageClient, session: Session, subtests: pytest.Subtests
) -> None:
    path = answer_no(kari)
    for start in [
        "",
        "x",
        "2026-11-23",
        "2026-11-23T07:00",
        "2026-11-23T07:00:00Z",
        "2026-13-45T99:99Z",
        "2026-02-30T07:00Z",
        "２０２６-11-23T07:00Z",
        "\0",
        "x" * 5000,
        "2026-11-23T07:00Z\n",
        "9999-11-23T07:00Z",
        "2026-11-23T24:00Z",
    ]:
        with subtests.test(start=start):
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
    kari.post(f"{path}/se-gjennom", {"reason": REASON, **more}, follow=True)
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
