"""What a citizen's phone has to fetch: bytes on the line and requests, from the front page to the confirmation.

    python -m benchmarks.weight

Starts the product as `make run` does, on a database of its own, and walks it in Chromium at 390×844 with an empty
cache. Bytes are what the DevTools protocol counted on the line, headers included. Ends with status 1 when a goal is
missed.
"""

import base64
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tools import build_assets
from tools.test_services import find_chromium

PROJECT = Path(__file__).resolve().parent.parent
PHONE = {"width": 390, "height": 844}
PERSON = "Ola Nordmann"
REASON = "Jeg har hatt utslett på begge hendene i to uker. Det klør mest om natten."
START_SECONDS = 30
FIRST_PAGE, FIRST_REQUESTS, STEP, FLOW = 40_000, 4, 6_000, 60_000


@dataclass
class Fetched:
    """What one part of the walk brought over the line."""

    part: str
    bytes: int = 0
    requests: int = 0


class Line:
    """Counts what comes over the line, part by part."""

    def __init__(self, page: Page) -> None:
        self.parts: list[Fetched] = []
        self._page = page
        self._local: set[str] = set()
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.requestWillBeSent", self._on_request)
        devtools.on("Network.requestServedFromCache", lambda event: self._local.add(event["requestId"]))
        devtools.on("Network.loadingFinished", self._on_finished)

    def begin(self, part: str) -> None:
        """What comes from now on belongs to ``part``; the part before has come to rest."""
        self._page.wait_for_load_state("networkidle")
        self.parts.append(Fetched(part))

    def _on_request(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("data:"):
            self._local.add(event["requestId"])
        if redirect := event.get("redirectResponse"):
            self._count(redirect["encodedDataLength"])

    def _on_finished(self, event: dict[str, Any]) -> None:
        if event["requestId"] not in self._local and event["encodedDataLength"]:
            self._count(event["encodedDataLength"])

    def _count(self, length: float) -> None:
        self.parts[-1].bytes += int(length)
        self.parts[-1].requests += 1


def walk(page: Page, line: Line, address: str) -> None:
    """From the front page through the login to «Timebestillingen er sendt»."""
    line.begin("front page, cold")
    page.goto(address)
    line.begin("login")
    page.get_by_role("link", name="Logg inn", exact=True).click()
    page.get_by_role("button", name=PERSON).click()
    page.get_by_role("heading", level=1, name="Timeavtaler").wait_for()
    line.begin("whom to book with")
    page.get_by_role("link", name="Bestill time", exact=True).click()
    line.begin("step 1")
    page.locator("main a[href^='/bestill/']").first.click()
    page.get_by_role("radio", name="Nei").check()
    line.begin("step 2, dates")
    page.get_by_role("button", name="Neste", exact=True).click()
    line.begin("step 2, times of a day")
    page.get_by_role("table", name="Dager med ledige timer").get_by_role("link").nth(2).click()
    page.locator("label.time").first.click()
    line.begin("step 3")
    page.get_by_role("button", name="Neste", exact=True).click()
    page.get_by_label("Hva gjelder det?").fill(REASON)
    page.wait_for_timeout(2000)  # the text is kept while it is typed: that counts too
    line.begin("step 4")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("heading", level=1, name="Timebestillingen er sendt").wait_for()
    page.wait_for_load_state("networkidle")


def report(parts: list[Fetched]) -> int:
    """Print the table; 0 when every goal is met, else 1."""
    named = {part.part: part for part in parts}
    print(f"{'':<26} {'bytes':>8} {'requests':>9}")
    for part in parts:
        print(f"{part.part:<26} {part.bytes:>8,} {part.requests:>9}")
    print(f"{'the whole flow':<26} {sum(p.bytes for p in parts):>8,} {sum(p.requests for p in parts):>9}\n")
    first = named["front page, cold"]
    goals = [
        ("front page, bytes", first.bytes, FIRST_PAGE),
        ("front page, requests", first.requests, FIRST_REQUESTS),
        ("step 2, dates", named["step 2, dates"].bytes, STEP),
        ("step 2, times of a day", named["step 2, times of a day"].bytes, STEP),
        ("step 3", named["step 3"].bytes, STEP),
        ("step 4", named["step 4"].bytes, STEP),
        ("the whole flow", sum(part.bytes for part in parts), FLOW),
    ]
    for name, found, goal in goals:
        print(f"{'ok    ' if found <= goal else 'MISSED'} {name}: {found:,} (≤ {goal:,})")
    return int(any(found > goal for _, found, goal in goals))


@contextmanager
def product() -> Iterator[str]:
    """The product on a database of its own while the block runs; yields its address."""
    build_assets.main()
    with socket.socket() as probe, tempfile.TemporaryDirectory(prefix="nettlege-weight-") as folder:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = os.environ | {
            "PORT": str(port),
            "NETTLEGE_ENVIRONMENT": "test",
            "NETTLEGE_DATABASE_URL": f"sqlite:///{folder}/nettlege.sqlite",
            "NETTLEGE_SECRET_KEY": "only-in-benchmarks-" + "x" * 32,
            "NETTLEGE_ENCRYPTION_KEYS": "1:"
            + base64.b64encode(b"only-in-benchmarks".ljust(32, b"x")).decode(),
        }
        flask = [sys.executable, "-m", "flask", "--app", "app"]
        for command in ("db", "upgrade"), ("seed",):
            subprocess.run([*flask, *command], cwd=PROJECT, env=environment, check=True, capture_output=True)
        server = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address + "/helse", server)
            yield address
        finally:
            server.terminate()
            server.wait()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the product did not start")


def main() -> int:
    with product() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_context(
            viewport=PHONE, device_scale_factor=3, locale="nb-NO", has_touch=True
        ).new_page()
        page.set_default_timeout(15_000)
        line = Line(page)
        walk(page, line, address)
        browser.close()
    return report(line.parts)


if __name__ == "__main__":
    sys.exit(main())
