"""Bokmål, nynorsk and English: chosen by the person, remembered, and else what the browser asks for."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from booking.models import Person
from tests.factories import Town, log_in, make_person, oslo, stored
from tests.journeys import book, draft_path, hold
from tests.page_client import PageClient

FRONT = {
    "nb": "Møt en kommunal lege på video",
    "nn": "Møt ein kommunal lege på video",
    "en": "Meet a municipal doctor by video",
}
LIST = {"nb": "Timeavtaler", "nn": "Timeavtalar", "en": "Appointments"}
NAMES = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}


def language_of(client: PageClient) -> str:
    return client.page.root.all("html")[0].get("lang")


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_chosen_language_is_kept_in_the_browser(client: PageClient, language: str) -> None:
    client.get("/kommuner?q=kr")
    client.click(NAMES[language])
    assert client.page.path == "/kommuner?q=kr"
    client.get("/", headers={"Accept-Language": "de"})
    assert (client.page.heading, language_of(client)) == (FRONT[language], language)


def test_chosen_language_follows_the_person_to_another_browser(
    client: PageClient, another_client: Callable[[], PageClient], session: Session, person: Person
) -> None:
    log_in(client, person)
    client.click("Nynorsk")
    assert stored(session, Person)[0].language == "nn"
    elsewhere = another_client()
    elsewhere.log_in("Kari Nordmann")
    assert elsewhere.page.heading == LIST["nn"]


def test_chosen_language_stays_through_login_and_logout(client: PageClient, person: Person) -> None:
    client.get("/")
    client.click("English")
    client.log_in("Kari Nordmann")
    assert client.page.heading == LIST["en"]
    client.click("Log out")
    assert client.page.heading == FRONT["en"]


def test_choice_in_this_browser_wins_over_what_the_person_chose_before(
    client: PageClient, session: Session, town: Town
) -> None:
    make_person(session, lives_in=town.municipality, language="en")
    client.get("/")
    client.click("Nynorsk")
    client.log_in("Kari Nordmann")
    assert client.page.heading == LIST["nn"]


def test_person_s_language_is_no_strangers(client: PageClient, session: Session, town: Town) -> None:
    """After the logout the next person at the browser is not met in the language of the one before."""
    make_person(session, lives_in=town.municipality, language="en")
    client.log_in("Kari Nordmann")
    client.click("Log out")
    assert client.page.heading == FRONT["nb"]


def test_browser_that_has_chosen_nothing_gets_what_it_asks_for(
    client: PageClient, subtests: pytest.Subtests
) -> None:
    for asked, language in [
        ("nb", "nb"),
        ("no", "nb"),
        ("nn", "nn"),
        ("nn-NO, nb;q=0.8", "nn"),
        ("nb-NO,nb;q=0.9,no;q=0.8,nn;q=0.7,en;q=0.3", "nb"),
        ("no,en;q=0.5", "nb"),
        ("en-GB", "en"),
        ("en-US,en;q=0.9", "en"),
        ("en-GB, nb;q=0.9", "en"),
        ("nb;q=0.5, nn", "nn"),
        ("sv, da;q=0.9, en;q=0", "nb"),
        ("de, en;q=0.5", "en"),
        ("de", "nb"),
        ("se", "nb"),
        ("", "nb"),
        ("*", "nb"),
    ]:
        with subtests.test(asked=asked, language=language):
            client.get("/", headers={"Accept-Language": asked} if asked else {})
            assert (client.page.heading, language_of(client)) == (FRONT[language], language)


def test_language_that_we_do_not_have_changes_nothing(client: PageClient, subtests: pytest.Subtests) -> None:
    client.get("/")
    for language in ["xx", "", "NB", "nb\0", "../en", "de", "se", "x" * 5000]:
        with subtests.test(language=language):
            client.post("/sprak", {"language": language, "next": "/"}, follow=True)
            assert client.page.heading == FRONT["nb"]


@pytest.mark.parametrize(
    ("language", "step_2", "day", "when", "receipt"),
    [
        (
            "nb", "Velg tidspunkt", "mandag 23. november, 6 ledige timer", "mandag 23. november kl. 08.20",
            "Timebestillingen er sendt",
        ),
        (
            "nn", "Vel tidspunkt", "måndag 23. november, 6 ledige timar", "måndag 23. november kl. 08.20",
            "Timebestillinga er send",
        ),
        ("en", "Choose a time", "Monday 23 November, 6 ", "Monday 23 November at 08:20", "Your booking is sent"),
    ],
)  # fmt: skip
def test_whole_booking_in_each_language(
    client: PageClient,
    session: Session,
    town: Town,
    language: str,
    step_2: str,
    day: str,
    when: str,
    receipt: str,
) -> None:
    log_in(client, make_person(session, lives_in=town.municipality, language=language))
    client.get("/bestill/kristiansand")
    client.post("/bestill/kristiansand", {"answer": "no"}, follow=True)
    assert client.page.heading == step_2
    assert day in client.page.main_text()
    draft = draft_path(client)
    client.post(f"{draft}/tidspunkt", {"start": "2026-11-23T07:20Z"}, follow=True)
    assert when in client.page.main_text()
    client.post(f"{draft}/se-gjennom", {"reason": "x" * 501}, expect=422)
    client.post(f"{draft}/se-gjennom", {"reason": "Utslett"}, follow=True)
    assert (client.page.heading, language_of(client)) == (receipt, language)
    assert when in client.page.main_text()


def test_language_chosen_in_the_middle_of_a_booking_keeps_it(client: PageClient, person: Person) -> None:
    log_in(client, person)
    path = hold(client, oslo("2026-11-23 08.00"))
    client.post(f"{path}/hva-det-gjelder", {"reason": "Utslett"}, expect=204)
    client.get(f"{path}/se-gjennom")
    client.click("English")
    assert client.page.path == f"{path}/se-gjennom"
    assert "Monday 23 November at 08:00" in client.page.main_text()
    assert "Utslett" in client.page.html


def test_language_chosen_on_the_page_of_a_refused_form_leads_to_a_page(
    client: PageClient, session: Session, person: Person
) -> None:
    """Some forms are sent to addresses that have no page of their own."""
    log_in(client, person)
    client.post("/timeavtaler/00000000-0000-4000-8000-000000000000/endre-tid", expect=404)
    client.click("English")
    assert language_of(client) == "en"


def test_error_page_speaks_the_language_too(client: PageClient) -> None:
    client.get("/finnes-ikke", headers={"Accept-Language": "en"}, expect=404)
    assert language_of(client) == "en"
    assert client.page.heading != "Vi finner ikke siden"


def test_calendar_file_speaks_the_language_and_says_no_more_in_any(
    client: PageClient, session: Session, town: Town
) -> None:
    log_in(client, make_person(session, lives_in=town.municipality, language="en"))
    client.get("/bestill/kristiansand")
    client.post("/bestill/kristiansand", {"answer": "no"}, follow=True)
    draft = draft_path(client)
    client.post(f"{draft}/tidspunkt", {"start": "2026-11-23T07:20Z"}, follow=True)
    client.post(f"{draft}/se-gjennom", {"reason": "Utslett"}, follow=True)
    address = next(
        node.get("href") for node in client.page.root.all("a") if node.get("href").endswith(".ics")
    )
    file = client.get(address).html
    assert "Videotime hos" not in file
    assert "Utslett" not in file


def test_booking_made_in_one_language_reads_in_another(client: PageClient, person: Person) -> None:
    log_in(client, person)
    book(client, oslo("2026-11-23 08.00"))
    client.get("/timeavtaler")
    client.click("Nynorsk")
    assert "måndag 23. november" in client.page.main_text()
