"""Tickets into a video room: signed, for one visit, one seat and one role, good for a minute and for one use.

The web application signs (``sign``), the video server lets in (``Gate.admit``). Standard library only; ``now`` is Unix
time in seconds and always an argument.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass, fields

LIFE = 60
"""Seconds that a ticket lasts from when it is signed."""
LONGEST = 2048
SHORTEST_KEY = 32
CLOCK_SKEW = 5
"""Seconds that the two processes' clocks may differ."""
REMEMBER_REMOVALS = 24 * 3600

SEATS: dict[str, str] = {
    "patient": "patient",
    "practitioner": "practitioner",
    "guest-1": "guest",
    "guest-2": "guest",
}
"""Every seat of a room and the role of who sits there."""


class TicketRefused(Exception):
    """Nobody is let in on this ticket. ``word`` is for programs, ``status`` the HTTP status."""

    word = "ticket_invalid"
    status = 401


class TicketInvalid(TicketRefused):
    """Not signed by us, or not a ticket at all."""


class TicketExpired(TicketRefused):
    """Older than a minute."""

    word = "ticket_expired"


class TicketReplayed(TicketRefused):
    """Somebody came in on it already."""

    word = "ticket_replayed"


class TicketForOtherRoom(TicketRefused):
    """A good ticket, for another visit."""

    word = "ticket_other_room"
    status = 403


class SeatRemoved(TicketRefused):
    """Signed before whoever had the seat was removed from the room."""

    word = "removed"
    status = 403


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket says. ``epoch`` counts how often the seat's holder was removed; ``exp`` is Unix seconds."""

    room: str
    seat: str
    role: str
    name: str
    jti: str
    exp: int
    epoch: int = 0


def keys_of(setting: str) -> list[str]:
    """The keys in a setting, newest first, joined by commas: the first signs, all are believed.

    >>> keys_of("new, old")
    ['new', 'old']
    """
    return [key.strip() for key in setting.split(",")]


def sign(key: str, ticket: Ticket) -> str:
    """The ticket as a compact text that a browser may carry but not change. ``key`` as keys_of takes it."""
    body = _encoded(json.dumps(asdict(ticket), ensure_ascii=False, separators=(",", ":")).encode())
    return f"{body}.{_encoded(_signature(keys_of(key)[0], body))}"


def read(key: str, token: str, *, now: float) -> Ticket:
    """The ticket in ``token``, signed with any of the keys in ``key``. Raises TicketInvalid or TicketExpired."""
    body, dot, signature = token.partition(".")
    if not dot or len(token) > LONGEST or not token.isascii():
        raise TicketInvalid
    if not any(hmac.compare_digest(_encoded(_signature(one, body)), signature) for one in keys_of(key)):
        raise TicketInvalid
    try:
        ticket = Ticket(**json.loads(_decoded(body)))
    except (ValueError, TypeError):
        raise TicketInvalid from None
    if not _is_whole(ticket):
        raise TicketInvalid
    if now > ticket.exp + CLOCK_SKEW:
        raise TicketExpired
    return ticket


class Gate:
    """Lets each ticket in once, and none that is older than a removal. One a process: a room lives on one process.

    ``began`` is when the process did: what it knew of used tickets before is lost, so none from before it lets in.
    """

    def __init__(self, key: str, *, began: float = 0) -> None:
        if min(map(len, keys_of(key))) < SHORTEST_KEY:
            raise ValueError(f"the key must have at least {SHORTEST_KEY} characters")
        self._key = key
        self._began = began
        self._used: dict[str, float] = {}
        self._epochs: dict[tuple[str, str], tuple[int, float]] = {}

    def admit(self, token: str, *, room: str, now: float) -> Ticket:
        """The ticket, used up. Raises a TicketRefused that names the broken rule."""
        ticket = read(self._key, token, now=now)
        if ticket.room != room:
            raise TicketForOtherRoom
        if ticket.epoch < self.epoch(room, ticket.seat):
            raise SeatRemoved
        self._forget(now)
        if ticket.jti in self._used or ticket.exp - LIFE < self._began - CLOCK_SKEW:
            raise TicketReplayed
        self._used[ticket.jti] = ticket.exp + CLOCK_SKEW
        return ticket

    def remove(self, room: str, seat: str, *, now: float, epoch: int | None = None) -> int:
        """Make tickets before ``epoch``, or all so far, worthless for this seat; the epoch that later ones need."""
        known = self.epoch(room, seat)
        epoch = known + 1 if epoch is None else max(known, epoch)
        self._epochs[room, seat] = (epoch, now + REMEMBER_REMOVALS)
        return epoch

    def epoch(self, room: str, seat: str) -> int:
        """How often this seat's holder has been removed."""
        return self._epochs.get((room, seat), (0, 0.0))[0]

    def _forget(self, now: float) -> None:
        """Drop what no ticket can ask for any more; both memories stay as short as a minute and a day."""
        self._used = {jti: until for jti, until in self._used.items() if until >= now}
        if any(until < now for _, until in self._epochs.values()):
            self._epochs = {place: kept for place, kept in self._epochs.items() if kept[1] >= now}


def _is_whole(ticket: Ticket) -> bool:
    types = all(type(getattr(ticket, field.name)) is field.type for field in fields(Ticket))
    return types and SEATS.get(ticket.seat) == ticket.role and bool(ticket.room and ticket.jti)


def _signature(key: str, body: str) -> bytes:
    # The same secret is the server key of the HTTP API: a purpose of its own keeps the two apart.
    own = hmac.digest(key.encode(), b"kommunal nettlege video ticket", hashlib.sha256)
    return hmac.digest(own, body.encode(), hashlib.sha256)


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
