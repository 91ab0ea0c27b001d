"""Encoded media as bytes: one seat's sound or picture, from its connection of the moment to everybody else.

No aiortc here, and nothing is decoded. A ``Track`` is what the others receive from a seat: one SSRC, one unbroken run
of sequence numbers and timestamps for the whole visit, whatever connection feeds it (``Inlet``). An ``Outlet`` is one
subscriber's view of it, with that browser's payload types and extension ids. RFC 3550, 4588 (RTX), 8285 (extensions).
"""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import randbelow
from struct import Struct
from typing import Protocol

RING = 1024
"""Packets kept for those who missed them."""
CLOCK_RATES = {"audio": 48000, "video": 90000}
KEYFRAME_EVERY = 0.3
"""Seconds between two requests for a key frame."""
RESENDS_PER_SECOND = 1000
ASK_AGAIN = 0.04
"""Seconds from asking for a lost packet until asking once more; then twice as long, and so on."""
HOPELESS = 10
"""Requests for one packet until it is given up."""
LARGEST_GAP = 500

HEAD = Struct("!BBHLL")
HEAD_WITH_TIME = Struct("!BBHLLLL")
EXTENSION = Struct("!HH")
NUMBER = Struct("!H")
ONE_EXTENSION = 0xBEDE0001

Packet = tuple[int, int, int, int, bytes]
"""Sequence number, timestamp, marker bit, padding bit, payload: all that is kept of a packet's own."""


@dataclass(frozen=True, slots=True)
class Format:
    """How one browser names things: payload types, SSRCs if it said them, and extension ids (0: none)."""

    payload_type: int
    rtx_payload_type: int = 0
    send_time_id: int = 0
    ssrc: int = 0
    rtx_ssrc: int = 0


class Upstream(Protocol):
    """The connection that feeds a track."""

    def ask_keyframe(self, ssrc: int) -> None:
        """Wish for a whole picture of the browser's stream."""

    def ask_again(self, ssrc: int, missing: list[int]) -> None:
        """Wish for packets of the browser's stream, oldest first."""

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call in a while, if the connection still stands then."""


class Track:
    """What everybody else gets of one seat's sound or picture, for the whole visit."""

    def __init__(self, seat: str, kind: str) -> None:
        self.seat = seat
        self.kind = kind
        self.clock_rate = CLOCK_RATES[kind]
        self.ssrc = 1 + randbelow(0xFFFFFFFE)
        self.rtx_ssrc = 1 + randbelow(0xFFFFFFFE)
        self.outlets: list[Outlet] = []
        self.ring: list[Packet | None] = [None] * RING
        self.sequence = randbelow(0x10000)
        self.timestamp = randbelow(1 << 32)
        self.timestamp_at = 0.0
        self.inlet: Inlet | None = None
        self.report: tuple[int, int, float] | None = None
        """The last sender report: NTP time, our timestamp, and when it came."""
        self._asked = -1.0
        self._asking_later = False

    def feed_from(self, inlet: "Inlet") -> None:
        """From now on this connection's packets are the seat's; those of an earlier one no longer."""
        self.inlet = inlet
        self.report = None
        self._asked = -1.0
        self._asking_later = False  # what an earlier connection had put off went with it

    def ask_keyframe(self, now: float) -> None:
        """Have the browser begin anew with a whole picture, at most once in 0.3 s; an early wish is kept, not lost."""
        inlet = self.inlet
        if self.kind != "video" or inlet is None or not inlet.ssrc:
            return
        wait = self._asked + KEYFRAME_EVERY - now
        if wait <= 0:
            self._asked = now
            inlet.upstream.ask_keyframe(inlet.ssrc)
        elif not self._asking_later:
            self._asking_later = True
            inlet.upstream.later(wait, lambda: self._ask_now(now + wait))

    def _ask_now(self, now: float) -> None:
        self._asking_later = False
        self.ask_keyframe(now + 0.001)


