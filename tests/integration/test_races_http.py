"""Many browsers at one moment against the product as it runs: one process with threads, and several processes.

Whoever wins, one does; the others are told so on a page with the nearest free times, and nothing breaks.
"""

import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import utc_minute
from booking.db import Base
from booking.models import Appointment, AppointmentEvent, Draft, Person, Slot
from tests.booked_once import faults
from tests.factories import Town, make_appointment, make_person, make_town, oslo
from tests.race_server import KINDS, Answer, Browser, Server, at_once, side_by_side
from tests.stage import A_FRIDAY_MORNING

NOW = A_FRIDAY_MORNING
MANY = 50
REASON = "Utslett på hendene siden mandag"
WANTED = oslo("2026-11-23 09.00")
VISIT = timedelta(minutes=20)


@pytest.fixture(
    scope="module", params=[(kind, name) for name in ("sqlite", "postgresql") for kind in KINDS], ids="-".join
)
def stage(
    request: pytest.FixtureRequest,
    make_database: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Server, Any]]:
    """A server and its database, for all the races here: three processes take seconds to start."""
    kind, name = request.param
    folder = tmp_path_factory.mktemp("server")
    with make_database(request, name, folder) as made, Server(kind, made.url, folder) as running:
        yield running, made


@pytest.fixture
def database(stage: tuple[Server, Any]) -> Any:
    return stage[1]


@pytest.fixture
def server(stage: tuple[Server, Any], session: Session) -> Server:
    """The running server on an empty database."""
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(table.delete())
    session.commit()
    return stage[0]


@pytest.fixture
def town(server: Server, session: Session) -> Town:
    return make_town(session, opens="08.00", closes="20.00")


def crowd(session: Session, town: Town, how_many: int) -> list[Person]:
    """Citizens of the town, each of another age, so that their numbers differ."""
    return [
        make_person(session, lives_in=town.municipality, name=f"Oppdiktet {n}", age=20 + n)
        for n in range(how_many)
    ]


def log_everybody_in(server: Server, people: list[Person]) -> list[Browser]:
    return side_by_side([partial(Browser(server.port).log_in, person.id) for person in people])


def pick(browser: Browser, path: str, start: datetime) -> Answer:
    return browser.post(f"{path}/tidspunkt", start=utc_minute(start))


def send(browser: Browser, path: str) -> Answer:
    return browser.post(f"{path}/se-gjennom", reason=REASON)


def assert_one_won(answers: list[Answer], leads_to: str) -> int:
    """Exactly one is led on; everybody else gets 409 with the nearest free times. Returns the winner's place."""
    assert Counter(answer.status for answer in answers) == {303: 1, 409: len(answers) - 1}
    for answer in answers:
        if answer.status == 409:
            assert "Noen andre rakk denne tiden" in answer.body
            offered = re.findall(r'<button name="start" value="([^"]+)"', answer.body)
            assert len(offered) == 3
            assert utc_minute(WANTED) not in offered
    won = next(place for place, answer in enumerate(answers) if answer.status == 303)
    assert answers[won].location.endswith(leads_to)
    return won


def rows(session: Session, model: type) -> list[Any]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(sa.select(model)))


def let_holds_run_out(session: Session) -> None:
    session.execute(sa.update(Slot).where(Slot.draft_id.is_not(None)).values(expires_at=NOW - VISIT))
    session.commit()


def under_way(
    session: Session, town: Town, *, patient: Person, booked_by: Person, start: datetime, doctor: int = 0
) -> str:
    """A booking of somebody for a patient, come as far as step 3. Returns its path."""
    draft_id, columns = uuid.uuid4(), {"service_id": town.service.id}
    session.add(
        Draft(
            id=draft_id, booked_by_id=booked_by.id, patient_id=patient.id, status="open", answer="no",
            answered_at=NOW, chosen_at=start, created_at=NOW, updated_at=NOW, **columns,
        )
    )  # fmt: skip
    session.flush()
    session.add(
        Slot(
            practitioner_id=town.doctors[doctor].id, starts_at=start, ends_at=start + VISIT, draft_id=draft_id,
            status="busy-tentative", expires_at=NOW + timedelta(minutes=10), **columns,
        )
    )  # fmt: skip
    session.commit()
    return f"/bestilling/{draft_id}"


def log_in_to_send(server: Server, person: Person) -> Browser:
    browser = Browser(server.port).log_in(person.id)
    browser.get("/timeavtaler")
    return browser


