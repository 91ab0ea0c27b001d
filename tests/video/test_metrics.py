"""What operators look at: figures that are right, an honest health, and a start that names what went missing."""

import asyncio
import time
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.video.client import until
from tests.video.conftest import Stage
from tests.video.test_nobody_else import MANY, settled, talk
from tests.video.tickets_for_tests import KEY
from video import sfu_private
from video.sfu import MissingNames
from video.tickets import Ticket, sign

Play = Callable[..., None]


async def figures(stage: Stage) -> dict[str, float]:
    """Every figure by its name without prefix, read as Prometheus reads it."""
    async with stage.http.get(f"{stage.base}/metrics") as response:
        assert response.status == 200
        text = await response.text()
    assert "room-a" not in text
    assert "Kari" not in text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {sample.name.removeprefix("nettlege_video_"): sample.value for sample in samples}


def test_rooms_and_participants_are_those_there_are(play: Play) -> None:
    async def story(stage: Stage) -> None:
        empty = await figures(stage)
        assert [
            empty[name] for name in ("rooms", "participants", "connections", "reconnecting", "draining")
        ] == [0] * 5
        doctor, patient = await stage.page("practitioner"), await stage.page("patient", name="Kari Nordmann")
        await stage.page("patient", "room-b")
        now = await figures(stage)
        assert (now["rooms"], now["participants"], now["connections"], now["reconnecting"]) == (2, 3, 3, 0)
        health = await stage.order("GET", "/health")
        assert health == (200, {"status": "ok", "rooms": 2, "connections": 3})
        await patient.leave()
        await doctor.until(
            lambda: [one["state"] for one in doctor.here()].count("reconnecting") == 1, "the loss"
        )
        now = await figures(stage)
        assert (now["rooms"], now["participants"], now["connections"], now["reconnecting"]) == (2, 3, 2, 1)
        await stage.order("DELETE", "/rooms/room-a")
        await stage.order("DELETE", "/rooms/room-b")
        now = await figures(stage)
        assert (now["rooms"], now["participants"], now["connections"], now["reconnecting"]) == (0, 0, 0, 0)
        stage.host.rooms.draining = True
        assert (await figures(stage))["draining"] == 1
        assert (await stage.order("GET", "/health"))[0] == 503

    play(story)


def test_packets_bytes_loss_and_what_was_not_understood_are_counted_right(play: Play, forward: str) -> None:
    async def story(stage: Stage) -> None:
        doctor, patient = await stage.page("practitioner"), await stage.page("patient")
        guest = await stage.page("guest-1")
        before = await figures(stage)
        talk(doctor, patient)
        await until(lambda: len(guest.received) == 4 * MANY, "all packets")
        await settled(stage)
        now = await figures(stage)
        assert now["packets_in_total"] - before["packets_in_total"] == 4 * MANY
        assert now["packets_out_total"] - before["packets_out_total"] == 2 * 4 * MANY
        # Sound: 12 of header and the words; picture: 20 of header. What goes out has the same payload.
        sizes = sum(12 + 20 + 2 * len(page.seat) for page in (doctor, patient)) * MANY
        assert now["bytes_in_total"] - before["bytes_in_total"] == sizes
        assert now["bytes_out_total"] - before["bytes_out_total"] == pytest.approx(2 * sizes, rel=0.25)
        for _ in range(7):
            patient.send("audio", b"lost", skip=True)
        patient.send("audio", b"after")
        await doctor.until(lambda: b"after" in doctor.payloads(), "the next")
        assert (await figures(stage))["packets_lost_total"] == 7
        patient.wire.send(b"\x80\x7f" + bytes(10))  # of no stream that the offer knows
        await until(lambda: stage.host.forwarder.counters.malformed == 1, "it to be counted")
        assert (await figures(stage))["malformed_total"] == 1
        # Counters never go back, whoever leaves.
        await stage.order("DELETE", "/rooms/room-a")
        await asyncio.sleep(0.5)
        after = await figures(stage)
        assert all(after[name] >= now[name] for name in now if name.endswith("_total"))
        assert after["packets_lost_total"] == 7

    play(story, forward=forward)


