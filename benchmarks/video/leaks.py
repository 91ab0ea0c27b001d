"""What two hundred joins leave in memory: every object of ours, of aiortc, aioice and pylibsrtp, counted by type.

Server and clients are in this process, as gc shows no other's.
"""

import asyncio
import gc
from collections import Counter

from benchmarks.video.table import Table
from tests.video.client import until
from tests.video.conftest import Stage, a_stage
from tests.video.test_leaks import visit

PACKAGES = ("video", "aiortc", "aioice", "pylibsrtp", "tests.video", "_asyncio", "asyncio")


def living() -> Counter[str]:
    """Objects by type. Codec tables and the like are there from the start and cancel out."""
    gc.collect()
    kinds = (type(one) for one in gc.get_objects())
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in kinds)
    return Counter(name for name in names if name.startswith(PACKAGES))


async def settle(stage: Stage) -> None:
    """Until every connection is gone and every room forgotten."""
    await until(lambda: not stage.host.forwarder._peers, "connections to go", 20)
    for room in list(stage.host.rooms):
        stage.host.end(room.name)
    await asyncio.sleep(1.5)


async def run(table: Table, *, quick: bool) -> None:
    """Ten visits to be warm, then the ones that count."""
    visits = 20 if quick else 100
    table.heading(f"{visits * 2} joins and leaves, objects in memory")
    async with a_stage(max_rooms=1000, offers_per_minute=1_000_000) as stage:
        for number in range(10):
            await visit(stage, number)
        await settle(stage)
        before = living()
        for number in range(10, 10 + visits):
            await visit(stage, number)
        await settle(stage)
        after = living()
    more = after - before
    table.line("objects left", sum(more.values()), f"of {sum(before.values()):,}", most=0)
    for name, count in more.most_common(8):
        print(f"    {count} {name}")
