"""What everybody may see: the search, a kommune's lasting link, its free times for other web pages."""

from collections.abc import Callable
from datetime import date
from itertools import product
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.seed.reference import load_municipalities, load_services
from tests.factories import Town, log_in, make_closed_day, make_municipality, make_person, make_service, oslo
from tests.journeys import book, hold
from tests.page_client import PageClient
from tests.stage import A_FRIDAY_MORNING, Clock

MONDAY_8 = oslo("2026-11-23 08.00")


@pytest.fixture
def norway(session: Session) -> None:
    """All 357, with their former names and numbers, and the two services."""
    load_municipalities(session)
    load_services(session, A_FRIDAY_MORNING)
    session.commit()


def found(client: PageClient, query: str, *, htmx: bool = False) -> list[str]:
    client.get("/kommuner", query_string={"q": query}, htmx=htmx)
    return [node.get("href") for node in client.page.root.all("a") if node.get("href").startswith("/k/")]


# The search


def test_search_finds_whole_beginnings_typos_numbers_and_former_names(
    client: PageClient, norway: None
) -> None:
    for query, wanted in (
        ("Kristiansand", "kristiansand"),
        ("kristiansand kommune", "kristiansand"),
        ("kristians", "kristiansand"),
        ("Kristiansnad", "kristiansand"),
        ("4204", "kristiansand"),
        ("Søgne", "kristiansand"),
        ("1018", "kristiansand"),
        ("vegarshei", "vegarshei"),
        ("VEGÅRSHEI", "vegarshei"),
        ("Hamarøy", "hamaroy"),
        ("Karasjok", "karasjok"),
        ("aamli", "amli"),
        ("0301", "oslo"),
    ):
        assert f"/k/{wanted}" in found(client, query), query


def test_search_says_whether_a_kommune_is_connected(client: PageClient, norway: None) -> None:
    found(client, "Froland")
    assert "Har Kommunal nettlege" in client.page.main_text()
    found(client, "Oslo")
    assert "Er ikke med ennå" in client.page.main_text()


def test_search_without_a_match_says_what_to_try(client: PageClient, norway: None) -> None:
    assert found(client, "Atlantis") == []
    assert "Vi finner ingen kommune som ligner på «Atlantis»." in client.page.main_text()


def test_search_shows_eight_at_most_and_nothing_for_nothing(client: PageClient, norway: None) -> None:
    assert len(found(client, "a")) == 8
    assert found(client, "") == found(client, "   ") == []


def test_search_by_htmx_gives_the_same_results_as_the_page(
    client: PageClient, norway: None, subtests: pytest.Subtests
) -> None:
    for query in ["krist", "Atlantis", ""]:
        with subtests.test(query=query):
            found(client, query)
            page = client.page.html
            found(client, query, htmx=True)
            assert client.page.html.strip() in page
            assert "<h1" not in client.page.html


def test_front_page_leads_to_the_kommune_in_three_steps(client: PageClient, town: Town) -> None:
    client.get("/")
    assert client.page.heading == "Møt en kommunal lege på video"
    client.submit(client.page.find_form("Finn kommune"), q="kristiansand")
    client.click("Kristiansand")
    assert client.page.heading == "Kommunal nettlege i Kristiansand"
    assert client.page.has_link("Bestill time")


# /k/<kommune>


def test_lasting_link_tells_what_it_is_for_whom_and_when(client: PageClient, session: Session) -> None:
    others = [
        make_municipality(session, name=name, number=number)
        for name, number in (("Åmli", "4217"), ("Froland", "4214"))
    ]
    arendal = make_municipality(session, name="Arendal", number="4203")
    make_service(session, owner=arendal, also_for=others)
    client.get("/k/amli")
    assert client.page.heading == "Kommunal nettlege i Åmli"
    text = client.page.main_text()
    for words in (
        "Hva du får",
        "Hvem kan bruke tjenesten",
        "Arendal, Froland, Åmli",
        "Legene er fra Arendal kommune.",
        "Når",
        "Det er ingen ledige timer akkurat nå.",
    ):
        assert words in text
    assert client.page.link("Bestill time") == "/bestill/arendal"


def test_lasting_link_shows_the_next_free_time(client: PageClient, session: Session, town: Town) -> None:
    assert "Første ledige time: mandag 23. november kl. 08.00" in client.get("/k/kristiansand").main_text()
    make_closed_day(session, service=town.service, day=date(2026, 11, 23))
    assert "Første ledige time: tirsdag 24. november kl. 08.00" in client.get("/k/kristiansand").main_text()


