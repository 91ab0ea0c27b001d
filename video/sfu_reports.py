"""RTCP of one connection: what browsers report and wish for comes in, what we report and wish for goes out.

Asking again (NACK) and key frames go hop by hop; bandwidth is the least that our estimate and the subscribers allow.
"""

from collections.abc import Callable, Iterable
from struct import error as StructError  # noqa: N812 - an exception
from struct import pack, unpack_from

from aiortc.rate import RemoteBitrateEstimator
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RTCP_SDES,
    AnyRtcpPacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    pack_remb_fci,
    unpack_remb_fci,
)

from video.sfu_stream import Inlet, Outlet

LEAST_BITRATE, FIRST_BITRATE, MOST_BITRATE = 100_000, 1_200_000, 3_000_000
CLIMB = 1.2
"""A second: browsers take our first words for the width of the line and would begin with all of it."""
HOLD = 15.0
"""Seconds that a line counts as narrow after its estimate last fell."""
GROUP = 1311
"""Five milliseconds of send time (2**-18 s): packets closer than that are one burst to the estimator."""


class Line:
    """What an estimator says a line takes. Its figure trails what is sent while nothing is in the way.

    So it is a limit only when it falls, or begins far below what is sent, and for a while after: else every picture
    would begin small and stay so for half a minute.
    """

    def __init__(self) -> None:
        self._bitrate: int | None = None
        self._narrow_until = 0.0

    def note(self, bitrate: int, now: float, *, sent: float) -> None:
        """Take a new figure; ``sent`` is what goes over the line now. All in bits a second."""
        before = self._bitrate
        if bitrate < (0.8 * sent if before is None else 0.97 * before):
            self._narrow_until = now + HOLD
        self._bitrate = bitrate

    def limit(self, now: float) -> int | None:
        """The most that should be sent, None when the line sets no limit."""
        return self._bitrate if now < self._narrow_until else None


class Rate:
    """Bits a second of the last second or so."""

    def __init__(self) -> None:
        self._octets, self._at, self.bits = 0, 0.0, 0.0

    def note(self, octets: int, now: float) -> None:
        """``octets`` is the sum so far."""
        if self._at and now > self._at:
            self.bits = (octets - self._octets) * 8 / (now - self._at)
        self._octets, self._at = octets, now


class Estimate:
    """Our estimate of a browser's upstream line, fed once a burst."""

    def __init__(self, ssrc: int) -> None:
        self._estimator = RemoteBitrateEstimator()
        self._ssrc = ssrc
        self._first = self._last = -1
        self._size = 0
        self._at = 0.0
        self.line = Line()
        self.octets = 0
        self.rate = Rate()
        self._ceiling = float(FIRST_BITRATE)

    def limit(self, now: float) -> int:
        """Bits a second that the browser may send as far as its own line goes; asked once a second."""
        self.rate.note(self.octets, now)
        narrow = self.line.limit(now)
        self._ceiling = min(self._ceiling * CLIMB, MOST_BITRATE) if narrow is None else float(FIRST_BITRATE)
        return int(self._ceiling) if narrow is None else narrow

    def add(self, send_time: int, size: int, now: float) -> None:
        """Note a packet. ``send_time`` is its 24-bit extension, ``size`` bytes, ``now`` seconds."""
        if self._first >= 0 and (send_time - self._first) & 0xFFFFFF > GROUP:
            found = self._estimator.add(
                abs_send_time=self._last,
                arrival_time_ms=int(self._at * 1000),
                payload_size=self._size,
                ssrc=self._ssrc,
            )
            if found is not None:
                self.line.note(found[0], now, sent=self.rate.bits)
            self._first, self._size = send_time, 0
        elif self._first < 0:
            self._first = send_time
        self._last, self._at = send_time, now
        self._size += size
        self.octets += size


