"""The list of addresses, who may come in, and that every piece of a page is a piece of that page."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from booking.models import Person
from booking.web.guards import JSON, guard_of
from tests.factories import Town, log_in, make_appointment, make_person, make_town, oslo
from tests.journeys import answer_no, hold
from tests.page_client import PageClient

PROJECT = Path(__file__).resolve().parents[2]
PINNED = PROJECT / "tests" / "routes.txt"
HTMX = re.compile(r"hx-(?:get|post|put|patch|delete)\b")
SOME = {"draft_id": uuid4(), "appointment_id": uuid4(), "service_slug": "kristiansand", "key": "kristiansand"}


def ours(rule: Rule) -> list[str]:
    return sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"})


def routes(app: Flask) -> list[str]:
    """«GET /timeavtaler citizen appointments.index», one line a method."""
    lines = [
        f"{method:4} {rule.rule}  {guard_of(app, rule.endpoint)}  {rule.endpoint}"
        for rule in app.url_map.iter_rules()
        for method in ours(rule)
    ]
    return sorted(lines, key=lambda line: line.split()[1:])


def test_routes_are_those_that_are_pinned(app: Flask) -> None:
    """No address vanishes or appears unseen: a new one is written into tests/routes.txt with its guard."""
    pinned = [line for line in PINNED.read_text().splitlines() if line and not line.startswith("#")]
    missing, new = set(pinned) - set(routes(app)), set(routes(app)) - set(pinned)
    assert not missing, "vanished:\n" + "\n".join(sorted(missing))
    assert not new, "not in tests/routes.txt:\n" + "\n".join(sorted(new))
    assert pinned == routes(app), "tests/routes.txt is sorted by address"


def test_view_without_a_guard_does_not_start(app: Flask) -> None:
    app.add_url_rule("/uten-vakt", "unguarded", lambda: "x")
    with pytest.raises(LookupError, match="unguarded"):
        guard_of(app, "unguarded")
    assert app.test_client().get("/uten-vakt").status_code == 500


def guarded_addresses(app: Flask, *, for_scripts: bool) -> list[tuple[str, str]]:
    adapter = app.url_map.bind("localhost")
    return [
        (method, adapter.build(rule.endpoint, {name: SOME[name] for name in rule.arguments}, method))
        for rule in app.url_map.iter_rules()
        if guard_of(app, rule.endpoint) != "everybody"
        if hasattr(app.view_functions[rule.endpoint], JSON) is for_scripts
        for method in ours(rule)
    ]


def test_no_guarded_page_opens_without_a_login(app: Flask, client: PageClient) -> None:
    """Reading leads to the login, sending is a 401 page, htmx is sent to the login as a whole page."""
    for method, address in guarded_addresses(app, for_scripts=False):
        if method == "GET":
            assert client.get(address, expect=303).location == "/logg-inn", address
            assert app.test_client().head(address).status_code == 303, address
            client.get(address, htmx=True, expect=401)
        else:
            client.post(address, expect=401)
            assert client.page.has_link("Logg inn")
            client.post(address, htmx=True, expect=401)
        assert client.page.location == "/logg-inn", address


def test_script_without_a_login_is_told_so(app: Flask, client: PageClient) -> None:
    """Nobody is led back, after the login, to an address that answers scripts."""
    for method, address in guarded_addresses(app, for_scripts=True):
        answer = client.browser.open(address, method=method)
        assert (answer.status_code, answer.get_json()) == (401, {"error": "logged_out"}), address


def test_login_leads_back_to_where_one_was_going(client: PageClient, session: Session) -> None:
    make_person(session, lives_in=make_town(session).municipality)
    for wanted in ("/timeavtaler?side=2", "/helsekontakter/kristiansand", "/bestill"):
        client.get(wanted, follow=True)
        client.submit(client.page.find_form("Kari Nordmann"))
        assert client.page.path == wanted
        client.click("Logg ut")


# Every htmx path, with and without its header


@pytest.fixture
def kari(client: PageClient, session: Session, town: Town) -> PageClient:
    person = make_person(session, lives_in=town.municipality)
    make_appointment(session, patient=person, town=town, starts_at=oslo("2026-11-24 08.00"))
    log_in(client, person)
    return client


def test_htmx_attributes_stand_where_these_tests_look() -> None:
    """A new one in a template: add the test of its fragment below."""
    files = [*(PROJECT / "templates").rglob("*.html"), *(PROJECT / "booking" / "web").rglob("*.py")]
    found = {file.name: len(HTMX.findall(file.read_text())) for file in files}
    assert {name: count for name, count in found.items() if count} == {
        "_screening_question.html": 1,
        "calendar.py": 1,
        "review.html": 1,
        "_municipality_search.html": 1,
        "_services.html": 1,
        "_day.html": 1,
        "_panel.html": 2,  # no whole page has it: test_visit_doctor.py
        "_panel_forms.html": 1,  # a code, a message: test_visit_guest.py
        "room.html": 1,  # fetches the panel
    }


def assert_fragment_is_of_the_page(client: PageClient, address: str) -> None:
    """The fragment stands in the page letter for letter, but for the token, which is new in each answer."""
    page = without_token(client.get(address).html)
    fragment = without_token(client.get(address, htmx=True).html)
    assert fragment
    assert "<h1" not in fragment
    assert "<html" not in fragment
    assert fragment in page
    # Going back in the browser's history, htmx asks for the page.
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<h1" in client.browser.get(address, headers=headers).get_data(as_text=True)


def without_token(html: str) -> str:
    return re.sub(r'(name="csrf_token" value=")[^"]*', r"\1", html).strip()


def test_times_of_a_day_are_a_piece_of_their_page(kari: PageClient, subtests: pytest.Subtests) -> None:
    for day in ["", "?dato=2026-11-23", "?dato=2026-11-21", "?dato=rubbish"]:
        with subtests.test(day=day):
            assert_fragment_is_of_the_page(kari, f"{answer_no(kari)}/tidspunkt{day}")


def test_day_in_the_grid_leads_to_the_same_address_with_and_without_htmx(kari: PageClient) -> None:
    answer_no(kari)
    days = [node for node in kari.page.root.all("a") if node.has("hx-get")]
    assert days
    assert all(node.get("hx-get") == node.get("href") for node in days)


def test_more_services_are_a_piece_of_their_page(kari: PageClient) -> None:
    kari.get("/")
    link = next(node for node in kari.page.root.all("a") if node.has("hx-get"))
    assert link.get("hx-get") == link.get("href") == "/tjenester"
    assert_fragment_is_of_the_page(kari, "/tjenester")


def test_doctors_day_is_a_piece_of_its_page(
    doctor: PageClient, session: Session, town: Town, person: Person
) -> None:
    make_appointment(session, patient=person, town=town, starts_at=oslo("2026-11-20 11.00"))
    assert_fragment_is_of_the_page(doctor, "/lege")
    assert "Kari Nordmann" in doctor.page.html


def test_found_kommuner_are_a_piece_of_their_page(
    client: PageClient, town: Town, subtests: pytest.Subtests
) -> None:
    client.get("/")
    field = next(node for node in client.page.root.all("input") if node.has("hx-get"))
    assert field.get("hx-get") == client.page.find_form("Finn kommune").action
    for query in ["krist", "atlantis"]:
        with subtests.test(query=query):
            assert_fragment_is_of_the_page(client, f"/kommuner?q={query}")


@pytest.mark.parametrize("htmx", [False, True])
def test_answer_is_told_to_the_server_with_and_without_htmx(kari: PageClient, htmx: bool) -> None:
    answer_no(kari)
    kari.get("/bestill/kristiansand")
    assert kari.page.find_form("Neste").values()["answer"] == "no"
    field = next(node for node in kari.page.root.all("fieldset") if node.has("hx-post"))
    kari.post(field.get("hx-post"), {"answer": "yes"}, htmx=htmx, expect=204 if htmx else 200)
    kari.get("/bestill/kristiansand")
    assert "answer" not in kari.page.find_form("Neste").values(), "the Nei is taken back"


@pytest.mark.parametrize("htmx", [False, True])
def test_typed_text_is_kept_with_and_without_htmx(kari: PageClient, htmx: bool) -> None:
    path = hold(kari, oslo("2026-11-23 08.00"))
    field = next(node for node in kari.page.root.all("textarea") if node.has("hx-post"))
    assert field.get("hx-post") == f"{path}/hva-det-gjelder"
    kari.post(field.get("hx-post"), {"reason": "Utslett"}, htmx=htmx, expect=204)
    kari.get(f"{path}/se-gjennom")
    assert kari.page.find_form("Send").values()["reason"] == "Utslett"