def test_number_and_former_spellings_lead_to_the_lasting_link(
    client: PageClient, session: Session, subtests: pytest.Subtests
) -> None:
    make_municipality(session, also_written=["sogne", "1018"])
    written = [
        "4204",
        "KRISTIANSAND",
        "Kristiansand",
        "kristiansand ",
        "sogne",
        "Søgne",
        "1018",
        "kristiansand.",
    ]
    for page, key in product(("k", "hjelp"), written):
        with subtests.test(page=page, key=key):
            assert client.get(f"/{page}/{quote(key)}", expect=301).location == f"/{page}/kristiansand"


def test_name_of_several_kommuner_asks_which(client: PageClient, session: Session) -> None:
    make_municipality(session, name="Herøy", number="1818", also_written=["heroy-gamle"])
    make_municipality(session, name="Herøy i Møre", number="1515", also_written=["heroy-gamle"])
    client.get("/k/Herøy gamle", expect=300)
    assert client.page.heading == "Hvilken kommune mener du?"
    assert (client.page.link("Herøy i Møre"), client.page.has_link("Herøy")) == ("/k/heroy-i-more", False)
    client.get("/hjelp/heroy-gamle", expect=300)


def test_every_ambiguous_name_of_the_country_asks_which(client: PageClient, norway: None) -> None:
    for name in ("Våler", "Herøy"):
        client.get(f"/k/{name}", expect=300)
        assert len([node for node in client.page.root.all("a") if node.get("href").startswith("/k/")]) == 2


def test_unknown_kommune_is_a_404_with_the_search(client: PageClient, town: Town) -> None:
    client.get("/k/atlantis", expect=404)
    assert client.page.heading == "Vi finner ikke kommunen"
    client.submit(client.page.find_form("Finn kommune"), q="krist")
    assert (
        client.page.has_link("Kristiansand Har Kommunal nettlege")
        or "Kristiansand" in client.page.main_text()
    )


def test_kommune_that_is_not_connected_gets_an_honest_page(client: PageClient, session: Session) -> None:
    make_municipality(session, name="Oslo", number="0301")
    client.get("/k/oslo")
    assert client.page.heading == "Oslo har ikke Kommunal nettlege"
    assert "Kontakt fastlegen din." in client.page.main_text()
    assert client.page.link("116 117") == "tel:116117"
    assert not client.page.has_link("Bestill time")


# Free times for the kommune's own page


def test_free_times_as_json_hold_the_next_ones_and_a_count_a_day(client: PageClient, town: Town) -> None:
    for address, headers in (
        ("/k/kristiansand/ledige-timer.json", {}),
        ("/k/kristiansand/ledige-timer?format=json", {}),
        ("/k/kristiansand/ledige-timer", {"Accept": "application/json"}),
    ):
        answer = client.get(address, headers=headers).response
        assert answer.mimetype == "application/json"
        body = answer.get_json()
        assert body["kommunenummer"] == "4204"
        assert body["kommune"] == "Kristiansand"
        assert body["bestill"] == "http://localhost/k/kristiansand"
        assert body["neste"][0] == "2026-11-23T07:00:00+00:00"
        assert len(body["neste"]) == 5
        assert body["dager"][0] == {"dato": "2026-11-23", "ledige": 6}
        assert set(body) == {"kommunenummer", "kommune", "bestill", "neste", "dager"}


def test_free_times_as_html_are_a_small_fragment_in_the_language_asked_for(
    client: PageClient, town: Town
) -> None:
    for language, words in (
        ("nb", "mandag 23. november kl. 08.00"),
        ("nn", "måndag 23. november kl. 08.00"),
        ("en", "Monday 23 November at 08:00"),
        ("tull", "mandag 23. november kl. 08.00"),
        ("", "mandag 23. november kl. 08.00"),
    ):
        answer = client.browser.get(f"/k/kristiansand/ledige-timer?sprak={language}")
        text = answer.get_data(as_text=True)
        assert words in text, language
        assert text.count("<li>") == 5
        assert 'href="http://localhost/k/kristiansand"' in text
        assert "<html" not in text
        assert len(answer.get_data()) < 1500


