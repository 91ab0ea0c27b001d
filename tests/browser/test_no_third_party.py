"""Nobody else learns of a visit, little is fetched, nothing runs that the page does not name, one cookie is set."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request

from tests.browser import walk
from tests.browser.walk import log_in, press, see

FIRST_PAGE_REQUESTS = 4
INLINE = """() => [...document.querySelectorAll("*")].flatMap((element) => {
  const names = element.getAttributeNames().filter((name) => name === "style" || name.startsWith("on"));
  const text = element.matches("style") || (element.matches("script") && !element.src);
  return [...names, ...(text ? ["inline"] : [])].map((name) => `${element.tagName}: ${name}`);
})"""


class Ear:
    """Hears every request of a page: the address of each, data: and blob: aside."""

    def __init__(self, page: Page) -> None:
        self.addresses: list[str] = []
        page.context.on("request", self._hear)

    def _hear(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self.addresses.append(request.url)


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def phone(request: pytest.FixtureRequest, open_browser: Callable[..., Page]) -> Page:
    """A phone, 390×844."""
    return open_browser(java_script_enabled=request.param)


def test_a_whole_booking_asks_nobody_else(phone: Page, address: str) -> None:
    ear = Ear(phone)
    seen: list[str] = []

    def look() -> None:
        seen.extend(phone.evaluate(INLINE))

    phone.goto("/")
    look()
    phone.goto("/k/kristiansand")
    press(phone, "Bestill time")
    log_in(phone)
    look()
    walk.answer(phone)
    walk.open_day(phone)
    look()
    walk.hold(phone)
    look()
    walk.send(phone)
    look()
    press(phone, "Til Timeavtaler")
    phone.get_by_role("link", name="Videotime hos Kommunal nettlege").click()
    look()
    press(phone, "Avbestill")
    press(phone, "Avbestill timen")
    look()

    ours = urlsplit(address).netloc
    assert {urlsplit(one).netloc for one in ear.addresses} == {ours}
    assert not seen


@pytest.mark.parametrize("path", ["/", "/k/kristiansand"])
def test_the_first_page_needs_few_requests(page: Page, path: str) -> None:
    ear = Ear(page)
    page.goto(path, wait_until="networkidle")
    assert len(ear.addresses) <= FIRST_PAGE_REQUESTS, ear.addresses


def test_one_cookie_that_scripts_and_other_sites_cannot_use(phone: Page) -> None:
    log_in(phone)
    walk.answer(phone)
    phone.get_by_role("button", name="Bokmål").click()
    see(phone, "Velg tidspunkt")
    cookies = phone.context.cookies()
    assert [cookie["name"] for cookie in cookies] == ["nettlege"]
    assert cookies[0]["httpOnly"]
    assert cookies[0]["sameSite"] == "Lax"
    assert cookies[0]["expires"] == -1, "it is gone when the browser is closed"


def test_no_page_and_no_text_is_kept_in_the_browser_s_storage(page: Page) -> None:
    log_in(page)
    walk.answer(page)
    walk.open_day(page)  # htmx would keep pages here, if we let it
    walk.hold(page)
    walk.send(page)
    kept = page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert "<" not in kept
    assert "Utslett" not in kept
