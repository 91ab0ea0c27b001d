"""The way through a booking as a person goes it, in bokmål, by what stands on the page."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from booking.clock import parse_utc_minute
from booking.db import db
from booking.models import Appointment, Person, Practitioner
from tests import journeys
from tests.factories import make_absence
from tests.page_client import PageClient
from tests.stage import A_FRIDAY_MORNING, aside

REASON = "Utslett på hendene siden mandag"


def log_in(page: Page, name: str = "Ola Nordmann") -> None:
    """Through the test login; one ends where one was going, else at Timeavtaler."""
    if "/logg-inn" not in page.url:
        page.goto("/logg-inn")
    page.get_by_role("button", name=name).click()


def see(page: Page, heading: str) -> None:
    """The page called ``heading`` is open."""
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def press(page: Page, name: str) -> None:
    """Press what is called exactly so: a button or a link that looks like one."""
    page.get_by_role("button", name=name, exact=True).or_(
        page.get_by_role("link", name=name, exact=True)
    ).click()


def answer(page: Page, choice: str = "Nei") -> None:
    """Step 1, from wherever one is: answer and go on."""
    if "/bestill/" not in page.url:
        page.goto("/bestill/kristiansand")
    page.get_by_role("radio", name=choice).check()
    press(page, "Neste")


def days(page: Page) -> Locator:
    """The days that have free times."""
    return page.get_by_role("table", name="Dager med ledige timer").get_by_role("link")


def open_day(page: Page, number: int = 2) -> None:
    """Choose the ``number``-th day (from 0) with free times; its times are shown afterwards."""
    day = days(page).nth(number)
    words = day.locator(".ds-sr-only").inner_text().split(",")[0]
    day.click()
    expect(page.get_by_role("heading", level=2, name=words)).to_be_visible()


def times(page: Page) -> Locator:
    """The free times of the chosen day."""
    return page.get_by_role("radiogroup", name="Velg tidspunkt").get_by_role("radio")


def hold(page: Page, number: int = 0) -> str:
    """Choose the ``number``-th time of the day and go on to step 3. Returns the time in words, «08.20»."""
    time = times(page).nth(number)
    words = time.evaluate("radio => radio.labels[0].innerText.trim()")
    time.check()
    press(page, "Neste")
    see(page, "Se gjennom og send")
    return str(words)


def review(page: Page, day: int = 2, time: int = 0) -> str:
    """Steps 1 and 2, logged in; one is at step 3. Returns the time in words."""
    answer(page)
    open_day(page, day)
    return hold(page, time)


def send(page: Page, reason: str = REASON) -> None:
    """Step 3; one is at the receipt afterwards."""
    page.get_by_label("Hva gjelder det?").fill(reason)
    press(page, "Send")
    see(page, "Timebestillingen er sendt")


def row(page: Page, term: str) -> Locator:
    """What stands beside ``term`` in a summary."""
    line = page.locator(".summary > div").filter(has=page.get_by_text(term, exact=True))
    return line.locator("dd").first


def chosen_start(page: Page, number: int = 0) -> str:
    """The UTC minute behind the ``number``-th time of the day that is open."""
    return str(times(page).nth(number).get_attribute("value"))


def draft_path(page: Page) -> str:
    """``/bestilling/<id>`` of the booking whose page is open."""
    found = re.search(r"/bestilling/[0-9a-f-]{36}", page.url)
    assert found, f"{page.url} is no step of a booking"
    return found[0]


def meanwhile(app: Flask, name: str, act: Callable[[PageClient], object]) -> None:
    """Let somebody do something elsewhere."""

    def run() -> None:
        client = PageClient(app)
        client.log_in(name)
        act(client)

    aside(run)


def somebody_else_books(app: Flask, start: str, name: str = "Kari Nordmann") -> None:
    """Another person is quicker: books the time that starts at ``start`` (UTC minute), at once."""
    meanwhile(app, name, partial(journeys.book, start=parse_utc_minute(start)))


def doctors_are_away(app: Flask, start: datetime, length: timedelta) -> None:
    """No doctor has a free time from ``start`` (UTC) on, for that long."""

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


def booked(app: Flask) -> list[Appointment]:
    """Everything that was booked during the test, cancelled or not, oldest first."""

    def read() -> list[Appointment]:
        with app.app_context():
            here = sa.select(Appointment).where(Appointment.created_at >= A_FRIDAY_MORNING)
            return list(db.session.scalars(here.order_by(Appointment.created_at)))

    return aside(read)
