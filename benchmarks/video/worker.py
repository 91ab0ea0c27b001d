"""The load client's process: joins its rooms, then does what each line on standard input says, and answers in JSON.

``go``: play. ``rest``: stop. ``count``: what was sent and received. ``times``: the probe's delays since last asked.
"""

import asyncio
import gc
import json
import pickle
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from benchmarks.video.janus import JanusSeat, join_room
from benchmarks.video.seats import Played, Seat, seat_class


async def join(order: dict[str, Any], http: aiohttp.ClientSession) -> list[Seat]:
    """Everybody of this process, in their rooms."""
    everybody: list[Seat] = []
    make = seat_class(probe=order["probe"])
    for room in range(order["first"], order["first"] + order["count"]):
        if order["server"] == "janus":
            made = type("TheSeat", (JanusSeat, make), {})
            pair = [made(order["base"], str(room), seat, keep=False) for seat in ("patient", "practitioner")]
            await join_room(pair, http)
        else:
            pairs = 0 if order["server"] == "stock" else 1
            pair = [
                make(order["base"], f"room-{room}", seat, keep=False, pairs=pairs)
                for seat in ("patient", "practitioner")
            ]
            if order["server"] == "stock":
                await asyncio.gather(*(join_stock(seat, http) for seat in pair))
            else:
                for seat in pair:
                    answer = await seat.join(http)
                    assert answer["status"] == 200, answer
        everybody += pair
    return everybody


async def join_stock(seat: Seat, http: aiohttp.ClientSession) -> None:
    """The relay answers when both are there."""
    offer = await seat.prepare()
    async with http.post(f"{seat.base}/rooms/{seat.room}/seats", json={"sdp": offer}) as response:
        await seat.accept((await response.json())["sdp"])


def obey(word: str, everybody: list[Seat], played: Played) -> dict[str, Any]:
    """One order."""
    match word:
        case "go":
            for seat in everybody:
                seat.play(played)
        case "rest":
            for seat in everybody:
                seat.rest()
        case "count":
            return {
                "sent": sum(seat.sent for seat in everybody),
                "received": sum(seat.count for seat in everybody),
                "bad": sum(seat.bad for seat in everybody),
                "cpu": time.process_time(),
            }
        case "times":
            noted: dict[str, list[int]] = {}
            for seat in everybody:
                for name in ("delays", "waited", "bare"):
                    noted.setdefault(name, []).extend(getattr(seat, name, []))
                    if hasattr(seat, name):
                        setattr(seat, name, [])
            return noted
    return {}


async def run(order: dict[str, Any]) -> None:
    """Until standard input ends."""
    played: Played = pickle.loads(Path(order["played"]).read_bytes())
    loop = asyncio.get_running_loop()
    words = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(words), sys.stdin)
    async with aiohttp.ClientSession() as http:
        everybody = await join(order, http)

        def report() -> None:
            for seat in everybody:
                seat.report()
            loop.call_later(1.0, report)

        report()
        gc.freeze()  # what the handshakes left is not looked through again and again
        print("{}", flush=True)
        while line := await words.readline():
            print(json.dumps(obey(line.decode().strip(), everybody, played)), flush=True)


if __name__ == "__main__":
    uvloop.run(run(json.loads(sys.argv[1])))
