"""Anything at all, sent to every opening: the sender may lose by it, the room goes on. The seed is fixed."""

import asyncio
import json
import logging
import random
import socket
from collections.abc import Callable, Iterator

import pytest

from tests.video.client import Client, until
from tests.video.conftest import Stage
from tests.video.test_refusals import an_offer, post
from tests.video.tickets_for_tests import ticket

Play = Callable[..., None]
FROM = random.Random(20261120)


@pytest.fixture(autouse=True)
def nothing_goes_unnoticed(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """An exception that only asyncio's log got is a failure too."""
    yield
    unseen = [
        one.getMessage() for one in caplog.records if one.name == "asyncio" and one.levelno >= logging.ERROR
    ]
    assert not unseen


def spoilt(data: bytes) -> bytes:
    """The same with some bytes changed, cut off, doubled or put in."""
    changed = bytearray(data)
    for _ in range(FROM.randint(1, 6)):
        at = FROM.randrange(len(changed)) if changed else 0
        match FROM.randrange(4):
            case 0 if changed:
                changed[at] = FROM.randrange(256)
            case 1:
                del changed[at : at + FROM.randint(1, 20)]
            case 2:
                changed[at:at] = changed[at : at + FROM.randint(1, 40)]
            case _:
                changed[at:at] = FROM.randbytes(FROM.randint(1, 8))
    return bytes(changed)


async def still_works(stage: Stage, doctor: Client, patient: Client) -> None:
    mark = FROM.randbytes(8)
    patient.send("video", mark)
    await doctor.until(lambda: mark in doctor.payloads(), "media to flow still")
    patient.say(type="ping", t=1)
    before = len(patient.told("pong"))
    await patient.until(lambda: len(patient.told("pong")) > before, "an answer")


def test_bad_rtp_and_rtcp_of_a_participant(play: Play, forward: str) -> None:
    async def story(stage: Stage) -> None:
        doctor, patient = await stage.page("practitioner"), await stage.page("patient")
        guest = await stage.page("guest-1", keep=False)
        # Real packets to spoil: not numbered up, so that the damage is the only fault.
        rtp = guest.send("video", b"picture" * 20)
        reports = [
            bytes.fromhex("80c90001") + rtp[8:12],
            bytes.fromhex("81ce0002") + rtp[8:12] * 2,
            bytes.fromhex("81cd0003") + rtp[8:12] * 2 + b"\0\1\0\0",
            bytes.fromhex("8fce0005")
            + rtp[8:12]
            + bytes(4)
            + b"REMB"
            + bytes.fromhex("01000fff")
            + rtp[8:12],
            bytes.fromhex("80c80006") + rtp[8:12] + bytes(20),
        ]
        for number in range(1500):
            data = spoilt(rtp if number % 2 else FROM.choice(reports))
            if len(data) >= 12 and data[0] >> 6 == 2:
                guest.wire.send(data)
            if number % 100 == 0:
                await asyncio.sleep(0.01)
        await still_works(stage, doctor, patient)
        assert all(one["state"] == "connected" for one in doctor.here() if one["seat"] != "guest-1")

    play(story, forward=forward)


def test_anything_from_anybody_to_the_port(play: Play, forward: str) -> None:
    async def story(stage: Stage) -> None:
        doctor, patient = await stage.page("practitioner"), await stage.page("patient")
        port = patient.wire._connection._nominated[1].remote_addr
        stun = bytes.fromhex("000100002112a442") + bytes(12)
        hello = bytes.fromhex("16fefd0000000000000000002f") + bytes(47)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for number in range(2000):
                kind = FROM.choice([b"", stun, hello, b"\x80\x60" + bytes(30), b"\x80\xc8" + bytes(30)])
                stranger.sendto(spoilt(kind) if number % 5 else FROM.randbytes(FROM.randrange(1500)), port)
                stranger.sendto(b"", port)
                if number % 50 == 0:
                    await asyncio.sleep(0.005)
        await still_works(stage, doctor, patient)

    play(story, forward=forward)


def test_bad_messages_on_the_channel(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("video.messages.MESSAGES_PER_SECOND", 1_000_000)

    async def story(stage: Stage) -> None:
        doctor, patient = await stage.page("practitioner"), await stage.page("patient")
        guest = await stage.page("guest-1")
        good = [
            {"type": "chat", "text": "hei"},
            {"type": "state", "audio": True, "video": 1, "screen": None},
            {"type": "mute", "seat": ["patient"], "kind": {}},
            {"type": "ping", "t": "x"},
            {"type": ["chat"]},
        ]
        for number in range(600):
            data = spoilt(json.dumps(FROM.choice(good)).encode())
            guest.channel.send(data if number % 7 == 0 else data.decode(errors="replace"))
            if number % 50 == 0:
                await asyncio.sleep(0.02)
        for odd in (
            "[" * 4000,
            '{"type":"ping","t":NaN}',
            "x" * 60_000,
            '{"type":"ping","t":1e999}',
            "",
            "null",
        ):
            guest.channel.send(odd)
        guest.channel.send('{"type":"chat","text":"\\ud800"}')
        await guest.until(lambda: len(guest.told("error")) > 300, "to be told")
        await still_works(stage, doctor, patient)

    play(story)


def test_spoilt_offers(play: Play) -> None:
    async def story(stage: Stage) -> None:
        doctor, patient = await stage.page("practitioner"), await stage.page("patient")
        offer = (await an_offer(stage)).encode()
        statuses = set()
        for _ in range(150):
            status, word = await post(
                stage, ticket("room-a", "guest-1"), spoilt(offer).decode(errors="replace")
            )
            assert (status, word) in {(200, ""), (422, "bad_sdp")}
            statuses.add(status)
        assert statuses == {200, 422}
        await still_works(stage, doctor, patient)
        await stage.order("DELETE", "/rooms/room-a/seats/guest-1")
        await until(lambda: len(stage.host.forwarder._peers) == 2, "nothing to be left of them")

    play(story, offers_per_minute=1000)
