"""100,000 bad inputs to every opening of one server: no crash, no exception, no growth; a room lives through all of it.

``python -m benchmarks.video.fuzz [--inputs 100000] [--forward bytes]``
"""

import argparse
import asyncio
import gc
import json
import logging
import resource
import socket
import time

import uvloop

from tests.video.client import Client
from tests.video.conftest import Stage, a_stage
from tests.video.test_malformed import FROM, spoilt, still_works
from tests.video.test_refusals import an_offer, post
from tests.video.tickets_for_tests import ticket

STUN, HELLO = bytes.fromhex("000100002112a442") + bytes(12), bytes.fromhex("16fefd") + bytes(60)
MESSAGES = [{"type": "chat", "text": "hei"}, {"type": "state", "audio": True}, {"type": "ping", "t": 1}]


class Seen(logging.Handler):
    """Keeps what anybody logged as an error."""

    lines: list[str] = []  # noqa: RUF012 - one for the run

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {record.getMessage()}")


async def strangers(patient: Client, count: int) -> None:
    port = patient.wire._connection._nominated[1].remote_addr
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for number in range(count):
            seed = FROM.choice([STUN, HELLO, b"\x80\x60" + bytes(40), b"\x80\xc8" + bytes(40)])
            stranger.sendto(spoilt(seed) if number % 4 else FROM.randbytes(FROM.randrange(1500)), port)
            if number % 100 == 0:
                await asyncio.sleep(0.002)


async def participant(guest: Client, count: int) -> None:
    rtp = guest.send("video", b"picture" * 20)
    kinds = [
        rtp,
        bytes.fromhex("81ce0002") + rtp[8:12] * 2,
        bytes.fromhex("81cd0003") + rtp[8:12] * 2 + bytes(4),
    ]
    kinds += [bytes.fromhex("80c80006") + rtp[8:12] + bytes(20)]
    kinds += [
        bytes.fromhex("8fce0005") + rtp[8:12] + bytes(4) + b"REMB" + bytes.fromhex("01000fff") + rtp[8:12]
    ]
    for number in range(count):
        data = spoilt(FROM.choice(kinds))
        if len(data) >= 12:
            guest.wire.send(bytes([data[0] & 0x3F | 0x80]) + data[1:])
        if number % 100 == 0:
            await asyncio.sleep(0.002)


async def messages(guest: Client, count: int) -> None:
    for number in range(count):
        guest.channel.send(spoilt(json.dumps(FROM.choice(MESSAGES)).encode()).decode(errors="replace"))
        if number % 50 == 0:
            await asyncio.sleep(0.01)


async def offers(stage: Stage, count: int) -> None:
    offer = (await an_offer(stage)).encode()
    for _ in range(count):
        status, _word = await post(stage, ticket("room-a", "guest-2"), spoilt(offer).decode(errors="replace"))
        assert status in (200, 422), status


async def run(inputs: int, forward: str) -> None:
    async with a_stage(forward=forward, offers_per_minute=1_000_000) as stage:
        doctor, patient = await stage.page("practitioner"), await stage.page("patient")
        rounds = 20
        for number in range(rounds):
            guest = await stage.page("guest-1", keep=False)
            await strangers(patient, inputs * 55 // 100 // rounds)
            await participant(guest, inputs * 40 // 100 // rounds)
            await messages(guest, inputs * 4 // 100 // rounds)
            await offers(stage, inputs // 100 // rounds)
            await stage.order("DELETE", "/rooms/room-a/seats/guest-1")
            await stage.order("DELETE", "/rooms/room-a/seats/guest-2")
            await still_works(stage, doctor, patient)
            for page in (doctor, patient, guest):
                page.received.clear()
                page.control.clear()
                page.messages.clear()
            stage.clients.remove(guest)
            await guest.leave()
            gc.collect()
            print(f"{number + 1}/{rounds}: {len(gc.get_objects())} objects, {memory():.0f} MB", flush=True)
        print(f"{inputs} inputs, {stage.host.forwarder.counters}")


def memory() -> float:
    """Most memory so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--forward", choices=["bytes", "packets"], default="bytes")
    given = parser.parse_args()
    logging.getLogger().addHandler(Seen(logging.ERROR))
    began = time.monotonic()
    uvloop.run(run(given.inputs, given.forward))
    print(f"{time.monotonic() - began:.0f} s, {len(Seen.lines)} errors logged")
    for line in sorted(set(Seen.lines)):
        print(line)


if __name__ == "__main__":
    main()
