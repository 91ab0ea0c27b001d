"""Joins the three: tickets let in, rooms know who is there, the forwarder carries media. One a process."""

import json
import time
from typing import Any

import structlog

from video.messages import Allowance, Message, chat_message, fault, handle
from video.rooms import Room, Rooms, RoomsFull
from video.settings import VideoSettings
from video.sfu import Events, Forwarder, NoPortFree, Peer
from video.tickets import Gate, SeatRemoved, Ticket

MOST_WAITING = 2
"""Answers that one seat may have out at once: two devices come at one moment, and one takes over from the other."""

GOODBYE_SECONDS, LATE_GOODBYE_SECONDS = 0.25, 2.0
"""From the last message to closing: so long that it gets there, also where the channel for it is not open yet."""

log = structlog.get_logger("video")


class Host:
    """Everything that the HTTP server can be asked to do. Steady time for rooms, Unix time for tickets."""

    def __init__(self, settings: VideoSettings) -> None:
        self.settings = settings
        self.gate = Gate(settings.key, began=time.time())
        self.rooms = Rooms(most=settings.max_rooms, offers_per_minute=settings.offers_per_minute)
        self.forwarder = Forwarder(
            ports=settings.port_range(),
            addresses=settings.listen_on(),
            public_address=settings.public_address,
            straight=settings.forward == "bytes",
        )
        self._waiting: dict[str, tuple[Peer, Ticket]] = {}
        self._live: dict[str, Peer] = {}
        self._goodbyes: dict[str, Message] = {}
        self._allowances: dict[str, Allowance] = {}
        self._events = Events(self._connected, self._opened, self._said, self._lost)

    async def join(self, name: str, token: str, offer: str) -> tuple[Peer, str]:
        """The connection for whoever holds the ticket, and its answer.

        Raises TicketRefused, Refused, BadOffer, NoPortFree.
        """
        ticket = self.gate.admit(token, room=name, now=time.time())
        room = self.rooms.offer(name, ticket.seat, time.monotonic())
        try:
            peer, answer = await self.forwarder.join(name, ticket.seat, offer, self._events)
        except NoPortFree:
            log.error("no UDP port is free")
            # A room that nobody is in can as well begin elsewhere; one where somebody is must stay whole.
            if room.participants or self._answered(name):
                raise
            raise RoomsFull from None
        # Removed, or ended, while the answer was being made: then this connection must not come to stand.
        if ticket.epoch < self.gate.epoch(name, ticket.seat) or self.rooms.get(name) is not room:
            self.forwarder.discard(peer)
            raise SeatRemoved
        for before, _ticket in self._answered(name, ticket.seat)[: 1 - MOST_WAITING]:
            self._give_up(before)
        self._waiting[peer.name] = (peer, ticket)
        log.info("answered", room=name, seat=ticket.seat, connection=peer.name)
        return peer, answer

    def participants(self, room: Room, peer: Peer | None = None) -> list[dict[str, Any]]:
        """Who is in the room, as the page behind ``peer`` is told it."""
        mids = peer.mids if peer else {}
        return [who.public(mids.get(who.seat, {})) for who in room.participants.values()]

    def leave(
        self, name: str, seat: str, *, removed: bool, connection: str | None = None, epoch: int | None = None
    ) -> dict[str, Any] | None:
        """Free a seat; when ``removed``, tickets before ``epoch`` (all so far without one) are worthless.

        None when nobody had it, or when a newer connection than ``connection`` has it or is about to take it. Who came
        in on a ticket of that epoch was let in again since, and stays.
        """
        again = epoch
        epoch = (
            self.gate.remove(name, seat, now=time.time(), epoch=epoch)
            if removed
            else self.gate.epoch(name, seat)
        )
        given_up = [
            waits
            for waits, ticket in self._answered(name, seat)
            if connection in (None, waits.name)
            and not (removed and again is not None and ticket.epoch >= again)
        ]
        for waits in given_up:
            self._give_up(waits)
        if connection is not None and self._answered(name, seat):
            return None
        room = self.rooms.get(name)
        there = room.participants.get(seat) if room else None
        if removed and again is not None and there and there.epoch >= again:
            return {"seat": seat, "epoch": epoch}
        who = room.leave(seat, time.monotonic(), connection=connection) if room else None
        if room is None or who is None:
            return {"seat": seat, "epoch": epoch} if removed or given_up else None
        log.info("removed" if removed else "left", room=name, seat=seat)
        if who.connection and (peer := self._live.get(who.connection)):
            self._dismiss(peer, {"type": "removed"} if removed else None)
        self._tell_here(room)
        return {"seat": seat, "epoch": epoch}

    def end(self, name: str) -> bool:
        """Everybody's visit is over. False when there was none."""
        room = self.rooms.end(name)
        if room is None:
            return False
        for waits, _ticket in self._answered(name):
            self._give_up(waits)
        for who in room.connected():
            if peer := self._live.get(who.connection or ""):
                self._dismiss(peer, {"type": "ended"})
        self.forwarder.forget(name)
        log.info("ended", room=name)
        return True

    def describe(self, room: Room) -> dict[str, Any]:
        """A room for the web application: who, since when (Unix time), packets in and out."""
        seats = []
        for who in room.participants.values():
            peer = self._live.get(who.connection or "")
            seats.append(
                who.public({})
                | {
                    "since": who.since,
                    "connection": who.connection,
                    "packets_in": peer.packets_in if peer else 0,
                    "packets_out": peer.packets_out if peer else 0,
                }
            )
        return {"room": room.name, "participants": seats}

    def check(self) -> None:
        """Twice a second: who has gone silent, which rooms are empty."""
        now = time.monotonic()
        for room in self.rooms:
            changed = False
            for who in list(room.connected()):
                if peer := self._live.get(who.connection or ""):
                    changed |= room.hear(who.seat, peer.heard)
            if room.find_silent(now) or changed:
                self._tell_here(room)
        for name in self.rooms.forget_empty(now):
            self.forwarder.forget(name)

    def connected(self) -> int:
        """How many connections stand."""
        return len(self._live)

    async def close(self) -> None:
        """Cut everybody off; pages come back by themselves when a server answers again."""
        self._waiting.clear()
        await self.forwarder.close()

    # What connections tell.

    def _connected(self, peer: Peer) -> None:
        waiting = self._waiting.pop(peer.name, None)
        room = self.rooms.get(peer.room)
        if waiting is None or room is None:
            self.forwarder.discard(peer)
            return
        ticket = waiting[1]
        now = time.monotonic()
        taken_over = room.enter(
            ticket.seat,
            ticket.role,
            ticket.name,
            connection=peer.name,
            now=now,
            at=time.time(),
            epoch=ticket.epoch,
        )
        self._live[peer.name] = peer
        self._allowances[peer.name] = Allowance(at=now)
        peer.take_seat()
        if taken_over and (old := self._live.get(taken_over)):
            self._dismiss(old, {"type": "taken_over"})
        log.info("connected", room=peer.room, seat=peer.seat, connection=peer.name, again=bool(taken_over))
        self._tell_here(room)

    def _opened(self, peer: Peer) -> None:
        if goodbye := self._goodbyes.pop(peer.name, None):
            self._tell(peer, goodbye)
        room = self._room_of(peer)
        if room is None:
            return
        self._tell(peer, {"type": "here", "participants": self.participants(room, peer)})
        for line in room.unread(peer.seat):
            self._tell(peer, chat_message(line))

    def _said(self, peer: Peer, data: str | bytes) -> None:
        room = self._room_of(peer)
        if room is None:
            return
        now = time.monotonic()
        allowance = self._allowances[peer.name]
        if not allowance.spend(now):
            if allowance.may_tell(now):
                self._tell(peer, fault("too many messages"))
            return
        outcome = handle(room, peer.seat, data, at=time.time())
        for seat, message in outcome.deliveries:
            who = room.participants[seat]
            reader = self._live.get(who.connection or "")
            if reader and self._tell(reader, message) and message["type"] == "chat":
                who.chat_seen = message["id"]
        if outcome.here_changed:
            self._tell_here(room)

    def _lost(self, peer: Peer) -> None:
        self._live.pop(peer.name, None)
        self._allowances.pop(peer.name, None)
        self._goodbyes.pop(peer.name, None)
        self.forwarder.discard(peer)
        self._waiting.pop(peer.name, None)
        room = self.rooms.get(peer.room)
        if room and room.lose(peer.name, time.monotonic()):
            log.info("lost", room=peer.room, seat=peer.seat, connection=peer.name)
            self._tell_here(room)

    def _answered(self, room: str, seat: str | None = None) -> list[tuple[Peer, Ticket]]:
        """Who has an answer and is not connected yet, the oldest first."""
        return [
            each for each in self._waiting.values() if each[0].room == room and seat in (None, each[0].seat)
        ]

    def _give_up(self, peer: Peer) -> None:
        del self._waiting[peer.name]
        self.forwarder.discard(peer)

    def _room_of(self, peer: Peer) -> Room | None:
        """The room in which ``peer`` is its seat's live connection."""
        room = self.rooms.get(peer.room)
        who = room.participants.get(peer.seat) if room else None
        return room if who and who.connection == peer.name else None

    def _dismiss(self, peer: Peer, message: Message | None) -> None:
        """Say why and close. No media goes either way from this moment."""
        self._live.pop(peer.name, None)
        after = GOODBYE_SECONDS if message else 0
        if message and not self._tell(peer, message):
            self._goodbyes[peer.name], after = message, LATE_GOODBYE_SECONDS
        self.forwarder.discard(peer, after=after)

    def _tell_here(self, room: Room) -> None:
        for who in room.connected():
            if peer := self._live.get(who.connection or ""):
                self._tell(peer, {"type": "here", "participants": self.participants(room, peer)})

    def _tell(self, peer: Peer, message: Message) -> bool:
        return peer.tell(json.dumps(message, ensure_ascii=False, separators=(",", ":")))
