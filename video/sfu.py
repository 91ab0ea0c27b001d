"""Forwards encoded media between the seats of a room, on aiortc's handshakes. Nothing is decoded, nothing recorded.

aiortc stays in sfu*.py: private names in sfu_private, RTCP in sfu_reports; sfu_stream and sfu_sdp know nothing of it.
docs/decisions/0005-video-forwards-bytes.md says why it is made like this.
"""

import asyncio

from video import sfu_private as private
from video.sfu_peer import Counters, Events, Peer, Stage
from video.sfu_private import NoPortFree
from video.sfu_sdp import BadOffer, stripped

__all__ = ["BadOffer", "Events", "Forwarder", "MissingNames", "NoPortFree", "Peer"]


class MissingNames(SystemExit):
    """The installed aiortc or aioice is not the one that we know."""


class Forwarder:
    """The media of all rooms of this process."""

    def __init__(
        self, *, ports: range | None, addresses: tuple[str, ...], public_address: str, straight: bool
    ) -> None:
        self.counters = Counters()
        self._lost = 0
        self._stages: dict[str, Stage] = {}
        found = addresses or private.local_addresses(loopback=not public_address)
        self._ports = private.Ports(found, ports)
        self._public_address = public_address
        self._straight = straight
        self._peers: set[Peer] = set()

    async def check(self) -> None:
        """Raises MissingNames, which says what to do, when aiortc or aioice is not as we know it."""
        if missing := await private.find_missing():
            raise MissingNames(
                "Will not start: aiortc or aioice has changed and lacks "
                + ", ".join(missing)
                + ". Install the versions that pyproject.toml pins, or mend video/sfu_private.py."
            )

    async def join(self, room: str, seat: str, offer: str, events: Events) -> tuple[Peer, str]:
        """A connection for ``seat`` and the answer to its offer. Raises BadOffer; NoPortFree."""
        offer = stripped(offer)
        stage = self._stages.setdefault(room, Stage())
        peer = Peer(stage, room, seat, events, self.counters)
        self._peers.add(peer)
        try:
            answer = await peer.answer(
                offer, self._ports, straight=self._straight, public_address=self._public_address
            )
        except BaseException:
            self.discard(peer)
            raise
        return peer, answer

    def discard(self, peer: Peer, *, after: float = 0) -> None:
        """End a connection's media now, close it ``after`` some seconds, forget it then."""
        peer.close(after=after).add_done_callback(lambda _done: self._peers.discard(peer))

    def lost_in(self) -> int:
        """Packets lost between browsers and us since the process began; what is repaired late is not taken back."""
        self._lost = max(self._lost, self.counters.lost + sum(peer.lost() for peer in self._peers))
        return self._lost

    def forget(self, room: str) -> None:
        """A room is over: its tracks are not kept."""
        self._stages.pop(room, None)

    async def close(self) -> None:
        """Close whatever still stands."""
        await asyncio.gather(*(peer.close() for peer in self._peers), return_exceptions=True)
        self._stages.clear()
