"""What a page costs in CPU, beside a floor, with a thousand, a hundred thousand and a million appointments.

    python -m benchmarks.pages            # the whole, about six minutes
    python -m benchmarks.pages --quick    # a thousand and a hundred thousand, fewer rounds

Starts a PostgreSQL of its own and stops it again. Ends with status 1 when a goal is missed.
"""

import argparse
import base64
import gc
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import create_app
from benchmarks.dataset import NOW, load
from benchmarks.floor import create_floor
from benchmarks.meter import Subject, measure_beside_floor
from benchmarks.report import report
from benchmarks.visitors import REASON, Request, get, half_done, log_in, post, senders
from booking.db import db
from booking.settings import Settings
from tools.test_services import find_postgres, private_postgres

SIZES = (1_000, 100_000, 1_000_000)
POSTGRES = {
    "listen_addresses": "",
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "autovacuum": "off",  # each database is vacuumed and analysed once it is loaded
}
"""fsync and synchronous_commit stay on, as in production."""

PAGE_BATCH, SEND_BATCH, WARM_UP = 15, 8, 4
BUSY = sa.text("INSERT INTO absence (practitioner_id, starts_at, ends_at) VALUES (1, :start, :end)")
DAY_IN_A_WEEK = "2026-11-25"


def settings_for(database_url: str) -> Settings:
    return Settings(
        environment="test",
        database_url=database_url,
        secret_key="only-in-benchmarks-" + "x" * 32,
        encryption_keys="1:" + base64.b64encode(b"only-in-benchmarks".ljust(32, b"x")).decode(),
        test_login=True,
        rate_limits=True,
    )


def subjects(url: str, size: int, sends: int, headers: dict[str, str]) -> list[Subject]:
    """The floor and the product on a database with ``size`` appointments."""
    app = create_app(settings_for(url), clock=lambda: NOW)
    with app.app_context():
        app.extensions["alembic"].upgrade()
        engine = db.engine
    began = time.monotonic()
    made = load(engine, size)
    print(f"{made:,} appointments loaded in {time.monotonic() - began:.0f} s", flush=True)
    floor, floor_engine = create_floor(url, compressed=bool(headers))
    with Session(engine, expire_on_commit=False) as database:
        cookie, _ = log_in(app, database, 1)
        draft = half_done(database, person_id=1, service_id=1)
        database.commit()
        requests = senders(app, database, sends)
        slug = database.scalar(sa.text("SELECT slug FROM service WHERE id = 1"))
    day = f"/bestilling/{draft.id}/tidspunkt?dato={DAY_IN_A_WEEK}"
    page_floor = Subject(
        "floor", floor.wsgi_app, floor_engine, itertools.repeat(get("/page/7", **headers)), "200"
    )
    note_floor = Subject("floor insert", floor.wsgi_app, floor_engine, _repeat_note(), "303")

    def of_product(name: str, path: str, contains: str, login: str = cookie) -> Subject:
        wanted = itertools.repeat(get(path, login, **headers))
        said = b"" if headers else contains.encode()
        return Subject(name, app.wsgi_app, engine, wanted, "200", said, page_floor)

    free_times = of_product("free times", day, "Formiddag")
    free_times.between = change_times(url)
    return [
        free_times,
        of_product("timeavtaler", "/timeavtaler", "Start video"),
        of_product("public free times", f"/k/{slug}/ledige-timer", "Bestill time", ""),
        Subject("send", app.wsgi_app, engine, iter(requests), "303", b"", note_floor),
    ]


def change_times(url: str) -> Callable[[], None]:
    """A doctor of service 1 becomes busy at one more time and free at the last one: so something has changed since
    the batch before, as between the visits of a busy morning, and nothing is measured that holds only while all rest.
    """
    engine = sa.create_engine(url)
    starts = (NOW + timedelta(days=1, minutes=20 * n) for n in itertools.count())

    def change() -> None:
        start = next(starts)
        with engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM absence"))
            connection.execute(BUSY, {"start": start, "end": start + timedelta(minutes=20)})
        engine.dispose()

    return change


def _repeat_note() -> Iterator[Request]:
    return itertools.repeat(post("/note", {"csrf_token": "x" * 90, "reason": REASON}))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two sizes, few rounds")
    parser.add_argument("--compressed", action="store_true", help="the browser asks for brotli, of both")
    asked = parser.parse_args()
    sizes, rounds = (SIZES[:2], 25) if asked.quick else (SIZES, 80)
    headers = {"Accept-Encoding": "br"} if asked.compressed else {}
    programs = find_postgres()
    if programs is None:
        print("PostgreSQL is not installed. On Debian: apt-get install postgresql")
        return 1
    with Path(os.devnull).open("w") as nowhere, private_postgres(programs, POSTGRES) as url:
        with redirect_stderr(nowhere):  # the product's log lines: written, and read by nobody
            measured = {
                size: subjects(_database(url, size), size, SEND_BATCH * (rounds + WARM_UP), headers)
                for size in sizes
            }
        run(measured, rounds)
        for subject in itertools.chain.from_iterable(measured.values()):
            subject.engine.dispose()
    return report(measured)


def _database(url: str, size: int) -> str:
    """A new database on the server at ``url``; its address."""
    name = f"with_{size}"
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return engine.url.set(database=name).render_as_string(hide_password=False)


def run(measured: dict[int, list[Subject]], rounds: int) -> None:
    """Small batches in turn: every subject at every size, each beside a batch of the floor, before the next round.

    The first rounds fill caches and plans and are not counted.
    """
    gc.collect()
    gc.freeze()  # what was made to set this up is neither the floor's nor the product's to look through
    for number in range(rounds + WARM_UP):
        for together in zip(*measured.values(), strict=True):
            for subject in together:
                size = SEND_BATCH if subject.name == "send" else PAGE_BATCH
                measure_beside_floor(subject, size, keep=number >= WARM_UP)


if __name__ == "__main__":
    sys.exit(main())
