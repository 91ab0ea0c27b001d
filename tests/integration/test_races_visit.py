"""Doctor, citizen, guests and their second devices at one moment, against the product as it runs.

Whoever is first, there is one truth in the database, the history tells it, and nobody is shown a fault.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.db import Base
from booking.models import Appointment, GuestInvitation, Visit, VisitEvent, VisitParticipant
from tests.factories import Town, make_appointment, make_person, make_town
from tests.race_server import KINDS, Answer, Browser, Server, at_once
from tests.stage import A_FRIDAY_MORNING
from tests.visits import KEY
from video import tickets

MANY = 8
ROUNDS = 3


class StandIn(BaseHTTPRequestHandler):
    """A video server's API: it takes each good ticket once and keeps what it was told."""

    gate = tickets.Gate(KEY)
    lock = threading.Lock()
    told: list[tuple[str, str]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        room = self.path.split("/")[2]
        with self.lock:
            ticket = self.gate.admit(body["ticket"], room=room, now=A_FRIDAY_MORNING.timestamp())
        time.sleep(0.02)  # as long as a real one, so that others come between
        self.told.append(("offer", ticket.seat))
        self._answer({"sdp": "v=0", "seat": ticket.seat, "connection": "one", "participants": []})

    def do_DELETE(self) -> None:
        self.told.append(("delete", self.path))
        self._answer({})

    def _answer(self, told: object) -> None:
        text = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_args: Any) -> None:
        """Not on the tests' output."""


class Listening(ThreadingHTTPServer):
    request_queue_size = 64