class Inlet:
    """One connection's sending side of one track: from what the browser numbers to what the track numbers."""

    def __init__(self, track: Track, form: Format, upstream: Upstream) -> None:
        self.track = track
        self.form = form
        self.upstream = upstream
        self.ssrc = form.ssrc
        self.started = False
        self.highest = 0
        self.first = 0
        self.cycles = 0
        self.received = 0
        self.recovered = 0
        self.jitter = 0.0
        self.measure: Callable[[int, int, float], None] | None = None
        self._transit = 0.0
        self._sequence_shift = 0
        self._timestamp_shift = 0
        self._missing: dict[int, tuple[int, float]] = {}
        self._looked = 0.0
        self._before = (0, 0)

    def receive(self, data: bytes, now: float) -> bool:
        """Take a decrypted RTP packet of this inlet and hand it on. False when it is malformed or nobody's."""
        first, second, sequence, timestamp, _ssrc = HEAD.unpack_from(data)
        start = 12 + ((first & 15) << 2)
        if first & 0x10:
            if len(data) < start + 4:
                return False
            begin, start = start + 4, start + 4 + (EXTENSION.unpack_from(data, start)[1] << 2)
            if start <= len(data) and self.measure is not None:
                self._measure_arrival(data, begin, start, now)
        if start > len(data):
            return False
        payload_type = second & 0x7F
        if payload_type == self.form.rtx_payload_type and payload_type:
            return self._recover(data, start, timestamp, now)
        if payload_type != self.form.payload_type:
            return False
        if not self._is_new(sequence, timestamp, now):
            return True
        self._hand_on((sequence, timestamp, second & 0x80, first & 0x20, data[start:]), now)
        return True

    def _recover(self, data: bytes, start: int, timestamp: int, now: float) -> bool:
        """A packet sent again. Browsers also send padding and old packets this way to probe the line: not for us."""
        padding = data[-1] if data[0] & 0x20 else 0
        if len(data) - start - padding < 2:
            return len(data) - start >= padding
        sequence = NUMBER.unpack_from(data, start)[0]
        if self._missing.pop(sequence, None) is not None:
            self.recovered += 1
            self._hand_on((sequence, timestamp, data[1] & 0x80, data[0] & 0x20, data[start + 2 :]), now)
        return True

    def _measure_arrival(self, data: bytes, at: int, end: int, now: float) -> None:
        """Find when the browser sent this (24 bits, 6.18 seconds) and tell who estimates its line."""
        wanted = self.form.send_time_id
        while at < end - 3:
            head = data[at]
            if head >> 4 == wanted:
                self.measure(int.from_bytes(data[at + 1 : at + 4]), len(data), now)  # type: ignore[misc]
                return
            at += 1 if head == 0 else 2 + (head & 15)

    def _is_new(self, sequence: int, timestamp: int, now: float) -> bool:
        """Count the packet, note what is missing before it; False for one that we had."""
        if not self.started:
            self._start(sequence, timestamp, now)
            return True
        ahead = (sequence - self.highest) & 0xFFFF
        if ahead == 0:
            return False
        if ahead < 0x8000:
            if ahead > 1:
                self._note_gap(sequence, ahead, now)
            if sequence < self.highest:
                self.cycles += 1
        elif self._missing.pop(sequence, None) is None:
            # Behind, and not waited for: a repetition, or from before the first packet.
            return False
        else:
            self.received += 1
            return True
        self.highest = sequence
        self.received += 1
        transit = now * self.track.clock_rate - timestamp
        self.jitter += (min(abs(transit - self._transit), self.track.clock_rate) - self.jitter) / 16
        self._transit = transit
        if self._missing and now - self._looked > ASK_AGAIN / 4:
            self._ask_again(now)
        return True

    def _start(self, sequence: int, timestamp: int, now: float) -> None:
        """Go on where the track stands, so that to the others nothing but a pause happened."""
        track = self.track
        passed = round((now - track.timestamp_at) * track.clock_rate) if track.timestamp_at else 0
        self._sequence_shift = track.sequence + 1 - sequence
        self._timestamp_shift = track.timestamp + max(passed, track.clock_rate // 50) - timestamp
        self.started = True
        self.highest = self.first = sequence
        self.received = 1
        self._transit = now * track.clock_rate - timestamp

    def _note_gap(self, sequence: int, ahead: int, now: float) -> None:
        if self.track.kind != "video":
            return
        if ahead > LARGEST_GAP:
            self._missing.clear()
            self.track.ask_keyframe(now)
            return
        fresh = [(sequence - behind) & 0xFFFF for behind in range(ahead - 1, 0, -1)]
        self._missing.update((number, (1, now + ASK_AGAIN)) for number in fresh)
        self.upstream.ask_again(self.ssrc, fresh)

    def _ask_again(self, now: float) -> None:
        """Whatever is still missing is asked for again, each time after a longer wait; in the end it is given up."""
        self._looked = now
        due = []
        for number, (asked, again) in list(self._missing.items()):
            if asked >= HOPELESS or (self.highest - number) & 0xFFFF > LARGEST_GAP:
                del self._missing[number]
            elif now >= again:
                self._missing[number] = (asked + 1, now + ASK_AGAIN * (asked + 1))
                due.append(number)
        if due:
            due.sort(key=lambda number: (number - self.highest) & 0xFFFF)
            self.upstream.ask_again(self.ssrc, due)

    def _hand_on(self, packet: Packet, now: float) -> None:
        track = self.track
        if track.inlet is not self:
            return
        sequence, timestamp, marker, padding, payload = packet
        sequence = (sequence + self._sequence_shift) & 0xFFFF
        timestamp = (timestamp + self._timestamp_shift) & 0xFFFFFFFF
        if (sequence - track.sequence) & 0xFFFF < 0x8000:
            track.sequence = sequence
            track.timestamp = timestamp
            track.timestamp_at = now
        packet = (sequence, timestamp, marker, padding, payload)
        track.ring[sequence & 1023] = packet
        for outlet in track.outlets:
            outlet.pass_on(packet)

    def note_report(self, ntp: int, timestamp: int, now: float) -> None:
        """A sender report of the browser's: what ties the picture's and the sound's time together."""
        if self.started and self.track.inlet is self:
            self.track.report = (ntp, (timestamp + self._timestamp_shift) & 0xFFFFFFFF, now)

    @property
    def expected(self) -> int:
        """Packets that the browser has sent, lost ones among them."""
        return (self.cycles << 16) + self.highest - self.first + 1 if self.started else 0

    @property
    def lost(self) -> int:
        """Packets lost so far, as reports have it: what was repaired counts a quarter.

        Browsers stop growing at a fiftieth lost and cut the picture to nothing at a fifth, though the line may be wide;
        yet a line that loses much more must be spared.
        """
        return self.expected - self.received - self.recovered * 3 // 4

    def lost_lately(self) -> int:
        """Fraction lost since the last call, of 256."""
        lost, expected = self.lost - self._before[0], self.expected - self._before[1]
        self._before = (self.lost, self.expected)
        return 0 if expected <= 0 or lost <= 0 else (lost << 8) // expected


class Outlet:
    """One subscriber's view of a track. ``send`` takes a plain RTP packet and encrypts it."""

    def __init__(
        self, track: Track, form: Format, send: Callable[[bytes], None], subscriber: object = None
    ) -> None:
        self.track = track
        self.subscriber = subscriber
        self.form = form
        self.send = send
        self.packets = 0
        self.octets = 0
        self.lost = 0
        self.lost_lately = 0
        """Fraction of 256, as this subscriber said last."""
        # A new encrypted session begins low: a wrap among its first packets would be undecryptable if one were lost.
        self.shift = (randbelow(0x4000) - track.sequence) & 0xFFFF
        self._rtx_sequence = randbelow(0x4000)
        self._allowance = float(RESENDS_PER_SECOND)
        self._allowance_at = 0.0
        self._time_extension = form.send_time_id << 28 | 2 << 24
        self.now: Callable[[], int] | None = None

    def pass_on(self, packet: Packet) -> None:
        """Send a packet of the track."""
        sequence, timestamp, marker, padding, payload = packet
        self.packets += 1
        self.octets += len(payload)
        sequence = (sequence + self.shift) & 0xFFFF
        head = self._head(marker | self.form.payload_type, padding, sequence, timestamp, self.track.ssrc)
        self.send(head + payload)

    def _head(self, second: int, padding: int, sequence: int, timestamp: int, ssrc: int) -> bytes:
        if self.now is None:
            return HEAD.pack(0x80 | padding, second, sequence, timestamp, ssrc)
        # The browser measures its line by when we sent, not by when the other browser did.
        extension = self._time_extension | self.now()
        return HEAD_WITH_TIME.pack(
            0x90 | padding, second, sequence, timestamp, ssrc, ONE_EXTENSION, extension
        )

    def send_again(self, lost: list[int], now: float) -> None:
        """Answer a NACK from the ring, by RTX where the browser knows it."""
        self._allowance = min(
            RESENDS_PER_SECOND, self._allowance + (now - self._allowance_at) * RESENDS_PER_SECOND
        )
        self._allowance_at = now
        track, form = self.track, self.form
        for wanted in lost:
            number = (wanted - self.shift) & 0xFFFF
            kept = track.ring[number & 1023]
            if kept is None or kept[0] != number:
                continue
            if self._allowance < 1:
                return
            self._allowance -= 1
            _, timestamp, marker, padding, payload = kept
            if form.rtx_payload_type:
                self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
                second, sequence, ssrc = (
                    marker | form.rtx_payload_type,
                    self._rtx_sequence,
                    track.rtx_ssrc,
                )
                payload = NUMBER.pack(wanted & 0xFFFF) + payload
            else:
                second, sequence, ssrc = marker | form.payload_type, wanted & 0xFFFF, track.ssrc
            self.send(self._head(second, padding, sequence, timestamp, ssrc) + payload)
