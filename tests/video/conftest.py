"""A video server in the test's own loop, and pages without browsers. No database, no web application."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import uvloop
from aiohttp import web

from tests.video.client import Client
from tests.video.tickets_for_tests import KEY
from video.hosting import Host
from video.server import check_forever, make_app
from video.settings import VideoSettings

LONGEST = 90
"""Seconds until a story that hangs is given up; a busy machine needs half of it for the longest."""


@dataclass
class Stage:
    """The server of one test and the pages that came to it."""

    host: Host
    base: str
    http: aiohttp.ClientSession
    clients: list[Client] = field(default_factory=list)

    async def page(self, seat: str, room: str = "room-a", **named: Any) -> Client:
        """A page that has joined."""
        client = Client(self.base, room, seat, **named)
        self.clients.append(client)
        answer = await client.join(self.http)
        assert answer["status"] == 200, answer
        return client

    async def order(self, method: str, path: str, **named: Any) -> tuple[int, Any]:
        """Ask as the web application does."""
        headers = {"Authorization": f"Bearer {KEY}"}
        async with self.http.request(method, self.base + path, headers=headers, **named) as response:
            return response.status, await response.json()


@asynccontextmanager
async def a_stage(**named: Any) -> AsyncIterator[Stage]:
    host = Host(VideoSettings(key=KEY, addresses="127.0.0.1", **named))
    runner = web.AppRunner(make_app(host.settings, host), access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    checks = asyncio.ensure_future(check_forever(host))
    async with aiohttp.ClientSession() as http:
        stage = Stage(host, f"http://127.0.0.1:{runner.addresses[0][1]}", http)
        try:
            yield stage
        finally:
            await asyncio.gather(
                *(client.leave() for client in stage.clients if hasattr(client, "connection"))
            )
            checks.cancel()
            await host.close()
            await runner.cleanup()


Play = Callable[[Stage], Coroutine[Any, Any, None]]


@pytest.fixture(params=["bytes", "packets"])
def forward(request: pytest.FixtureRequest) -> str:
    """Both ways of forwarding."""
    return str(request.param)


@pytest.fixture
def play() -> Callable[..., None]:
    """Run a test's story against a server of its own; settings by name."""

    def run(story: Callable[[Stage], Awaitable[None]], **named: Any) -> None:
        async def whole() -> None:
            async with asyncio.timeout(LONGEST), a_stage(**named) as stage:
                await story(stage)

        uvloop.run(whole())

    return run
