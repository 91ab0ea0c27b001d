"""One browser's connection to one seat: aiortc makes the handshakes, the media goes around it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex

from aiortc import RTCDataChannel, RTCPeerConnection, RTCRtpTransceiver, RTCSessionDescription
from aiortc.sdp import SessionDescription

from video import sfu_private as private
from video.sfu_offer import CODECS, stream_format, understood
from video.sfu_reports import MOST_BITRATE, Estimate, Reports
from video.sfu_sdp import BadOffer, polished
from video.sfu_stream import Format, Inlet, Outlet, Track
from video.tickets import SEATS

JOIN_SECONDS = 20.0
"""Until a connection that was answered must stand."""
MOST_SOURCES = 16
"""SSRCs that one connection may use in its life; browsers use four."""
MOST_QUEUED = 256 * 1024
"""Bytes that may wait on a data channel whose page does not take them."""


@dataclass(frozen=True, slots=True)
class Events:
    """What a connection tells whoever hosts the room."""

    connected: Callable[["Peer"], None]
    opened: Callable[["Peer"], None]
    said: Callable[["Peer", str | bytes], None]
    lost: Callable[["Peer"], None]


@dataclass(slots=True)
class Stage:
    """A room's media: for every seat the tracks that the others get, kept for the whole visit."""

    tracks: dict[tuple[str, str], Track] = field(
        default_factory=lambda: {(seat, kind): Track(seat, kind) for seat in SEATS for kind in CODECS}
    )
    name: str = field(default_factory=lambda: token_hex(4))

    def canonical_name(self, seat: str) -> str:
        """A seat's CNAME: sound and picture with one are on one clock."""
        return f"{self.name}-{seat}"


@dataclass(slots=True)
class Counters:
    """Sums since the process began."""

    packets_in: int = 0
    packets_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    malformed: int = 0
    lost: int = 0


