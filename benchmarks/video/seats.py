"""The load: seats that send packets made ahead, and count what comes by its header alone.

aiortc makes the handshakes. From then on a packet costs a header, the encryption and one system call; what comes is not
decrypted but for one in sixty-four, which proves that it could be.
"""

import asyncio
import fcntl
import os
import random
import socket
import time
from struct import Struct
from typing import Any

from aiortc.rtp import RtcpReceiverInfo, RtcpRrPacket, RtcpSenderInfo, RtcpSrPacket

from benchmarks.video import media
from tests.video.client import SEND_TIME_ID, Client
from video import sfu_private as private

PLAIN = Struct("!BBHLL")
TIMED = Struct("!BBHLLHHL")
STAMP = Struct("qq")
SIOCGSTAMPNS = 0x8907
"""asm-generic/sockios.h: when the kernel took in the datagram that was read last."""
LOOK_INTO = 64
Played = tuple[list[list[bytes]], list[bytes]]


def now_ns() -> int:
    """The clock that the kernel stamps datagrams with."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME)


class Seat(Client):
    """One participant that costs little. What it sends is in ``sent``, what it got in ``count``."""

    sent = 0
    bad = 0
    _playing = False
    _heard: dict[int, int]

    def publish_on(self, wire: private.Wire) -> None:
        """The connection stands: take its socket and its encryption for one's own packets."""
        dtls = wire._dtls
        pair = dtls.transport._connection._nominated[1]
        self._socket = socket.socket(fileno=os.dup(pair.protocol.transport.get_extra_info("socket").fileno()))
        self._to = pair.remote_addr
        self._protect = dtls._tx_srtp.protect
        self._control_wire = wire
        self._heard = {}

    async def accept(self, answer: str) -> None:
        """As a page, and ready to play."""
        await super().accept(answer)
        self.publish_on(self.wire)

    def play(self, played: Played) -> None:
        """Begin, at a moment of its own: browsers' pictures do not come all at once."""
        self._playing = True
        loop = asyncio.get_running_loop()
        begin = loop.time() + random.random() / media.FPS
        self._pictures, self._sounds = played
        self._at = {"video": begin, "audio": begin + random.random() / 50}
        self._number = {"video": self._number["video"], "audio": self._number["audio"]}
        loop.call_at(begin, self._picture)
        loop.call_at(self._at["audio"], self._sound)

    _number = {"video": 0, "audio": 0}  # noqa: RUF012 - replaced, never changed

    def rest(self) -> None:
        """Stop sending; the connection stands."""
        self._playing = False

    def report(self) -> None:
        """What browsers say each second: of what they sent, and of what they heard."""
        blocks = [RtcpReceiverInfo(ssrc, 0, 0, highest, 0, 0, 0) for ssrc, highest in self._heard.items()]
        for stream in self.streams.values():
            ntp = int((time.time() + 2208988800) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF
            info = RtcpSenderInfo(ntp, stream.timestamp, self.sent & 0xFFFFFFFF, 0)
            self._control_wire.send(bytes(RtcpSrPacket(ssrc=stream.ssrc, sender_info=info)))
        if blocks:
            own = self.streams["audio"].ssrc
            self._control_wire.send(bytes(RtcpRrPacket(ssrc=own, reports=blocks)))

    def _picture(self) -> None:
        if not self._playing:
            return
        stream, number = self.streams["video"], self._number["video"]
        payloads = self._pictures[number % media.FRAMES]
        stream.timestamp = (stream.timestamp + 3000) & 0xFFFFFFFF
        last = len(payloads) - 1
        for place, payload in enumerate(payloads):
            stream.sequence = (stream.sequence + 1) & 0xFFFF
            marker = 0x80 if place == last else 0
            send_time = SEND_TIME_ID << 28 | 2 << 24 | int(time.monotonic() * 262144) & 0xFFFFFF
            head = TIMED.pack(
                0x90,
                marker | stream.payload_type,
                stream.sequence,
                stream.timestamp,
                stream.ssrc,
                0xBEDE,
                1,
                send_time,
            )
            self._put(head, payload)
        self._number["video"] = number + 1
        self._at["video"] += 1 / media.FPS
        asyncio.get_running_loop().call_at(self._at["video"], self._picture)

    def _sound(self) -> None:
        if not self._playing:
            return
        stream, number = self.streams["audio"], self._number["audio"]
        stream.sequence = (stream.sequence + 1) & 0xFFFF
        stream.timestamp = (stream.timestamp + 960) & 0xFFFFFFFF
        head = PLAIN.pack(0x80, stream.payload_type, stream.sequence, stream.timestamp, stream.ssrc)
        self._put(head, self._sounds[number % len(self._sounds)])
        self._number["audio"] = number + 1
        self._at["audio"] += 0.02
        asyncio.get_running_loop().call_at(self._at["audio"], self._sound)

    def _put(self, head: bytes, payload: bytes) -> None:
        self._socket.sendto(self._protect(head + payload), self._to)
        self.sent += 1

    def _on_sealed(self, data: bytes) -> None:
        self.count += 1
        if self.count % LOOK_INTO == 0:
            self._heard[int.from_bytes(data[8:12])] = int.from_bytes(data[2:4])
            self.bad += self.wire.opened(data) is None

    def close_socket(self) -> None:
        """The second handle on the connection's socket."""
        self._socket.close()


class Probe(Seat):
    """A seat that knows of each packet when it was handed to the kernel here and when the kernel here got it back.

    Neither this process's turn to run nor its decryption is in between: what is left is the server and twice the
    loopback, and ``bare`` is once the loopback with nobody in between.
    """

    delays: list[int]
    waited: list[int]
    bare: list[int]
    under_way: dict[bytes, int] = {}  # noqa: RUF012 - one for all seats of the process
    _next = 0

    def publish_on(self, wire: private.Wire) -> None:
        """As a seat, with somewhere to note times."""
        super().publish_on(wire)
        self.delays, self.waited, self.bare = [], [], []
        self._plain = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        self._plain[1].bind(("127.0.0.1", 0))
        pair = self.wire._dtls.transport._connection._nominated[1]
        self._descriptor = pair.protocol.transport.get_extra_info("socket").fileno()

    def _put(self, head: bytes, payload: bytes) -> None:
        Probe._next += 1
        mark = Probe._next.to_bytes(8)
        sealed = self._protect(head + payload[:-8] + mark)
        self.under_way[mark] = now_ns()
        self._socket.sendto(sealed, self._to)
        self.sent += 1

    def _on_sealed(self, data: bytes) -> None:
        came = kernel_time(self._descriptor)
        woke = now_ns()
        self.count += 1
        plain = self.wire.opened(data)
        if plain is None:
            self.bad += 1
            return
        self._heard[int.from_bytes(plain[8:12])] = int.from_bytes(plain[2:4])
        if began := self.under_way.pop(plain[-8:], None):
            self.delays.append(came - began)
            self.waited.append(woke - came)

    def report(self) -> None:
        """As a seat; and see how long the way is without a server."""
        super().report()
        for _ in range(10):
            began = now_ns()
            self._plain[0].sendto(bytes(1200), self._plain[1].getsockname())
            self._plain[1].recv(1500)
            self.bare.append(kernel_time(self._plain[1].fileno()) - began)

    def close_socket(self) -> None:
        """All of them."""
        super().close_socket()
        for one in self._plain:
            one.close()


def kernel_time(descriptor: int) -> int:
    """When the kernel took in the datagram that was read last, ns."""
    seconds, rest = STAMP.unpack(fcntl.ioctl(descriptor, SIOCGSTAMPNS, bytes(16)))
    return int(seconds * 1_000_000_000 + rest)


def seat_class(*, probe: bool) -> Any:
    """Which of the two."""
    return Probe if probe else Seat
