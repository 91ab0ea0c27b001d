"""A page's media side without a browser: aiortc's handshakes, packets that were never a picture.

What it receives is kept as (ssrc, sequence, timestamp, payload type, payload); what it sends it numbers as it is told.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from struct import pack, unpack_from
from typing import Any, Self

import aiohttp
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.rtp import RtcpPacket, RtcpPsfbPacket

from tests.video.tickets_for_tests import ticket
from video import sfu_private as private

PAYLOAD_TYPES = {"audio": 96, "video": 97}
RTX = 98
SEND_TIME_ID = 3


@dataclass(frozen=True, slots=True)
class Received:
    ssrc: int
    sequence: int
    timestamp: int
    payload_type: int
    payload: bytes


@dataclass(slots=True)
class Sending:
    """How a browser numbers one of its streams."""

    ssrc: int
    payload_type: int
    sequence: int = 1000
    timestamp: int = 90_000
    step: int = 3000


@dataclass
class Client:
    """One page in one seat."""

    base: str
    room: str
    seat: str
    pairs: int = 3
    keep: bool = True
    received: list[Received] = field(default_factory=list)
    count: int = 0
    control: list[Any] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    name: str = ""
    on_packet: Callable[[bytes], None] | None = None

    async def join(self, http: aiohttp.ClientSession, token: str | None = None) -> dict[str, Any]:
        """Offer, post, connect; the server's answer."""
        offer = await self.prepare()
        body = {"ticket": token or ticket(self.room, self.seat, name=self.name or self.seat), "sdp": offer}
        async with http.post(f"{self.base}/rooms/{self.room}/seats", json=body) as response:
            answer: dict[str, Any] = await response.json()
            answer["status"] = response.status
        if response.status == 200:
            await self.accept(answer["sdp"])
            await self.until(lambda: self.channel.readyState == "open", "the channel to open")
        else:
            await self.leave()
        return answer

    async def prepare(self) -> str:
        """An offer like a page's: own sound and picture, three pairs to receive, a data channel."""
        connection = self.connection = RTCPeerConnection(private.CONFIGURATION)
        for number in range(1 + self.pairs):
            for kind in ("audio", "video"):
                transceiver = connection.addTransceiver(kind)
                private.replace_media(transceiver, "recvonly" if number else "sendrecv")
        self.channel = connection.createDataChannel("room")
        self.channel.on("message", lambda data: self.messages.append(json.loads(data)))
        dtls = connection.getTransceivers()[0].receiver.transport
        self.wire = private.Wire(dtls, straight=True)
        self.wire.listen(None, self._on_control)
        private.Ports(["127.0.0.1"], None).serve(private.candidate_source(dtls), self._on_sealed)
        self.streams = {
            kind: Sending(transceiver.sender._ssrc, PAYLOAD_TYPES[kind], step=step)
            for (kind, step), transceiver in zip(
                (("audio", 960), ("video", 3000)), connection.getTransceivers(), strict=False
            )
        }
        await connection.setLocalDescription(await connection.createOffer())
        return connection.localDescription.sdp

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        await self.until(lambda: self.connection.connectionState == "connected", "the connection to stand")

    def send(self, kind: str, payload: bytes, *, skip: bool = False) -> bytes:
        """Send one packet of one's own; ``skip`` numbers it without sending, as if the line had lost it."""
        stream = self.streams[kind]
        stream.sequence = (stream.sequence + 1) & 0xFFFF
        stream.timestamp = (stream.timestamp + stream.step) & 0xFFFFFFFF
        packet = rtp(stream, payload, send_time=kind == "video")
        if not skip:
            self.wire.send(packet)
        return packet

    def send_again(self, packet: bytes, sequence: int) -> None:
        """The same by RTX, as browsers do when asked."""
        start = 12 if not packet[0] & 0x10 else 20
        head = pack("!BBHLL", packet[0], RTX, sequence, unpack_from("!L", packet, 4)[0], self.rtx_ssrc)
        self.wire.send(head + packet[12:start] + packet[2:4] + packet[start:])

    @property
    def rtx_ssrc(self) -> int:
        return int(self.connection.getTransceivers()[1].sender._rtx_ssrc)

    def say(self, **message: Any) -> None:
        self.channel.send(json.dumps(message))

    def of(self, kind: str) -> list[Received]:
        return [one for one in self.received if one.payload_type == PAYLOAD_TYPES[kind]]

    def payloads(self) -> set[bytes]:
        return {one.payload for one in self.received}

    def wishes(self, fmt: int) -> list[RtcpPsfbPacket]:
        return [one for one in self.control if isinstance(one, RtcpPsfbPacket) and one.fmt == fmt]

    def here(self) -> list[dict[str, Any]]:
        """The last list of those present that the server sent."""
        lists = [message["participants"] for message in self.messages if message["type"] == "here"]
        return lists[-1] if lists else []

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["type"] == kind]

    async def until(self, met: Callable[[], Any], what: str, seconds: float = 8) -> None:
        await until(met, f"{self.seat}: {what}", seconds)

    async def leave(self) -> None:
        await self.connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.leave()

    def _on_sealed(self, data: bytes) -> None:
        plain = self.wire.opened(data)
        if plain is None:
            return
        self.count += 1
        if self.on_packet:
            self.on_packet(plain)
        if self.keep:
            start = 12 + (8 if plain[0] & 0x10 else 0)
            second, sequence, timestamp, ssrc = unpack_from("!xBHLL", plain)
            self.received.append(Received(ssrc, sequence, timestamp, second & 0x7F, plain[start:]))

    def _on_control(self, data: bytes) -> None:
        if self.keep:
            self.control += RtcpPacket.parse(data)


async def until(met: Callable[[], Any], what: str, seconds: float = 8) -> None:
    """Wait for something that should soon be so."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        await asyncio.sleep(0.01)


def rtp(stream: Sending, payload: bytes, *, send_time: bool) -> bytes:
    if not send_time:
        return (
            pack("!BBHLL", 0x80, stream.payload_type, stream.sequence, stream.timestamp, stream.ssrc)
            + payload
        )
    head = pack("!BBHLL", 0x90, 0x80 | stream.payload_type, stream.sequence, stream.timestamp, stream.ssrc)
    now = int(time.monotonic() * 262144) & 0xFFFFFF
    return head + pack("!HHL", 0xBEDE, 1, SEND_TIME_ID << 28 | 2 << 24 | now) + payload
