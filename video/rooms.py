"""Rooms and who is in them: state in memory, no media, no network. ``now`` is seconds of one steady clock.

A seat has at most one live connection. Who loses it keeps the seat for the rest of the visit and is shown to the others
as reconnecting; who leaves or is removed gives it up.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

SILENCE = 3.0
"""Seconds without anything heard until the others are told «reconnecting»."""
FORGOTTEN = 600.0
"""Seconds that a room is kept in which nobody is connected."""
OFFER_WINDOW = 60.0
CHAT_KEPT = 200

State = Literal["connected", "reconnecting"]


class Refused(Exception):
    """This connection may not begin. ``word`` is for programs, ``status`` the HTTP status."""

    word = "full"
    status = 503


class RoomsFull(Refused):
    """As many rooms as this process may hold."""


class Draining(Refused):
    """The process is about to stop: visits under way go on, none begins."""

    word = "draining"


class TooManyOffers(Refused):
    """More attempts on one seat within a minute than any network needs."""

    word = "too_many_offers"
    status = 429


@dataclass(slots=True)
class Participant:
    """Who has a seat. ``since`` is Unix time; ``connection`` the live one's name, None while reconnecting;
    ``epoch`` that of the ticket it came in on.

    ``latest`` is the name of the connection that was live last, and stays when that is lost.
    """

    seat: str
    role: str
    name: str
    since: float
    heard: float
    connection: str | None = None
    latest: str | None = None
    state: State = "connected"
    audio: bool = True
    video: bool = True
    screen: bool = False
    chat_seen: int = 0
    epoch: int = 0

    def public(self, mids: Mapping[str, str]) -> dict[str, Any]:
        """What the others get to know, with the ``mids`` on which this one's media reaches the reader."""
        return {
            "seat": self.seat,
            "role": self.role,
            "name": self.name,
            "state": self.state,
            "muted": {"audio": not self.audio, "video": not self.video},
            "screen": self.screen,
            "mid": dict(mids),
        }


@dataclass(frozen=True, slots=True)
class ChatLine:
    """One line of the room's talk, in memory only. ``at`` is Unix time."""

    number: int
    seat: str
    name: str
    text: str
    at: float


@dataclass(slots=True)
class Room:
    """One visit's room."""

    name: str
    quiet_since: float
    participants: dict[str, Participant] = field(default_factory=dict)
    offers: dict[str, deque[float]] = field(default_factory=dict)
    chat: deque[ChatLine] = field(default_factory=lambda: deque(maxlen=CHAT_KEPT))
    chat_count: int = 0

    def enter(
        self, seat: str, role: str, name: str, *, connection: str, now: float, at: float, epoch: int = 0
    ) -> str | None:
        """``seat`` is connected; the connection that it takes over, if one was live. ``at`` is Unix time."""
        before = self.participants.get(seat)
        if before is None:
            # Whoever is new reads from here on: what was said before was not said to them.
            self.participants[seat] = Participant(
                seat,
                role,
                name,
                since=at,
                heard=now,
                connection=connection,
                latest=connection,
                chat_seen=self.chat_count,
                epoch=epoch,
            )
            return None
        taken_over, before.connection, before.latest = before.connection, connection, connection
        before.name, before.heard, before.state, before.epoch = name, now, "connected", epoch
        return taken_over

    def hear(self, seat: str, heard: float) -> bool:
        """Note when something last came from ``seat``; True when that brings it back from reconnecting."""
        who = self.participants.get(seat)
        if who is None or heard <= who.heard:
            return False
        who.heard = heard
        back = who.state == "reconnecting" and who.connection is not None
        if back:
            who.state = "connected"
        return back

    def lose(self, connection: str, now: float) -> bool:
        """``connection`` is gone, its seat is kept. False when that was no longer the seat's live one."""
        for who in self.participants.values():
            if who.connection == connection:
                who.connection, who.state = None, "reconnecting"
                self._note_quiet(now)
                return True
        return False

    def find_silent(self, now: float) -> bool:
        """Show as reconnecting whoever was not heard for three seconds; True when somebody became so."""
        changed = False
        for who in self.participants.values():
            if who.state == "connected" and now - who.heard >= SILENCE:
                who.state, changed = "reconnecting", True
        return changed

    def leave(self, seat: str, now: float, *, connection: str | None = None) -> Participant | None:
        """Give up a seat. With ``connection`` only if none came after that: an old page must not end a new one."""
        who = self.participants.get(seat)
        if who is None or (connection is not None and who.latest != connection):
            return None
        del self.participants[seat]
        self._note_quiet(now)
        return who

    def say(self, seat: str, text: str, at: float) -> ChatLine:
        """Add a line to the talk."""
        self.chat_count += 1
        line = ChatLine(self.chat_count, seat, self.participants[seat].name, text, at)
        self.chat.append(line)
        return line

    def unread(self, seat: str) -> list[ChatLine]:
        """Lines said while ``seat`` was reconnecting; they count as read from now on."""
        who = self.participants[seat]
        lines = [line for line in self.chat if line.number > who.chat_seen]
        who.chat_seen = self.chat_count
        return lines

    def connected(self) -> Iterator[Participant]:
        """Everybody with a live connection, heard or not."""
        return (who for who in self.participants.values() if who.connection is not None)

    def _note_quiet(self, now: float) -> None:
        if not any(True for _ in self.connected()):
            self.quiet_since = now


class Rooms:
    """All rooms of this process, and the limits on beginning a connection."""

    def __init__(self, *, most: int, offers_per_minute: int) -> None:
        self._most = most
        self._offers_per_minute = offers_per_minute
        self._rooms: dict[str, Room] = {}
        self.draining = False

    def __len__(self) -> int:
        return len(self._rooms)

    def __iter__(self) -> Iterator[Room]:
        return iter(list(self._rooms.values()))

    def get(self, name: str) -> Room | None:
        """The room, if anybody is or was lately in it."""
        return self._rooms.get(name)

    def offer(self, name: str, seat: str, now: float) -> Room:
        """The room for one more connection to ``seat``. Raises the broken limit."""
        room = self._rooms.get(name)
        if room is None:
            if self.draining:
                raise Draining
            if len(self._rooms) >= self._most:
                raise RoomsFull
            room = self._rooms[name] = Room(name, quiet_since=now)
        lately = room.offers.setdefault(seat, deque())
        while lately and lately[0] <= now - OFFER_WINDOW:
            lately.popleft()
        if len(lately) >= self._offers_per_minute:
            raise TooManyOffers
        lately.append(now)
        return room

    def end(self, name: str) -> Room | None:
        """The room is over for everybody."""
        return self._rooms.pop(name, None)

    def forget_empty(self, now: float) -> list[str]:
        """Drop rooms that everybody left, and those where nobody has been connected for ten minutes."""
        names = [
            room.name
            for room in self._rooms.values()
            if not any(True for _ in room.connected())
            and now - room.quiet_since >= (FORGOTTEN if room.participants else OFFER_WINDOW)
        ]
        for name in names:
            del self._rooms[name]
        return names
