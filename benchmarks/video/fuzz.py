"""100,000 bad inputs to every opening of one server: no crash, no unlogged exception, no growth; the room goes on.

``python -m benchmarks.video.fuzz [--inputs 100000] [--forward packets] [--seed 1]``
"""

import argparse
import asyncio
import gc
import json
import logging
import os
import socket
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog
import uvloop

from benchmarks.video.table import Table
from tests.video.client import Client
from tests.video.conftest import Stage, a_stage
from tests.video.test_malformed import FROM, spoilt, still_works
from tests.video.test_refusals import an_offer, post
from tests.video.tickets_for_tests import ticket
from video import messages as limits

STUN, HELLO = bytes.fromhex("000100002112a442") + bytes(12), bytes.fromhex("16fefd") + bytes(60)
RTP, RTCP = b"\x80\x60" + bytes(40), b"\x80\xc8" + bytes(40)
MESSAGES = [
    {"type": "chat", "text": "hei"},
    {"type": "state", "audio": True, "video": False, "screen": False},
    {"type": "mute", "seat": "patient", "kind": "audio"},
    {"type": "ping", "t": 1},
]
SHARES = {"port": 50, "participant": 38, "message": 8, "request": 2, "offer": 2}
"""Of a hundred inputs."""
ROUNDS, WARM = 20, 8
MOST_OBJECTS, MOST_MB = 500, 4.0
"""From the eighth round to the last."""
EXPECTED = {200, 400, 401, 403, 404, 405, 409, 413, 422, 429}


class Seen(logging.Handler):
    """Keeps what anybody logged as an error, in either way of logging."""

    lines: list[str] = []  # noqa: RUF012 - one for the run

    def emit(self, record: logging.LogRecord) -> None:
        """A standard logger's."""
        self.lines.append(f"{record.name}: {record.getMessage()}")


