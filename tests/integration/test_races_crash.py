"""The power goes: every process of the server is killed (SIGKILL) while people book. Nothing is left half-done, what
was confirmed is there, and everybody goes on where they were.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import utc_minute
from booking.models import Appointment, Slot
from tests.booked_once import faults
from tests.factories import make_person, make_town, oslo
from tests.race_server import Answer, Browser, Server, side_by_side
from tests.stage import A_FRIDAY_MORNING

NOW = A_FRIDAY_MORNING
PEOPLE = 24
TYPED, REASON = "Utslett på hen", "Utslett på hendene"
FIRST = oslo("2026-11-23 08.00")
VISIT = timedelta(minutes=20)


@pytest.fixture
def server(database: Any, tmp_path: Path) -> Iterator[Server]:
    kind = "gunicorn" if database.name == "sqlite" else "waitress"
    with Server(kind, database.url, tmp_path) as running:
        yield running


def count(session: Session, model: type) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def pick(browser: Browser, path: str, place: int) -> Answer:
    return browser.post(f"{path}/tidspunkt", start=utc_minute(FIRST + place * VISIT))


def send(browser: Browser, path: str) -> Answer:
    return browser.post(f"{path}/se-gjennom", reason=REASON)


def cut_off(server: Server, acts: list[Callable[[], Answer]], after: int) -> list[Answer | None]:
    """Do the acts at once and kill the server when ``after`` of them are answered; None for those that are not."""
    answered = threading.Semaphore(0)

    def run(act: Callable[[], Answer]) -> Answer | None:
        try:
            answer = act()
        except (OSError, HTTPException):
            return None
        answered.release()
        return answer

    with ThreadPoolExecutor(len(acts)) as pool:
        running = [pool.submit(run, act) for act in acts]
        for _ in range(after):
            assert answered.acquire(timeout=20)
        server.kill()
        return [one.result(30) for one in running]


def test_a_killed_server_leaves_nothing_half_done(server: Server, session: Session) -> None:
    town = make_town(session, opens="08.00", closes="20.00", doctors=2)
    people = [
        make_person(session, lives_in=town.municipality, name=f"Oppdiktet {n}", age=20 + n)
        for n in range(PEOPLE)
    ]
    browsers = side_by_side([partial(Browser(server.port).log_in, person.id) for person in people])
    paths = side_by_side([partial(browser.begin, "kristiansand") for browser in browsers])
    who = list(zip(browsers, paths, strict=True))

    # While they pick their times.
    cut_off(server, [partial(pick, *one, n) for n, one in enumerate(who)], after=3)
    assert faults(session, NOW) == []
    server.start_again()
    assert {a.status for a in side_by_side([partial(pick, *one, n) for n, one in enumerate(who)])} == {303}
    assert count(session, Slot) == PEOPLE

    # Between picking and sending: what was typed and picked is there again.
    browsers[0].post(f"{paths[0]}/hva-det-gjelder", reason=TYPED)
    server.kill()
    assert faults(session, NOW) == []
    server.start_again()
    assert "Du har en påbegynt bestilling" in browsers[0].get("/timeavtaler").body
    review = browsers[0].get(f"{paths[0]}/se-gjennom")
    assert TYPED in review.body
    assert "Vi holder av tiden for deg" in review.body

    # While they send.
    answers = cut_off(server, [partial(send, *one) for one in who], after=2)
    assert faults(session, NOW) == []
    confirmed = {str(draft_id) for draft_id in session.scalars(sa.select(Appointment.draft_id))}
    for (_, path), answer in zip(who, answers, strict=True):
        assert answer is None or (answer.status == 303 and path.rpartition("/")[2] in confirmed)
    assert None in answers, "the server was killed too late to show anything"

    # Everybody tries again: nobody is booked twice, nobody is left out.
    server.start_again()
    again = side_by_side([partial(send, *one) for one in who])
    assert [(a.status, a.location) for a in again] == [(303, f"{path}/bekreftelse") for path in paths]
    assert count(session, Appointment) == count(session, Slot) == PEOPLE
    assert faults(session, NOW) == []
    assert server.faults() == []
