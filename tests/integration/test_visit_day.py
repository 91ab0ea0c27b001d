"""The doctor's day at its edges: who waits since when, how late the doctor is; many, midnight, both clock changes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.models import Appointment, Visit, VisitParticipant
from tests.factories import make_appointment, make_doctor, make_person, oslo, stored
from tests.page_client import PageClient
from tests.stage import A_FRIDAY_MORNING, Clock
from tests.visits import Stage, make_stage

SPRING, AUTUMN = "2027-03-28", "2027-10-31"


@pytest.fixture
def play(app: Flask, session: Session, another_client: Callable[[], PageClient], clock: Clock) -> Any:
    """A visit at ``start``, everybody logged in at ``now``."""

    def begin(start: datetime, now: datetime) -> Stage:
        clock.now = now
        return make_stage(app, session, another_client, seconds=(start - A_FRIDAY_MORNING).total_seconds())

    return begin


def another(stage: Stage, name: str, start: datetime, **said: datetime | None) -> Appointment:
    """One more visit of the doctor's; with ``waiting_since`` its patient waits, with ``started_at`` it goes on."""
    person = make_person(stage.session, lives_in=stage.town.municipality, name=name)
    waiting, started = said.get("waiting_since"), said.get("started_at")
    status = "arrived" if waiting or started else "booked"
    made = make_appointment(
        stage.session, patient=person, town=stage.town, starts_at=start, doctor=stage.doctor, status=status
    )
    stage.session.add(Visit(appointment_id=made.id, started_at=started, ended_at=said.get("ended_at")))
    stage.session.flush()
    if waiting:
        stage.session.add(
            VisitParticipant(
                appointment_id=made.id, seat="patient", role="patient", name=name, state="waiting", epoch=0,
                waiting_since=waiting, seen_at=waiting,
            )
        )  # fmt: skip
    stage.session.commit()
    return made


def day(stage: Stage) -> tuple[dict[str, str], str]:
    """What the page's script reads, and the page's text."""
    page = stage.practitioner.get("/lege")
    root = page.root.by_id("day")
    assert root is not None
    return {
        name: root.get(f"data-{name}") or "" for name in ("waiting", "title", "say", "news")
    }, page.main_text()


def delay(stage: Stage) -> int | None:
    told: int | None = stage.state(stage.patient)["delay_minutes"]
    return told


# Who waits


def test_several_wait_and_each_new_one_is_news(play: Any, clock: Clock) -> None:
    stage = play(oslo("2026-11-26 08.20"), oslo("2026-11-26 08.16"))
    seen, _text = day(stage)
    assert (seen["waiting"], seen["say"], seen["news"]) == ("0", "", "")
    another(stage, "Ola Nordmann", oslo("2026-11-26 08.00"), waiting_since=clock.now)
    one, _text = day(stage)
    assert (one["title"], one["say"], len(one["news"].split())) == (
        "(1) Dagens timer",
        "Ola Nordmann venter",
        1,
    )
    stage.patient.get(stage.page("venterom"))
    both, text = day(stage)
    assert (both["title"], both["say"]) == ("(2) Dagens timer", "Ola Nordmann, Kari Nordmann venter")
    assert set(one["news"].split()) < set(both["news"].split())
    assert text.index("Ola Nordmann venter") < text.index("Kari Nordmann venter")
    # One leaves and another comes between two looks: as many wait, and it is news all the same.
    stage.post(stage.patient, stage.page("forlat"), expect=204)
    another(stage, "Abdi Sommerregn", oslo("2026-11-26 08.40"), waiting_since=clock.now)
    other, _text = day(stage)
    assert other["waiting"] == both["waiting"]
    assert not set(other["news"].split()) <= set(both["news"].split())


def test_how_long_somebody_has_waited(play: Any, clock: Clock) -> None:
    stage = play(oslo("2026-11-26 08.20"), oslo("2026-11-26 08.16"))
    stage.patient.get(stage.page("venterom"))
    for seconds, words in (
        (0, "siden kl. 08.16"),
        (59, "siden kl. 08.16"),
        (1, "(1 minutt)"),
        (60, "(2 minutter)"),
    ):
        clock.forward(seconds=seconds)
        stage.state(stage.patient)
        assert words in day(stage)[1]
    # A web server whose clock goes after the one that wrote it down.
    clock.forward(seconds=-125)
    text = day(stage)[1]
    assert "venter siden kl. 08.16 Venter" in text
    assert "-1" not in text


