"""Media of anyone not let in reaches nobody, and nobody's reaches them: counted on the server, and in each tab."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.video.client import Client, until
from tests.video.conftest import Stage
from tests.video.test_refusals import post
from tests.video.tickets_for_tests import ticket

Play = Callable[..., None]
MANY = 20


def counted(stage: Stage) -> tuple[int, int]:
    """Packets in and out of the whole server."""
    counters = stage.host.forwarder.counters
    return counters.packets_in, counters.packets_out


def readers(stage: Stage, seat: str) -> set[str]:
    """The seats to which the server passes this seat's sound and picture on."""
    tracks = stage.host.forwarder._stages["room-a"].tracks
    return {outlet.subscriber.seat for kind in ("audio", "video") for outlet in tracks[seat, kind].outlets}  # type: ignore[attr-defined]


def talk(*pages: Client) -> None:
    for _ in range(MANY):
        for page in pages:
            page.send("audio", page.seat.encode())
            page.send("video", page.seat.encode())


async def settled(stage: Stage) -> tuple[int, int]:
    """The counts when nothing is under way any more."""
    before = counted(stage)
    while True:
        await asyncio.sleep(0.2)
        if (now := counted(stage)) == before:
            return now
        before = now


def test_a_refused_ticket_opens_no_port_and_carries_no_packet(play: Play, forward: str) -> None:
    async def story(stage: Stage) -> None:
        doctor, patient = await stage.page("practitioner"), await stage.page("patient")
        guest = Client(stage.base, "room-a", "guest-1")
        offer = await guest.prepare()
        assert (await stage.order("DELETE", "/rooms/room-a/seats/guest-1?reason=removed&epoch=1"))[0] == 200
        used = ticket("room-b", "guest-1")
        assert (await post(stage, used, offer, "room-b"))[0] == 200
        assert (await stage.order("DELETE", "/rooms/room-b"))[0] == 200
        await until(lambda: len(stage.host.forwarder._peers) == 2, "the two of this room to be all")
        good = ticket("room-a", "guest-1", epoch=1)
        bad = {
            "forged": good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
            "with another key": ticket("room-a", "guest-1", epoch=1, key="x" * 40),
            "expired": ticket("room-a", "guest-1", epoch=1, life=-6),
            "for another visit": ticket("room-b", "guest-1", epoch=1),
            "from before the removal": ticket("room-a", "guest-1"),
            "from before the server began": ticket("room-a", "guest-1", epoch=1, life=-3),
            "none": "",
        }
        words = {name: await post(stage, token, offer) for name, token in bad.items()}
        assert words == {
            "forged": (401, "ticket_invalid"),
            "with another key": (401, "ticket_invalid"),
            "expired": (401, "ticket_expired"),
            "for another visit": (403, "ticket_other_room"),
            "from before the removal": (403, "removed"),
            "from before the server began": (401, "ticket_replayed"),
            "none": (401, "ticket_invalid"),
        }
        assert await post(stage, used, offer, "room-b") == (401, "ticket_replayed")
        assert len(stage.host.forwarder._peers) == 2
        assert stage.host.connected() == 2
        was_in, was_out = await settled(stage)
        talk(doctor, patient)
        await until(lambda: counted(stage)[0] - was_in == 4 * MANY, "all packets")
        # Each goes to the one other who was let in, and to nobody besides.
        assert (await settled(stage))[1] - was_out == 4 * MANY
        assert (readers(stage, "practitioner"), readers(stage, "patient")) == ({"patient"}, {"practitioner"})
        await guest.leave()

    play(story, forward=forward)


def test_who_was_removed_is_neither_heard_nor_hears(play: Play, forward: str) -> None:
    async def story(stage: Stage) -> None:
        doctor, patient = await stage.page("practitioner"), await stage.page("patient")
        guest = await stage.page("guest-1")
        talk(doctor, patient, guest)
        await until(lambda: all(len(each.received) == 4 * MANY for each in (doctor, patient, guest)), "all")
        was_in, was_out = await settled(stage)
        assert (await stage.order("DELETE", "/rooms/room-a/seats/guest-1?reason=removed&epoch=1"))[0] == 200
        # At once, while the goodbye is still on its way: nothing of the guest comes in, nothing goes there.
        talk(guest)
        talk(doctor, patient)
        await until(lambda: counted(stage)[0] - was_in == 4 * MANY, "the packets of those who stay")
        assert await settled(stage) == (was_in + 4 * MANY, was_out + 4 * MANY)
        assert guest.count == 4 * MANY
        assert [one.payload for one in doctor.received].count(b"guest-1") == 2 * MANY
        assert readers(stage, "practitioner") == {"patient"}
        # Said again, as the web application does when it does not know whether it was heard.
        assert (await stage.order("DELETE", "/rooms/room-a/seats/guest-1?reason=removed&epoch=1"))[0] == 200
        back = Client(stage.base, "room-a", "guest-1")
        stage.clients.append(back)
        assert (await back.join(stage.http, ticket("room-a", "guest-1", epoch=1)))["status"] == 200
        # Let in again, the old order means somebody who is not there any more.
        await stage.order("DELETE", "/rooms/room-a/seats/guest-1?reason=removed&epoch=1")
        talk(back)
        await until(
            lambda: [one.payload for one in doctor.received].count(b"guest-1") == 4 * MANY, "the guest"
        )

    play(story, forward=forward)


def test_after_the_end_no_packet_goes_anywhere(play: Play, forward: str) -> None:
    async def story(stage: Stage) -> None:
        pages = [await stage.page(seat) for seat in ("practitioner", "patient", "guest-1")]
        talk(*pages)
        await until(lambda: all(len(page.received) == 4 * MANY for page in pages), "all packets")
        before = await settled(stage)
        assert (await stage.order("DELETE", "/rooms/room-a"))[0] == 200
        talk(*pages)
        assert await settled(stage) == before
        assert {page.count for page in pages} == {4 * MANY}

    play(story, forward=forward)


def test_the_device_that_was_taken_over_is_out(play: Play, forward: str) -> None:
    async def story(stage: Stage) -> None:
        doctor, phone = await stage.page("practitioner"), await stage.page("patient")
        laptop = await stage.page("patient")
        was_in, was_out = await settled(stage)
        talk(phone)
        talk(doctor, laptop)
        await until(lambda: counted(stage)[0] - was_in == 4 * MANY, "the packets of those two")
        assert await settled(stage) == (was_in + 4 * MANY, was_out + 4 * MANY)
        assert (len(laptop.received), len(doctor.received), phone.count) == (2 * MANY, 2 * MANY, 0)

    play(story, forward=forward)


def test_an_answer_alone_carries_nothing(play: Play) -> None:
    """Somebody has an answer but no encryption yet: others' packets are not sent there, theirs are not taken."""

    async def story(stage: Stage) -> None:
        doctor = await stage.page("practitioner")
        half = Client(stage.base, "room-a", "patient")
        stage.clients.append(half)
        body: dict[str, Any] = {"ticket": ticket("room-a", "patient"), "sdp": await half.prepare()}
        async with stage.http.post(f"{stage.base}/rooms/room-a/seats", json=body) as response:
            assert response.status == 200
        talk(doctor)
        await until(lambda: counted(stage)[0] == 2 * MANY, "the doctor's packets")
        assert (await settled(stage), readers(stage, "practitioner")) == ((2 * MANY, 0), set())
        assert [one["seat"] for one in doctor.here()] == ["practitioner"]

    play(story)
