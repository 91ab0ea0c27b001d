"""However many rows there are, a page asks the database as often as before."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import (
    Town,
    log_in,
    make_appointment,
    make_doctor,
    make_hours,
    make_municipality,
    make_person,
    oslo,
)
from tests.journeys import answer_no
from tests.page_client import PageClient
from tests.stage import A_FRIDAY_MORNING, engine_of

MANY = 60
MONDAY_8 = oslo("2026-11-23 08.00")
CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Every statement that is sent while the block runs, but for those that begin and end transactions."""
    sent: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.upper().startswith(CONTROL):
            sent.append(statement)

    engine = engine_of(app)
    sa.event.listen(engine, "before_cursor_execute", hear)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", hear)


def asked_by(client: PageClient, address: str) -> list[str]:
    with statements(client.app) as sent:
        # Not by client.get: free times for other web pages are no page of ours.
        assert client.browser.get(address).status_code == 200
    assert sent, f"{address} asked the database nothing: is anybody listening?"
    return sent


def assert_same(client: PageClient, addresses: list[str], grow: Callable[[], None]) -> None:
    before = {address: asked_by(client, address) for address in addresses}
    grow()
    for address in addresses:
        after = asked_by(client, address)
        assert len(after) == len(before[address]), f"{address}:\n" + "\n".join(after)


def test_pages_with_appointments_ask_as_often_for_sixty_as_for_one(
    client: PageClient, session: Session, town: Town
) -> None:
    kari = make_person(session, lives_in=town.municipality)
    log_in(client, kari)
    first = make_appointment(session, patient=kari, town=town, starts_at=MONDAY_8)
    make_appointment(
        session, patient=kari, town=town, starts_at=A_FRIDAY_MORNING - timedelta(days=1), status="fulfilled"
    )

    def grow() -> None:
        for number in range(1, MANY // 2):
            after = MONDAY_8 + timedelta(days=number)
            before = A_FRIDAY_MORNING - timedelta(days=number, hours=1)
            make_appointment(session, patient=kari, town=town, starts_at=after)
            make_appointment(session, patient=kari, town=town, starts_at=before, status="fulfilled")

    addresses = ["/timeavtaler", "/", f"/timeavtaler/{first.id}", "/bestill", "/bestill/kristiansand"]
    assert_same(client, addresses, grow)
    assert "Eldre" in client.get("/timeavtaler").text()


def test_free_times_ask_as_often_for_five_doctors_as_for_one(
    kari: PageClient, session: Session, town: Town
) -> None:
    path = answer_no(kari)

    def grow() -> None:
        for number in range(4):
            doctor = make_doctor(session)
            make_hours(session, service=town.service, doctor=doctor, opens="08.00", closes="20.00")
            patient = make_person(session, lives_in=town.municipality, name=f"Person {number}")
            for visit in range(5):
                start = MONDAY_8 + timedelta(minutes=20 * visit)
                make_appointment(session, patient=patient, town=town, doctor=doctor, starts_at=start)

    addresses = [
        f"{path}/tidspunkt",
        f"{path}/tidspunkt?dato=2026-11-23",
        "/k/kristiansand",
        "/k/kristiansand/ledige-timer",
        "/k/kristiansand/ledige-timer.json",
    ]
    assert_same(kari, addresses, grow)


def test_search_and_service_pages_ask_as_often_for_many_kommuner(
    kari: PageClient, session: Session, town: Town
) -> None:
    def grow() -> None:
        for number in range(30):
            make_municipality(
                session, name=f"Kristtorp {number}", number=f"{5000 + number}", also_written=[f"k{number}"]
            )

    assert_same(
        kari,
        ["/kommuner?q=krist", "/k/kristiansand", "/helsekontakter", "/helsekontakter/kristiansand"],
        grow,
    )


def test_front_page_of_a_stranger_asks_the_database_nothing(client: PageClient, town: Town) -> None:
    with statements(client.app) as sent:
        client.get("/")
        client.get("/personvern")
    assert sent == []


@pytest.mark.parametrize(
    ("address", "most"),
    [("/timeavtaler", 4), ("/", 4), ("/k/kristiansand", 8), ("/k/kristiansand/ledige-timer.json", 6)],
)
def test_page_asks_no_more_than_it_needs(kari: PageClient, address: str, most: int) -> None:
    sent = asked_by(kari, address)
    assert len(sent) <= most, "\n".join(sent)
