"""Who is refused, how, and that nobody else notices."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from tests.video.client import Client, until
from tests.video.conftest import Stage
from tests.video.tickets_for_tests import KEY, ticket
from video.messages import LONGEST_CHAT, LONGEST_MESSAGE
from video.sfu_sdp import LONGEST_OFFER

Play = Callable[..., None]


async def post(stage: Stage, token: Any, offer: Any, room: str = "room-a") -> tuple[int, str]:
    body = {"ticket": token, "sdp": offer}
    async with stage.http.post(f"{stage.base}/rooms/{room}/seats", json=body) as response:
        return response.status, (await response.json()).get("error", "")


async def an_offer(stage: Stage) -> str:
    page = Client(stage.base, "room-a", "patient")
    offer = await page.prepare()
    await page.leave()
    return offer


def test_tickets_are_refused_each_for_its_reason(play: Play) -> None:
    async def story(stage: Stage) -> None:
        offer = await an_offer(stage)
        good = ticket("room-a", "patient")
        assert await post(stage, good, offer) == (200, "")
        assert await post(stage, good, offer) == (401, "ticket_replayed")
        assert await post(stage, ticket("room-a", "patient", life=-10), offer) == (401, "ticket_expired")
        assert await post(stage, ticket("room-b", "patient"), offer) == (403, "ticket_other_room")
        assert await post(stage, ticket("room-a", "patient", key="x" * 40), offer) == (401, "ticket_invalid")
        assert await post(stage, "", offer) == (401, "ticket_invalid")
        assert await post(stage, None, offer) == (400, "bad_request")

    play(story)


def test_limits_on_offers_rooms_and_sizes(play: Play) -> None:
    async def story(stage: Stage) -> None:
        offer = await an_offer(stage)
        for _ in range(3):
            assert (await post(stage, ticket("room-a", "patient"), offer))[0] == 200
        assert await post(stage, ticket("room-a", "patient"), offer) == (429, "too_many_offers")
        assert (await post(stage, ticket("room-a", "practitioner"), offer))[0] == 200
        assert await post(stage, ticket("room-b", "patient"), offer, "room-b") == (503, "full")
        stage.host.rooms.draining = True
        assert await post(stage, ticket("room-b", "patient"), offer, "room-b") == (503, "draining")
        assert (await stage.order("GET", "/health"))[0] == 503
        assert (await post(stage, ticket("room-a", "guest-1"), offer))[0] == 200
        long = offer + "a=x:" + "x" * LONGEST_OFFER
        assert await post(stage, ticket("room-a", "guest-2"), long) == (413, "too_large")
        assert await post(stage, "x" * 1_000_000, offer) == (413, "too_large")

    play(story, offers_per_minute=3, max_rooms=1)


def test_only_the_web_application_gives_orders(play: Play) -> None:
    async def story(stage: Stage) -> None:
        await stage.page("patient")
        for method, path in (
            ("GET", "/rooms/room-a"),
            ("DELETE", "/rooms/room-a"),
            ("DELETE", "/rooms/room-a/seats/patient"),
        ):
            for headers in ({}, {"Authorization": "Bearer no"}, {"Authorization": KEY}):
                async with stage.http.request(method, stage.base + path, headers=headers) as response:
                    assert response.status == 401
        assert (await stage.order("GET", "/rooms/room-a"))[0] == 200
        assert (await stage.order("DELETE", "/rooms/room-a/seats/nobody"))[0] == 400
        assert (await stage.order("GET", "/rooms/a%2e%2e"))[0] == 404

    play(story)


def test_offers_that_are_refused_say_why(play: Play) -> None:
    async def story(stage: Stage) -> None:
        offer = await an_offer(stage)
        bad = {
            "no sdp": "hello",
            "empty": "",
            "no sections": offer.split("m=")[0],
            "no bundle": offer.replace("a=group:BUNDLE", "a=group:OTHER"),
            "a stranger in the bundle": offer.replace("a=group:BUNDLE ", "a=group:BUNDLE x "),
            "no fingerprint": "\r\n".join(
                x for x in offer.split("\r\n") if not x.startswith("a=fingerprint")
            ),
            "no setup": offer.replace("a=setup:actpass\r\n", ""),
            "no ice": offer.replace("a=ice-pwd", "a=x-pwd"),
            "no mux": offer.replace("a=rtcp-mux\r\n", ""),
            "no vp8": offer.replace("VP8/90000", "AV1/90000"),
            "many sections": offer + offer[offer.index("m=") :],
            "text section": offer.replace("m=audio", "m=text", 1),
        }
        for name, sdp in bad.items():
            status, word = await post(stage, ticket("room-a", "patient"), sdp)
            assert (status, word) == (422, "bad_sdp"), name
        await until(lambda: not stage.host.forwarder._peers, "nothing to be left")

    play(story, offers_per_minute=100)


def test_a_flood_of_messages_is_stopped_and_told_once_a_second(play: Play) -> None:
    async def story(stage: Stage) -> None:
        patient, doctor = await stage.page("patient"), await stage.page("practitioner")
        for number in range(200):
            patient.say(type="chat", text=str(number))
        await patient.until(lambda: patient.told("error"), "the refusal")
        await asyncio.sleep(0.3)
        assert len(doctor.told("chat")) < 60
        assert len(patient.told("error")) <= 2
        await asyncio.sleep(1)
        patient.say(type="ping", t=7)
        await patient.until(lambda: patient.told("pong"), "an answer")

    play(story)


def test_a_message_that_is_too_long_is_told_and_reaches_nobody(play: Play) -> None:
    async def story(stage: Stage) -> None:
        patient, doctor = await stage.page("patient"), await stage.page("practitioner")
        frame = len('{"type":"chat","text":""}')
        patient.channel.send('{"type":"chat","text":"' + "x" * (LONGEST_MESSAGE + 1 - frame) + '"}')
        patient.channel.send('{"type":"chat","text":"' + "x" * (LONGEST_CHAT + 1) + '"}')
        # Counted in bytes: these are few letters and many bytes.
        patient.channel.send('{"type":"ping","t":null,"x":"' + "🙂" * (LONGEST_MESSAGE // 4) + '"}')
        patient.say(type="chat", text="x" * LONGEST_CHAT)
        await doctor.until(lambda: doctor.told("chat"), "the one that is as long as may be")
        errors = [each["message"] for each in patient.told("error")]
        assert errors == ["too long", f"chat has at most {LONGEST_CHAT} characters", "too long"]
        assert len(doctor.told("chat")) == 1

    play(story)


def test_no_port_left_is_said_and_mended_when_one_is_free(play: Play) -> None:
    async def story(stage: Stage) -> None:
        offer = await an_offer(stage)
        assert (await post(stage, ticket("room-a", "patient"), offer))[0] == 200
        assert (await post(stage, ticket("room-a", "practitioner"), offer))[0] == 200
        # A room that stands is not sent elsewhere; one that would begin may as well.
        assert await post(stage, ticket("room-a", "guest-1"), offer) == (503, "no_port")
        assert await post(stage, ticket("room-b", "guest-1"), offer, "room-b") == (503, "full")
        assert (await stage.order("DELETE", "/rooms/room-a"))[0] == 200
        await until(lambda: not stage.host.forwarder._peers, "ports to be free")
        assert (await post(stage, ticket("room-a", "guest-1"), offer))[0] == 200

    play(story, udp_ports="41790-41791")


def test_the_public_address_is_announced_once(play: Play) -> None:
    async def story(stage: Stage) -> None:
        body = {"ticket": ticket("room-a", "patient"), "sdp": await an_offer(stage)}
        async with stage.http.post(f"{stage.base}/rooms/room-a/seats", json=body) as response:
            answer = (await response.json())["sdp"]
        candidates = {line for line in answer.split("\r\n") if line.startswith("a=candidate")}
        assert len(candidates) == 1
        assert candidates.pop().split()[4] == "203.0.113.7"
        assert "x-google-start-bitrate=1000" in answer

    play(story, public_address="203.0.113.7")


def test_joining_is_quick(play: Play) -> None:
    async def story(stage: Stage) -> None:
        began = time.monotonic()
        await stage.page("patient")
        assert time.monotonic() - began < 2

    play(story)
