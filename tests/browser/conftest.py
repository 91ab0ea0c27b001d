"""A real server, a real Chromium, and a day that stands still: what one person sees and does.

Each test gets its own server on its own seeded database, so that no story depends on another one; that costs less
than one page load. Server and browser agree on the time: Friday 20 November 2026, 10.00 in Oslo.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from weakref import WeakKeyDictionary

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Page,
    Request,
    Response,
    sync_playwright,
)
from waitress import create_server, wasyncore

from app import create_app
from booking.db import db
from booking.seed.load import seed
from tests.stage import Clock, aside, let_go, migrate, settings_for

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",  # the tests may run as root; every page is our own
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
# Answers with these say something to a person; Chromium notes them on the console all the same.
OUR_REFUSALS = {400, 401, 403, 404, 405, 409, 413, 422, 429}
PATIENCE_MS = 5_000
AXE_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # a list of everything that is right costs three times as long
}


@pytest.fixture(scope="session")
def seeded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as `make run` makes it, at the tests' time."""
    file = tmp_path_factory.mktemp("seeded") / "nettlege.sqlite"

    def fill() -> None:
        app = create_app(settings_for(f"sqlite:///{file}"), Clock())
        migrate(app)
        with app.app_context():
            seed(db.session, Clock().now)
        let_go(app)

    aside(fill)
    return file


@pytest.fixture
def clock() -> Clock:
    """The server's clock. Turning it does not turn the browser's."""
    return Clock()


@pytest.fixture
def app(seeded_file: Path, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    file = tmp_path / "nettlege.sqlite"
    shutil.copyfile(seeded_file, file)
    app = aside(lambda: create_app(settings_for(f"sqlite:///{file}"), clock))
    yield app
    aside(lambda: let_go(app))


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the server listens, as it does with `make run`: waitress, threads, one process."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    # Closed on the server's own thread, between two requests; its loop ends when nothing is left in the map.
    with suppress(OSError):  # its trigger is closed already when the loop has ended by itself
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join(timeout=5)
    server.task_dispatcher.shutdown()


@pytest.fixture(scope="session")
def chromium_program() -> str:
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if program is None:
        pytest.fail("Chromium is needed: `make test` installs it, or says how", pytrace=False)
    return program


@pytest.fixture(scope="session")
def browsers() -> Iterator[BrowserType]:
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def chromium(browsers: BrowserType, chromium_program: str) -> Iterator[Browser]:
    browser = browsers.launch(executable_path=chromium_program, args=list(ARGUMENTS))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def keeping_chromium(browsers: BrowserType, chromium_program: str) -> Iterator[Browser]:
    """Keeps pages in memory for going back, as people's browsers do; Playwright switches that off."""
    browser = browsers.launch(
        executable_path=chromium_program,
        args=list(ARGUMENTS),
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield browser
    browser.close()


@pytest.fixture
def open_browser(chromium: Browser, address: str, clock: Clock) -> Iterator[Callable[..., Page]]:
    """Opens one more person's browser: ``open_browser(viewport=DESKTOP, color_scheme="dark", locale="en")``."""
    contexts: list[BrowserContext] = []

    def open_one(**options: object) -> Page:
        settings = {"base_url": address, "viewport": PHONE, "locale": "nb-NO", "timezone_id": "Europe/Oslo"}
        context = chromium.new_context(**(settings | options))
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        scripts = bool(options.get("java_script_enabled", True))
        if scripts:
            context.clock.install(time=clock.now)
        page = context.new_page()
        _heard[page] = Heard(scripts)
        _heard[page].listen(page)
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_browser: Callable[..., Page]) -> Page:
    """A phone, 390×844."""
    return open_browser()


@pytest.fixture
def page_without_javascript(open_browser: Callable[..., Page]) -> Page:
    return open_browser(java_script_enabled=False)


@pytest.fixture
def desktop(open_browser: Callable[..., Page]) -> Page:
    return open_browser(viewport=DESKTOP)


@pytest.fixture(scope="session")
def page_faults() -> Callable[[Page], list[str]]:
    """What is wrong with the page that is open now, of all that every page keeps; ask before any screenshot.

    (Playwright's screenshots set style attributes, which a strict policy reports.)
    """

    def faults(page: Page) -> list[str]:
        page.wait_for_load_state()
        found = _heard[page].taken()
        return found + _sideways(page) + _inaccessible(page) if _heard[page].scripts else found

    return faults


@pytest.fixture(scope="session")
def check_page(page_faults: Callable[[Page], list[str]]) -> Callable[[Page], None]:
    """Holds the page that is open now to what every page keeps."""

    def check(page: Page) -> None:
        faults = page_faults(page)
        assert not faults, f"{page.url}:\n- " + "\n- ".join(faults)

    return check


def _sideways(page: Page) -> list[str]:
    content, screen = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    return [f"scrolls sideways: {content} px of content, {screen} px of screen"] if content > screen else []


def _inaccessible(page: Page) -> list[str]:
    return [
        f"axe {violation['id']}: {violation['help']}: {', '.join(str(node['target']) for node in violation['nodes'])}"
        for violation in Axe().run(page, options=AXE_RULES).response["violations"]
    ]


class Heard:
    """What a page complained of since it was last asked: console, scripts, broken policy, lost files."""

    def __init__(self, scripts: bool) -> None:
        self.scripts = scripts
        self._faults: list[str] = []

    def listen(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("response", self._on_response)
        page.on("requestfailed", self._on_failure)
        page.on("pageerror", lambda error: self._faults.append(f"script: {error}"))

    def taken(self) -> list[str]:
        faults, self._faults = self._faults, []
        return faults

    def _on_console(self, message: ConsoleMessage) -> None:
        # Lost files are told by the answer itself, with its status.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self._faults.append(f"console: {message.text}")

    def _on_response(self, response: Response) -> None:
        asked_by_person = response.request.resource_type in {"document", "fetch", "xhr"}
        if response.status >= 400 and not (asked_by_person and response.status in OUR_REFUSALS):
            self._faults.append(f"{response.status} for {response.url}")

    def _on_failure(self, request: Request) -> None:
        # A request is given up when one goes on to another page.
        if request.failure != "net::ERR_ABORTED":
            self._faults.append(f"failed: {request.url}: {request.failure}")


_heard: WeakKeyDictionary[Page, Heard] = WeakKeyDictionary()