@pytest.mark.parametrize(
    ("start", "came", "words"),
    [
        (f"{SPRING} 03.00", f"{SPRING} 01.56", "siden kl. 01.56 (6 minutter)"),
        (f"{SPRING} 03.00", f"{SPRING} 01.59", "siden kl. 01.59 (6 minutter)"),
        (f"{AUTUMN} 03.00", f"{AUTUMN} 03.00", "siden kl. 03.00 (6 minutter)"),
    ],
)
def test_waiting_while_the_clocks_change(play: Any, clock: Clock, start: str, came: str, words: str) -> None:
    stage = play(oslo(start), oslo(came))
    stage.patient.get(stage.page("venterom"))
    clock.forward(minutes=6)
    stage.state(stage.patient)
    assert words in day(stage)[1]


def test_waiting_in_the_hour_that_comes_twice(play: Any, clock: Clock) -> None:
    first = oslo(f"{AUTUMN} 03.00") - timedelta(minutes=62)  # 02.58 of the first time
    stage = play(first + timedelta(minutes=4), first)
    stage.patient.get(stage.page("venterom"))
    clock.forward(minutes=6)
    stage.state(stage.patient)
    assert "siden kl. 02.58 (6 minutter)" in day(stage)[1]


# Midnight


def test_a_visit_that_goes_on_over_midnight_stays_on_the_page(play: Any, clock: Clock) -> None:
    stage = play(oslo("2026-11-26 23.50"), oslo("2026-11-26 23.48"))
    stage.both_in()
    clock.now = oslo("2026-11-27 00.03")
    text = day(stage)[1]
    assert "23.50 Kari Nordmann" in text
    assert stage.practitioner.page.has_link("Gå til videorommet")
    stage.post(stage.practitioner, stage.lege("avslutt"))
    assert "Hva kom ut av timen?" in stage.practitioner.get("/lege").text()
    stage.post(stage.practitioner, stage.lege("utfall"), outcome="fulfilled")
    assert "I går 23.50 Kari Nordmann Gjennomført Endre utfallet" in day(stage)[1]


def test_who_waits_at_midnight_is_not_lost(play: Any, clock: Clock) -> None:
    stage = play(oslo("2026-11-26 23.55"), oslo("2026-11-26 23.53"))
    stage.patient.get(stage.page("venterom"))
    clock.now = oslo("2026-11-27 00.01")
    stage.state(stage.patient)
    seen, text = day(stage)
    assert seen["waiting"] == "1"
    assert "siden kl. 23.53 (8 minutter)" in text
    assert stage.practitioner.page.has_button("Slipp inn")


def test_who_waits_before_midnight_for_a_visit_after_it_is_seen(play: Any, clock: Clock) -> None:
    stage = play(oslo("2026-11-27 00.02"), oslo("2026-11-26 23.58"))
    stage.patient.get(stage.page("venterom"))
    seen, text = day(stage)
    assert seen["waiting"] == "1"
    assert "00.02 Kari Nordmann" in text


def test_yesterdays_visits_stand_apart_while_something_can_be_said_of_them(play: Any, clock: Clock) -> None:
    stage = play(oslo("2026-11-27 09.00"), oslo("2026-11-27 08.00"))
    another(stage, "Ola Nordmann", oslo("2026-11-26 15.00"))
    another(stage, "Abdi Sommerregn", oslo("2026-11-28 00.00"))
    another(stage, "Nils Regnbue", oslo("2026-11-25 15.00"))
    today, _, yesterday = day(stage)[1].partition("I går")
    assert "Kari Nordmann" in today
    assert "Ola" not in today
    assert "15.00 Ola Nordmann" in yesterday
    assert "Abdi" not in today + yesterday
    assert "Nils" not in today + yesterday


# How late the doctor is


