"""A citizen books, moves and cancels a video appointment on a phone: with JavaScript and without, word for word."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser import walk
from tests.browser.walk import log_in, press, see

NICE_TO_KNOW = "Nyttig å vite før du bestiller time hos Kommunal nettlege"
QUESTION = "Trenger du fysisk undersøkelse, vanedannende medisiner eller sykmelding?"
SORRY = "For denne type hjelp må du kontakte fastlegen."


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def phone(request: pytest.FixtureRequest, open_browser: Callable[..., Page]) -> Page:
    """A phone, 390×844."""
    return open_browser(java_script_enabled=request.param)


def reads(page: Page, *texts: str) -> None:
    for text in texts:
        expect(page.get_by_role("main")).to_contain_text(text, use_inner_text=True)


def calls(page: Page, number: str, address: str) -> None:
    """The main part has a link that rings ``number``."""
    expect(page.get_by_role("main").get_by_role("link", name=number).first).to_have_attribute("href", address)


def what_is_useful_to_know(page: Page) -> None:
    see(page, NICE_TO_KNOW)
    reads(
        page,
        "Hvis du trenger øyeblikkelig hjelp, kontakt legevakt på 116 117.",
        "Ved akutt og livstruende situasjon, ring 113.",
        "Hos Kommunal nettlege får du:",
        "rask hjelp på video, der du er",
        "råd om enkle helseproblemer som ikke krever oppfølging",
        "Du betaler en egenandel for videotimen.",
        QUESTION,
        "Velg én",
    )
    calls(page, "116 117", "tel:116117")
    calls(page, "113", "tel:113")


def a_help_opens_in_place(page: Page) -> None:
    told = page.get_by_text("For eksempel utslett")
    expect(told).to_be_hidden()
    page.locator("summary", has_text="Hva er enkle helseproblemer?").click()
    expect(told).to_be_visible()


def book(page: Page) -> str:
    """Steps 1 to 4, from the question on; returns the day and time in words."""
    group = page.get_by_role("radiogroup", name=QUESTION)
    group.get_by_role("radio", name="Nei").check()
    press(page, "Neste")

    see(page, "Velg tidspunkt")
    reads(page, "Steg 2 av 4: Velg tidspunkt", "Velg dato")
    expect(page.get_by_role("button", name="Neste")).to_have_count(0)  # first the date
    walk.open_day(page)
    day = page.locator("#dag").inner_text()
    reads(page, "Dette er en videotime.")
    time = walk.hold(page)

    reads(page, "Steg 3 av 4: Se gjennom og send", "Vi holder av tiden for deg til kl. 10.10.")
    expect(walk.row(page, "Tidspunkt")).to_have_text(re.compile(rf"^{day}.* kl\. {time}$"))
    reads(
        page,
        "Kommunal nettlege, Kristiansand kommune",
        "Legen du møter",
        "Du betaler en egenandel for videotimen.",
    )
    walk.send(page)
    reads(page, "Steg 4 av 4: Bekreftelse", "Hva skjer nå?", "5 minutter før avtalt tidspunkt")
    return walk.row(page, "Tidspunkt").inner_text()


def test_a_citizen_books_looks_and_cancels(phone: Page, check_page: Callable[[Page], None]) -> None:
    phone.goto("/")
    press(phone, "Logg inn")
    log_in(phone, "Ola Nordmann")
    see(phone, "Timeavtaler")
    reads(phone, "Du har ingen kommende timer.")
    press(phone, "Bestill time")

    see(phone, "Hvem vil du bestille time hos?")
    phone.get_by_role("main").get_by_role("link", name="Kommunal nettlege").click()
    what_is_useful_to_know(phone)
    a_help_opens_in_place(phone)
    when = book(phone)
    check_page(phone)

    press(phone, "Til Timeavtaler")
    see(phone, "Timeavtaler")
    phone.get_by_role("link", name="Videotime hos Kommunal nettlege").click()
    see(phone, "Videotime hos Kommunal nettlege")
    reads(
        phone,
        when,
        walk.REASON,
        "Kommunal nettlege, Kristiansand kommune",
        "Start video",
        "Se brukerveiledning",
    )

    press(phone, "Start video")
    reads(
        phone,
        f"Timen starter {when}.",
        "Vi anbefaler at du starter videotimen 5 minutter før avtalt tidspunkt",
    )
    press(phone, "Se brukerveiledning")
    see(phone, "Informasjon og hjelp")
    reads(
        phone,
        "Har du fått time hos kommunal nettlege trykk her.",
        "Dette er hjelpesiden for deg som har fått videotime i Kristiansand kommune.",
    )

    press(phone, "her")
    phone.get_by_role("link", name="Videotime hos Kommunal nettlege").click()
    press(phone, "Avbestill")
    see(phone, "Vil du avbestille timen?")
    reads(phone, when, "Det koster ingenting å avbestille innen")
    press(phone, "Avbestill timen")
    reads(phone, "Timen er avbestilt.", "Avbestilt")
    press(phone, "Til Timeavtaler")
    reads(phone, "Du har ingen kommende timer.")
    check_page(phone)


def test_a_citizen_changes_the_time(phone: Page, app: Flask) -> None:
    log_in(phone)
    first = walk.review(phone)
    walk.send(phone)
    press(phone, "Til Timeavtaler")
    phone.get_by_role("link", name="Videotime hos Kommunal nettlege").click()

    press(phone, "Endre tid")
    see(phone, "Velg tidspunkt")
    reads(phone, "Du beholder timen du har, til du har sendt den nye.")
    walk.open_day(phone, 3)
    second = walk.hold(phone, 1)
    expect(phone.get_by_label("Hva gjelder det?")).to_have_value(walk.REASON)
    press(phone, "Send")
    see(phone, "Timebestillingen er sendt")
    reads(phone, "Du har fått ny tid. Den gamle timen er ledig for andre.", f"kl. {second}")

    press(phone, "Til Timeavtaler")
    expect(phone.get_by_role("article")).to_have_count(1)
    reads(phone, f"kl. {second}")
    assert first != second
    assert [one.status for one in walk.booked(app)] == ["booked"]


def test_endre_goes_back_to_one_answer_and_returns(phone: Page) -> None:
    log_in(phone)
    walk.review(phone)
    phone.get_by_role("link", name="Endre tidspunkt").click()
    see(phone, "Velg tidspunkt")
    walk.open_day(phone, 4)
    other = walk.hold(phone, 2)
    reads(phone, f"kl. {other}")

    phone.get_by_role("link", name="Endre svaret").click()
    see(phone, NICE_TO_KNOW)
    expect(phone.get_by_role("radio", name="Nei")).to_be_checked()
    press(phone, "Neste")
    see(phone, "Se gjennom og send")
    reads(phone, f"kl. {other}")


def test_the_way_through_health_contacts(phone: Page) -> None:
    log_in(phone)
    phone.get_by_role("link", name="Forsiden").click()
    press(phone, "Vis flere tjenester")
    phone.get_by_role("main").get_by_role("link", name="Helsekontakter").click()
    see(phone, "Helsekontakter")
    expect(phone.get_by_role("heading", name="Mottatte helsekontakter")).to_be_visible()
    phone.get_by_role("link", name="Se detaljer").click()
    see(phone, "Kommunal nettlege")
    press(phone, "Bestill time")
    what_is_useful_to_know(phone)
    book(phone)


def test_the_way_from_the_municipality_s_own_page(phone: Page) -> None:
    phone.goto("/k/kristiansand")
    see(phone, "Kommunal nettlege i Kristiansand")
    reads(phone, "Første ledige time:", "Du som bor i Kristiansand kommune.")
    press(phone, "Bestill time")
    see(phone, "Logg inn")
    log_in(phone)
    what_is_useful_to_know(phone)
    book(phone)


def test_ja_leads_to_the_gp_and_no_step_follows(phone: Page) -> None:
    log_in(phone)
    phone.goto("/bestill/kristiansand")
    expect(phone.get_by_text(SORRY)).to_be_hidden()
    phone.get_by_role("radio", name="Ja").check()
    expect(phone.get_by_text(SORRY)).to_be_visible()  # at once, before anything is sent
    reads(phone, "Hvorfor kan ikke Kommunal nettlege hjelpe deg med dette?")
    press(phone, "Neste")
    see(phone, NICE_TO_KNOW)
    expect(phone.get_by_text(SORRY)).to_be_visible()

    phone.goto("/timeavtaler")
    expect(phone.get_by_text("Du har en påbegynt bestilling")).to_have_count(0)


def test_an_answer_changed_to_ja_closes_the_steps_behind_it(phone: Page) -> None:
    log_in(phone)
    walk.review(phone)
    path = walk.draft_path(phone)
    phone.goto("/bestill/kristiansand")
    phone.get_by_role("radio", name="Ja").check()
    press(phone, "Neste")
    expect(phone.get_by_text(SORRY)).to_be_visible()
    for step in ("tidspunkt", "se-gjennom", "bekreftelse"):
        phone.goto(f"{path}/{step}")
        see(phone, NICE_TO_KNOW)


def test_without_an_answer_the_question_is_asked_again(phone: Page) -> None:
    log_in(phone)
    phone.goto("/bestill/kristiansand")
    press(phone, "Neste")
    summary = phone.get_by_role("group", name="Du må rette noe før du kan gå videre")
    expect(summary.get_by_role("link", name="Velg én")).to_have_attribute("href", "#answer-no")
    expect(phone.get_by_role("radiogroup", name=QUESTION)).to_have_attribute("aria-invalid", "true")


def test_a_half_done_booking_is_offered_again_at_the_next_login(phone: Page) -> None:
    log_in(phone)
    time = walk.review(phone)
    press(phone, "Logg ut")
    log_in(phone)
    reads(phone, "Du har en påbegynt bestilling", f"kl. {time}")
    press(phone, "Fortsett bestillingen")
    see(phone, "Se gjennom og send")
    walk.send(phone)
