"""How soon a person sees the other: real Chromium with made-up cameras, the whole product, one reload after another.

The doctor sits in the room; the citizen's page is opened again and again, as after «reload», and says when the camera
was open, when the connection was begun, and when the first picture of the doctor was shown.
"""

import logging
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from waitress import create_server, wasyncore

from app import create_app
from benchmarks.video.processes import Server, ours
from benchmarks.video.table import Table, at, middle
from booking.db import db
from booking.seed.load import seed
from tests.browser.conftest import ARGUMENTS, CHROMIUM_NAMES, DESKTOP, PHONE
from tests.browser.video.conftest import FRAMES, RunningClock, Visitor
from tests.stage import aside, let_go, migrate, settings_for
from tools import build_assets

P50, P95 = 100, 350
"""Milliseconds from the open camera to the first picture."""
PATIENCE_MS = 20_000
KEY = settings_for("sqlite://").video_key
NOTE_TIMES = """
  const times = (window.times = {});
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (...all) => {
    const stream = await open(...all);
    times.camera ??= performance.now();
    return stream;
  };
  const Real = RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...all) {
      super(...all);
      times.begun ??= performance.now();
      this.addEventListener("connectionstatechange", () => {
        if (this.connectionState === "connected") times.connected ??= performance.now();
      });
    }
    setLocalDescription(offer) { times.offered ??= performance.now(); return super.setLocalDescription(offer); }
    setRemoteDescription(answer) { times.answered ??= performance.now(); return super.setRemoteDescription(answer); }
  };
  const look = () => {
    const video = document.querySelector(".tile[data-seat='practitioner'] video");
    if (!video) return requestAnimationFrame(look);
    video.requestVideoFrameCallback(() => (times.frame = performance.now()));
  };
  requestAnimationFrame(look);
"""


def program() -> str | None:
    """Where Chromium is."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


@contextmanager
def product(video: Server) -> Iterator[str]:
    """The web application as ``make run`` serves it, with a first visit that begins now; its address."""
    build_assets.main()
    with tempfile.TemporaryDirectory(prefix="nettlege-bench-") as folder:
        url = f"sqlite:///{folder}/nettlege.sqlite"
        app = aside(lambda: create_app(settings_for(url, video_nodes=f"1={video.base}"), RunningClock()))

        def fill() -> None:
            migrate(app)
            with app.app_context():
                seed(db.session, datetime.now(UTC))

        aside(fill)
        server = create_server(app, host="127.0.0.1", port=0, threads=4)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.effective_port}"
        finally:
            with suppress(OSError):
                server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
            thread.join(timeout=5)
            server.task_dispatcher.shutdown()
            aside(lambda: let_go(app))


def come(chromium: Browser, address: str, name: str, *, phone: bool) -> Visitor:
    """Somebody with a browser, logged in."""
    context = chromium.new_context(
        base_url=address,
        viewport=PHONE if phone else DESKTOP,
        is_mobile=phone,
        has_touch=phone,
        locale="nb-NO",
        permissions=["camera", "microphone"],
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(NOTE_TIMES)
    someone = Visitor(context.new_page())
    someone.log_in(name)
    return someone


def joins(page: Page, count: int) -> list[dict[str, float]]:
    """Open the room again ``count`` times; milliseconds since the page was asked for, of each."""
    noted = []
    for _ in range(count):
        page.reload(wait_until="commit")
        until(page, lambda: page.evaluate("() => Boolean(window.times?.frame && times.camera)"))
        noted.append(page.evaluate("() => times"))
        until(page, lambda: page.evaluate(FRAMES, "practitioner") > 5)
    return noted


def until(page: Page, met: Callable[[], bool]) -> None:
    """Look again and again: the page's own policy refuses what Playwright's waiting would evaluate."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not met():
        if time.monotonic() > end:
            raise SystemExit("no picture of the doctor came")
        page.wait_for_timeout(50)


def report(table: Table, *, quick: bool) -> None:
    """At least twenty joins."""
    count = 8 if quick else 24
    table.heading(f"{count} joins in Chromium")
    logging.getLogger("waitress.queue").setLevel(
        logging.ERROR
    )  # that a request waited for a thread is no news
    if not (found := program()):
        raise SystemExit("Chromium is needed for the first frame; --without first-frame leaves it out")
    with ExitStack() as stack:
        nowhere = stack.enter_context(Path(os.devnull).open("w"))
        video = stack.enter_context(ours(key=KEY))
        with redirect_stderr(nowhere), redirect_stdout(nowhere):
            address = stack.enter_context(product(video))
        playwright = stack.enter_context(sync_playwright())
        chromium = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        citizen = come(chromium, address, "Kari Nordmann", phone=True)
        doctor = come(chromium, address, "Astrid Sørlandslege", phone=False)
        citizen.to_waiting_room()
        doctor.to_room()
        doctor.page.get_by_role("button", name="Slipp inn Kari").click()
        citizen.page.wait_for_url(re.compile("/rom"))
        citizen.sees("practitioner")
        noted = joins(citizen.page, count + 1)[1:]
        width, height = citizen.size("practitioner")
        chromium.close()
    after_camera = [one["frame"] - one["camera"] for one in noted]
    after_begin = [one["frame"] - one["begun"] for one in noted]
    whole = [one["frame"] for one in noted]
    table.line(f"first picture ({width}×{height}) after the camera p50", middle(after_camera), "ms", most=P50)
    table.line("first picture after the camera p95", at(after_camera, 95), "ms", most=P95)
    table.line("first picture after the connection was begun p50", middle(after_begin), "ms")
    table.line("first picture after the connection was begun p95", at(after_begin, 95), "ms")
    table.line("first picture after the page was asked for p50", middle(whole), "ms")
    table.line("first picture after the page was asked for p95", at(whole, 95), "ms")
