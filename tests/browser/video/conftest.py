"""A visit as it is: web server, video server and browsers with made-up cameras, all by the real clock.

The video server knows no other clock than the machine's, so nothing stands still here: the data are made now, and the
first visit's door is open from the start.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from app import create_app
from booking.db import db
from booking.seed.load import seed
from tests.browser.conftest import DESKTOP, PHONE, Heard, _heard, aside
from tests.stage import Clock, let_go, migrate, settings_for

PATIENCE_MS = 15_000
VIDEO_KEY = settings_for("sqlite://").video_key
RECORD_CONNECTIONS = """
  window.connections = [];
  const Real = RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...all) { super(...all); window.connections.push(this); }
  };
"""
FRAMES = """
  seat => document.querySelector(`.tile[data-seat='${seat}'] video`)?.getVideoPlaybackQuality().totalVideoFrames ?? 0
"""


def lose_packets(page: Page, percent: float) -> None:
    """From the page's next connection on, this many of a hundred packets are lost, each way.

    Chromium looks at the loss only where something else is slow, too: hence the millisecond.
    """
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    line = {"offline": False, "latency": 1, "downloadThroughput": -1, "uploadThroughput": -1}
    session.send("Network.emulateNetworkConditions", line | {"packetLoss": percent})


class RunningClock(Clock):
    """The real time, turned forward by as much as a test wants."""

    def __init__(self) -> None:
        self.turned = timedelta()

    @property
    def now(self) -> datetime:  # type: ignore[override]
        return datetime.now(UTC) + self.turned

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        self.turned += timedelta(**duration)

    def back_to(self, moment: datetime) -> None:
        self.turned = moment - datetime.now(UTC)


class VideoServer:
    """`python -m video` in a process of its own, on one port through all restarts."""

    def __init__(self, log: Path, addresses: str = "127.0.0.1") -> None:
        self._log = log
        self._addresses = addresses
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = os.environ | {
            "NETTLEGE_VIDEO_KEY": VIDEO_KEY,
            "NETTLEGE_VIDEO_PORT": str(self.port),
            "NETTLEGE_VIDEO_ADDRESSES": self._addresses,
        }
        with self._log.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "video"], env=environment, stdout=file, stderr=file
            )
        end = time.monotonic() + 20
        while not (found := re.search(rb'"port": (\d+).*"serving"', self._log.read_bytes())):
            assert time.monotonic() < end, self._log.read_text()
            time.sleep(0.05)
        self.port = int(found[1])

    def kill(self) -> None:
        """Without a goodbye, as when a machine goes down."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def order(self, method: str, path: str) -> int:
        """Ask as the web application does; the status."""
        ask = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            headers={"Authorization": f"Bearer {VIDEO_KEY}"},
        )
        try:
            with urllib.request.urlopen(ask) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def end_rooms(self) -> None:
        """End every room that this process has named."""
        for room in set(re.findall(r'"room": "([^"]+)"', self._log.read_text())):
            self.order("DELETE", f"/rooms/{room}")


