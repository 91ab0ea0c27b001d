"""The HTTP side: signalling for pages (through the web application) and orders from it. JSON in, JSON out.

``GET /health`` and ``/metrics`` are open; everything else needs a ticket or the server key. Listens on this machine
only unless told otherwise.
"""

import asyncio
import hmac
import json
import re
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog
from aiohttp import web

from video.hosting import Host
from video.metrics import exposition
from video.rooms import Refused
from video.settings import VideoSettings
from video.sfu import BadOffer, NoPortFree
from video.sfu_sdp import LONGEST_OFFER
from video.tickets import LONGEST, SEATS, TicketRefused, keys_of

MOST_BODY = LONGEST_OFFER * 2 + LONGEST
CHECK_EVERY = 0.5
LONGEST_ROOM = 64
COUNT = re.compile(r"[0-9]{1,6}")

log = structlog.get_logger("video")
HOST = web.AppKey("host", Host)
KEY = web.AppKey("key", str)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(settings: VideoSettings, host: Host) -> web.Application:
    """The application; ``host`` does what it is asked."""
    app = web.Application(client_max_size=MOST_BODY, middlewares=[errors_as_json])
    app[HOST] = host
    app[KEY] = settings.key
    app.add_routes(
        [
            web.post("/rooms/{room}/seats", join),
            web.delete("/rooms/{room}/seats/{seat}", leave),
            web.get("/rooms/{room}", show),
            web.delete("/rooms/{room}", end),
            web.get("/health", health),
            web.get("/metrics", metrics),
        ]
    )
    return app


def refusal(status: int, word: str, message: str) -> web.Response:
    """An answer that programs and people can read."""
    return web.json_response({"error": word, "message": message}, status=status)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal has one shape, and none tells more than its rule."""
    try:
        return await handler(request)
    except (TicketRefused, Refused) as error:
        log.info("refused", why=error.word)
        return refusal(error.status, error.word, (type(error).__doc__ or "").splitlines()[0])
    except BadOffer as error:
        log.info("refused", why="bad_sdp")
        return refusal(422, "bad_sdp", str(error))
    except web.HTTPRequestEntityTooLarge:
        return refusal(413, "too_large", f"at most {MOST_BODY} bytes")
    except web.HTTPException as error:
        return refusal(error.status, error.reason.lower().replace(" ", "_"), error.reason)
    except NoPortFree as error:
        return refusal(503, "no_port", str(error) or "No UDP port is free")


async def join(request: web.Request) -> web.Response:
    """One offer with a ticket; one answer."""
    room = room_name(request)
    try:
        body = json.loads(await request.read())
        ticket, offer = body["ticket"], body["sdp"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return refusal(400, "bad_request", "a JSON object with ticket and sdp is needed")
    if not isinstance(ticket, str) or not isinstance(offer, str):
        return refusal(400, "bad_request", "ticket and sdp are texts")
    if len(offer) > LONGEST_OFFER:
        return refusal(413, "too_large", f"an offer has at most {LONGEST_OFFER} characters")
    host = request.app[HOST]
    peer, answer = await host.join(room, ticket, offer)
    known = host.rooms.get(room)
    present = host.participants(known, peer) if known else []
    return web.json_response(
        {"sdp": answer, "seat": peer.seat, "connection": peer.name, "participants": present}
    )


async def leave(request: web.Request) -> web.Response:
    """A page was left, or the practitioner removed somebody (``?reason=removed``)."""
    need_server_key(request)
    seat, reason = request.match_info["seat"], request.query.get("reason", "left")
    epoch = request.query.get("epoch")
    if (
        seat not in SEATS
        or reason not in ("left", "removed")
        or not (epoch is None or COUNT.fullmatch(epoch))
    ):
        return refusal(400, "bad_request", "no such seat, reason or epoch")
    left = request.app[HOST].leave(
        room_name(request),
        seat,
        removed=reason == "removed",
        connection=request.query.get("connection"),
        epoch=None if epoch is None else int(epoch),
    )
    return web.json_response(left) if left else refusal(404, "nobody", "Nobody has this seat")


async def show(request: web.Request) -> web.Response:
    """Who is in a room."""
    need_server_key(request)
    host = request.app[HOST]
    room = host.rooms.get(room_name(request))
    return (
        web.json_response(host.describe(room)) if room else refusal(404, "no_room", "Nobody is in this room")
    )


async def end(request: web.Request) -> web.Response:
    """The visit is over for everybody."""
    need_server_key(request)
    ended = request.app[HOST].end(room_name(request))
    return web.json_response({"ended": True}) if ended else refusal(404, "no_room", "Nobody is in this room")


async def health(request: web.Request) -> web.Response:
    """200 while new visits may begin here, 503 while the process is about to stop."""
    host = request.app[HOST]
    draining = host.rooms.draining
    return web.json_response(
        {
            "status": "draining" if draining else "ok",
            "rooms": len(host.rooms),
            "connections": host.connected(),
        },
        status=503 if draining else 200,
    )


async def metrics(request: web.Request) -> web.Response:
    """For Prometheus."""
    body, kind = exposition(request.app[HOST])
    return web.Response(body=body, headers={"Content-Type": kind})


def room_name(request: web.Request) -> str:
    """The room's name from the path. Raises 404 for one that is no name of ours."""
    name = request.match_info["room"]
    if len(name) > LONGEST_ROOM or not name.replace("-", "").isalnum() or not name.isascii():
        raise web.HTTPNotFound
    return name


def need_server_key(request: web.Request) -> None:
    """Let only the web application on. Raises 401."""
    given = request.headers.get("Authorization", "").encode(errors="replace")
    if not any(hmac.compare_digest(given, f"Bearer {key}".encode()) for key in keys_of(request.app[KEY])):
        raise web.HTTPUnauthorized


async def run(settings: VideoSettings, *, ready: Callable[[int], Any] | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then let visits finish for ``drain_seconds``; a second signal cuts that short.

    ``ready`` is called with the port when requests are taken. Raises MissingNames.
    """
    host = Host(settings)
    await host.forwarder.check()
    runner = web.AppRunner(make_app(settings, host), access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, settings.host, settings.port)
    await site.start()
    port = runner.addresses[0][1]
    log.info("serving", host=settings.host, port=port, forward=settings.forward)
    if ready:
        ready(port)
    stop, hurry = asyncio.Event(), asyncio.Event()

    def on_signal() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, on_signal)
    checks = asyncio.ensure_future(check_forever(host))
    await stop.wait()
    host.rooms.draining = True
    log.info("draining", rooms=len(host.rooms), seconds=settings.drain_seconds)
    await drained(host, hurry, settings.drain_seconds)
    checks.cancel()
    await host.close()
    await runner.cleanup()
    log.info("stopped")


async def check_forever(host: Host) -> None:
    """Look after rooms; one bad look must not be the last."""
    while True:
        await asyncio.sleep(CHECK_EVERY)
        try:
            host.check()
        except Exception:
            log.exception("check failed")


async def drained(host: Host, hurry: asyncio.Event, seconds: float) -> None:
    """Wait until nobody is connected, the time is up or somebody is impatient."""
    until = asyncio.get_running_loop().time() + seconds
    while host.connected() and asyncio.get_running_loop().time() < until and not hurry.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(hurry.wait(), 0.2)
