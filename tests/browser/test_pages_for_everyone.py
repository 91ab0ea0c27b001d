"""Every page in every state: no fault that axe finds, in three languages, light and dark, on narrow screens, with large text.

One page load is looked at in all those ways, so that the whole house costs a minute. With NETTLEGE_PICTURES=<folder>
a picture of each state is kept: that is how the pages are looked at by people.
"""

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, expect

from booking.clock import parse_utc_minute
from booking.db import db
from booking.models import Appointment, Person, Practitioner
from tests import journeys
from tests.browser import walk
from tests.browser.conftest import PHONE
from tests.browser.walk import log_in
from tests.factories import make_absence
from tests.page_client import PageClient
from tests.stage import Clock, aside

LOCALES = {"nb": "nb-NO", "nn": "nn-NO", "en": "en-GB"}
NARROW = {"width": 320, "height": 640}
ORDINARY, TWICE = 16, 32
"""Chromium's default font size, as one sets it under Appearance; media queries in rem follow it, too."""

FAR_DAY = "2026-12-15"
"""A Tuesday on which nothing is taken yet."""

FAR_TIMES = [f"{FAR_DAY}T{hour:02}:{minute:02}Z" for hour in (7, 8) for minute in (0, 20, 40)]
UNREADABLE = """async () => {
  const options = { runOnly: ["color-contrast"], resultTypes: ["violations"] };
  const { violations } = await axe.run(document, options);
  return violations.flatMap(({ nodes }) => nodes.map(({ target }) => `cannot be read: ${target}`));
}"""
CUT_OR_OUTSIDE = """() => {
  const width = document.documentElement.clientWidth, faults = new Set();
  const name = (element) => `${element.tagName.toLowerCase()}.${element.className} «${element.textContent.trim().slice(0, 30)}»`;
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest(".ds-sr-only, .ds-skip-link, svg") || !element.checkVisibility()) continue;
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    if (box.width && (box.right > width + 1 || box.left < -1)) faults.add(`outside: ${name(element)}`);
    const clips = style.overflowX !== "visible" && element.tagName !== "TEXTAREA" && element.tagName !== "INPUT";
    if (clips && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1))
      faults.add(`cut: ${name(element)}`);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, frame = text.parentElement.closest(".ds-button, .choice, .time, .date, .ds-tag, .ds-card, button");
    if (!frame || !text.data.trim() || text.parentElement.closest(".ds-sr-only") || !frame.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = frame.getBoundingClientRect();
    for (const line of range.getClientRects())
      if (line.left < box.left - 1 || line.right > box.right + 1 || line.bottom > box.bottom + 2)
        faults.add(`text leaves its frame: ${name(frame)}`);
  }
  return [...faults];
}"""


class Eyes:
    """Looks at the page that is open in all the ways people meet it, and remembers what was wrong."""

    def __init__(self, page: Page, page_faults: Callable[[Page], list[str]], language: str) -> None:
        self.page = page
        self.faults: list[str] = []
        self._page_faults = page_faults
        self._language = language
        self._font = page.context.new_cdp_session(page)
        folder = os.environ.get("NETTLEGE_PICTURES")
        self._pictures = Path(folder) if folder else None

    def look(self, state: str) -> None:
        """Everything that is wrong with this state of the page, in every way of looking at it."""
        found = self._page_faults(self.page)
        if self.page.locator("html").get_attribute("lang") != self._language:
            found.append(f"is not in {self._language}")
        found += [f"dark: {fault}" for fault in self._unreadable_in_the_dark()]
        found += [f"320 px: {fault}" for fault in self._with(width=NARROW, font=ORDINARY)]
        found += [f"200 %: {fault}" for fault in self._with(width=PHONE, font=TWICE)]
        self._with(width=PHONE, font=ORDINARY)
        self.faults += [f"{state}: {fault}" for fault in found]
        if self._pictures:
            self._keep_pictures(self._pictures, state)

    def _unreadable_in_the_dark(self) -> list[str]:
        self.page.emulate_media(color_scheme="dark")
        found: list[str] = self.page.evaluate(
            UNREADABLE
        )  # axe is in the page since it was asked about the light one
        self.page.emulate_media(color_scheme="light")
        return found

    def _with(self, *, width: dict[str, int], font: int) -> list[str]:
        self.page.set_viewport_size(width)
        self._font.send("Page.setFontSizes", {"fontSizes": {"standard": font, "fixed": font}})
        return self.page.evaluate(CUT_OR_OUTSIDE)

    def _keep_pictures(self, folder: Path, state: str) -> None:
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            for width in (PHONE, NARROW, {"width": 1280, "height": 800}):
                self._with(width=width, font=ORDINARY)
                self.page.screenshot(path=folder / f"{state}.{self._language}.{scheme}.{width['width']}.png")
        self.page.emulate_media(color_scheme="light")
        self._with(
            width={"width": 390, "height": 2000}, font=TWICE
        )  # a picture of the whole page forgets the font
        self.page.screenshot(path=folder / f"{state}.{self._language}.large.png")
        self._with(width=PHONE, font=ORDINARY)
        self.page.screenshot(path=folder / f"{state}.{self._language}.whole.png", full_page=True)
        self._page_faults(self.page)


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


def meanwhile(app: Flask, name: str, act: Callable[[PageClient], object]) -> None:
    """Let somebody do something elsewhere."""

    def run() -> None:
        client = PageClient(app)
        client.log_in(name)
        act(client)

    aside(run)


def doctors_are_away(app: Flask, start: datetime, length: timedelta) -> None:
    def write() -> None:
        with app.app_context():
            for doctor in db.session.scalars(sa.select(Practitioner)).all():
                make_absence(db.session, doctor=doctor, starts_at=start, ends_at=start + length)

    aside(write)


def appointments(app: Flask, name: str) -> dict[str, str]:
    """A person's appointments: state → address of its page; one a state."""

    def read() -> dict[str, str]:
        with app.app_context():
            mine = (
                sa.select(Appointment)
                .join(Person, Person.id == Appointment.patient_id)
                .where(Person.name == name)
            )
            return {one.status: f"/timeavtaler/{one.id}" for one in db.session.scalars(mine)}

    return aside(read)


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
    meanwhile(app, "Kari Nordmann", lambda client: journeys.book(client, parse_utc_minute(FAR_TIMES[0])))
    mine, eyes = appointments(app, "Kari Nordmann"), open_eyes()
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
        },
    )
    eyes.page.locator("main form [data-color=danger]").click()
    eyes.look("appointment-just-cancelled")
    eyes.page.goto("/timeavtaler")
    eyes.page.locator(".appointment .ds-button").click()
    eyes.look("video-open")
    eyes.page.goto(f"{appointments(app, 'Kari Nordmann')['booked']}/avbestill")
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
    doctors_are_away(app, parse_utc_minute(FAR_TIMES[0]), timedelta(minutes=20))
    go_on(page)
    expect(page.locator(".link-list button")).to_have_count(3)
    eyes.look("lost")
    doctors_are_away(app, parse_utc_minute("2026-11-20T00:00Z"), timedelta(days=60))
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
    for start in FAR_TIMES[:3]:
        meanwhile(app, "Ola Nordmann", lambda client, at=parse_utc_minute(start): journeys.book(client, at))
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