class Reports:
    """Reads and writes one connection's RTCP. ``ssrc`` is who we are in what we write."""

    def __init__(self, ssrc: int, inlets: dict[int, Inlet], outlets: dict[int, Outlet]) -> None:
        self.ssrc = ssrc
        self._inlets = inlets
        self._outlets = outlets
        self._heard_report: dict[int, tuple[int, float]] = {}
        self.line = Line()
        """This browser's downstream, as it says itself."""
        self.rate = Rate()

    def read(self, data: bytes, now: float) -> bool:
        """Act on a decrypted compound packet; False when malformed."""
        try:
            packets = RtcpPacket.parse(data)
            for packet in packets:
                self._act(packet, now)
        except (ValueError, StructError, IndexError):
            return False
        return True

    def _act(self, packet: AnyRtcpPacket, now: float) -> None:
        if isinstance(packet, RtcpSrPacket):
            self._note_sender_report(packet, now)
        if isinstance(packet, RtcpSrPacket | RtcpRrPacket):
            for report in packet.reports:
                if outlet := self._outlets.get(report.ssrc):
                    outlet.lost, outlet.lost_lately = report.packets_lost, report.fraction_lost
        elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            if outlet := self._outlets.get(packet.media_ssrc):
                outlet.send_again(packet.lost, now)
        elif isinstance(packet, RtcpPsfbPacket):
            self._act_on_wish(packet, now)

    def _note_sender_report(self, packet: RtcpSrPacket, now: float) -> None:
        inlet = self._inlets.get(packet.ssrc)
        if inlet is None or packet.ssrc != inlet.ssrc:
            return
        info = packet.sender_info
        self._heard_report[packet.ssrc] = (info.ntp_timestamp >> 16 & 0xFFFFFFFF, now)
        inlet.note_report(info.ntp_timestamp, info.rtp_timestamp, now)

    def _act_on_wish(self, packet: RtcpPsfbPacket, now: float) -> None:
        if packet.fmt == RTCP_PSFB_PLI:
            wanted = [packet.media_ssrc]
        elif packet.fmt == RTCP_PSFB_FIR:
            wanted = [unpack_from("!L", packet.fci, at)[0] for at in range(0, len(packet.fci) - 7, 8)]
        elif packet.fmt == RTCP_PSFB_APP and packet.fci[:4] == b"REMB":
            self.line.note(unpack_remb_fci(packet.fci)[0], now, sent=self.rate.bits)
            return
        else:
            return
        for ssrc in wanted:
            if outlet := self._outlets.get(ssrc):
                outlet.track.ask_keyframe(now)

    def keyframe_wish(self, ssrc: int) -> bytes:
        """A PLI for the browser's stream ``ssrc``."""
        return bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=self.ssrc, media_ssrc=ssrc))

    def missing(self, ssrc: int, lost: list[int]) -> bytes:
        """A NACK for packets of the browser's stream, oldest first."""
        return bytes(RtcpRtpfbPacket(RTCP_RTPFB_NACK, self.ssrc, ssrc, lost))

    def regular(self, now: float, *, names: Callable[[str], str], limit: Callable[[Inlet], int]) -> bytes:
        """What is due once a second; empty when there is nothing to say.

        ``names`` is a seat's canonical name; ``limit`` the most bits a second that its subscribers can take.
        """
        senders = [report for outlet in self._outlets.values() if (report := _sender_report(outlet, now))]
        inlets = {id(inlet): inlet for inlet in self._inlets.values() if inlet.started}.values()
        blocks = [self._receiver_block(inlet, now) for inlet in inlets]
        packets: list[AnyRtcpPacket] = [*senders]
        if blocks:
            if senders:
                senders[0].reports = blocks
            else:
                packets.append(RtcpRrPacket(ssrc=self.ssrc, reports=blocks))
        heard = [outlet.track for outlet in self._outlets.values() if outlet.packets] if senders else []
        self.rate.note(sum(outlet.octets for outlet in self._outlets.values()), now)
        for inlet in inlets:
            if inlet.track.kind == "video":
                fci = pack_remb_fci(max(limit(inlet), LEAST_BITRATE), [inlet.ssrc])
                packets.append(RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=self.ssrc, media_ssrc=0, fci=fci))
        described = canonical_names((track.ssrc, names(track.seat)) for track in heard) if heard else b""
        return b"".join(bytes(packet) for packet in packets) + described

    def _receiver_block(self, inlet: Inlet, now: float) -> RtcpReceiverInfo:
        last, at = self._heard_report.get(inlet.ssrc, (0, now))
        return RtcpReceiverInfo(
            ssrc=inlet.ssrc,
            fraction_lost=min(_lost_on_the_way(inlet), 255),
            packets_lost=max(-0x800000, min(inlet.lost, 0x7FFFFF)),
            highest_sequence=((inlet.cycles << 16) + inlet.highest) & 0xFFFFFFFF,
            jitter=int(inlet.jitter) & 0xFFFFFFFF,
            lsr=last,
            dlsr=min(int((now - at) * 65536), 0xFFFFFFFF) if last else 0,
        )


def _lost_on_the_way(inlet: Inlet) -> int:
    """Fraction lost lately, of 256. Of sound, as far as the worst listener: by it Opus chooses how much to repeat."""
    lost = inlet.lost_lately()
    if inlet.track.kind == "video":
        return lost
    beyond = max((outlet.lost_lately for outlet in inlet.track.outlets), default=0)
    return lost + beyond - lost * beyond // 256


def _sender_report(outlet: Outlet, now: float) -> RtcpSrPacket | None:
    """The publisher's own report with our numbering, moved on to now, so that sound and picture keep step."""
    report = outlet.track.report
    if report is None or not outlet.packets:
        return None
    ntp, timestamp, at = report
    return RtcpSrPacket(
        ssrc=outlet.track.ssrc,
        sender_info=RtcpSenderInfo(
            ntp_timestamp=(ntp + int((now - at) * (1 << 32))) & 0xFFFFFFFFFFFFFFFF,
            rtp_timestamp=(timestamp + int((now - at) * outlet.track.clock_rate)) & 0xFFFFFFFF,
            packet_count=outlet.packets & 0xFFFFFFFF,
            octet_count=outlet.octets & 0xFFFFFFFF,
        ),
    )


def canonical_names(names: Iterable[tuple[int, str]]) -> bytes:
    """An SDES packet with a CNAME for each SSRC; at most 31.

    Written here as aiortc does not begin each chunk on a 32-bit boundary (RFC 3550, 6.5): Chromium then throws the
    whole compound packet away, and the reports and bandwidth in it.
    """
    chunks = []
    for ssrc, name in names:
        item = pack("!LBB", ssrc, 1, len(name.encode())) + name.encode()
        chunks.append(item + bytes(4 - len(item) % 4))
    body = b"".join(chunks)
    return pack("!BBH", 0x80 | len(chunks), RTCP_SDES, len(body) // 4) + body
