"""Every private name of aiortc and aioice that we lean on, in this one module; ``find_missing`` names those that went.

Both are pinned exactly. After an upgrade that fails the check: read how the named part works now, mend this module, run
tests/video. ``NETTLEGE_VIDEO_FORWARD=packets`` needs fewer of them and is the way out meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from socket import AF_INET, AF_INET6, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET, socket
from typing import Any

import aioice.ice
from aioice.candidate import Candidate, candidate_foundation, candidate_priority
from aioice.ice import Connection, StunProtocol
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCRtpTransceiver,
)
from aiortc.stats import RTCStatsReport
from pylibsrtp import Error as SrtpError

RECEIVE_BUFFER = 512 * 1024
CONFIGURATION = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
"""No servers: the default would ask a public one for our address."""


class NoPortFree(Exception):
    """Every UDP port of the range is taken."""


async def find_missing() -> list[str]:
    """Private names that this module uses and that the installed aiortc and aioice lack."""
    connection = RTCPeerConnection(CONFIGURATION)
    transceiver = connection.addTransceiver("video")
    dtls = transceiver.receiver.transport
    ice = dtls.transport
    wanted: list[tuple[object, str]] = [
        (transceiver, "_RTCRtpTransceiver__receiver _RTCRtpTransceiver__sender _codecs _headerExtensions"),
        (transceiver.sender, "_enabled _ssrc _rtx_ssrc _stream_id _track_id"),
        (transceiver.receiver, "_enabled _track _set_rtcp_ssrc _handle_disconnect"),
        (dtls, "_rx_srtp _tx_srtp _handle_rtp_data _handle_rtcp_data _send_rtp"),
        (ice, "_connection"),
        (getattr(ice, "_connection", None), "_nominated _protocols get_component_candidates data_received"),
        (
            getattr(ice, "_connection", None) and StunProtocol(ice._connection),
            "receiver",
        ),
        (aioice.ice, "get_host_addresses"),
    ]
    missing = [
        f"{type(owner).__name__}.{name}"
        for owner, names in wanted
        for name in names.split()
        if not hasattr(owner, name)
    ]
    # Its parent in asyncio has one, too, that does nothing.
    missing += [] if "datagram_received" in vars(StunProtocol) else ["StunProtocol.datagram_received"]
    await connection.close()
    return missing


def local_addresses(*, loopback: bool) -> tuple[str, ...]:
    """This machine's addresses that browsers may reach; 127.0.0.1 among them for a visit on one machine."""
    own = aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True)
    return (*own, "127.0.0.1") if loopback else tuple(own)


class Ear(RTCRtpReceiver):
    """Stands where aiortc's receiver stood, so that no jitter buffer and no decoder is ever made."""

    def __init__(self, old: RTCRtpReceiver) -> None:  # the parent's would make what we are here to avoid
        self._enabled = True
        self._track: Any = old.track
        self._dtls = old.transport

    @property
    def transport(self) -> Any:
        """The transport shared by everything of this connection."""
        return self._dtls

    def setTransport(self, transport: Any) -> None:  # noqa: N802 - aiortc's name
        """Take another transport (bundling)."""
        self._dtls = transport

    async def receive(self, parameters: Any) -> None:
        """Nothing to start: packets come by the wire."""

    async def stop(self) -> None:
        """Nothing to stop."""

    async def getStats(self) -> RTCStatsReport:  # noqa: N802 - aiortc's name
        """We count on our own."""
        return RTCStatsReport()

    def _set_rtcp_ssrc(self, ssrc: int) -> None: ...

    def _handle_disconnect(self) -> None: ...


