"""100,000 generated requests against the product as it starts: no 5xx, no hang, and every promise about times still kept.

``nice python tools/test_services.py .venv/bin/python -m benchmarks.fuzz.over_http [--requests 100000] [--postgres]
[--server gunicorn]``. Ends with status 1 when anything fell.
"""

import argparse
import json
import os
import re
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom

import sqlalchemy as sa
from flask import Flask

from app import create_app
from benchmarks.fuzz.inputs import Inputs
from benchmarks.fuzz.requests import Identity, addresses, request
from booking.db import db
from booking.models import Appointment, Draft, Person, Practitioner
from booking.seed.load import seed as seed_data
from tests.booked_once import faults
from tests.race_server import Browser, Server
from tests.stage import A_FRIDAY_MORNING, let_go, migrate, settings_for

HUNG = 20.0
"""Seconds without an answer: nothing of ours takes a tenth of it."""
LOGINS_LAST = 400
"""Requests until everybody logs in anew: some of the requests log them out."""
REFUSED_BY_SERVER = {501}
"""waitress on a Transfer-Encoding that nobody knows (RFC 9112 § 6.1 asks for it): it never reaches the product."""


@dataclass
class Report:
    """What came of a run; ``slowest`` in milliseconds."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_is: str = ""
    fell: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, what: str, status: int, took: float) -> None:
        """One answer; status 0 is none at all."""
        with self.lock:
            self.requests += 1
            self.statuses[status] += 1
            if took * 1000 > self.slowest:
                self.slowest, self.slowest_is = took * 1000, what
            if status >= 500 and status not in REFUSED_BY_SERVER:
                self.fell.append(f"{status}: {what}")
            elif took > HUNG or status == 0:
                self.fell.append(f"no answer after {took:.1f} s: {what}")


def attack(port: int, app: Flask, count: int, seed: int, *, threads: int = 4) -> Report:
    """``count`` requests to the server at ``port``; ``app`` reads its database for ids worth trying."""
    report, rules = Report(), addresses()

    def part(thread: int) -> None:
        who: Sequence[Identity] = ()
        for number in range(count // threads):
            if number % LOGINS_LAST == 0:
                who = identities(port, app)
            name = f"{seed}/{thread}/{number}"
            inputs = Inputs(name)
            what, data = request(inputs, rules, inputs.one_of(who))
            begun = time.perf_counter()
            status = send(port, data)
            report.add(f"{what} (seed {name})", status, time.perf_counter() - begun)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, range(threads)))
    return report


def send(port: int, data: bytes) -> int:
    """The answer's status; 0 when none came in time, 1 when the server closed the line without a word."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=HUNG) as line:
            line.sendall(data)
            while part := line.recv(65536):
                answer += part
    except TimeoutError:
        return 0
    except OSError:
        pass  # a server that has answered may close before it has read all of a body that it refuses
    found = re.match(rb"(?:HTTP/1\.[01] 100 Continue\r\n\r\n)?HTTP/1\.[01] (\d{3})", answer)
    return int(found[1]) if found else 1


def identities(port: int, app: Flask) -> list[Identity]:
    """Nobody, two citizens and a doctor, with the ids that are theirs and each other's."""
    with app.app_context():
        people = db.session.scalars(sa.select(Person.id).order_by(Person.id).limit(2)).all()
        doctor = db.session.scalars(sa.select(Practitioner.id).order_by(Practitioner.id).limit(1)).one()
        ids = [
            str(each)
            for each in db.session.scalars(
                sa.select(Appointment.id).where(Appointment.patient_id.in_(people)).limit(8)
            )
        ]
        drafts = (
            sa.select(Draft.id)
            .where(Draft.booked_by_id.in_(people))
            .order_by(Draft.updated_at.desc())
            .limit(8)
        )
        ids += [str(each) for each in db.session.scalars(drafts)]
        db.session.rollback()
    found = [Identity("nobody", {}, "", ids)]
    for person in people:
        browser = Browser(port).log_in(person)
        browser.get("/bestill/kristiansand")
        found.append(Identity(f"citizen {person}", browser.cookies, browser.token, ids))
    browser = Browser(port)
    browser.get("/logg-inn")
    browser.get("/logg-inn/test")
    browser.get(browser.post("/logg-inn/test", doctor=str(doctor)).location)
    browser.get("/lege")
    return [*found, Identity("doctor", browser.cookies, browser.token, ids)]


def prepare(url: str) -> Flask:
    """A migrated and seeded database, and an app to read it with."""
    app = create_app(settings_for(url))
    migrate(app)
    with app.app_context():
        seed_data(db.session, A_FRIDAY_MORNING)
    return app


def promises(app: Flask) -> set[str]:
    """What is broken of: one time, one person (tests/booked_once.py). The seed's crowd is in several places at once."""
    with app.app_context():
        found = faults(db.session, A_FRIDAY_MORNING)
        # What doctors say of a visit is written into the visit's history, which that check does not read.
        return {text[:300] for text in found if "the history's last line" not in text}


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**9))
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--server", choices=("waitress", "gunicorn"), default="waitress")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        url = (
            os.environ["NETTLEGE_TEST_POSTGRES_URL"]
            if asked.postgres
            else f"sqlite:///{Path(folder) / 'x.sqlite'}"
        )
        app = prepare(url)
        begun, before = time.monotonic(), promises(app)
        with Server(asked.server, url, Path(folder)) as server:
            report = attack(server.port, app, asked.requests, asked.seed)
            alive = Browser(server.port).get("/helse").status == 200
            fell = report.fell + server.faults() + sorted(promises(app) - before)
            fell += [] if alive else ["/helse does not answer"]
        let_go(app)
    told = {
        "server": asked.server, "database": url.partition(":")[0], "requests": report.requests,
        "seconds": round(time.monotonic() - begun), "statuses": dict(sorted(report.statuses.items())),
        "slowest_ms": round(report.slowest), "slowest": report.slowest_is, "fell": len(fell),
    }  # fmt: skip
    print(json.dumps(told))
    print("\n".join(fell[:40]))
    return 1 if fell else 0


if __name__ == "__main__":
    sys.exit(main())
