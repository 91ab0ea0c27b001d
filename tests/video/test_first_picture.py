"""Who comes sees the others at once: the key frame asked for meanwhile is kept for them, an old one is not."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest
from aiortc.rtp import RTCP_PSFB_PLI

from tests.video.client import Client, until
from tests.video.conftest import Stage
from video.sfu_stream import begins_key_frame

Play = Callable[..., None]
KEY_FRAME = bytes.fromhex("9080812300") + b"the whole picture"
CHANGES = [bytes.fromhex("9080812401") + b"and then", bytes.fromhex("9080812501") + b"and then again"]


@pytest.mark.parametrize(
    ("descriptor", "whole"),
    [
        ("1000", True),  # nothing but the start of the first partition
        ("1001", False),  # P: predicted from an earlier picture
        ("0000", False),  # not the start of a partition
        ("1100", False),  # the second partition
        ("90800700", True),  # picture number of one byte
        ("90800701", False),
        ("9080812300", True),  # of two
        ("9080812301", False),
        ("90f081230a4000", True),  # with TL0PICIDX, and layer or key index
        ("90f081230a4001", False),
        ("908081", False),  # cut off
    ],
)
def test_key_frames_are_known_by_their_first_packet(descriptor: str, whole: bool) -> None:
    payload = bytes.fromhex(descriptor)
    assert begins_key_frame(payload + bytes([1] * 8) if len(payload) > 3 or whole else payload) == whole


async def sent_before_anybody_came(stage: Stage) -> Client:
    patient = await stage.page("patient")
    for payload in (b"\x90\x80\x81\x22\x01 what was before", KEY_FRAME, *CHANGES):
        patient.send("video", payload)
    await until(lambda: stage.host.forwarder.counters.packets_in == 4, "all packets")
    return patient


def test_a_fresh_key_frame_and_what_followed_it_await_who_comes(
    play: Play, forward: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("video.sfu_stream.FRESH", 60.0)

    async def story(stage: Stage) -> None:
        patient = await sent_before_anybody_came(stage)
        doctor = await stage.page("practitioner")
        patient.send("video", b"now")
        await doctor.until(lambda: len(doctor.of("video")) == 4, "pictures")
        assert [one.payload for one in doctor.of("video")] == [KEY_FRAME, *CHANGES, b"now"]
        assert [(b.sequence - a.sequence) & 0xFFFF for a, b in pairwise(doctor.of("video"))] == [1, 1, 1]

    play(story, forward=forward)


def test_an_old_key_frame_is_not_shown_and_a_new_one_asked_for(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("video.sfu_stream.FRESH", 0.0)

    async def story(stage: Stage) -> None:
        patient = await sent_before_anybody_came(stage)
        await asyncio.sleep(0.01)
        doctor = await stage.page("practitioner")
        await patient.until(lambda: patient.wishes(RTCP_PSFB_PLI), "a wish for a picture")
        patient.send("video", b"now")
        await doctor.until(lambda: doctor.of("video"), "a picture")
        assert [one.payload for one in doctor.of("video")] == [b"now"]

    play(story)


def test_nothing_of_a_seats_earlier_connection_is_shown(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("video.sfu_stream.FRESH", 60.0)

    async def story(stage: Stage) -> None:
        await sent_before_anybody_came(stage)
        again = await stage.page("patient")
        doctor = await stage.page("practitioner")
        again.send("video", b"now")
        await doctor.until(lambda: doctor.of("video"), "a picture")
        assert [one.payload for one in doctor.of("video")] == [b"now"]

    play(story)


def test_nothing_of_a_seat_that_was_left_is_shown(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("video.sfu_stream.FRESH", 60.0)

    async def story(stage: Stage) -> None:
        await sent_before_anybody_came(stage)
        await stage.order("DELETE", "/rooms/room-a/seats/patient")
        doctor = await stage.page("practitioner")
        await asyncio.sleep(0.2)
        assert doctor.of("video") == []

    play(story)
