"""What is told to browsers about lost packets, and in which bytes."""

from struct import unpack_from
from typing import Any

import pytest

from video.sfu_reports import Reports, canonical_names
from video.sfu_sdp import polished
from video.sfu_stream import HEAD, Format, Inlet, Outlet, Track


class Silent:
    """A connection of which nothing is wished."""

    def ask_keyframe(self, ssrc: int) -> None: ...

    def ask_again(self, ssrc: int, missing: list[int]) -> None: ...

    def later(self, seconds: float, call: Any) -> None: ...


def an_inlet(kind: str) -> Inlet:
    inlet = Inlet(Track("patient", kind), Format(payload_type=96, rtx_payload_type=97, ssrc=7), Silent())
    inlet.track.feed_from(inlet)
    return inlet


def receive(inlet: Inlet, numbers: list[int], *, again: bool = False) -> None:
    for number in numbers:
        head = HEAD.pack(0x80, 97 if again else 96, 0 if again else number, 3000 * number, 7)
        inlet.receive(head + (number.to_bytes(2) if again else b"") + b"payload", number / 30)


@pytest.mark.parametrize("name", ["a", "ab", "abc", "abcd", "0123abcd-patient", "0123abcd-practitioner"])
def test_every_name_begins_on_a_boundary_of_32_bits(name: str) -> None:
    """Chromium throws away the whole compound packet otherwise: reports, bandwidth and all."""
    data = canonical_names([(1, name), (2, name)])
    count, kind, words = unpack_from("!BBH", data)
    assert (count & 31, kind, words * 4 + 4) == (2, 202, len(data))
    at = 4
    for ssrc in (1, 2):
        assert at % 4 == 0
        assert unpack_from("!LBB", data, at) == (ssrc, 1, len(name))
        end = at + 6 + len(name)
        assert data[at + 6 : end].decode() == name
        at = end + 4 - end % 4
        assert not any(data[end:at])
    assert at == len(data)


def test_what_was_repaired_counts_a_quarter() -> None:
    inlet = an_inlet("video")
    receive(inlet, [1, 2, *range(7, 11)])
    assert (inlet.expected, inlet.lost) == (10, 4)
    receive(inlet, [3, 4, 5, 6], again=True)
    assert inlet.lost == 1
    assert inlet.lost_lately() == 256 // 10
    assert inlet.lost_lately() == 0


def test_of_sound_the_report_tells_the_whole_way_to_the_worst_listener() -> None:
    inlet = an_inlet("audio")
    for lost in (0, 64):
        outlet = Outlet(inlet.track, inlet.form, lambda _data: None)
        outlet.lost_lately = lost
        inlet.track.outlets.append(outlet)
    receive(inlet, [1, 3, 4])
    reports = Reports(1, {7: inlet}, {})
    told = reports.regular(1.0, names=str, limit=lambda _inlet: 0)
    assert told[12] == 64 + 64 - 64 * 64 // 256


def test_the_answer_asks_for_sound_that_repeats_itself_and_a_picture_that_begins_large() -> None:
    sound = "m=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\na=mid:0\r\n"
    picture = "m=video 9 X 96\r\na=rtpmap:96 VP8/90000\r\na=mid:1\r\n"
    answer = polished(
        f"v=0\r\n{sound}a=recvonly\r\n{picture}a=recvonly\r\n{sound}a=sendonly\r\n",
        names={},
        public_address="",
    )
    assert answer.count("a=fmtp:111 minptime=10;useinbandfec=1\r\n") == 1
    assert answer.count("a=fmtp:96 x-google-start-bitrate=1000\r\n") == 1
    assert "fmtp" not in answer.rpartition("m=audio")[2]
