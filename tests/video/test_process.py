"""``python -m video`` as it runs in production: starts, answers, drains, stops; and refuses an unsafe start."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import uvloop
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack

from tests.video.client import Client, until
from tests.video.tickets_for_tests import KEY, ticket
from video import sfu_private as private

PROJECT = Path(__file__).resolve().parents[2]


@contextmanager
def a_process(**settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and its address; ended afterwards."""
    named = {f"NETTLEGE_VIDEO_{name.upper()}": value for name, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "video"],
        cwd=PROJECT,
        env=os.environ | {"NETTLEGE_VIDEO_PORT": "0", "NETTLEGE_VIDEO_ADDRESSES": "127.0.0.1"} | named,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, f"http://127.0.0.1:{port_of(process)}"
    finally:
        process.kill()
        process.communicate()


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stderr
    for line in process.stderr:
        told: dict[str, Any] = json.loads(line)
        if told["event"] == "serving":
            return int(told["port"])
    raise AssertionError("it did not start")


def test_it_lets_visits_finish_before_it_stops() -> None:
    async def story(process: subprocess.Popen[str], base: str) -> None:
        async with aiohttp.ClientSession() as http, Client(base, "room-a", "patient", name="Kari") as patient:
            assert (await patient.join(http))["status"] == 200
            process.send_signal(signal.SIGTERM)
            for _ in range(200):
                async with http.get(f"{base}/health") as response:
                    if response.status == 503:
                        break
                await asyncio.sleep(0.02)
            refused = await Client(base, "room-b", "patient").join(http)
            assert (refused["status"], refused["error"]) == (503, "draining")
            assert process.poll() is None
            patient.say(type="ping", t=1)
            await patient.until(lambda: patient.told("pong"), "the visit to go on")
            async with http.delete(
                f"{base}/rooms/room-a", headers={"Authorization": f"Bearer {KEY}"}
            ) as response:
                assert response.status == 200
            await until(lambda: process.poll() is not None, "it to stop")

    with a_process(key=KEY, drain_seconds="30") as (process, base):
        uvloop.run(story(process, base))
        assert process.returncode == 0
        assert process.stderr
        lines = process.stderr.read()
    assert '"event": "stopped"' in lines
    assert "Kari" not in lines


def test_it_refuses_to_start_without_a_key() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "video"],
        cwd=PROJECT,
        env=os.environ | {"NETTLEGE_VIDEO_KEY": "short", "NETTLEGE_VIDEO_UDP_PORTS": "9-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "NETTLEGE_VIDEO_KEY must be at least 32" in done.stderr
    assert "NETTLEGE_VIDEO_UDP_PORTS must be like 40000-40199" in done.stderr


def test_real_pictures_and_sound_are_decoded_at_the_other_end() -> None:
    """Plain aiortc on both sides, which encodes and decodes: what we pass on is what a decoder wants."""

    async def story(_process: subprocess.Popen[str], base: str) -> None:
        async with aiohttp.ClientSession() as http:
            pages = [await Plain().join(http, base, seat) for seat in ("patient", "practitioner")]
            began = time.monotonic()
            for page in pages:
                for kind in ("audio", "video"):
                    await asyncio.wait_for(page.first(kind), 10)
            assert time.monotonic() - began < 10
            for page in pages:
                await page.connection.close()

    with a_process(key=KEY) as (process, base):
        uvloop.run(story(process, base))


class Plain:
    """A page of aiortc's own making."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection(private.CONFIGURATION)
        self.tracks: list[MediaStreamTrack] = []

    async def join(self, http: aiohttp.ClientSession, base: str, seat: str) -> "Plain":
        connection = self.connection
        for track in (AudioStreamTrack(), VideoStreamTrack()):
            connection.addTransceiver(track, direction="sendrecv")
        for kind in ("audio", "video"):
            connection.addTransceiver(kind, direction="recvonly")
        connection.createDataChannel("room")
        connection.on("track", self.tracks.append)
        dtls = connection.getTransceivers()[0].receiver.transport
        private.Ports(["127.0.0.1"], None).serve(private.candidate_source(dtls), None)
        await connection.setLocalDescription(await connection.createOffer())
        body = {"ticket": ticket("room-a", seat), "sdp": connection.localDescription.sdp}
        async with http.post(f"{base}/rooms/room-a/seats", json=body) as response:
            answer = RTCSessionDescription(sdp=(await response.json())["sdp"], type="answer")
        await connection.setRemoteDescription(answer)
        return self

    async def first(self, kind: str) -> Any:
        """The first decoded frame."""
        return await next(track for track in self.tracks if track.kind == kind).recv()
