"""Both nights when clocks change: a time is what the clock on the wall will show."""

import pytest
from sqlalchemy.orm import Session

from tests.factories import EVERY_DAY, log_in, make_person, make_town, oslo
from tests.journeys import answer_no, choose, free_values, send
from tests.page_client import PageClient
from tests.stage import Clock


@pytest.mark.parametrize(
    ("today", "start", "utc"),
    [
        ("2026-10-23 10.00", "2026-10-24 08.00", "2026-10-24T06:00Z"),
        ("2026-10-23 10.00", "2026-10-25 08.00", "2026-10-25T07:00Z"),
        ("2027-03-26 10.00", "2027-03-27 08.00", "2027-03-27T07:00Z"),
        ("2027-03-26 10.00", "2027-03-28 08.00", "2027-03-28T06:00Z"),
    ],
)
def test_eight_oclock_is_eight_oclock_on_both_sides_of_a_clock_change(
    client: PageClient, session: Session, clock: Clock, today: str, start: str, utc: str
) -> None:
    clock.now = oslo(today)
    town = make_town(session, weekdays=EVERY_DAY)
    log_in(client, make_person(session, lives_in=town.municipality))
    path = answer_no(client)
    client.get(f"{path}/tidspunkt?dato={start[:10]}")
    assert free_values(client)[0] == utc
    assert next(label.text() for label in client.page.root.with_class("time")) == "08.00"
    choose(client, oslo(start))
    send(client)
    assert "kl. 08.00" in client.page.main_text()
    file = client.get(client.page.link("Legg til i kalender")).html
    assert f"DTSTART:{utc.replace('-', '').replace(':', '').replace('Z', '00Z')}" in file


@pytest.mark.parametrize(
    ("today", "day", "shown"),
    [
        ("2026-10-23 10.00", "2026-10-25", ["01.00", "02.00", "03.00"]),
        ("2027-03-26 10.00", "2027-03-28", ["01.00", "03.00"]),
    ],
)
def test_hour_that_comes_twice_is_offered_once_and_the_skipped_hour_never(
    client: PageClient, session: Session, clock: Clock, today: str, day: str, shown: list[str]
) -> None:
    clock.now = oslo(today)
    town = make_town(session, weekdays=EVERY_DAY, opens="01.00", closes="04.00", visit_minutes=60)
    log_in(client, make_person(session, lives_in=town.municipality))
    path = answer_no(client)
    client.get(f"{path}/tidspunkt?dato={day}")
    assert [label.text() for label in client.page.root.with_class("time")] == shown