def keep_errors(_logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog logger's."""
    if method in ("error", "exception", "critical"):
        Seen.lines.append(str(event))
    raise structlog.DropEvent


async def to_the_port(patient: Client, count: int) -> None:
    """Anybody sends anything to a participant's port, unencrypted."""
    port = patient.wire._connection._nominated[1].remote_addr
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for number in range(count):
            seed = FROM.choice([STUN, HELLO, RTP, RTCP])
            data = spoilt(seed) if number % 4 else FROM.randbytes(FROM.randrange(1400))
            stranger.sendto(data, port)
            if number % 50 == 0:
                await asyncio.sleep(0.002)


async def by_a_participant(guest: Client, count: int) -> None:
    """Spoilt RTP and RTCP, properly encrypted; what libsrtp will not even encrypt does not count."""
    rtp = guest.send("video", b"picture" * 20)
    kinds = [
        rtp,
        rtp[:1] + bytes([0x80 | 98]) + rtp[2:],  # as if sent again
        bytes.fromhex("81ce0002") + rtp[8:12] * 2,
        bytes.fromhex("81cd0003") + rtp[8:12] * 2 + bytes(4),
        bytes.fromhex("80c80006") + rtp[8:12] + bytes(20),
        bytes.fromhex("8fce0005") + rtp[8:12] + bytes(4) + b"REMB" + bytes.fromhex("01000fff") + rtp[8:12],
    ]
    sent = 0
    while sent < count:
        data = spoilt(FROM.choice(kinds))
        if len(data) < 12:
            continue
        refused = guest.wire.refused
        guest.wire.send(bytes([data[0] & 0x3F | 0x80]) + data[1:])
        sent += guest.wire.refused == refused
        if sent % 50 == 0:
            await asyncio.sleep(0.002)


async def messages(guest: Client, count: int) -> None:
    """On the data channel."""
    for number in range(count):
        data = spoilt(json.dumps(FROM.choice(MESSAGES)).encode())
        guest.channel.send(data if number % 5 == 0 else data.decode(errors="replace"))
        if number % 20 == 0:
            await asyncio.sleep(0.01)


async def requests(stage: Stage, count: int) -> None:
    """Spoilt bodies, tickets and room names, to the door that browsers' offers come by."""
    for number in range(count):
        good = ticket("room-a", "guest-2")
        body = json.dumps({"ticket": good, "sdp": "v=0"}).encode()
        path = "/rooms/room-a/seats"
        match number % 3:
            case 0:
                body = spoilt(body)
            case 1:
                body = json.dumps(
                    {"ticket": spoilt(good.encode()).decode(errors="replace"), "sdp": 1}
                ).encode()
            case _:
                path = f"/rooms/{spoilt(b'room-a').hex()}/seats/{FROM.randrange(9)}"
        async with stage.http.post(stage.base + path, data=body) as response:
            assert response.status in EXPECTED, response.status
            await response.read()


async def offers(stage: Stage, count: int) -> None:
    """Spoilt SDP with a good ticket."""
    offer = (await an_offer(stage)).encode()
    for _ in range(count):
        status, _word = await post(stage, ticket("room-a", "guest-2"), spoilt(offer).decode(errors="replace"))
        assert status in (200, 422), status


async def one_round(stage: Stage, share: dict[str, int]) -> None:
    """A new guest spoils everything, then is put out."""
    doctor, patient = stage.clients[:2]
    guest = await stage.page("guest-1", keep=False)
    await to_the_port(patient, share["port"])
    await by_a_participant(guest, share["participant"])
    await messages(guest, share["message"])
    await requests(stage, share["request"])
    await offers(stage, share["offer"])
    for seat in ("guest-1", "guest-2"):
        await stage.order("DELETE", f"/rooms/room-a/seats/{seat}")
    await still_works(stage, doctor, patient)
    stage.clients.remove(guest)
    await guest.leave()
    for page in (doctor, patient):
        page.received.clear()
        page.control.clear()
        page.messages.clear()


async def run(table: Table, inputs: int, forward: str) -> None:
    """All rounds; the doctor and the patient see and hear each other after each."""
    share = {name: inputs * part // 100 // ROUNDS for name, part in SHARES.items()}
    table.heading(f"{inputs:,} bad inputs, forwarding {forward}")
    held: list[tuple[int, float]] = []
    began = time.monotonic()
    limits.MESSAGES_PER_SECOND = 1_000_000  # else nearly all would be refused unread
    async with a_stage(forward=forward, offers_per_minute=1_000_000) as stage:
        await stage.page("practitioner")
        await stage.page("patient")
        for _ in range(ROUNDS):
            await one_round(stage, share)
            await gone(stage)
            held.append((len(gc.get_objects()), resident()))
        malformed = stage.host.forwarder.counters.malformed
    table.line("sent within", time.monotonic() - began, "s")
    table.line("counted as malformed by the server", malformed, "")
    table.line("errors logged, exceptions nobody caught", len(Seen.lines), "", most=0)
    for line in sorted(set(Seen.lines))[:10]:
        print(f"    {line}")
    if inputs >= ROUNDS * 1000:
        first, last = held[WARM - 1], held[-1]
        note = f"{first[0]:,} → {last[0]:,}"
        table.line("objects more than after two fifths", last[0] - first[0], "", most=MOST_OBJECTS, note=note)
        note = f"{first[1]:.1f} → {last[1]:.1f} MB"
        table.line("memory more than after two fifths", last[1] - first[1], "MB", most=MOST_MB, note=note)


async def gone(stage: Stage) -> None:
    """Until connections that were put out have closed, so that rounds can be compared."""
    end = time.monotonic() + 5
    while len(stage.host.forwarder._peers) > 2 and time.monotonic() < end:
        await asyncio.sleep(0.05)
    gc.collect()


def resident() -> float:
    """Memory in use, MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def report(table: Table, inputs: int, forward: str) -> None:
    """In this process, which should be one of its own."""
    Seen.lines.clear()
    seen = Seen(logging.ERROR)
    logging.getLogger().addHandler(seen)
    structlog.configure(processors=[keep_errors])
    try:
        uvloop.run(run(table, inputs, forward))
    finally:
        logging.getLogger().removeHandler(seen)


def main() -> int:
    """Status 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--forward", choices=["bytes", "packets"], default="bytes")
    parser.add_argument("--seed", type=int, default=20261120)
    given = parser.parse_args()
    FROM.seed(given.seed)
    table = Table()
    report(table, given.inputs, given.forward)
    return table.end()


if __name__ == "__main__":
    raise SystemExit(main())