class Voice(RTCRtpSender):
    """Stands where aiortc's sender stood: no track, no encoder; says when its media can flow."""

    def __init__(self, old: RTCRtpSender, ready: Callable[[], None] | None) -> None:
        self._enabled = True
        self._kind = old.kind
        self._dtls = old.transport
        self._ready = ready
        self._ssrc, self._rtx_ssrc = old._ssrc, old._rtx_ssrc
        self._stream_id, self._track_id = old._stream_id, old._track_id

    def name(self, *, ssrc: int, rtx_ssrc: int, stream: str, track: str) -> None:
        """What the answer calls this stream; the same stream for a seat's sound and picture keeps lips in time."""
        self._ssrc, self._rtx_ssrc = ssrc, rtx_ssrc
        self._stream_id, self._track_id = stream, track

    @property
    def kind(self) -> str:
        """``audio`` or ``video``."""
        return self._kind

    @property
    def track(self) -> Any:
        """None: what we send has no track here."""
        return None

    @property
    def transport(self) -> Any:
        """The transport shared by everything of this connection."""
        return self._dtls

    def setTransport(self, transport: Any) -> None:  # noqa: N802 - aiortc's name
        """Take another transport (bundling)."""
        self._dtls = transport

    async def send(self, parameters: Any) -> None:
        """Encryption is ready: aiortc calls this when media can flow."""
        if self._ready is not None:
            self._ready()
            self._ready = None

    async def stop(self) -> None:
        """Nothing to stop."""
        self._ready = None

    async def getStats(self) -> RTCStatsReport:  # noqa: N802 - aiortc's name
        """We count on our own."""
        return RTCStatsReport()


def replace_media(
    transceiver: RTCRtpTransceiver, direction: str, ready: Callable[[], None] | None = None
) -> Voice:
    """Put our receiver and sender into a transceiver, between the offer and the answer."""
    voice = Voice(transceiver.sender, ready)
    inside: Any = transceiver
    inside._RTCRtpTransceiver__receiver = Ear(transceiver.receiver)
    inside._RTCRtpTransceiver__sender = voice
    transceiver.direction = direction
    return voice


def keep_codecs(transceiver: RTCRtpTransceiver, name: str) -> tuple[int, int] | None:
    """Agree to this codec and its retransmissions only: their payload types (0: no RTX); None when not offered."""
    codecs = transceiver._codecs
    wanted = next((codec for codec in codecs if codec.name.lower() == name), None)
    if wanted is None:
        return None
    again = next(
        (
            codec
            for codec in codecs
            if codec.name.lower() == "rtx" and codec.parameters.get("apt") == wanted.payloadType
        ),
        None,
    )
    transceiver._codecs = [wanted] + ([again] if again else [])
    return wanted.payloadType or 0, (again.payloadType or 0) if again else 0


def extension_id(transceiver: RTCRtpTransceiver, uri: str) -> int:
    """The browser's number for a header extension that both know, 0 if none."""
    return next((one.id for one in transceiver._headerExtensions if one.uri == uri), 0)


class Port(StunProtocol):
    """A UDP port of one participant. Media goes straight to ``take``, everything else the ordinary way."""

    def __init__(self, connection: Connection, take: Callable[[bytes], None] | None) -> None:
        super().__init__(connection)
        self._take = take

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        """Sort a datagram by its first byte (RFC 7983). What is nothing of ours is dropped here."""
        if len(data) < 2 or isinstance(data, str):
            return
        first = data[0]
        if 128 <= first <= 191:
            if self._take is None or 192 <= data[1] <= 208:
                self.receiver.data_received(data, 1)
            else:
                self._take(data)
        elif 20 <= first <= 63:
            self.receiver.data_received(data, 1)
        elif first <= 3:
            # Anybody may send anything to a port, and aioice trusts some of what it finds there.
            with suppress(Exception):
                super().datagram_received(data, addr)