def test_one_of_fifty_gets_the_time(server: Server, session: Session, town: Town) -> None:
    browsers = log_everybody_in(server, crowd(session, town, MANY))
    paths = side_by_side([partial(browser.begin, "kristiansand") for browser in browsers])

    picked = at_once([partial(pick, *who, WANTED) for who in zip(browsers, paths, strict=True)])

    won = assert_one_won(picked, "/se-gjennom")
    (slot,) = rows(session, Slot)
    assert (slot.starts_at, paths[won]) == (WANTED, f"/bestilling/{slot.draft_id}")
    assert faults(session, NOW) == []

    # Everybody had it once and waited too long: now all of them send at one moment.
    session.execute(sa.delete(Slot))
    session.execute(sa.update(Draft).values(chosen_at=WANTED))
    session.commit()
    sent = at_once([partial(send, *who) for who in zip(browsers, paths, strict=True)])

    won = assert_one_won(sent, "/bekreftelse")
    (slot,), (appointment,) = rows(session, Slot), rows(session, Appointment)
    assert (slot.starts_at, slot.appointment_id, slot.status) == (WANTED, appointment.id, "busy")
    assert paths[won] == f"/bestilling/{appointment.draft_id}"
    assert "Timebestillingen er sendt" in browsers[won].get(sent[won].location).body
    assert all(draft.reason == REASON for draft in rows(session, Draft) if draft.status == "open")
    assert faults(session, NOW) == []
    assert server.faults() == []


def test_fifty_sends_of_one_booking_are_one(server: Server, session: Session, town: Town) -> None:
    (kari,) = crowd(session, town, 1)
    browser = Browser(server.port).log_in(kari.id)
    path = browser.begin("kristiansand")
    assert pick(browser, path, WANTED).status == 303
    tabs = [Browser(server.port, dict(browser.cookies), browser.token) for _ in range(MANY)]

    sent = at_once([partial(send, tab, path) for tab in tabs])

    assert {(answer.status, answer.location) for answer in sent} == {(303, f"{path}/bekreftelse")}
    assert "Timebestillingen er sendt" in tabs[-1].get(sent[-1].location).body
    assert [len(rows(session, model)) for model in (Appointment, AppointmentEvent, Slot, Draft)] == [
        1,
        1,
        1,
        1,
    ]
    assert faults(session, NOW) == []
    assert server.faults() == []


def test_a_circle_of_people_who_want_each_others_time(server: Server, session: Session, town: Town) -> None:
    """Each lets one row go and wants the next one's: with locks taken in a circle, somebody has to give way."""
    browsers = log_everybody_in(server, crowd(session, town, 20))
    paths = side_by_side([partial(browser.begin, "kristiansand") for browser in browsers])
    times = [WANTED + n * VISIT for n in range(20)]
    who = list(zip(browsers, paths, strict=True))
    held = side_by_side([partial(pick, *one, start) for one, start in zip(who, times, strict=True)])
    assert {answer.status for answer in held} == {303}

    for step in (1, 19, 7):
        for run_out in (False, True):
            if run_out:
                let_holds_run_out(session)
            wanted = [times[(n + step) % 20] for n in range(20)]
            answers = at_once([partial(pick, *one, start) for one, start in zip(who, wanted, strict=True)])
            assert {answer.status for answer in answers} <= {303, 409}
            holders = {str(slot.draft_id): slot.starts_at for slot in rows(session, Slot)}
            for (_, path), start, answer in zip(who, wanted, answers, strict=True):
                if answer.status == 303:
                    assert holders[path.rpartition("/")[2]] == start
            assert faults(session, NOW) == []
    assert server.faults() == []


def test_two_services_do_not_see_one_patient_at_once(server: Server, session: Session, town: Town) -> None:
    other = make_town(session, name="Arendal", number="4203", opens="08.00", closes="20.00")
    here = make_person(session, lives_in=town.municipality, name="Ola Nordmann", age=61)
    there = make_person(session, lives_in=other.municipality, name="Abdi Sommerregn", age=62)
    ola, abdi = log_in_to_send(server, here), log_in_to_send(server, there)
    sends = []
    for n, patient in enumerate(crowd(session, town, 8)):
        start = WANTED + n * VISIT
        mine = under_way(session, town, patient=patient, booked_by=here, start=start)
        late = start + VISIT - timedelta(minutes=1)
        yours = under_way(session, other, patient=patient, booked_by=there, start=late)
        sends += [partial(send, ola, mine), partial(send, abdi, yours)]

    answers = at_once(sends)

    for pair in zip(answers[::2], answers[1::2], strict=True):
        assert sorted(answer.status for answer in pair) == [303, 409]
        assert any("Du har allerede en time da" in answer.body for answer in pair)
    assert len(rows(session, Appointment)) == 8
    assert faults(session, NOW) == []
    assert server.faults() == []


def test_a_third_visit_is_booked_and_no_fourth(server: Server, session: Session, town: Town) -> None:
    """A patient with two coming visits, for whom five others book a third at the same moment."""
    patient, *bookers = crowd(session, town, 6)
    for n in range(2):
        make_appointment(session, patient=patient, town=town, starts_at=WANTED + (10 + n) * VISIT)
    browsers = side_by_side([partial(log_in_to_send, server, booker) for booker in bookers])
    paths = [
        under_way(session, town, patient=patient, booked_by=booker, start=WANTED + n * VISIT)
        for n, booker in enumerate(bookers)
    ]

    answers = at_once([partial(send, *one) for one in zip(browsers, paths, strict=True)])

    assert Counter(answer.status for answer in answers) == {303: 1, 409: 4}
    assert sum("Du kan ikke bestille flere timer nå" in answer.body for answer in answers) == 4
    assert len(rows(session, Appointment)) == 3
    assert faults(session, NOW) == []
    assert server.faults() == []