@pytest.fixture(scope="session")
def seeded_now(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as `make run` makes it, made now: the first visit begins within four minutes."""
    file = tmp_path_factory.mktemp("video") / "nettlege.sqlite"

    def fill() -> None:
        app = create_app(settings_for(f"sqlite:///{file}"), RunningClock())
        migrate(app)
        with app.app_context():
            seed(db.session, datetime.now(UTC))
        let_go(app)

    aside(fill)
    return file


@pytest.fixture
def clock() -> RunningClock:
    return RunningClock()


@pytest.fixture
def seeding(seeded_now: Path) -> datetime:
    """When the data were made: four minutes before the first visit, however long the tests have run since."""
    return datetime.fromtimestamp(seeded_now.stat().st_mtime, UTC)


@pytest.fixture(scope="session")
def one_video_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VideoServer]:
    server = VideoServer(tmp_path_factory.mktemp("server") / "video.log")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def video_server(one_video_server: VideoServer) -> Iterator[VideoServer]:
    """The one video server of all tests, with nobody in it."""
    yield one_video_server
    one_video_server.end_rooms()


@pytest.fixture
def app(seeded_now: Path, tmp_path: Path, clock: RunningClock, video_server: VideoServer) -> Iterator[Flask]:
    file = tmp_path / "nettlege.sqlite"
    shutil.copyfile(seeded_now, file)
    settings = settings_for(f"sqlite:///{file}", video_nodes=f"1=http://127.0.0.1:{video_server.port}")
    app = aside(lambda: create_app(settings, clock))
    yield app
    aside(lambda: let_go(app))


class Visitor:
    """Somebody with a browser, a camera and a microphone."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def log_in(self, name: str) -> None:
        self.page.goto("/logg-inn")
        self.page.get_by_role("button", name=name).click()
        self.page.wait_for_load_state()

    def start_video(self) -> None:
        """Kari's first appointment, from «Timeavtaler»."""
        self.page.goto("/timeavtaler")
        self.page.get_by_role("link", name="Start video").first.click()
        self.page.wait_for_load_state()

    def to_waiting_room(self) -> None:
        self.start_video()
        self.page.get_by_role("link", name="Til venterommet").click()
        self.page.wait_for_url(re.compile("/venterom"))

    def to_room(self) -> None:
        """The doctor's way, from the day."""
        self.page.goto("/lege")
        self.page.get_by_role("link", name="Gå til videorommet").first.click()
        self.page.wait_for_url(re.compile("/rom$"))
        self.connected()

    def connected(self) -> None:
        self.page.wait_for_selector("#room[data-connection=connected]")

    def sees(self, seat: str, more: int = 10) -> float:
        """Wait until pictures of ``seat`` come; seconds that it took."""
        began = time.monotonic()
        self.page.wait_for_selector(f".tile[data-seat='{seat}'][data-state=connected]")
        first = self.frames(seat)
        while (now := self.frames(seat)) < first + more:
            first = min(first, now)  # a new connection counts from nothing
            assert time.monotonic() - began < 15, f"no picture of {seat}"
            self.page.wait_for_timeout(50)
        return time.monotonic() - began

    def frames(self, seat: str) -> int:
        return int(self.page.evaluate(FRAMES, seat))

    def size(self, seat: str) -> list[int]:
        """Width and height of the picture that comes."""
        video = f".tile[data-seat='{seat}'] video"
        return list(self.page.eval_on_selector(video, "video => [video.videoWidth, video.videoHeight]"))

    def status(self) -> str:
        return self.page.inner_text("#room-status")


@pytest.fixture
def visitor(chromium: Browser, address: str) -> Iterator[Callable[..., Visitor]]:
    """One more person: ``visitor("Kari Nordmann")`` on a phone, with ``viewport=DESKTOP`` at a laptop."""
    contexts: list[BrowserContext] = []

    def come(name: str | None = None, *, script: str = "", **options: Any) -> Visitor:
        hand: dict[str, Any] = (
            {} if options.get("viewport") == DESKTOP else {"has_touch": True, "is_mobile": True}
        )
        settings: dict[str, Any] = {
            "base_url": address,
            "viewport": PHONE,
            "locale": "nb-NO",
            **hand,
        } | options
        context = chromium.new_context(permissions=["camera", "microphone"], **settings)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(RECORD_CONNECTIONS + script)
        page = context.new_page()
        _heard[page] = Heard(scripts=True)
        _heard[page].listen(page)
        someone = Visitor(page)
        if name:
            someone.log_in(name)
        return someone

    yield come
    for context in contexts:
        context.close()


@pytest.fixture
def doctor(visitor: Callable[..., Visitor]) -> Visitor:
    """A doctor at a laptop, at the day's page."""
    return visitor("Astrid Sørlandslege", viewport=DESKTOP)


@pytest.fixture
def citizen(visitor: Callable[..., Visitor]) -> Visitor:
    """Kari with a phone in her hand, logged in."""
    return visitor("Kari Nordmann")


@pytest.fixture
def visit(doctor: Visitor, citizen: Visitor) -> tuple[Visitor, Visitor]:
    """Doctor and citizen in the room, each seeing the other."""
    citizen.to_waiting_room()
    doctor.to_room()
    doctor.page.get_by_role("button", name="Slipp inn Kari").click()
    citizen.page.wait_for_url(re.compile("/rom"))
    citizen.sees("practitioner")
    doctor.sees("patient")
    return doctor, citizen
