"""Two hundred visits begun and left: no task, no socket, no object stays behind."""

import asyncio
import gc
import os
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.video.client import Client, until
from tests.video.conftest import Stage

Play = Callable[..., None]
OURS = ("Peer", "Track", "Inlet", "Outlet", "Wire", "Port", "Room", "RTCPeerConnection", "RTCDtlsTransport")


def left() -> dict[str, int]:
    """What there is of our objects, tasks, threads and open files."""
    gc.collect()
    objects = Counter(type(one).__name__ for one in gc.get_objects())
    return {name: objects[name] for name in OURS} | {
        "tasks": len(asyncio.all_tasks()),
        "threads": threading.active_count(),
        "files": len(list(Path(f"/proc/{os.getpid()}/fd").iterdir())),
    }


async def visit(stage: Stage, number: int) -> None:
    room = f"room-{number}"
    pages = [Client(stage.base, room, seat, pairs=1) for seat in ("patient", "practitioner")]
    for page in pages:
        assert (await page.join(stage.http))["status"] == 200
        page.send("video", b"x")
    match number % 3:
        case 0:
            await stage.order("DELETE", f"/rooms/{room}")
        case 1:
            for seat in ("patient", "practitioner"):
                await stage.order("DELETE", f"/rooms/{room}/seats/{seat}")
        case _:
            await pages[0].leave()
            await stage.order("DELETE", f"/rooms/{room}")
    for page in pages:
        await page.leave()


def test_two_hundred_joins_leave_nothing_behind(play: Play) -> None:
    async def story(stage: Stage) -> None:
        for number in range(4):
            await visit(stage, number)
        await until(lambda: not stage.host.forwarder._peers, "the first to be gone")
        for room in list(stage.host.rooms):
            stage.host.end(room.name)
        await asyncio.sleep(0.5)
        before = left()
        for start in range(4, 104, 4):
            await asyncio.gather(*(visit(stage, number) for number in range(start, start + 4)))
        for room in list(stage.host.rooms):
            stage.host.end(room.name)
        await until(lambda: not stage.host.forwarder._peers, "the last to be gone")
        await asyncio.sleep(0.5)
        after = left()
        assert {name: after[name] - before[name] for name in OURS} == dict.fromkeys(OURS, 0)
        # The HTTP client keeps up to four connections open for the four visits at once.
        assert after["tasks"] <= before["tasks"] + 8
        assert after["files"] <= before["files"] + 8
        assert after["threads"] == before["threads"]

    play(story, max_rooms=1000)
