"""Every page in every state, in three languages: no fault in any of the ways that eyes.py looks at it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from booking.clock import parse_utc_minute
from tests import journeys
from tests.browser import walk
from tests.browser.eyes import Eyes
from tests.browser.walk import log_in
from tests.stage import Clock

LOCALES = {"nb": "nb-NO", "nn": "nn-NO", "en": "en-GB"}
FAR_DAY = "2026-12-15"
"""A Tuesday on which nothing is taken yet."""

FAR_TIMES = [f"{FAR_DAY}T{hour:02}:{minute:02}Z" for hour in (7, 8) for minute in (0, 20, 40)]


@pytest.fixture(params=LOCALES)
def open_eyes(
    request: pytest.FixtureRequest,
    open_browser: Callable[..., Page],
    page_faults: Callable[[Page], list[str]],
) -> Iterator[Callable[[], Eyes]]:
    """Opens one more person's browser in the language; at the end nothing may have been wrong in any."""
    opened: list[Eyes] = []

    def open_one() -> Eyes:
        # Colours change without transitions then, so that axe does not meet them half-way.
        page = open_browser(locale=LOCALES[request.param], reduced_motion="reduce")
        opened.append(Eyes(page, page_faults, request.param))
        return opened[-1]

    yield open_one
    faults = [fault for eyes in opened for fault in eyes.faults]
    assert not faults, "\n- ".join(["", *faults])


def visit(eyes: Eyes, addresses: dict[str, str]) -> None:
    """Look at each address; the name says the state."""
    for state, address in addresses.items():
        eyes.page.goto(address)
        eyes.look(state)


def go_on(page: Page) -> None:
    """The main button, whatever it is called in this language."""
    page.locator("main form .main-button").click()


def test_pages_for_everybody(open_eyes: Callable[[], Eyes]) -> None:
    visit(
        open_eyes(),
        {
            "front": "/",
            "search-hits": "/kommuner?q=kris",
            "search-nothing": "/kommuner?q=qqqq",
            "municipality": "/k/kristiansand",
            "municipality-of-several": "/k/risor",
            "municipality-not-connected": "/k/oslo",
            "municipality-unknown": "/k/finnes-ikke",
            "municipality-ambiguous": "/k/heroy",
            "help": "/hjelp/kristiansand",
            "privacy": "/personvern",
            "accessibility": "/tilgjengelighet",
            "not-found": "/finnes-ikke",
            "wrong-method": "/sprak",
            "login": "/logg-inn",
            "login-refused": "/logg-inn/retur?code=x&state=y",
        },
    )


def test_pages_of_somebody_with_appointments(app: Flask, open_eyes: Callable[[], Eyes]) -> None:
    walk.meanwhile(app, "Kari Nordmann", lambda client: journeys.book(client, parse_utc_minute(FAR_TIMES[0])))
    mine, eyes = walk.appointments(app, "Kari Nordmann"), open_eyes()
    log_in(eyes.page, "Kari Nordmann")
    visit(
        eyes,
        {
            "front-logged-in": "/",
            "services": "/tjenester",
            "appointments": "/timeavtaler",
            "appointment-past": mine["fulfilled"],
            "appointment-cancelled": mine["cancelled"],
            "appointment-coming": mine["booked"],
            "video-early": f"{mine['booked']}/start-video",
            "cancel": f"{mine['booked']}/avbestill",
            "own-data": "/opplysninger",
        },
    )
    eyes.page.goto("/opplysninger")
    eyes.page.locator("main button[value=json]").click()
    eyes.look("own-data-not-confirmed")
    eyes.page.goto(f"{mine['booked']}/avbestill")
    eyes.page.locator("main form [data-color=danger]").click()
    eyes.look("appointment-just-cancelled")
    eyes.page.goto("/timeavtaler")
    eyes.page.locator(".appointment .ds-button").click()
    eyes.look("video-open")
    eyes.page.goto(f"{walk.appointments(app, 'Kari Nordmann')['booked']}/avbestill")
    eyes.look("cancel-late")


def test_pages_of_somebody_without_appointments(open_eyes: Callable[[], Eyes]) -> None:
    eyes = open_eyes()
    log_in(eyes.page, "Ola Nordmann")
    visit(
        eyes,
        {
            "front-empty": "/",
            "appointments-empty": "/timeavtaler",
            "choose-service": "/bestill",
            "health-contacts": "/helsekontakter",
            "health-contact": "/helsekontakter/kristiansand",
            "not-mine": "/timeavtaler/00000000-0000-4000-8000-000000000000",
        },
    )


