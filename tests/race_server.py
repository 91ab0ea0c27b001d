"""The product as it really runs, in processes of its own, for tests of what happens at once or is cut off.

``Server("waitress", …)`` is what `make run` starts: one process with threads. ``Server("gunicorn", …)`` is what
production runs: three worker processes with threads. Every process reads a clock that stands still at the tests'
moment; gunicorn's run some seconds apart, as those of several machines do.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

from flask import Flask

from app import create_app
from booking.serve import serve
from tests.stage import A_FRIDAY_MORNING, settings_for

PROJECT = Path(__file__).resolve().parent.parent
WORKERS, THREADS, SECONDS_APART = 3, 8, 2
START_SECONDS = 60
KINDS = ("waitress", "gunicorn")
REAL_TIME = "REAL_TIME_FOR_TESTS"
JSON = {"Content-Type": "application/json"}
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
Answered = TypeVar("Answered")


def app_in_child() -> Flask:
    """The app of a server process; its clock is off by up to four seconds, differently in each process.

    Beside real video servers, which sign nothing but look at the time, it runs with the machine's clock.
    """
    if os.environ.get(REAL_TIME):
        return create_app()
    now = A_FRIDAY_MORNING + timedelta(seconds=os.getpid() % WORKERS * SECONDS_APART)
    return create_app(clock=lambda: now)


class Server:
    """A running server and its log; ``with`` stops it."""

    def __init__(
        self, kind: str, database_url: str, folder: Path, *, real_time: bool = False, **changes: str
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.kind, self.url, self.log = kind, database_url, folder / "server.log"
        self._changes, self._real_time = changes, real_time
        self._start()

    def _start(self) -> None:
        settings = settings_for(self.url, **self._changes)
        asked = {f"NETTLEGE_{name.upper()}": str(value) for name, value in settings.model_dump().items()}
        environment = {**os.environ, **asked, "NETTLEGE_THREADS": str(THREADS), "PORT": str(self.port)}
        if self._real_time:
            environment[REAL_TIME] = "1"
        command = {
            "waitress": [sys.executable, "-m", "tests.race_server"],
            "gunicorn": [
                sys.executable, "-m", "gunicorn", "--worker-class=gthread", f"--workers={WORKERS}",
                f"--threads={THREADS}", f"--bind=127.0.0.1:{self.port}", "--no-control-socket",
                "tests.race_server:app_in_child()",
            ],
        }[self.kind]  # fmt: skip
        with self.log.open("ab") as output:
            # A session of its own, so that a kill meets the server's workers and nobody else.
            self.process = subprocess.Popen(
                command, env=environment, cwd=PROJECT, stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if Browser(self.port).get("/helse").status == 200:
                    return
            except OSError:
                time.sleep(0.05)
        self.kill()
        raise AssertionError(f"{self.kind} did not start:\n{self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """As a power cut: every process of the server at once, none of them asked."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def start_again(self) -> None:
        """On the same port and database."""
        self._start()

    def faults(self) -> list[str]:
        """What the log tells of requests that broke."""
        lines = self.log.read_text().splitlines()
        return [line for line in lines if re.search(r'"status": 5|"event": "fault"|Traceback', line)]

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.kill()


@dataclass(frozen=True)
class Answer:
    """What came back. ``location`` is where it leads, empty when nowhere."""

    status: int
    location: str
    body: str


@dataclass
class Browser:
    """One person's cookies and the last form's token; each request has a connection of its own."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None)

    def post(self, path: str, **fields: str) -> Answer:
        return self._ask("POST", path, urlencode({"csrf_token": self.token, **fields}))

    def post_json(self, path: str, body: object) -> Answer:
        """As a page's script asks."""
        return self._ask("POST", path, json.dumps(body), {"X-CSRFToken": self.token, **JSON})

    def log_in(self, person_id: int) -> "Browser":
        """Through the test login, as a browser without scripts does it."""
        return self._choose(person=str(person_id))

    def log_in_doctor(self, practitioner_id: int) -> "Browser":
        """The same, by the doctors' list."""
        return self._choose(doctor=str(practitioner_id))

    def tab(self) -> "Browser":
        """Another page of the same login."""
        return Browser(self.port, dict(self.cookies), self.token)

    def _choose(self, **who: str) -> "Browser":
        self.get("/logg-inn")
        self.get("/logg-inn/test")
        landed = self.get(self.post("/logg-inn/test", **who).location)
        assert landed.status in (200, 303), landed.body[:500]
        self.get("/personvern")  # a form's token that belongs to the new login
        return self

    def begin(self, service: str) -> str:
        """Step 1, answered Nei. Returns the booking's path."""
        self.get(f"/bestill/{service}")
        led = self.post(f"/bestill/{service}", answer="no")
        assert led.status == 303, led.body[:500]
        return led.location.rpartition("/")[0]

    def _ask(self, method: str, path: str, body: str | None, more: Mapping[str, str] | None = None) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Connection": "close", "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers |= more or {}
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        for cookie in response.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        tokens = _TOKEN.findall(text)
        self.token = tokens[0] if tokens else self.token
        return Answer(response.status, response.headers.get("Location", ""), text)


def side_by_side(acts: Iterable[Callable[[], Answered]], threads: int = 8) -> list[Answered]:
    """Do the acts a few at a time: what only prepares a race."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda act: act(), acts))


def at_once(acts: list[Callable[[], Answered]]) -> list[Answered]:
    """Do all the acts at one moment, each in a thread of its own; answers in their order."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Answered]) -> Answered:
        start.wait(30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


if __name__ == "__main__":
    serve(app_in_child())
