"""Coming, going, coming back: seats, take-over, rejoin, removal, end, and what the others are told."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.video.client import Client, until
from tests.video.conftest import Stage
from tests.video.tickets_for_tests import ticket

Play = Callable[..., None]


def states(client: Client) -> dict[str, str]:
    return {one["seat"]: one["state"] for one in client.here()}


def test_everybody_is_told_who_is_here_and_on_which_tracks(play: Play) -> None:
    async def story(stage: Stage) -> None:
        patient = await stage.page("patient", name="Kari")
        doctor = await stage.page("practitioner", name="Ola")
        await patient.until(lambda: len(patient.here()) == 2, "the doctor")
        seen = {one["seat"]: one for one in patient.here()}
        assert seen["practitioner"]["name"] == "Ola"
        assert seen["practitioner"]["muted"] == {"audio": False, "video": False}
        assert seen["practitioner"]["mid"] == {"audio": "2", "video": "3"}
        assert seen["patient"]["mid"] == {}
        doctor.say(type="state", audio=False, video=True)
        await patient.until(
            lambda: {one["seat"]: one for one in patient.here()}["practitioner"]["muted"]["audio"], "mute"
        )

    play(story)


def test_chat_reaches_all_and_what_was_missed_comes_later(play: Play) -> None:
    async def story(stage: Stage) -> None:
        patient, doctor = await stage.page("patient"), await stage.page("practitioner")
        doctor.say(type="chat", text="Hei æøå 🙂")
        await patient.until(lambda: patient.told("chat"), "the line")
        assert patient.told("chat")[0]["text"] == "Hei æøå 🙂"
        assert patient.told("chat")[0]["seat"] == "practitioner"
        await patient.leave()
        await doctor.until(lambda: states(doctor)["patient"] == "reconnecting", "the loss")
        doctor.say(type="chat", text="Er du der?")
        await doctor.until(lambda: len(doctor.told("chat")) == 2, "one's own line")
        again = await stage.page("patient")
        await again.until(lambda: again.told("chat"), "what was missed")
        assert [one["text"] for one in again.told("chat")] == ["Er du der?"]

    play(story)


def test_only_the_practitioner_may_ask_to_mute(play: Play) -> None:
    async def story(stage: Stage) -> None:
        patient, doctor = await stage.page("patient"), await stage.page("practitioner")
        doctor.say(type="mute", seat="patient", kind="audio")
        await patient.until(lambda: patient.told("mute_request"), "the request")
        patient.say(type="mute", seat="practitioner", kind="audio")
        await patient.until(lambda: patient.told("error"), "the refusal")
        assert not doctor.told("mute_request")

    play(story)


def test_a_second_device_takes_over_and_the_first_is_told(play: Play) -> None:
    async def story(stage: Stage) -> None:
        doctor = await stage.page("practitioner")
        phone = await stage.page("patient")
        laptop = await stage.page("patient")
        await phone.until(lambda: phone.told("taken_over"), "the news")
        await phone.until(lambda: phone.connection.connectionState == "closed", "its connection to close")
        laptop.send("audio", b"here")
        await doctor.until(lambda: b"here" in doctor.payloads(), "the second device")
        assert states(doctor) == {"practitioner": "connected", "patient": "connected"}
        # The first page says goodbye: not for the second.
        status, _ = await stage.order("DELETE", "/rooms/room-a/seats/patient?connection=0123456789abcdef")
        assert status == 404
        laptop.send("audio", b"still here")
        await doctor.until(lambda: b"still here" in doctor.payloads(), "the second device again")

    play(story)


def test_of_two_devices_that_come_at_once_one_lives_and_the_other_is_told(play: Play) -> None:
    """Both have their answers before either stands: whoever stands last has the seat."""

    async def story(stage: Stage) -> None:
        doctor = await stage.page("practitioner")
        devices = [Client(stage.base, "room-a", "patient") for _ in range(2)]
        stage.clients += devices
        answers = await asyncio.gather(*(device.join(stage.http) for device in devices))
        assert [answer["status"] for answer in answers] == [200, 200]
        await until(lambda: any(device.told("taken_over") for device in devices), "one to be told")
        (alive,) = [device for device in devices if not device.told("taken_over")]
        alive.send("audio", b"it is me")
        await doctor.until(lambda: b"it is me" in doctor.payloads(), "the one that lives")
        assert states(doctor) == {"practitioner": "connected", "patient": "connected"}
        await until(lambda: len(stage.host.forwarder._peers) == 2, "the other's port to be free")

    play(story)


def test_of_three_answers_to_one_seat_the_oldest_is_given_up(play: Play) -> None:
    async def story(stage: Stage) -> None:
        pages = [Client(stage.base, "room-a", "patient") for _ in range(3)]
        stage.clients += pages
        for page in pages:
            body = {"ticket": ticket("room-a", "patient"), "sdp": await page.prepare()}
            async with stage.http.post(f"{stage.base}/rooms/room-a/seats", json=body) as response:
                assert response.status == 200
        await until(lambda: len(stage.host.forwarder._peers) == 2, "the oldest to be given up")
        assert (await stage.order("DELETE", "/rooms/room-a"))[0] == 200
        await until(lambda: not stage.host.forwarder._peers, "nothing to be left")

    play(story)


def test_who_rejoins_goes_on_where_the_others_left_off(play: Play, forward: str) -> None:
    async def story(stage: Stage) -> None:
        doctor, before = await stage.page("practitioner"), await stage.page("patient")
        for number in range(10):
            for kind in ("audio", "video"):
                before.send(kind, f"before {number}".encode())
        await doctor.until(lambda: len(doctor.received) == 20, "the first ten")
        after = await stage.page("patient")
        assert after.streams["video"].ssrc != before.streams["video"].ssrc
        for number in range(10):
            for kind in ("audio", "video"):
                after.send(kind, f"after {number}".encode())
        await doctor.until(lambda: len(doctor.received) == 40, "the second ten")
        for kind, rate in (("audio", 48000), ("video", 90000)):
            packets = doctor.of(kind)
            assert len({one.ssrc for one in packets}) == 1
            assert [(b.sequence - a.sequence) & 0xFFFF for a, b in pairwise(packets)] == [1] * 19
            steps = [(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(packets)]
            assert all(0 < step < 5 * rate for step in steps)
            assert len(set(steps)) <= 2

    play(story, forward=forward)


def test_silence_is_shown_within_four_seconds_and_ends_by_itself(play: Play) -> None:
    async def story(stage: Stage) -> None:
        doctor, patient = await stage.page("practitioner"), await stage.page("patient")
        loop = asyncio.get_running_loop()
        talking = [doctor, patient]

        async def live() -> None:
            while True:
                for page in talking:
                    page.send("audio", b"hm")
                await asyncio.sleep(0.2)

        living = asyncio.ensure_future(live())
        await asyncio.sleep(0.3)
        talking.remove(patient)
        quiet = loop.time()
        await doctor.until(lambda: states(doctor).get("patient") == "reconnecting", "the news", 6)
        assert 2.5 < loop.time() - quiet < 4
        assert states(doctor)["practitioner"] == "connected"
        talking.append(patient)
        await doctor.until(lambda: states(doctor).get("patient") == "connected", "the return")
        living.cancel()

    play(story)


def test_who_is_removed_is_told_and_stays_out(play: Play) -> None:
    async def story(stage: Stage) -> None:
        doctor, guest = await stage.page("practitioner"), await stage.page("guest-1")
        unused = ticket("room-a", "guest-1")
        status, body = await stage.order("DELETE", "/rooms/room-a/seats/guest-1?reason=removed")
        assert (status, body["epoch"]) == (200, 1)
        guest.send("audio", b"after")
        await guest.until(lambda: guest.told("removed"), "the news")
        await guest.until(lambda: guest.connection.connectionState == "closed", "its connection to close")
        await doctor.until(lambda: list(states(doctor)) == ["practitioner"], "the empty seat")
        assert b"after" not in doctor.payloads()
        refused = await Client(stage.base, "room-a", "guest-1").join(stage.http, unused)
        assert (refused["status"], refused["error"]) == (403, "removed")
        anew = await Client(stage.base, "room-a", "guest-1").join(
            stage.http, ticket("room-a", "guest-1", epoch=1)
        )
        assert anew["status"] == 200

    play(story)


def test_who_leaves_is_gone_and_may_come_back(play: Play) -> None:
    async def story(stage: Stage) -> None:
        doctor, patient = await stage.page("practitioner"), await stage.page("patient")
        status, _ = await stage.order("DELETE", "/rooms/room-a/seats/patient?reason=left")
        assert status == 200
        await doctor.until(lambda: list(states(doctor)) == ["practitioner"], "the empty seat")
        await patient.until(lambda: patient.connection.connectionState == "closed", "its connection to close")
        await stage.page("patient")
        await doctor.until(lambda: states(doctor).get("patient") == "connected", "the return")

    play(story)


def test_the_end_is_the_end_for_all(play: Play) -> None:
    async def story(stage: Stage) -> None:
        pages = [await stage.page(seat) for seat in ("patient", "practitioner", "guest-1")]
        status, seen = await stage.order("GET", "/rooms/room-a")
        assert status == 200
        assert {one["seat"] for one in seen["participants"]} == {"patient", "practitioner", "guest-1"}
        assert (await stage.order("DELETE", "/rooms/room-a"))[0] == 200
        for page in pages:
            await page.until(lambda page=page: page.told("ended"), "the end")  # type: ignore[misc]
            await page.until(lambda page=page: page.connection.connectionState == "closed", "to close")  # type: ignore[misc]
        assert (await stage.order("GET", "/rooms/room-a"))[0] == 404
        await until(lambda: not stage.host.forwarder._peers, "nothing to be left")

    play(story)


def test_a_connection_that_never_comes_is_given_up(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("video.sfu_peer.JOIN_SECONDS", 0.5)

    async def story(stage: Stage) -> None:
        page = Client(stage.base, "room-a", "patient")
        body = {"ticket": ticket("room-a", "patient"), "sdp": await page.prepare()}
        async with stage.http.post(f"{stage.base}/rooms/room-a/seats", json=body) as response:
            assert response.status == 200
        await until(lambda: not stage.host.forwarder._peers, "it to be given up")
        await page.leave()

    play(story)
