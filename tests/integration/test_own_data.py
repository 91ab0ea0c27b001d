"""«Opplysninger»: everything about oneself, nothing about anybody else, and no way to it by a link."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from booking.db import Base
from booking.domain.retention import RULES
from booking.models import (
    Draft,
    GuestInvitation,
    ParkedText,
    Person,
    Visit,
    VisitEvent,
    VisitParticipant,
)
from booking.queries.own_data import EXPORT, own_data
from booking.web.citizen import own_data_words
from booking.web.public import privacy_words
from tests.factories import Town, log_in, make_appointment, make_person, oslo
from tests.page_client import PageClient
from tests.stage import A_FRIDAY_MORNING as NOW


def pointing(names: set[str]) -> set[str]:
    """The tables of ``names``, and those whose rows hang on theirs, however many steps away."""
    found = set(names)
    while True:
        more = {
            table.name
            for table in Base.metadata.tables.values()
            if any(key.column.table.name in found for key in table.foreign_keys)
        }
        if more <= found:
            return found
        found |= more


def test_every_table_that_points_to_people_is_in_the_file() -> None:
    """Who adds a table about people says in booking/queries/own_data.py what of it they get to see."""
    assert pointing({"person"}) - set(EXPORT) == set()
    assert set(EXPORT) <= set(Base.metadata.tables)


def test_every_column_and_table_has_a_name_for_people(app: Flask) -> None:
    with app.test_request_context("/"):
        labels, headings = own_data_words.labels(), own_data_words.headings()
    assert set(headings) == set(EXPORT)
    names = {column.key for select in EXPORT.values() for column in select(1).selected_columns}
    assert names - set(labels) == set()
    assert set(labels) - names == set()


def test_every_column_about_the_citizen_is_in_the_file() -> None:
    """What is left out is a digest, a row's own number, somebody else's, or told in another way."""
    left_out = {
        "person": {"id", "national_id_digest", "municipality_number", "booking_count"},
        "appointment": {"draft_id", "patient_id", "booked_by_id", "service_id", "practitioner_id"},
        "appointment_event": {"id", "by_id"},
        "visit": {"node"},
        "visit_participant": {"seat", "role", "epoch"},
        "visit_event": {"id", "by_person_id", "by_practitioner_id"},
        "guest_invitation": {"id", "seat", "name", "code_digest", "pass_digest"},
        "draft": {"id", "booked_by_id", "patient_id", "service_id", "moves_id"},
        "parked_text": {"draft_id"},
        "slot": {"id", "service_id", "practitioner_id", "draft_id", "appointment_id"},
        "login_session": {"token_digest", "person_id", "practitioner_id"},
    }
    for table, select in EXPORT.items():
        told = {column.key for column in select(1).selected_columns}
        assert set(Base.metadata.tables[table].c.keys()) - told == left_out[table], table


@pytest.fixture
def history(session: Session, town: Town, person: Person) -> None:
    """A row in every table, for Kari and for Ola."""
    ola = make_person(session, lives_in=town.municipality, name="Ola Nordmann")
    for number, who in enumerate((person, ola)):
        start = oslo(f"2026-11-{23 + number} 08.00")
        made = make_appointment(
            session, patient=who, town=town, starts_at=start, reason=f"Grunnen til {who.name}"
        )
        session.add(Visit(appointment_id=made.id, message=f"Til {who.name}"))
        draft = Draft(
            booked_by_id=who.id, patient_id=who.id, service_id=town.service.id, created_at=NOW, updated_at=NOW,
            answer="no", reason=f"Kladden til {who.name}",
        )  # fmt: skip
        session.add(draft)
        session.flush()
        session.add_all(
            [
                ParkedText(draft_id=draft.id, reason=f"Parkert av {who.name}", parked_at=NOW),
                VisitParticipant(
                    appointment_id=made.id, seat="patient", role="patient", name=who.name, state="waiting",
                    seen_at=NOW, phone=f"4123456{number}",
                ),
                VisitParticipant(
                    appointment_id=made.id, seat="guest-1", role="guest", name="Tora Tolk", state="waiting",
                    seen_at=NOW,
                ),
                GuestInvitation(
                    appointment_id=made.id, seat="guest-1", name="Tora Tolk", code_digest=bytes([number]) * 32,
                    created_at=NOW, expires_at=NOW + timedelta(days=4),
                ),
                VisitEvent(
                    appointment_id=made.id, at=NOW, what="wait", seat="patient", by_role="patient",
                    by_person_id=who.id, status="booked",
                ),
            ]
        )  # fmt: skip
        session.commit()


def ask(client: PageClient, kind: str, **changes: str) -> str:
    """The file, asked for by the page's own form."""
    client.get("/opplysninger")
    button = "Last ned for å lese" if kind == "html" else "Last ned for andre programmer (JSON)"
    sent = client.page.find_form(button).filled({"confirm": "yes"} | changes)
    answer = client.browser.post("/opplysninger", data=sent)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="kommunal-nettlege.{kind}"'
    assert answer.headers["Cache-Control"] == "no-store"
    text: str = answer.get_data(as_text=True)
    return text


