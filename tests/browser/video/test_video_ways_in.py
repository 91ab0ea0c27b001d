"""Before the room: equipment check with help for each failure, and the waiting room."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP
from tests.browser.video.conftest import RunningClock, Visitor

Check = Callable[[Page], None]
FAILING = """
  navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException({message!r}, {name!r}); }};
  navigator.mediaDevices.enumerateDevices = async () => [];
  navigator.permissions.query = async () => ({{ state: 'prompt' }});
"""


def test_the_check_shows_the_picture_hears_and_plays(citizen: Visitor, check_page: Check) -> None:
    page = citizen.page
    citizen.start_video()
    check_page(page)
    page.click("#check-begin")
    expect(page.locator("#check-picture-box")).to_be_visible()
    expect(page.locator("#check-level-text")).to_have_text("Vi hører deg.")
    page.click("#check-play")
    expect(page.locator("#check-played")).to_be_visible()
    expect(page.locator("#check-ok")).to_be_visible()
    check_page(page)
    page.click("#check-continue")
    expect(page.locator("#waiting-picture-box")).to_be_visible()
    check_page(page)


@pytest.mark.parametrize(
    ("name", "message", "help_shown"),
    [
        ("NotAllowedError", "Permission denied", "browser-refused"),
        ("NotAllowedError", "Permission denied by system", "system-refused"),
        ("NotReadableError", "Could not start video source", "busy"),
        ("NotFoundError", "Requested device not found", "no-device"),
    ],
)
def test_each_failure_has_its_own_help(
    visitor: Callable[..., Visitor], check_page: Check, name: str, message: str, help_shown: str
) -> None:
    someone = visitor("Kari Nordmann", script=FAILING.format(name=name, message=message))
    someone.start_video()
    someone.page.click("#check-begin")
    shown = someone.page.locator("[data-help]:visible")
    expect(shown).to_have_count(1)
    expect(shown).to_have_attribute("data-help", help_shown)
    expect(shown.locator("[data-browser]:visible")).to_have_count(1)
    expect(shown.get_by_role("button", name="Prøv igjen")).to_be_visible()
    check_page(someone.page)


ANDROID = "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko)"
APPLE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
BROWSERS = {
    "samsung": f"{ANDROID} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "edge-android": f"{ANDROID} Chrome/140.0.0.0 Mobile Safari/537.36 EdgA/140.0.0.0",
    "firefox-android": "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
    "chrome-android": f"{ANDROID} Chrome/140.0.0.0 Mobile Safari/537.36",
    "ios": f"{APPLE} Version/18.5 Mobile/15E148 Safari/604.1",
    "ios-app": f"{APPLE} CriOS/140.0.7339.101 Mobile/15E148 Safari/604.1",
    "safari": f"{MAC} Version/18.5 Safari/605.1.15",
    "chrome": f"{WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "edge": f"{WINDOWS} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    "firefox": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
}
"""Line of help → what that browser calls itself (November 2026)."""


def test_each_browser_has_its_own_line_for_a_refusal(citizen: Visitor) -> None:
    page = citizen.page
    citizen.start_video()
    lines = "[data-help=browser-refused] [data-browser]"
    words = {one.get_attribute("data-browser"): one.text_content() for one in page.locator(lines).all()}
    assert set(words) == {*BROWSERS, "other"}
    assert len(set(words.values())) == len(words), "two browsers share their words"
    chosen = page.evaluate(
        """async browsers => {
          const page = document.querySelector('script[src*="/video/check"]').src;
          const {browserNames} = await import(new URL('browser.js', page).href);
          let agent = '', fingers = 0;
          Object.defineProperty(navigator, 'userAgent', {get: () => agent});
          Object.defineProperty(navigator, 'maxTouchPoints', {get: () => fingers});
          return Object.entries(browsers).map(([name, calls]) => {
            agent = calls;
            fingers = /Mobile/.test(calls) ? 5 : 0;
            return [name, browserNames()[0]];
          });
        }""",
        BROWSERS,
    )
    assert [name for name, _found in chosen] == [found for _name, found in chosen]


def test_without_any_device_one_listens(visitor: Callable[..., Visitor], doctor: Visitor) -> None:
    someone = visitor("Kari Nordmann", script=FAILING.format(name="NotFoundError", message="none"))
    someone.start_video()
    someone.page.get_by_role("link", name="Bare hør på").click()
    someone.page.wait_for_url(re.compile("venterom"))
    doctor.to_room()
    doctor.page.get_by_role("button", name="Slipp inn Kari").click()
    someone.page.wait_for_url(re.compile("/rom"))
    someone.sees("practitioner")
    # Who sends nothing is there all the same, also after the seconds in which silence would be noticed.
    doctor.page.wait_for_timeout(4500)
    expect(doctor.page.locator(".tile[data-seat=patient]")).to_have_attribute("data-state", "connected")


def test_the_waiting_room_shows_what_the_doctor_says(
    citizen: Visitor, doctor: Visitor, check_page: Check
) -> None:
    citizen.to_waiting_room()
    doctor.to_room()
    expect(doctor.page.locator("#doctor-panel")).to_contain_text("Kari Nordmann venter")
    doctor.page.fill("#panel-message", "Jeg kommer straks")
    doctor.page.get_by_role("button", name="Vis i venterommet").click()
    expect(citizen.page.locator("#waiting-message-text")).to_have_text("Jeg kommer straks")
    check_page(citizen.page)


def test_the_waiting_room_says_when_it_has_no_contact(citizen: Visitor) -> None:
    citizen.to_waiting_room()
    citizen.page.context.set_offline(True)
    expect(citizen.page.locator("#waiting-trouble")).to_be_visible()
    citizen.page.context.set_offline(False)
    expect(citizen.page.locator("#waiting-trouble")).to_be_hidden()
    expect(citizen.page.locator("#waiting-known")).to_be_visible()


def test_the_doctor_sees_who_waits_in_the_title_without_reload(citizen: Visitor, doctor: Visitor) -> None:
    doctor.page.goto("/lege")
    expect(doctor.page).to_have_title(re.compile("^Dagens timer"))
    citizen.to_waiting_room()
    expect(doctor.page).to_have_title(re.compile(r"^\(1\)"))
    expect(doctor.page.locator("#day-news")).not_to_be_empty()


def test_a_phone_with_a_wrong_clock_gets_the_servers_time(
    visitor: Callable[..., Visitor], clock: RunningClock, seeding: datetime
) -> None:
    clock.back_to(seeding - timedelta(minutes=6))
    wrong = "const real = Date.now; Date.now = () => real() + 3 * 3600_000;"
    someone = visitor("Kari Nordmann", script=wrong)
    someone.start_video()
    expect(someone.page.locator("#countdown")).to_have_text(re.compile(r"om [1-6] minutt|om \d+ sekund"))
    clock.forward(minutes=6)
    someone.page.wait_for_url(re.compile("/sjekk"))


def test_a_visit_that_is_opened_early_is_said_at_once(
    visitor: Callable[..., Visitor], clock: RunningClock, seeding: datetime
) -> None:
    clock.back_to(seeding - timedelta(minutes=6))
    citizen, doctor = visitor("Kari Nordmann"), visitor("Astrid Sørlandslege", viewport=DESKTOP)
    citizen.start_video()
    doctor.page.goto("/lege")
    doctor.page.get_by_role("button", name="Åpne nå").first.click()
    expect(citizen.page.locator("#opened-early")).to_be_visible()
    citizen.page.wait_for_url(re.compile("/sjekk"))
