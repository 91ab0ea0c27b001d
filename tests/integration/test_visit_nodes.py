"""Several video servers on one machine, each a real process: where rooms are, and what happens when one goes.

Pages come through the web application's real addresses; their media side is tests/video/client.py. As a browser's page
does, each asks for an echo and comes again into its seat when nothing is heard for three seconds.
"""

import asyncio
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import utc_now
from booking.db import Base
from booking.integrations.video_node.port import nodes_for
from booking.models import Appointment, Practitioner, VisitEvent
from tests.factories import EVERY_DAY, make_appointment, make_hours, make_person, make_town
from tests.race_server import PROJECT, Browser, Server
from tests.video.client import Client, until
from tests.visits import KEY

SILENCE = 3.0
BACK_WITHIN = 10.0
DRAIN = 5.0
NAMES = ("a", "b", "c")


@dataclass
class Node:
    """One `python -m video` on a port of its own, that can be killed and started again."""

    name: str
    log: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if not self.port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
        named = {"KEY": KEY, "PORT": self.port, "ADDRESSES": "127.0.0.1", "DRAIN_SECONDS": DRAIN}
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "video"],
                cwd=PROJECT,
                env=os.environ | {f"NETTLEGE_VIDEO_{name}": str(value) for name, value in named.items()},
                stderr=output,
            )

    def ready(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def send(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    def end(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(10)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass
class House:
    """Web server, video servers, and somebody who looks into all of them."""

    server: Server
    nodes: dict[str, Node]
    session: Session
    appointments: dict[str, list[tuple[Appointment, int, int]]] = field(default_factory=dict)

    def take(self, node: str) -> tuple[str, Browser, Browser]:
        """A visit whose room goes first to ``node``: its id, its patient's and doctor's browsers, both let in."""
        appointment, person, doctor = self.appointments[node].pop()
        patient = Browser(self.server.port).log_in(person)
        practitioner = Browser(self.server.port).log_in_doctor(doctor)
        assert patient.get(f"/video/{appointment.id}/venterom").status == 200
        assert practitioner.post(f"/lege/{appointment.id}/slipp-inn", seat="patient").status == 303
        return str(appointment.id), patient, practitioner

    async def holding(self, http: aiohttp.ClientSession, room: str) -> list[str]:
        """The names of the video servers on which somebody is connected to this room."""
        found = []
        for node in self.nodes.values():
            headers = {"Authorization": f"Bearer {KEY}"}
            with suppress(aiohttp.ClientError):
                async with http.get(f"{node.address}/rooms/{room}", headers=headers) as answer:
                    seats = (await answer.json())["participants"] if answer.status == 200 else []
                    found += [node.name] if any(seat["connection"] for seat in seats) else []
        return found

    def history(self, room: str) -> list[str]:
        self.session.rollback()
        events = self.session.scalars(sa.select(VisitEvent).order_by(VisitEvent.id))
        return [f"{event.what} {event.seat}" for event in events if str(event.appointment_id) == room]


@dataclass
class Page:
    """A page in the room: one seat's connection, made anew whenever the line is silent."""

    browser: Browser
    room: str
    seat: str
    client: Client | None = None
    joins: int = 0
    taken_over: bool = False
    heard: float = 0.0
    faults: list[int] = field(default_factory=list)
    living: "asyncio.Task[None] | None" = None

    async def open(self) -> "Page":
        self.living = asyncio.ensure_future(self._live())
        await until(lambda: self.joins, f"{self.seat} to come in", 20)
        return self

    async def _live(self) -> None:
        while not self.taken_over:
            if await self._join():
                await self._listen()

    async def _join(self) -> bool:
        client = Client("", self.room, self.seat)
        offer = await client.prepare()
        path = f"/video/{self.room}/tilbud"
        answer = await asyncio.to_thread(self.browser.post_json, path, {"sdp": offer})
        if answer.status == 200:
            with suppress(AssertionError, TimeoutError):
                await asyncio.wait_for(client.accept(json.loads(answer.body)["sdp"]), 8)
                await client.until(lambda: client.channel.readyState == "open", "the channel", 4)
                self.client, before = client, self.client
                self.joins += 1
                if before:
                    await before.leave()
                return True
        self.faults.append(answer.status)
        await client.leave()
        await asyncio.sleep(0.5)
        return False

    async def _listen(self) -> None:
        client = self.client
        assert client
        self.heard, count = time.monotonic(), 0
        while time.monotonic() - self.heard < SILENCE and client.connection.connectionState == "connected":
            if client.channel.readyState == "open":
                client.say(type="ping", t=1)
            await asyncio.sleep(0.25)
            if client.told("taken_over"):
                self.taken_over = True
            if len(client.messages) > count:
                self.heard, count = time.monotonic(), len(client.messages)

    async def hears(self, other: "Page", word: bytes) -> None:
        """Media of ``other`` comes through, from wherever both are now."""
        end = time.monotonic() + BACK_WITHIN
        while not (self.client and word in self.client.payloads()):
            assert time.monotonic() < end, f"{self.seat} does not hear {other.seat}"
            if other.client and other.client.connection.connectionState == "connected":
                other.client.send("audio", word)
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        if self.living:
            self.living.cancel()
            with suppress(asyncio.CancelledError):
                await self.living
        if self.client:
            await self.client.leave()


@pytest.fixture(scope="module")
def database(
    request: pytest.FixtureRequest,
    make_database: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Any]:
    with make_database(request, "sqlite", tmp_path_factory.mktemp("data")) as made:
        yield made


@pytest.fixture(scope="module")
def running(
    database: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, dict[str, Node]]]:
    folder = tmp_path_factory.mktemp("servers")
    nodes = {name: Node(name, folder / f"{name}.log") for name in NAMES}
    try:
        for node in nodes.values():
            node.start()
        asyncio.run(until(lambda: all(node.ready() for node in nodes.values()), "video servers", 60))
        addresses = ",".join(f"{node.name}={node.address}" for node in nodes.values())
        with Server("waitress", database.url, folder, real_time=True, video_nodes=addresses) as server:
            yield server, nodes
    finally:
        for node in nodes.values():
            node.end()


@pytest.fixture
def house(running: tuple[Server, dict[str, Node]], session: Session) -> Iterator[House]:
    """Everything runs, and for each video server there are visits whose rooms go there first."""
    server, nodes = running
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(table.delete())
    session.commit()
    house = House(server, nodes, session, {name: [] for name in NAMES})
    town = make_town(session, opens="00.00", closes="24.00")
    start = utc_now().replace(second=0, microsecond=0) + timedelta(minutes=2)
    for number in range(100):
        doctor = Practitioner(name=f"Lege {number}", hpr_number=f"88{number:05}")
        session.add(doctor)
        session.commit()
        make_hours(
            session, service=town.service, doctor=doctor, opens="00.00", closes="24.00", weekdays=EVERY_DAY
        )
        person = make_person(session, lives_in=town.municipality, name=f"Oppdiktet {number}", age=20 + number)
        appointment = make_appointment(session, patient=person, town=town, starts_at=start, doctor=doctor)
        house.appointments[nodes_for(str(appointment.id), NAMES)[0]].append(
            (appointment, person.id, doctor.id)
        )
        if all(len(visits) >= 2 for visits in house.appointments.values()):
            break
    yield house
    for node in nodes.values():
        if node.process is None or node.process.poll() is not None:
            node.start()
    asyncio.run(until(lambda: all(node.ready() for node in nodes.values()), "video servers", 60))
    # 503 is an answer while nobody is there; anything else is a fault.
    assert [line for line in server.faults() if '"status": 503' not in line] == []


def play(story: Callable[[aiohttp.ClientSession, list[Page]], Awaitable[None]]) -> None:
    async def whole() -> None:
        pages: list[Page] = []
        async with asyncio.timeout(120), aiohttp.ClientSession() as http:
            try:
                await story(http, pages)
            finally:
                await asyncio.gather(*(page.close() for page in pages))

    asyncio.run(whole())
    # aioice leaves a test page's socket open when its server never answered: let go here, not in the middle of a test
    # that has nothing to do with it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


async def come_in(house: House, node: str, pages: list[Page]) -> tuple[str, Page, Page]:
    """A visit that goes on, its patient and doctor in the room."""
    room, patient, doctor = await asyncio.to_thread(house.take, node)
    both = [
        await Page(browser, room, seat).open()
        for browser, seat in ((patient, "patient"), (doctor, "practitioner"))
    ]
    pages += both
    await both[1].hears(both[0], b"first")
    return room, both[0], both[1]


def test_rooms_spread_and_a_killed_server_s_room_moves(house: House) -> None:
    async def story(http: aiohttp.ClientSession, pages: list[Page]) -> None:
        visits = {name: await come_in(house, name, pages) for name in NAMES}
        for name, (room, _patient, _doctor) in visits.items():
            assert await house.holding(http, room) == [name]
        room, patient, doctor = visits["a"]
        began = time.monotonic()
        house.nodes["a"].end()
        await asyncio.gather(patient.hears(doctor, b"again"), doctor.hears(patient, b"back"))
        assert time.monotonic() - began < BACK_WITHIN
        wanted = nodes_for(room, NAMES)[1]
        assert await house.holding(http, room) == [wanted]
        # Nobody else noticed.
        for name in NAMES[1:]:
            other, *both = visits[name]
            assert [page.joins for page in both] == [1, 1]
            assert await house.holding(http, other) == [name]
        # It comes back: who is elsewhere stays there, and a rejoin goes where the others are.
        house.nodes["a"].start()
        await until(house.nodes["a"].ready, "the server to come back", 60)
        assert patient.client
        await patient.client.leave()
        await until(lambda: patient.joins >= 3, "the patient to come again", 10)
        await doctor.hears(patient, b"third")
        assert await house.holding(http, room) == [wanted]
        assert house.history(room).count("enter patient") == 1

    play(story)


def test_everybody_is_back_when_all_servers_are_started_anew(house: House) -> None:
    async def story(http: aiohttp.ClientSession, pages: list[Page]) -> None:
        visits = [await come_in(house, name, pages) for name in ("b", "c")]
        for node in house.nodes.values():
            node.end()
        for node in house.nodes.values():
            node.start()
        await until(lambda: all(node.ready() for node in house.nodes.values()), "the servers", 60)
        began = time.monotonic()
        await asyncio.gather(
            *(patient.hears(doctor, b"again") for _, patient, doctor in visits),
            *(doctor.hears(patient, b"back") for _, patient, doctor in visits),
        )
        assert time.monotonic() - began < BACK_WITHIN
        for room, _patient, _doctor in visits:
            assert len(await house.holding(http, room)) == 1

    play(story)


def test_a_server_that_is_told_to_stop_drains(house: House) -> None:
    async def story(http: aiohttp.ClientSession, pages: list[Page]) -> None:
        room, patient, doctor = await come_in(house, "b", pages)
        process = house.nodes["b"].process
        assert process
        house.nodes["b"].send(signal.SIGTERM)
        told = time.monotonic()
        # A visit that would begin there begins elsewhere; the one that goes on goes on, also for who comes anew.
        other, *_both = await come_in(house, "b", pages)
        assert await house.holding(http, other) == [nodes_for(other, NAMES)[1]]
        assert patient.client
        await patient.client.leave()
        await doctor.hears(patient, b"still here")
        assert await house.holding(http, room) == ["b"]
        assert doctor.joins == 1
        # When the time is up it stops, and whoever is left moves.
        await until(lambda: process.poll() is not None, "it to stop", DRAIN + 5)
        assert process.returncode == 0
        assert time.monotonic() - told > DRAIN - 1
        stopped = time.monotonic()
        await asyncio.gather(patient.hears(doctor, b"moved"), doctor.hears(patient, b"moved too"))
        assert time.monotonic() - stopped < BACK_WITHIN
        assert await house.holding(http, room) == [nodes_for(room, NAMES)[1]]

    play(story)


def test_of_two_devices_at_once_one_lives_and_the_other_is_told(house: House) -> None:
    async def story(http: aiohttp.ClientSession, pages: list[Page]) -> None:
        room, browser, _doctor = await asyncio.to_thread(house.take, "c")
        devices = [Page(browser.tab(), room, "patient") for _ in range(2)]
        pages += devices
        await asyncio.gather(*(device.open() for device in devices))
        await until(lambda: any(device.taken_over for device in devices), "one to be told")
        (alive,) = [device for device in devices if not device.taken_over]
        await asyncio.sleep(1)
        assert [device.taken_over for device in devices].count(True) == 1
        assert alive.client
        before = len(alive.client.told("pong"))
        await until(lambda: alive.client and len(alive.client.told("pong")) > before, "an echo")
        assert house.history(room).count("enter patient") == 1

    play(story)


def test_a_server_that_hangs_is_left(house: House) -> None:
    """Stopped in its tracks a process still takes calls: only when it says nothing at all does its room move."""

    async def story(http: aiohttp.ClientSession, pages: list[Page]) -> None:
        room, patient, _doctor = await come_in(house, "a", pages)
        house.nodes["a"].send(signal.SIGSTOP)
        try:
            began = time.monotonic()
            await until(lambda: patient.joins == 2, "the patient to be back", 15)
            assert time.monotonic() - began < SILENCE + 4 + 1 + 3
        finally:
            house.nodes["a"].end()
        assert await house.holding(http, room) == [nodes_for(room, NAMES)[1]]

    play(story)