@pytest.mark.usefixtures("history")
def test_json_has_everything_of_mine(kari: PageClient, person: Person) -> None:
    told = json.loads(ask(kari, "json"))
    data = told["data"]
    assert set(data) == set(EXPORT)
    assert all(data.values()), "each table has a row of hers"
    assert data["person"][0]["national_id"] == person.national_id
    assert data["appointment"][0]["reason"] == "Grunnen til Kari Nordmann"
    assert data["appointment"][0]["starts_at"] == "2026-11-23T07:00:00+00:00"
    assert data["visit_participant"][0]["phone"] == "41234560"
    assert data["appointment_event"][0]["by_yourself"] is True
    assert len(data["appointment"]) == len(data["visit_participant"]) == len(data["guest_invitation"]) == 1


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("kind", ["json", "html"])
def test_nothing_of_anybody_elses(kari: PageClient, kind: str) -> None:
    text = ask(kari, kind)
    assert "Kladden til Kari Nordmann" in text
    for others in ("Ola Nordmann", "41234561", "Tora Tolk"):
        assert others not in text


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nb", "Hva som har skjedd med timene"),
        ("nn", "Kva som har skjedd med timane"),
        ("en", "What has happened"),
    ],
)
def test_readable_file_is_in_words(kari: PageClient, language: str, words: str) -> None:
    kari.get("/opplysninger")
    kari.browser.post("/sprak", data={"csrf_token": kari._token, "language": language, "next": "/"})
    sent = {"csrf_token": kari._token, "confirm": "yes", "format": "html"}
    text = kari.browser.post("/opplysninger", data=sent).get_data(as_text=True)
    assert words in text
    assert f'<html lang="{language}"' in text
    assert "2026-11" not in text, "dates are written as people read them"
    assert "None" not in text


def test_it_is_asked_whether_one_means_it(kari: PageClient) -> None:
    kari.get("/opplysninger")
    kari.submit(kari.page.find_form("Last ned for å lese"), expect=422)
    assert "Kryss av for at du vil lagre filen på denne maskinen" in kari.page.text()
    assert kari.browser.get("/opplysninger?confirm=yes&format=json").mimetype == "text/html"


def test_file_is_not_made_again_and_again(
    make_app: Callable[..., Flask], session: Session, person: Person
) -> None:
    client = PageClient(make_app(rate_limits=True))
    log_in(client, person)
    for _ in range(5):
        ask(client, "json")
    client.post("/opplysninger", {"confirm": "yes", "format": "json"}, expect=429)


def test_where_a_protected_person_lives_is_in_no_file(session: Session, town: Town, app: Flask) -> None:
    hidden = make_person(session, lives_in=town.municipality, address_protected=True)
    with app.app_context():
        told = own_data(session, hidden.id)
    assert "Kristiansand" not in str(told)


def test_somebody_without_anything_gets_a_file_too(kari: PageClient) -> None:
    assert "Ingenting" in ask(kari, "html")


def test_statements_do_not_grow_with_rows(app: Flask, session: Session, person: Person, town: Town) -> None:
    make_appointment(session, patient=person, town=town, starts_at=oslo("2026-11-23 08.00"))
    asked: list[str] = []
    sa.event.listen(session.get_bind(), "before_cursor_execute", lambda *a: asked.append(a[2]))
    own_data(session, person.id)
    assert len([each for each in asked if each.lstrip().startswith("SELECT")]) == len(EXPORT)


# The privacy page: what it says is what is done


def test_privacy_page_tells_every_rule(client: PageClient) -> None:
    client.get("/personvern")
    with client.app.test_request_context("/"):
        told = [row for each in privacy_words.kept() for row in each.rows]
    assert len(told) == len(RULES)
    for what, how_long in told:
        assert f"{what} {how_long}" in " ".join(client.page.main_text().split())
    for words in ("10 minutter fra du valgte den", "24 timer", "30 dager", "høyst 12 timer", "10 år etter"):
        assert words in client.page.main_text()


def test_privacy_page_changes_with_the_rule(client: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    shorter = [
        replace(rule, period=timedelta(days=90)) if rule.period > timedelta(days=99) else rule
        for rule in RULES
    ]
    monkeypatch.setattr(privacy_words, "RULES", tuple(shorter))
    client.get("/personvern")
    assert "10 år" not in client.page.main_text()
    assert "90 dager etter timen" in client.page.main_text()


@pytest.mark.usefixtures("history")
def test_every_cookie_that_is_set_is_on_the_privacy_page(
    client: PageClient, kari: PageClient, doctor: PageClient
) -> None:
    """Walk through every address there is, for nobody, a citizen and a doctor, and look at each Set-Cookie."""
    seen: dict[str, set[str]] = {}
    for who in (client, kari, doctor):
        for rule in who.app.url_map.iter_rules():
            address = re.sub(r"<[^>]+>", "kristiansand", rule.rule)
            for method in ("get", "post"):
                answer = getattr(who.browser, method)(
                    address, data={"csrf_token": who._token} if method == "post" else None
                )
                for cookie in answer.headers.getlist("Set-Cookie"):
                    seen.setdefault(cookie.partition("=")[0], set()).add(cookie)
    client.get("/personvern")
    with client.app.test_request_context("/"):
        told = privacy_words.cookies()
    assert set(seen) == {cookie.name for cookie in told}
    for cookie in told:
        assert cookie.name in client.page.main_text()
        assert cookie.lasts == "Til du lukker nettleseren"
        kept = [text for text in seen[cookie.name] if "Max-Age" in text or "Expires" in text]
        assert not [text for text in kept if "Max-Age=0" not in text], (
            "told as one that goes with the browser"
        )


def test_what_scripts_keep_is_on_the_privacy_page() -> None:
    """Only these two files may keep anything in the browser: who adds one tells it on the page."""
    keepers = re.compile("localStorage|sessionStorage|indexedDB|document.cookie|caches.open")
    files = sorted((Path(__file__).resolve().parents[2] / "static" / "js").rglob("*.js"))
    assert [file.name for file in files if keepers.search(file.read_text())] == ["browser.js", "day.js"]
