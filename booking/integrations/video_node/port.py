"""The port: bring an offer to the room's video server, put somebody out, end for all."""

from dataclasses import dataclass, field
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
        self, node: str, *, room: str, seat: str, removed: bool, connection: str | None = None
    ) -> None:
        """Close a seat's connection, or only that one; ``removed`` voids earlier tickets.

        Raises NodeRefused (404 when nobody is there, or another connection) and NodeUnreachable.
        """
        ...

    def end_room(self, node: str, *, room: str) -> None:
        """Close the room. Raises NodeRefused, NodeUnreachable."""
        ...


def node_for(room: str, names: tuple[str, ...]) -> str:
    """Which video server a new room goes to: always the same for the same servers, and spread over them.

    >>> node_for("2f1c", ("a", "b")) in ("a", "b"), node_for("2f1c", ("a",))
    (True, 'a')
    """
    return names[sum(room.encode()) % len(names)]