def test_free_times_may_be_kept_a_minute_and_read_by_every_page(
    client: PageClient, session: Session, town: Town, subtests: pytest.Subtests
) -> None:
    """Also when the browser that asks is logged in and has a half-done booking: nothing of that is in the answer."""
    log_in(client, make_person(session, lives_in=town.municipality, name="Kari Nordmann", language="nn"))
    hold(client, oslo("2026-11-24 08.00"))
    for address in ["/k/kristiansand/ledige-timer", "/k/kristiansand/ledige-timer.json"]:
        with subtests.test(address=address):
            for use_cookies in (True, False):
                browser = client.browser if use_cookies else client.app.test_client(use_cookies=False)
                answer = browser.get(address, headers={"Origin": "https://www.kristiansand.kommune.no"})
                assert answer.headers["Cache-Control"] == "public, max-age=60"
                assert answer.headers["Access-Control-Allow-Origin"] == "*"
                assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
                assert "Set-Cookie" not in answer.headers
                assert "Cookie" not in answer.headers.get("Vary", "")
                assert "Access-Control-Allow-Credentials" not in answer.headers
                assert "måndag" not in answer.get_data(as_text=True)
                for word in ("Kari", "csrf", "bestilling/", "Sørlandslege"):
                    assert word not in answer.get_data(as_text=True)


def test_free_times_are_the_same_for_everybody(
    client: PageClient, another_client: Callable[[], PageClient], session: Session, town: Town
) -> None:
    """The time that one holds oneself is taken here, as for all others."""
    log_in(client, make_person(session, lives_in=town.municipality))
    hold(client, MONDAY_8)
    address = "/k/kristiansand/ledige-timer.json"
    mine = client.browser.get(address).get_json()
    assert mine == another_client().browser.get(address).get_json()
    assert mine["neste"][0] == "2026-11-23T07:20:00+00:00"


def test_free_times_do_not_believe_the_host_they_are_asked_by(client: PageClient, town: Town) -> None:
    """The answer is kept by caches that others read."""
    answer = client.browser.get("/k/kristiansand/ledige-timer", headers={"X-Forwarded-Host": "evil.example"})
    assert "evil" not in answer.get_data(as_text=True)
    answer = client.browser.get("http://evil.example/k/kristiansand/ledige-timer.json")
    assert answer.get_json()["bestill"] == "http://localhost/k/kristiansand"


def test_free_times_of_a_kommune_without_service_are_not_found(client: PageClient, session: Session) -> None:
    make_municipality(session, name="Oslo", number="0301")
    for address in ("/k/oslo/ledige-timer", "/k/oslo/ledige-timer.json", "/k/atlantis/ledige-timer"):
        client.get(address, expect=404)


def test_free_times_without_any_say_so(client: PageClient, session: Session) -> None:
    make_service(session, owner=make_municipality(session))
    assert "Det er ingen ledige timer akkurat nå." in client.browser.get(
        "/k/kristiansand/ledige-timer"
    ).get_data(as_text=True)
    body = client.browser.get("/k/kristiansand/ledige-timer.json").get_json()
    assert (body["neste"], body["dager"]) == ([], [])


def test_booked_time_is_gone_from_the_free_times_and_a_passed_one_too(
    client: PageClient, session: Session, town: Town, clock: Clock
) -> None:
    log_in(client, make_person(session, lives_in=town.municipality))
    book(client, MONDAY_8)
    clock.now = oslo("2026-11-23 08.20")
    body = client.browser.get("/k/kristiansand/ledige-timer.json").get_json()
    assert body["neste"][0] == "2026-11-23T07:40:00+00:00"
    assert body["dager"][0] == {"dato": "2026-11-23", "ledige": 4}


# The rest


def test_public_page_says_where_to_get_help_at_once(
    client: PageClient, town: Town, subtests: pytest.Subtests
) -> None:
    for address in [
        "/",
        "/kommuner",
        "/personvern",
        "/tilgjengelighet",
        "/k/kristiansand",
        "/hjelp/kristiansand",
    ]:
        with subtests.test(address=address):
            client.get(address)
            assert (client.page.link("116 117"), client.page.link("113")) == ("tel:116117", "tel:113")
            assert client.page.has_link("Personvern og informasjonskapsler/cookies")
            assert client.page.has_link("Tilgjengelighetserklæring")


def test_help_page_is_the_kommunes_own(client: PageClient, town: Town) -> None:
    client.get("/hjelp/kristiansand")
    assert client.page.heading == "Informasjon og hjelp"
    assert client.page.link("her") == "/timeavtaler"


def test_health_answers_that_app_and_database_live(app: Flask) -> None:
    answer = app.test_client().get("/helse")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})