class Ports:
    """Opens one UDP port a participant, the same number on every local address."""

    def __init__(self, addresses: Sequence[str], ports: range | None) -> None:
        self._addresses = addresses
        self._ports = ports
        self._next = 0

    def serve(self, connection: Connection, take: Callable[[bytes], None] | None) -> None:
        """Have ``connection`` gather its candidates from our ports."""

        async def gather(component: int, addresses: list[str], timeout: int = 5) -> list[Candidate]:  # noqa: ARG001
            opened = await self._open(lambda: Port(connection, take))
            for port in opened:
                host, number = port.transport.get_extra_info("sockname")[:2]
                port.local_candidate = Candidate(
                    foundation=candidate_foundation("host", "udp", host),
                    component=component,
                    transport="udp",
                    priority=candidate_priority(component, "host"),
                    host=host,
                    port=number,
                    type="host",
                )
            connection._protocols += opened
            return [port.local_candidate for port in opened]

        connection.get_component_candidates = gather  # type: ignore[method-assign]

    async def _open(self, make: Callable[[], Port]) -> list[Port]:
        loop = asyncio.get_running_loop()
        ports = []
        for opened in self._bound():
            _, port = await loop.create_datagram_endpoint(make, sock=opened)
            ports.append(port)
        return ports

    def _bound(self) -> list[socket]:
        """Sockets of one number on every address. Made here, as uvloop loses those that it cannot bind."""
        for number in self._candidates():
            opened: list[socket] = []
            try:
                for address in self._addresses:
                    opened.append(socket(AF_INET6 if ":" in address else AF_INET, SOCK_DGRAM))
                    opened[-1].setblocking(False)
                    opened[-1].setsockopt(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER)
                    opened[-1].bind((address, number))
            except OSError:
                for one in opened:
                    one.close()
            else:
                return opened
        raise NoPortFree

    def _candidates(self) -> Iterator[int]:
        if self._ports is None:
            yield 0
            return
        for _ in self._ports:
            self._next = (self._next + 1) % len(self._ports)
            yield self._ports[self._next]


class Wire:
    """Encrypts and sends for one connection, decrypts what comes. ``bytes`` goes around aiortc's queue and tasks."""

    def __init__(self, dtls: Any, *, straight: bool) -> None:
        self._dtls = dtls
        self._connection = dtls.transport._connection
        self._pair: Any = None
        self._sendto: Callable[[bytes, tuple[str, int]], None] = lambda _data, _address: None
        self._address = ("", 0)
        self._outbox: list[bytes] = []
        self._sending: asyncio.Task[None] | None = None
        self.refused = 0
        self.send = self._send_now if straight else self._send_soon

    def listen(
        self,
        media: Callable[[bytes], None] | None,
        control: Callable[[bytes], None],
    ) -> None:
        """Get decrypted RTCP, and RTP too unless it comes straight from the port."""
        self._dtls._handle_rtcp_data = _as_coroutine(control)
        if media is not None:
            self._dtls._handle_rtp_data = _as_coroutine(media)

    def opened(self, data: bytes) -> bytes | None:
        """A datagram from the port, decrypted; None when it was not encrypted for us or came before."""
        session = self._dtls._rx_srtp
        if session is None:
            return None
        try:
            return bytes(session.unprotect(data))
        except (SrtpError, ValueError):
            self.refused += 1
            return None

    def _send_now(self, data: bytes) -> None:
        session, pair = self._dtls._tx_srtp, self._connection._nominated.get(1)
        if session is None or pair is None:
            return
        if pair is not self._pair:
            self._pair, self._address = pair, pair.remote_addr
            self._sendto = pair.protocol.transport.sendto
        try:
            sealed = session.protect_rtcp(data) if 192 <= data[1] <= 208 else session.protect(data)
        except (SrtpError, ValueError):
            self.refused += 1
            return
        self._sendto(sealed, self._address)

    def _send_soon(self, data: bytes) -> None:
        self._outbox.append(data)
        if self._sending is None:
            self._sending = asyncio.ensure_future(self._send_all())

    async def _send_all(self) -> None:
        try:
            while self._outbox:
                data, self._outbox = self._outbox, []
                for one in data:
                    await self._dtls._send_rtp(one)
        except (ConnectionError, SrtpError, ValueError):
            self.refused += 1
        finally:
            self._outbox.clear()
            self._sending = None


def _as_coroutine(call: Callable[[bytes], None]) -> Callable[..., Awaitable[None]]:
    async def handle(data: bytes, **_arrival: int) -> None:
        call(data)

    return handle


def candidate_source(dtls: Any) -> Connection:
    """aioice's connection under a transport."""
    connection: Connection = dtls.transport._connection
    return connection