class Peer:
    """One browser's connection to one seat."""

    def __init__(self, stage: Stage, room: str, seat: str, events: Events, counters: Counters) -> None:
        self.name = token_hex(8)
        self.room = room
        self.seat = seat
        self.heard = time.monotonic()
        self.packets_in = self.packets_out = self.malformed = 0
        self.mids: dict[str, dict[str, str]] = {}
        self.inlets: dict[int, Inlet] = {}
        self.outlets: dict[int, Outlet] = {}
        self.reports = Reports(1, self.inlets, self.outlets)
        self.connection = RTCPeerConnection(private.CONFIGURATION)
        self._stage = stage
        self._events = events
        self._counters = counters
        self._forms: dict[str, Format] = {}
        self._own: dict[int, Inlet] = {}
        self._estimates: dict[int, Estimate] = {}
        self._sources = 0
        self._wire: private.Wire | None = None
        self._channel: RTCDataChannel | None = None
        self._pulse: asyncio.TimerHandle | None = None
        self._timers: set[asyncio.TimerHandle] = set()
        self._stands = False
        self._closing: asyncio.Task[None] | None = None

    async def answer(self, offer: str, ports: private.Ports, *, straight: bool, public_address: str) -> str:
        """Agree to ``offer``; the answer. Raises BadOffer."""
        connection = self.connection
        connection.on("connectionstatechange", self._on_state)
        connection.on("datachannel", self._on_channel)
        description = understood(offer)
        try:
            await connection.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
            self._arrange(description)
            dtls = connection.getTransceivers()[0].receiver.transport
            wire = self._wire = private.Wire(dtls, straight=straight)
            wire.listen(None if straight else self._on_media, self._on_control)
            ports.serve(private.candidate_source(dtls), self._on_sealed if straight else None)
            local = await connection.createAnswer()
            await connection.setLocalDescription(local)
        except (BadOffer, private.NoPortFree):
            raise
        except Exception as error:
            raise BadOffer(f"the offer cannot be answered ({type(error).__name__})") from error
        self._after(JOIN_SECONDS, self._give_up)
        names = {
            mid: self._stage.canonical_name(seat) for seat, mids in self.mids.items() for mid in mids.values()
        }
        return polished(connection.localDescription.sdp, names=names, public_address=public_address)

    def _arrange(self, description: SessionDescription) -> None:
        """The first section of each kind that the browser sends on is its own; the others take turns by seat."""
        others = {kind: [seat for seat in SEATS if seat != self.seat] for kind in CODECS}
        own: set[str] = set()
        for transceiver, media in zip(
            self.connection.getTransceivers(),
            [section for section in description.media if section.kind in CODECS],
            strict=True,
        ):
            kind = transceiver.kind
            types = private.keep_codecs(transceiver, CODECS[kind])
            if types is None:
                raise BadOffer(f"no {CODECS[kind]} is offered")
            form = stream_format(transceiver, media, types)
            if kind not in own and media.direction in ("sendrecv", "sendonly"):
                own.add(kind)
                voice = private.replace_media(transceiver, "recvonly")
                voice.name(ssrc=voice._ssrc, rtx_ssrc=voice._rtx_ssrc, stream=self.seat, track=f"own-{kind}")
                self.reports.ssrc = voice._ssrc
                self._forms[kind] = form
                for ssrc in filter(None, (form.ssrc, form.rtx_ssrc)):
                    self._listen_to(ssrc, kind)
            elif others[kind] and media.direction in ("recvonly", "sendrecv"):
                self._carry(transceiver, others[kind].pop(0), form)
            else:
                private.replace_media(transceiver, "inactive")

    def _carry(self, transceiver: RTCRtpTransceiver, seat: str, form: Format) -> None:
        track = self._stage.tracks[seat, transceiver.kind]
        outlet = Outlet(track, form, self._send, subscriber=self)
        if form.send_time_id:
            outlet.now = _send_time
        voice = private.replace_media(transceiver, "sendonly", lambda: self._let_flow(outlet))
        voice.name(ssrc=track.ssrc, rtx_ssrc=track.rtx_ssrc, stream=seat, track=f"{seat}-{transceiver.kind}")
        self.mids.setdefault(seat, {})[transceiver.kind] = transceiver.mid or ""

    def _let_flow(self, outlet: Outlet) -> None:
        """Encryption stands: whoever looks on gets a whole picture at once, not at the next odd chance."""
        track = outlet.track
        self.outlets[track.ssrc] = outlet
        track.outlets.append(outlet)
        track.ask_keyframe(time.monotonic())

    def take_seat(self) -> None:
        """From now on this connection is what the others see and hear of the seat."""
        for inlet in self._own.values():
            inlet.track.feed_from(inlet)

    # What comes in.

    def _on_sealed(self, data: bytes) -> None:
        if self._wire is not None and (plain := self._wire.opened(data)) is not None:
            self._on_media(plain)

    def _on_media(self, data: bytes) -> None:
        if not self._stands:
            return
        now = self.heard = time.monotonic()
        self.packets_in += 1
        counters = self._counters
        counters.packets_in += 1
        counters.bytes_in += len(data)
        ssrc = int.from_bytes(data[8:12])
        inlet = self.inlets.get(ssrc) or self._find_inlet(ssrc, data)
        if inlet is None or len(data) < 12 or not inlet.receive(data, now):
            self.malformed += 1
            counters.malformed += 1

    def _find_inlet(self, ssrc: int, data: bytes) -> Inlet | None:
        """Who a stream is that the offer did not announce: in one connection the payload type says the kind."""
        if len(data) < 12 or self._sources >= MOST_SOURCES:
            return None
        number = data[1] & 0x7F
        for kind, form in self._forms.items():
            if number == form.payload_type:
                return self._listen_to(ssrc, kind)
            if form.rtx_payload_type and number == form.rtx_payload_type:
                self._sources += 1
                self.inlets[ssrc] = next(one for one in self._own.values() if one.track.kind == kind)
                return self.inlets[ssrc]
        return None

    def _listen_to(self, ssrc: int, kind: str) -> Inlet:
        self._sources += 1
        form = self._forms[kind]
        before = next((one for one in self._own.values() if one.track.kind == kind), None)
        if before is not None and (ssrc == form.rtx_ssrc or not before.ssrc):
            before.ssrc = before.ssrc or ssrc
            self.inlets[ssrc] = before
            return before
        inlet = Inlet(self._stage.tracks[self.seat, kind], form, self)
        inlet.ssrc = ssrc
        if form.send_time_id:
            estimate = self._estimates[id(inlet)] = Estimate(ssrc)
            inlet.measure = estimate.add
        self._own = {key: one for key, one in self._own.items() if one is not before} | {ssrc: inlet}
        self.inlets[ssrc] = inlet
        if self._stands:
            inlet.track.feed_from(inlet)
        return inlet

    def _on_control(self, data: bytes) -> None:
        self.heard = time.monotonic()
        if not self.reports.read(data, self.heard):
            self.malformed += 1
            self._counters.malformed += 1

    def lost(self) -> int:
        """Packets that the browser sent and we never got."""
        return sum(max(0, one.expected - one.received - one.recovered) for one in self._own.values())

    # What goes out.

    def _send(self, data: bytes) -> None:
        self.packets_out += 1
        self._counters.packets_out += 1
        self._counters.bytes_out += len(data)
        self._wire.send(data)  # type: ignore[union-attr]

    def _send_control(self, data: bytes) -> None:
        if data and self._stands and self._wire is not None:
            self._wire.send(data)

    def ask_keyframe(self, ssrc: int) -> None:
        """Wish for a whole picture of the browser's stream."""
        self._send_control(self.reports.keyframe_wish(ssrc))

    def ask_again(self, ssrc: int, missing: list[int]) -> None:
        """Wish for packets of the browser's stream that did not come."""
        self._send_control(self.reports.missing(ssrc, missing))

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call in a while, if this connection still stands then."""
        self._after(seconds, call)

    def _beat(self) -> None:
        now = time.monotonic()
        self._send_control(self.reports.regular(now, names=self._stage.canonical_name, limit=self._limit))
        self._pulse = asyncio.get_running_loop().call_later(1.0, self._beat)

    def _limit(self, inlet: Inlet) -> int:
        """Bits a second that this browser may send: what its line and every subscriber's take."""
        now = time.monotonic()
        limits = [MOST_BITRATE]
        if estimate := self._estimates.get(id(inlet)):
            limits.append(estimate.limit(now))
        limits += [
            outlet.subscriber.share(now)
            for outlet in inlet.track.outlets
            if isinstance(outlet.subscriber, Peer)
        ]
        return min(limits)

    def share(self, now: float) -> int:
        """What this browser's downstream line takes of each picture that it gets."""
        limit = self.reports.line.limit(now)
        if limit is None:
            return MOST_BITRATE
        pictures = sum(
            one.track.kind == "video" and one.track.inlet is not None and one.track.inlet.started
            for one in self.outlets.values()
        )
        return limit // max(1, pictures)

    # Data channel and life.

    def tell(self, text: str) -> bool:
        """Send on the data channel; False when it is not open, or its page takes nothing any more."""
        channel = self._channel
        if channel is None or channel.readyState != "open" or channel.bufferedAmount > MOST_QUEUED:
            return False
        channel.send(text)
        return True

    def _on_channel(self, channel: RTCDataChannel) -> None:
        if channel.label != "room" or self._channel is not None:
            channel.close()
            return
        self._channel = channel

        def said(data: str | bytes) -> None:
            self.heard = time.monotonic()
            self._events.said(self, data)

        channel.on("message", said)
        self._events.opened(self)

    def _on_state(self) -> None:
        state = self.connection.connectionState
        if state == "connected" and not self._stands and self._closing is None:
            self._stands = True
            self.heard = time.monotonic()
            self._pulse = asyncio.get_running_loop().call_later(0.5, self._beat)
            self._events.connected(self)
        elif state in ("failed", "closed"):
            self.close()

    def _give_up(self) -> None:
        if not self._stands:
            self.close()

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(handle)
            call()

        handle = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(handle)

    def close(self, *, after: float = 0) -> asyncio.Task[None]:
        """End the connection, if asked ``after`` some seconds in which a last message gets there."""
        if self._closing is None:
            self._cut()
            self._closing = asyncio.ensure_future(self._close(after))
        return self._closing

    def _cut(self) -> None:
        """No more media, in or out, from this moment."""
        self._stands = False
        self._counters.lost += self.lost()
        for outlet in self.outlets.values():
            outlet.track.outlets.remove(outlet)
        self.outlets.clear()
        self.inlets.clear()
        self._own.clear()
        for handle in [*self._timers, *([self._pulse] if self._pulse else [])]:
            handle.cancel()
        self._timers.clear()
        for kind in CODECS:
            track = self._stage.tracks[self.seat, kind]
            if track.inlet is not None and track.inlet.upstream is self:
                track.inlet = None

    async def _close(self, after: float) -> None:
        await asyncio.sleep(after)
        try:
            await self.connection.close()
        finally:
            self._counters.malformed += self._wire.refused if self._wire else 0
            self._events.lost(self)


def _send_time() -> int:
    """Now as the 24-bit extension has it: seconds with 18 bits after the point."""
    return int(time.monotonic() * 262144) & 0xFFFFFF
