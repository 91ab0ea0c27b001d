"""People who come back and people who come and go: rejoin time, and what two hundred joins leave behind.

Clients are aiortc's, in this process; the server is ``python -m video`` in its own.
"""

import asyncio
import time
from typing import Any

import aiohttp

from benchmarks.video.processes import Server, ours
from benchmarks.video.table import Table, at, middle
from tests.video.client import Client, until
from tests.video.tickets_for_tests import KEY

REJOIN = 500
"""Milliseconds."""
GROWTH = 8.0
"""MB that two hundred joins may add once the first two hundred have made the process warm."""


class Guest(Client):
    """A page that notes when its first packet came."""

    first = 0.0

    def _on_sealed(self, data: bytes) -> None:
        self.first = self.first or time.monotonic()
        super()._on_sealed(data)


async def talk(client: Client) -> None:
    """Sound and some picture until cancelled."""
    while True:
        client.send("audio", bytes(80))
        client.send("video", bytes(900))
        await asyncio.sleep(0.01)


async def rejoin(server: Server, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds from asking until the first packet comes, and until the other gets one of the new connection."""
    own, others = [], []
    async with aiohttp.ClientSession() as http:
        doctor = Client(server.base, "room-1", "practitioner", pairs=1, keep=False)
        await doctor.join(http)
        talking = asyncio.ensure_future(talk(doctor))
        old: Client | None = None
        for _ in range(rounds + 1):
            guest = Guest(server.base, "room-1", "patient", pairs=1, keep=False)
            before = doctor.count
            began = time.monotonic()
            joining = asyncio.ensure_future(guest.join(http))
            await until(lambda one=guest: one.first, "a first packet")
            await joining
            before = doctor.count
            guest.send("audio", bytes(80))
            await until(lambda count=before: doctor.count > count, "the other to hear")
            if old:
                own.append((guest.first - began) * 1000)
                others.append((time.monotonic() - began) * 1000)
                await old.leave()
            old = guest
        talking.cancel()
        if old:
            await old.leave()
        await doctor.leave()
    return own, others


async def visit(server: Server, http: aiohttp.ClientSession, number: int) -> None:
    """Two come, send, and leave: the room ended, or the seats, or nobody said goodbye."""
    room = f"room-{number}"
    pages = [Client(server.base, room, seat, pairs=1, keep=False) for seat in ("patient", "practitioner")]
    for page in pages:
        answer = await page.join(http)
        assert answer["status"] == 200, answer
        page.send("video", bytes(900))
    if number % 3 == 1:
        for page in pages:
            await order(server, http, f"/rooms/{room}/seats/{page.seat}")
    for page in pages:
        await page.leave()
    await order(server, http, f"/rooms/{room}")


async def order(server: Server, http: aiohttp.ClientSession, path: str) -> None:
    """As the web application does."""
    headers = {"Authorization": f"Bearer {KEY}"}
    async with http.delete(server.base + path, headers=headers) as response:
        await response.read()


async def come_and_go(server: Server, visits: int) -> list[dict[str, Any]]:
    """What the process holds: warm, after the first half, after all."""
    held = []
    async with aiohttp.ClientSession(headers={"Connection": "close"}) as http:
        for first, count in ((0, 4), (4, visits), (4 + visits, visits)):
            for number in range(first, first + count, 2):
                await asyncio.gather(*(visit(server, http, one) for one in (number, number + 1)))
            await settled(server)
            held.append(server.holds() | {"MB": server.resident()})
    return held


async def settled(server: Server, seconds: float = 10) -> None:
    """Until the last connections have said goodbye."""
    end = time.monotonic() + seconds
    while server.holds()["UDP ports"] and time.monotonic() < end:
        await asyncio.sleep(0.2)
    await asyncio.sleep(1)


async def run(table: Table, *, quick: bool) -> None:
    """Both."""
    rounds, visits = (6, 20) if quick else (20, 100)
    with ours() as server:
        table.heading(f"the same seat again, {rounds} times")
        own, others = await rejoin(server, rounds)
        table.line("first packet to whoever rejoined p50", middle(own), "ms", most=REJOIN)
        table.line("first packet to whoever rejoined p95", at(own, 95), "ms", most=REJOIN)
        table.line("first packet to the other p50", middle(others), "ms", most=REJOIN)
        table.line("first packet to the other p95", at(others, 95), "ms", most=REJOIN)
    with ours() as server:
        table.heading(f"{visits * 2} joins and leaves, and as many again")
        warm, half, whole = await come_and_go(server, visits)
        for name in ("descriptors", "UDP ports", "threads"):
            table.line(f"{name} left by {visits * 2} joins", half[name] - warm[name], "", most=0)
            table.line(f"{name} left by {visits * 4} joins", whole[name] - warm[name], "", most=0)
        table.line(f"memory after 8, {visits * 2} and {visits * 4} joins: first", warm["MB"], "MB")
        table.line("second", half["MB"], "MB")
        table.line("third", whole["MB"], "MB")
        table.line(f"growth by the last {visits * 2}", whole["MB"] - half["MB"], "MB", most=GROWTH)