def test_the_delay_grows_while_one_waits_and_goes_when_the_doctor_is_free(play: Any, clock: Clock) -> None:
    start = oslo("2026-11-26 08.20")
    stage = play(start, oslo("2026-11-26 08.16"))
    earlier = another(stage, "Ola Nordmann", oslo("2026-11-26 08.00"), started_at=oslo("2026-11-26 08.05"))
    stage.patient.get(stage.page("venterom"))
    assert delay(stage) == 5
    clock.now = oslo("2026-11-26 08.24")
    assert delay(stage) == 5
    clock.now = oslo("2026-11-26 08.29")  # it should have been over at 08.25
    assert delay(stage) == 9
    assert stage.state(stage.patient)["delay_text"] == "Legen er ca. 9 min forsinket."
    stored(stage.session, Visit, appointment_id=earlier.id)[0].ended_at = clock.now
    stage.session.commit()
    assert delay(stage) == 9  # late by the clock, until the doctor lets in
    stage.admit()
    assert delay(stage) is None


def test_everybody_before_one_counts(play: Any, clock: Clock) -> None:
    stage = play(oslo("2026-11-26 09.00"), oslo("2026-11-26 08.55"))
    another(stage, "Går på", oslo("2026-11-26 08.00"), started_at=oslo("2026-11-26 08.50"))
    another(stage, "Venter", oslo("2026-11-26 08.20"), waiting_since=oslo("2026-11-26 08.16"))
    another(stage, "Kom aldri", oslo("2026-11-26 08.40"))
    another(stage, "Etterpå", oslo("2026-11-26 09.20"), waiting_since=oslo("2026-11-26 08.54"))
    stage.patient.get(stage.page("venterom"))
    # Until 09.10 the first, until 09.30 the second; who never came takes nothing, who comes later neither.
    assert delay(stage) == 30


def test_another_doctors_delay_is_not_ones_own(play: Any, clock: Clock) -> None:
    stage = play(oslo("2026-11-26 08.20"), oslo("2026-11-26 08.16"))
    busy = another(stage, "Ola Nordmann", oslo("2026-11-26 08.00"), started_at=oslo("2026-11-26 08.15"))
    stored(stage.session, Appointment, id=busy.id)[0].practitioner_id = make_doctor(stage.session).id
    stage.session.commit()
    stage.patient.get(stage.page("venterom"))
    assert delay(stage) is None


def test_a_delay_from_before_midnight_counts_after_it(play: Any, clock: Clock) -> None:
    stage = play(oslo("2026-11-27 00.10"), oslo("2026-11-27 00.06"))
    another(stage, "Ola Nordmann", oslo("2026-11-26 23.50"), started_at=oslo("2026-11-27 00.00"))
    stage.patient.get(stage.page("venterom"))
    assert delay(stage) == 10


@pytest.mark.parametrize("night", [SPRING, AUTUMN])
def test_a_delay_is_minutes_that_pass_also_when_the_clocks_change(
    play: Any, clock: Clock, night: str
) -> None:
    start = oslo(f"{night} 03.00")
    stage = play(start, start - timedelta(minutes=4))
    another(stage, "Ola Nordmann", start - timedelta(minutes=20), started_at=start - timedelta(minutes=12))
    stage.patient.get(stage.page("venterom"))
    assert delay(stage) == 8


def test_a_message_reaches_everybody_who_waits_in_that_visit_and_nobody_else(
    play: Any, another_client: Callable[[], PageClient], clock: Clock
) -> None:
    stage = play(oslo("2026-11-26 08.20"), oslo("2026-11-26 08.16"))
    page = stage.practitioner.post(stage.lege("inviter"), {"name": "Tolk Amina"}, htmx=True)
    guest, other = another_client(), another_client()
    guest.submit(guest.get("/video/gjest").find_form("Gå videre"), code=page.root.all("strong")[0].text())
    neighbour = another(stage, "Ola Nordmann", oslo("2026-11-26 08.00"), waiting_since=clock.now)
    other.log_in("Ola Nordmann")
    for client in (stage.patient, guest):
        client.get(stage.page("venterom"))
    stage.post(stage.practitioner, stage.lege("melding"), message="Jeg kommer om fem minutter.")
    assert [stage.state(client)["message"] for client in (stage.patient, guest)] == [
        "Jeg kommer om fem minutter."
    ] * 2
    assert other.browser.get(f"/video/{neighbour.id}/tilstand").get_json()["message"] is None
    stage.post(stage.practitioner, stage.lege("melding"), message="")
    assert stage.state(stage.patient)["message"] is None