def test_cpu_is_this_process_own(play: Play) -> None:
    async def story(stage: Stage) -> None:
        before, began = await figures(stage), time.process_time()
        while time.process_time() - began < 0.2:
            pass
        spent = (await figures(stage))["cpu_seconds_total"] - before["cpu_seconds_total"]
        assert 0.2 <= spent < 1

    play(story)


def test_a_room_tells_the_web_application_who_is_there(play: Play) -> None:
    async def story(stage: Stage) -> None:
        patient, doctor = await stage.page("patient"), await stage.page("practitioner")
        talk(patient)
        await until(lambda: len(doctor.received) == 2 * MANY, "all packets")
        _status, room = await stage.order("GET", "/rooms/room-a")
        seats = {seat["seat"]: seat for seat in room["participants"]}
        assert (seats["patient"]["packets_in"], seats["patient"]["packets_out"]) == (2 * MANY, 0)
        assert (seats["practitioner"]["packets_in"], seats["practitioner"]["packets_out"]) == (0, 2 * MANY)
        assert abs(seats["patient"]["since"] - time.time()) < 60

    play(story)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("aioice.ice.Connection", "get_component_candidates"),
        ("aioice.ice.Connection", "data_received"),
        ("aioice.ice.StunProtocol", "datagram_received"),
        ("aiortc.rtcdtlstransport.RTCDtlsTransport", "_handle_rtp_data"),
        ("aiortc.rtcdtlstransport.RTCDtlsTransport", "_handle_rtcp_data"),
        ("aiortc.rtcdtlstransport.RTCDtlsTransport", "_send_rtp"),
        ("aiortc.rtcrtpreceiver.RTCRtpReceiver", "_handle_disconnect"),
    ],
)
def test_a_private_name_that_went_missing_is_named_at_start(
    play: Play, monkeypatch: pytest.MonkeyPatch, owner: str, name: str
) -> None:
    async def story(stage: Stage) -> None:
        await stage.host.forwarder.check()
        monkeypatch.delattr(f"{owner}.{name}")
        with pytest.raises(MissingNames) as missing:
            await stage.host.forwarder.check()
        assert f".{name}" in str(missing.value)
        assert "pyproject.toml" in str(missing.value)
        monkeypatch.undo()

    play(story)


def test_attributes_that_went_missing_are_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that aiortc sets when it makes an object: here it makes them no more."""
    made = sfu_private.RTCPeerConnection.addTransceiver

    def without(*args: object, **named: object) -> object:
        transceiver = made(*args, **named)  # type: ignore[arg-type]
        del transceiver.sender._rtx_ssrc
        del transceiver._headerExtensions
        return transceiver

    monkeypatch.setattr(sfu_private.RTCPeerConnection, "addTransceiver", without)
    missing = asyncio.run(sfu_private.find_missing())
    assert missing == ["RTCRtpTransceiver._headerExtensions", "RTCRtpSender._rtx_ssrc"]


def test_the_limit_on_seats_is_the_four_that_there_are(play: Play) -> None:
    """A fifth seat has no name: a ticket that says one is no ticket."""

    async def story(stage: Stage) -> None:
        for seat in ("patient", "practitioner", "guest-1", "guest-2"):
            await stage.page(seat)
        fifth = Ticket("room-a", "guest-3", "guest", "Kari", "once", int(time.time() + 60))
        body = {"ticket": sign(KEY, fifth), "sdp": "v=0"}
        async with stage.http.post(f"{stage.base}/rooms/room-a/seats", json=body) as response:
            assert (response.status, (await response.json())["error"]) == (401, "ticket_invalid")
        assert (await figures(stage))["participants"] == 4

    play(story)
