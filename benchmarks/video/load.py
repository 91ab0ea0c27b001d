"""CPU and delay of the video server under rooms of two at 2 × 1.5 Mbit/s, against stock MediaRelay in the same run.

``python -m benchmarks.video.load [--rooms 1 8 40] [--seconds 20] [--forward bytes] [--no-stock]``

The load is cheap: aiortc makes the handshakes, packets were encoded ahead. One room of each run is a probe in a process
of its own, whose packets carry when they were sent.
"""

import argparse
import asyncio
import json
import os
import pickle
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from benchmarks.video import media
from tests.video.client import Client
from tests.video.tickets_for_tests import KEY

HERE = Path(__file__).resolve().parents[2]
WARM_UP = 3.0


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


# The load, in processes of its own.


async def stream(
    client: Client, pictures: list[list[bytes]], sounds: list[bytes], until: float, *, stamped: bool
) -> None:
    loop = asyncio.get_running_loop()
    start = loop.time() + random.random() / media.FPS
    frame = sound = 0
    while loop.time() < until:
        now = loop.time() - start
        while frame < now * media.FPS:
            stream = client.streams["video"]
            stream.timestamp += 3000 - stream.step * len(pictures[frame % media.FRAMES])
            for payload in pictures[frame % media.FRAMES]:
                client.send("video", payload[:-8] + stamp() if stamped else payload)
            frame += 1
        while sound < now * 50:
            payload = sounds[sound % len(sounds)]
            client.send("audio", payload[:-8] + stamp() if stamped else payload)
            sound += 1
        await asyncio.sleep(min((frame / media.FPS), (sound / 50)) + start - loop.time())


def stamp() -> bytes:
    return time.monotonic_ns().to_bytes(8)


async def work(order: dict[str, Any]) -> dict[str, Any]:
    pictures, sounds = pickle.loads(Path(order["media"]).read_bytes())
    delays: list[int] = []
    clients = []
    async with aiohttp.ClientSession() as http:
        for room in range(order["first"], order["first"] + order["count"]):
            pair = [
                Client(order["base"], f"room-{room}", seat, keep=False, pairs=order["pairs"])
                for seat in ("patient", "practitioner")
            ]
            if order["stock"]:
                await asyncio.gather(*(join_stock(client, http) for client in pair))
            else:
                for client in pair:
                    await client.join(http)
            clients += pair
        if order["stamped"]:
            begin = time.monotonic() + WARM_UP

            def note(packet: bytes) -> None:
                now = time.monotonic_ns()
                if now > begin * 1e9:
                    delays.append(now - int.from_bytes(packet[-8:]))

            for client in clients:
                client.on_packet = note
        print("ready", flush=True)
        until = asyncio.get_running_loop().time() + order["seconds"]
        await asyncio.gather(
            *(stream(client, pictures, sounds, until, stamped=order["stamped"]) for client in clients)
        )
        await asyncio.sleep(0.5)
        sent = sum((one.sequence - 1000) & 0xFFFF for client in clients for one in client.streams.values())
        got = sum(client.count for client in clients)
        await asyncio.gather(*(client.leave() for client in clients))
    return {"sent": sent, "received": got, "delays": sorted(delays)}


async def join_stock(client: Client, http: aiohttp.ClientSession) -> None:
    offer = await client.prepare()
    async with http.post(f"{client.base}/rooms/{client.room}/seats", json={"sdp": offer}) as response:
        await client.accept((await response.json())["sdp"])


# The run.


def run(rooms: int, seconds: float, played: str, *, forward: str) -> dict[str, Any]:
    """Start a server, load it, stop it; figures."""
    stock = forward == "stock"
    port = free_port()
    command = ["benchmarks.video.stock", str(port)] if stock else ["video"]
    environment = os.environ | {
        "NETTLEGE_VIDEO_KEY": KEY,
        "NETTLEGE_VIDEO_PORT": str(port),
        "NETTLEGE_VIDEO_ADDRESSES": "127.0.0.1",
        "NETTLEGE_VIDEO_FORWARD": "bytes" if stock else forward,
    }
    server = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=HERE, env=environment, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        order = {
            "base": f"http://127.0.0.1:{port}",
            "media": played,
            "seconds": seconds + WARM_UP,
            "stock": stock,
            "pairs": 0 if stock else 1,
        }
        workers = [worker(order | {"first": 0, "count": 1, "stamped": not stock})]
        if rooms > 1:
            workers.append(worker(order | {"first": 1, "count": rooms - 1, "stamped": False}))
        for one in workers:
            assert one.stdout
            assert one.stdout.readline().strip() == "ready"
        time.sleep(WARM_UP)
        before, began = cpu_seconds(server.pid), time.monotonic()
        time.sleep(seconds - 0.5)
        used, passed = cpu_seconds(server.pid) - before, time.monotonic() - began
        answers = [json.loads(one.communicate()[0]) for one in workers]
    finally:
        server.kill()
        server.wait()
    sent, got = (sum(answer[key] for answer in answers) for key in ("sent", "received"))
    return {
        "forward": forward,
        "rooms": rooms,
        "cpu seconds a room-minute": round(used / passed * 60 / rooms, 2),
        "share of a core": round(used / passed, 3),
        "µs a forwarded packet": round(used / passed * (seconds + WARM_UP) / max(got, 1) * 1e6, 1),
        "lost": 0 if stock else sent - got,
        "packets": got,
        **percentiles(answers[0]["delays"]),
    }


def percentiles(delays: list[int]) -> dict[str, float]:
    if len(delays) < 100:
        return {}
    cuts = statistics.quantiles(delays, n=100)
    return {"delay p50 ms": round(cuts[49] / 1e6, 2), "delay p99 ms": round(cuts[98] / 1e6, 2)}


def worker(order: dict[str, Any]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.video.load", "--work", json.dumps(order)],
        cwd=HERE,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the server does not answer")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, nargs="+", default=[1, 8, 40])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--forward", choices=["bytes", "packets"], nargs="+", default=["bytes"])
    parser.add_argument("--no-stock", action="store_true")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        print(json.dumps(uvloop.run(work(json.loads(given.work)))))
        return
    with tempfile.NamedTemporaryFile() as played:
        pictures = media.video()
        played.write(pickle.dumps((pictures, media.audio())))
        played.flush()
        octets = sum(len(payload) for picture in pictures for payload in picture)
        print(
            f"{octets * 8 / 2 / 1e6:.2f} Mbit/s of picture, {sum(map(len, pictures)) / 2:.0f} packets a second"
        )
        stock = None if given.no_stock else run(1, given.seconds, played.name, forward="stock")
        for figures in filter(None, [stock]):
            print(json.dumps(figures, ensure_ascii=False))
        for forward in given.forward:
            for rooms in given.rooms:
                figures = run(rooms, given.seconds, played.name, forward=forward)
                if stock:
                    ratio = stock["cpu seconds a room-minute"] / figures["cpu seconds a room-minute"]
                    figures["times cheaper than stock"] = round(ratio, 1)
                print(json.dumps(figures, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
