"""The port: bring an offer to the room's video server, put somebody out, end for all."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """The video server's answer to a browser's offer; ``connection`` is its name for what comes of it."""

    sdp: str
    seat: str
    connection: str = ""
    participants: list[Any] = field(default_factory=list)


class NodeRefused(Exception):
    """The video server said no. ``word`` is one of its contract; ``retry_after`` is in seconds, where it says so."""

    def __init__(self, status: int, word: str, retry_after: int | None = None) -> None:
        super().__init__(f"{status} {word}")
        self.status = status
        self.word = word
        self.retry_after = retry_after


class NodeUnreachable(Exception):
    """Nobody answers there, or not in time."""


class VideoNodes(Protocol):
    """Every video server; a room lives on exactly one."""

    names: tuple[str, ...]

    def offer(self, node: str, *, room: str, seat_ticket: str, sdp: str) -> NodeAnswer:
        """Seat the ticket's holder. Raises NodeRefused, NodeUnreachable."""
        ...

    def put_out(
        self,
        node: str,
        *,
        room: str,
        seat: str,
        removed: bool,
        epoch: int = 0,
        connection: str | None = None,
    ) -> None:
        """Close a seat's connection, or only that one. Raises NodeRefused (404 when nobody is there, or another
        connection) and NodeUnreachable.

        ``removed`` voids tickets of an earlier ``epoch``, and leaves alone who came in on that one or a later; so it
        can be said again when nobody knows whether it was heard.
        """
        ...

    def end_room(self, node: str, *, room: str) -> None:
        """Close the room. Raises NodeRefused, NodeUnreachable."""
        ...

    def is_alive(self, node: str) -> bool:
        """Whether it answers at all and at once."""
        ...


def nodes_for(room: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The video servers in the order in which this room goes to them.

    Each process and each restart reckons the same order. When a server is gone its rooms spread over all the others,
    and no other room moves (rendezvous hashing).

    >>> nodes_for("2f1c", ("a", "b", "c")), nodes_for("2f1c", ("c", "a"))
    (('a', 'b', 'c'), ('a', 'c'))
    """
    return tuple(sorted(names, key=lambda name: sha256(f"{name} {room}".encode()).digest()))