@dataclass
class House:
    server: Server
    database: Any
    told: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture(
    scope="module", params=[(kind, name) for name in ("sqlite", "postgresql") for kind in KINDS], ids="-".join
)
def house(
    request: pytest.FixtureRequest,
    make_database: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """A web server, its database and a stand-in for the video server, for all the races here."""
    kind, name = request.param
    folder = tmp_path_factory.mktemp("server")
    told: list[tuple[str, str]] = []
    node = Listening(("127.0.0.1", 0), type("Node", (StandIn,), {"told": told}))
    threading.Thread(target=node.serve_forever, daemon=True).start()
    address = f"1=http://127.0.0.1:{node.server_port}"
    with (
        make_database(request, name, folder) as made,
        Server(kind, made.url, folder, video_nodes=address) as running,
    ):
        yield House(running, made, told)
    node.shutdown()
    node.server_close()


@pytest.fixture
def database(house: House) -> Any:
    return house.database


@dataclass
class Scene:
    """A visit whose door is open, its patient's and its doctor's browsers."""

    house: House
    session: Session
    town: Town
    appointment: Appointment
    patient: Browser
    doctor: Browser

    def video(self, name: str) -> str:
        return f"/video/{self.appointment.id}/{name}"

    def lege(self, name: str) -> str:
        return f"/lege/{self.appointment.id}/{name}"

    def wait(self) -> None:
        assert self.patient.get(self.video("venterom")).status == 200

    def offer(self, browser: Browser) -> Answer:
        return browser.post_json(self.video("tilbud"), {"sdp": "v=0 an offer"})

    def both_in(self) -> None:
        self.wait()
        self.doctor.post(self.lege("slipp-inn"), seat="patient")
        assert [self.offer(each).status for each in (self.doctor, self.patient)] == [200, 200]

    def rows(self, model: Any) -> list[Any]:
        self.session.rollback()
        self.session.expire_all()
        named = model.id if model is Appointment else model.appointment_id
        wanted = sa.select(model).where(named == self.appointment.id)
        return list(self.session.scalars(wanted.order_by(VisitEvent.id) if model is VisitEvent else wanted))

    def one(self, model: Any) -> Any:
        (row,) = self.rows(model)
        return row

    def state(self, seat: str = "patient") -> str | None:
        return next((each.state for each in self.rows(VisitParticipant) if each.seat == seat), None)

    def history(self) -> Counter[tuple[str, str | None]]:
        return Counter((event.what, event.seat) for event in self.rows(VisitEvent))

    def assert_whole(self) -> None:
        """What holds whoever won: nothing broke, and states, times and history say the same."""
        assert self.house.server.faults() == []
        history, visits = self.history(), self.rows(Visit)
        assert len(visits) <= 1
        for visit in visits:
            assert history["end", None] == (visit.ended_at is not None)
        for seat in self.rows(VisitParticipant):
            assert seat.epoch == history["remove", seat.seat]
            last = [e.what for e in self.rows(VisitEvent) if e.seat == seat.seat]
            said = {
                "in": "enter",
                "waiting": "wait",
                "admitted": "admit",
                "removed": "remove",
                "left": "leave",
            }
            steps = [what for what in last if what in said.values()]
            assert steps[-1] == said[seat.state], (seat.seat, seat.state, steps)


@pytest.fixture
def scene(house: House, session: Session) -> Callable[[], Scene]:
    """Makes visits, each with people of its own; at first on an empty database."""
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(table.delete())
    session.commit()
    house.told.clear()
    town = make_town(session, opens="00.00", closes="24.00", doctors=ROUNDS)
    doctors = iter(town.doctors)

    def make(minutes: float = 4) -> Scene:
        person = make_person(session, lives_in=town.municipality)
        doctor = next(doctors)
        start = A_FRIDAY_MORNING + timedelta(minutes=minutes)
        appointment = make_appointment(session, patient=person, town=town, starts_at=start, doctor=doctor)
        port = house.server.port
        patient, practitioner = Browser(port).log_in(person.id), Browser(port).log_in_doctor(doctor.id)
        return Scene(house, session, town, appointment, patient, practitioner)

    return make


def test_a_doctor_who_clicks_many_times_lets_in_once(scene: Callable[[], Scene]) -> None:
    here = scene()
    here.wait()
    tabs = [here.doctor.tab() for _ in range(MANY)]
    answers = at_once([partial(tab.post, here.lege("slipp-inn"), seat="patient") for tab in tabs])
    assert {answer.status for answer in answers} == {303}
    assert (here.state(), here.history()["admit", "patient"]) == ("admitted", 1)
    here.assert_whole()


def test_one_of_many_gets_in_by_a_guests_code(scene: Callable[[], Scene]) -> None:
    here = scene()
    page = here.doctor.post(here.lege("inviter"), name="Tolk Amina").body
    code = page.split('class="code"><strong>')[1].split("</strong>")[0]
    strangers = [Browser(here.house.server.port) for _ in range(MANY)]
    for stranger in strangers:
        stranger.get("/video/gjest")

    answers = at_once([partial(stranger.post, "/video/gjest", code=code) for stranger in strangers])

    assert Counter(answer.status for answer in answers) == {303: 1, 422: MANY - 1}
    statuses = [stranger.get(here.video("sjekk")).status for stranger in strangers]
    assert statuses.count(200) == 1
    assert statuses.index(200) == next(n for n, answer in enumerate(answers) if answer.status == 303)
    assert here.one(GuestInvitation).used_at is not None
    here.assert_whole()


def test_two_clicks_on_invite_take_one_seat(scene: Callable[[], Scene]) -> None:
    here = scene()
    tabs = [here.doctor.tab() for _ in range(4)]
    answers = at_once([partial(tab.post, here.lege("inviter"), name="Tolk Amina") for tab in tabs])
    assert {answer.status for answer in answers} == {200}
    assert here.one(GuestInvitation).seat == "guest-1"
    here.assert_whole()


def test_two_devices_of_one_seat_enter_once(scene: Callable[[], Scene]) -> None:
    here = scene()
    here.wait()
    here.doctor.post(here.lege("slipp-inn"), seat="patient")
    devices = [here.patient.tab() for _ in range(MANY)]
    answers = at_once([partial(here.offer, device) for device in (*devices, here.doctor)])
    assert {answer.status for answer in answers} == {200}
    assert here.history()["enter", "patient"] == 1
    assert (here.state(), here.state("practitioner")) == ("in", "in")
    assert here.one(Visit).started_at is not None
    assert here.one(Visit).node == "1"
    here.assert_whole()


def test_admitted_and_removed_at_once(scene: Callable[[], Scene]) -> None:
    for _ in range(ROUNDS):
        here = scene()
        here.wait()
        acts = [
            partial(here.doctor.tab().post, here.lege(name), seat="patient")
            for name in ("slipp-inn", "fjern")
        ]
        answers = at_once([*acts, *acts, partial(here.offer, here.patient)])
        assert {answer.status for answer in answers[:4]} == {303}
        assert answers[4].status in (200, 403, 409)
        here.assert_whole()
        # Whoever ended up outside has no ticket, and was taken out of the room if already there.
        if here.state() == "removed":
            assert here.offer(here.patient).status == 403
            if answers[4].status == 200:
                assert any("patient?reason=removed" in path for _, path in here.house.told)


def test_the_end_while_people_come_in(scene: Callable[[], Scene]) -> None:
    for _ in range(ROUNDS):
        here = scene()
        here.wait()
        here.doctor.post(here.lege("slipp-inn"), seat="patient")
        here.house.told.clear()
        answers = at_once(
            [
                partial(here.doctor.tab().post, here.lege("avslutt")),
                partial(here.offer, here.patient),
                partial(here.offer, here.doctor.tab()),
                partial(here.patient.tab().get, here.video("venterom")),
                partial(here.doctor.tab().post, here.lege("avslutt")),
            ]
        )
        assert {answers[0].status, answers[4].status} == {303}
        assert {answers[1].status, answers[2].status} <= {200, 403}
        assert here.history()["end", None] == 1
        assert here.state() == "left"
        here.assert_whole()
        # Whoever the video server took in hears the end from it, or was put out again.
        seated = [seat for what, seat in here.house.told if what == "offer"]
        for seat in seated:
            after = here.house.told[here.house.told.index(("offer", seat)) :]
            assert any(what == "delete" for what, _ in after)
        assert here.offer(here.patient).status == 403


def test_outcomes_said_at_once_are_said_one_after_another(scene: Callable[[], Scene]) -> None:
    """A doctor may correct what was said: each line of the history is another outcome than the line before."""
    here = scene()
    here.both_in()
    given = ("fulfilled", "technical_failure") * 3
    answers = at_once([partial(here.doctor.tab().post, here.lege("utfall"), outcome=each) for each in given])
    assert {answer.status for answer in answers} == {303}
    history = here.history()
    said = {"fulfilled": history["fulfil", None], "technical_failure": history["fail", None]}
    outcome = here.one(Appointment).outcome
    assert min(said.values()) >= 1
    assert abs(said["fulfilled"] - said["technical_failure"]) <= 1
    assert said[outcome] == max(said.values())
    assert history["end", None] == 1
    here.assert_whole()


def test_cancelled_while_the_doctor_opens_and_lets_in(scene: Callable[..., Scene]) -> None:
    """The patient cancels in one tab, waits in another; the doctor does all that a doctor can."""
    for _ in range(ROUNDS):
        here = scene()
        cancel = f"/timeavtaler/{here.appointment.id}/avbestill"
        here.patient.get(cancel)
        acts = [
            partial(here.patient.tab().post, cancel),
            partial(here.patient.tab().get, here.video("venterom")),
            partial(here.doctor.tab().post, here.lege("slipp-inn"), seat="patient"),
            partial(here.doctor.tab().post, here.lege("melding"), message="Straks"),
            partial(here.offer, here.doctor.tab()),
            partial(here.doctor.tab().post, here.lege("slipp-inn"), seat="patient"),
        ]
        answers = at_once(acts)
        assert all(answer.status < 500 for answer in answers)
        assert here.house.server.faults() == []
        status = here.one(Appointment).status
        assert status in ("cancelled", "arrived", "booked")
        if status == "cancelled":
            assert here.rows(Visit) == []
            assert here.rows(VisitParticipant) == []
            for late in (acts[1], acts[3], acts[4]):
                assert late().status < 500
            assert here.rows(Visit) == []
        else:
            here.assert_whole()
