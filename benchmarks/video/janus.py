"""Debian's Janus and its videoroom: started with a configuration of its own, spoken to as its pages would."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import aiohttp
from aiortc import RTCPeerConnection, RTCSessionDescription

from benchmarks.video.processes import Server, free_port, running
from benchmarks.video.seats import Seat
from tests.video.client import PAYLOAD_TYPES, Sending
from video import sfu_private as private

PLUGINS = Path("/usr/lib/x86_64-linux-gnu/janus")
CONFIGURATION = {
    "janus.jcfg": """
general: {{
    configs_folder = "{folder}"
    plugins_folder = "{plugins}/plugins"
    transports_folder = "{plugins}/transports"
    events_folder = "{plugins}/events"
    loggers_folder = "{plugins}/loggers"
    debug_level = 2
    session_timeout = 0
    server_name = "bench"
}}
nat: {{ ice_enforce_list = "{address}", ignore_mdns = true }}
plugins: {{ disable = "{other_plugins}" }}
transports: {{ disable = "{other_transports}" }}
loggers: {{ disable = "libjanus_jsonlog.so" }}
""",
    "janus.transport.http.jcfg": """
general: {{ json = "plain", base_path = "/janus", http = true, port = {port}, ip = "127.0.0.1", https = false }}
admin: {{ admin_http = false, admin_https = false }}
""",
    "janus.plugin.videoroom.jcfg": "general: {{ }}\n",
}


def own_address() -> str:
    """Janus offers no 127.0.0.1; the machine's own address goes by the loopback too. Empty when it has none."""
    return next((one for one in private.local_addresses(loopback=False) if ":" not in one), "")


def installed() -> bool:
    """Whether there is a Janus to compare with."""
    return bool(shutil.which("janus") and own_address()) and PLUGINS.is_dir()


@contextmanager
def janus() -> Iterator[Server]:
    """Its own configuration but for what this machine needs, its videoroom and its HTTP only."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="nettlege-janus-") as folder:
        values = {
            "folder": folder,
            "plugins": PLUGINS,
            "port": port,
            "address": own_address(),
            "other_plugins": _others("plugins", "libjanus_videoroom.so"),
            "other_transports": _others("transports", "libjanus_http.so"),
        }
        for name, text in CONFIGURATION.items():
            (Path(folder) / name).write_text(text.format(**values))
        command = [str(shutil.which("janus")), "--configs-folder", folder]
        with running("janus", command, port=port) as server:
            yield server


def _others(kind: str, wanted: str) -> str:
    names = {f"{path.name.split('.so')[0]}.so" for path in (PLUGINS / kind).glob("*.so*")}
    return ",".join(sorted(names - {wanted}))


class Session:
    """One page's session with Janus over HTTP."""

    def __init__(self, base: str, http: aiohttp.ClientSession) -> None:
        self._base = f"{base}/janus"
        self._http = http

    async def begin(self) -> None:
        """Make it."""
        self._base += f"/{(await self._post('', janus='create'))['data']['id']}"

    async def attach(self) -> str:
        """A handle of the videoroom; its path."""
        answer = await self._post("", janus="attach", plugin="janus.plugin.videoroom")
        return f"/{answer['data']['id']}"

    async def ask(self, handle: str, jsep: dict[str, str] | None = None, **body: Any) -> dict[str, Any]:
        """A request of the videoroom's and its answer, which may come as an event."""
        mark = token_hex(6)
        extra = {"jsep": jsep} if jsep else {}
        answer = await self._post(handle, janus="message", body=body, transaction=mark, **extra)
        while answer.get("janus") == "ack" or answer.get("transaction") != mark:
            async with self._http.get(self._base) as response:
                answer = await response.json()
        return answer

    async def _post(self, path: str, **body: Any) -> dict[str, Any]:
        body.setdefault("transaction", token_hex(6))
        async with self._http.post(self._base + path, json=body) as response:
            answer: dict[str, Any] = await response.json()
        if answer["janus"] == "error":
            raise SystemExit(f"Janus: {answer['error']}")
        return answer


async def join_room(pair: list[Any], http: aiohttp.ClientSession) -> None:
    """Both publish, then each subscribes to the other."""
    maker = Session(pair[0].base, http)
    await maker.begin()
    handle = await maker.attach()
    room = int(pair[0].room)
    await maker.ask(
        handle,
        request="create",
        room=room,
        publishers=2,
        bitrate=3_000_000,
        audiocodec="opus",
        videocodec="vp8",
    )
    for seat in pair:
        await seat.publish(http, room)
    for seat, other in (pair, reversed(pair)):
        await seat.subscribe(other.feed, room)


class JanusSeat(Seat):
    """One participant of a videoroom: one connection to send on, one to receive on, as its pages have them."""

    async def publish(self, http: aiohttp.ClientSession, room: int) -> None:
        """Send one's own."""
        self.session = Session(self.base, http)
        await self.session.begin()
        handle = await self.session.attach()
        joined = await self.session.ask(handle, request="join", ptype="publisher", room=room)
        self.feed = joined["plugindata"]["data"]["id"]
        connection = self.sending = RTCPeerConnection(private.CONFIGURATION)
        for kind in ("audio", "video"):
            private.replace_media(connection.addTransceiver(kind), "sendonly")
        self.streams = {
            kind: Sending(transceiver.sender._ssrc, PAYLOAD_TYPES[kind])
            for kind, transceiver in zip(("audio", "video"), connection.getTransceivers(), strict=True)
        }
        wire = self._wire_of(connection)
        await connection.setLocalDescription(await connection.createOffer())
        offer = {"type": "offer", "sdp": connection.localDescription.sdp}
        answer = await self.session.ask(handle, offer, request="publish")
        await connection.setRemoteDescription(RTCSessionDescription(**answer["jsep"]))
        await self.until(lambda: connection.connectionState == "connected", "to publish")
        self._publish_wire = wire

    async def subscribe(self, feed: int, room: int) -> None:
        """Receive another's."""
        handle = await self.session.attach()
        offered = await self.session.ask(
            handle, request="join", ptype="subscriber", room=room, streams=[{"feed": feed}]
        )
        connection = self.connection = RTCPeerConnection(private.CONFIGURATION)
        offer = RTCSessionDescription(type="offer", sdp=offered["jsep"]["sdp"])
        await connection.setRemoteDescription(offer)
        for transceiver in connection.getTransceivers():
            private.replace_media(transceiver, "recvonly")
        self.wire = self._wire_of(connection)
        await connection.setLocalDescription(await connection.createAnswer())
        answer = {"type": "answer", "sdp": connection.localDescription.sdp}
        await self.session.ask(handle, answer, request="start", room=room)
        await self.until(lambda: connection.connectionState == "connected", "to subscribe")
        self.publish_on(self._publish_wire)

    def _wire_of(self, connection: RTCPeerConnection) -> private.Wire:
        dtls = connection.getTransceivers()[0].receiver.transport
        wire = private.Wire(dtls, straight=True)
        wire.listen(None, lambda _data: None)
        ports = private.Ports([own_address()], None)
        ports.serve(private.candidate_source(dtls), self._on_sealed)
        return wire

    async def leave(self) -> None:
        """Both connections."""
        await asyncio.gather(self.sending.close(), self.connection.close())