def test_pages_of_those_who_may_not_book(open_eyes: Callable[[], Eyes]) -> None:
    elsewhere = open_eyes()
    log_in(elsewhere.page, "Tiril Utenby")
    visit(
        elsewhere,
        {
            "choose-service-none": "/bestill",
            "health-contacts-none": "/helsekontakter",
            "refused-elsewhere": "/bestill/kristiansand",
        },
    )
    young = open_eyes()
    log_in(young.page, "Linus Nordmann")
    visit(young, {"refused-young": "/bestill/kristiansand"})


def test_the_question_and_the_times(app: Flask, open_eyes: Callable[[], Eyes]) -> None:
    eyes = open_eyes()
    page = eyes.page
    log_in(page)
    visit(eyes, {"step1": "/bestill/kristiansand"})
    go_on(page)
    eyes.look("step1-error")
    page.locator("#answer-yes").check()
    eyes.look("step1-yes")
    page.locator("summary").first.click()
    eyes.look("step1-help")
    page.locator("#answer-no").check()
    go_on(page)
    path = walk.draft_path(page)
    eyes.look("step2")
    visit(eyes, {"step2-day": f"{path}/tidspunkt?dato={FAR_DAY}"})
    go_on(page)
    eyes.look("step2-error")
    visit(eyes, {"step2-empty-day": f"{path}/tidspunkt?dato=2026-12-13"})

    page.goto(f"{path}/tidspunkt?dato={FAR_DAY}")
    page.locator(f"[id='start-{FAR_TIMES[0]}']").check()
    walk.doctors_are_away(app, parse_utc_minute(FAR_TIMES[0]), timedelta(minutes=20))
    go_on(page)
    expect(page.locator(".link-list button")).to_have_count(3)
    eyes.look("lost")
    walk.doctors_are_away(app, parse_utc_minute("2026-11-20T00:00Z"), timedelta(days=60))
    visit(eyes, {"step2-nothing-free": f"{path}/tidspunkt"})


def test_review_and_receipt(app: Flask, clock: Clock, open_eyes: Callable[[], Eyes]) -> None:
    eyes = open_eyes()
    page = eyes.page
    log_in(page)
    path = to_review(page, FAR_TIMES[0])
    eyes.look("step3")
    go_on(page)
    eyes.look("step3-error")
    visit(eyes, {"unfinished": "/timeavtaler"})

    page.goto(f"{path}/se-gjennom")
    page.locator("#reason").fill(walk.REASON)
    page.context.clear_cookies()
    with page.context.new_page() as tab:
        log_in(tab)
    go_on(page)
    eyes.look("step3-stale")
    clock.forward(minutes=11)
    visit(eyes, {"step3-hold-over": f"{path}/se-gjennom"})
    page.locator("#reason").fill(walk.REASON)
    go_on(page)
    expect(page.locator(".success-mark")).to_be_visible()
    eyes.look("step4")

    page.goto("/timeavtaler")
    page.locator(".appointment h3 a").click()
    page.locator("main form button").click()
    eyes.look("move")


def test_refusals_and_the_end_of_a_login(app: Flask, clock: Clock, open_eyes: Callable[[], Eyes]) -> None:
    for start in map(parse_utc_minute, FAR_TIMES[:3]):
        walk.meanwhile(app, "Ola Nordmann", partial(journeys.book, start=start))
    eyes = open_eyes()
    page = eyes.page
    log_in(page)
    to_time(page, FAR_TIMES[0])
    eyes.look("refused-overlap")
    page.go_back()
    page.locator(f"[id='start-{FAR_TIMES[4]}']").check()
    go_on(page)
    eyes.look("refused-too-many")

    other = open_eyes()
    log_in(other.page, "Kari Nordmann")
    to_review(other.page, FAR_TIMES[5])
    other.page.locator("#reason").fill(walk.REASON)
    clock.forward(minutes=31)
    go_on(other.page)
    other.look("logged-out")


def to_time(page: Page, start: str) -> None:
    """Steps 1 and 2, whatever the language; a time is chosen and sent."""
    page.goto("/bestill/kristiansand")
    page.locator("#answer-no").check()
    go_on(page)
    page.goto(f"{walk.draft_path(page)}/tidspunkt?dato={FAR_DAY}")
    page.locator(f"[id='start-{start}']").check()
    go_on(page)


def to_review(page: Page, start: str) -> str:
    """Steps 1 and 2; one is at step 3. Returns the booking's path."""
    to_time(page, start)
    expect(page.locator("#reason")).to_be_visible()
    return walk.draft_path(page)


def test_a_chosen_language_is_remembered(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Språk").click()
    page.get_by_role("button", name="Nynorsk").click()
    expect(page.get_by_role("button", name="Finn kommune")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "nn")
    log_in(page)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Appointments")
    page.get_by_role("button", name="Log out").click()
    page.context.clear_cookies()
    log_in(page)
    expect(page.locator("html")).to_have_attribute("lang", "en")
