"""Which video server a room is on: the one it was given, until that one is gone or begins no more visits.

The visit's row names it, so that every web process and everybody in the room goes to the same one.
"""

import secrets

import structlog
from flask import current_app

from booking.integrations.video_node.port import (
    NodeAnswer,
    NodeRefused,
    NodeUnreachable,
    VideoNodes,
    nodes_for,
)
from booking.services import video_door
from booking.web import current
from video import tickets
from video.web_entry import Place

BEGINS_NOTHING = {"draining", "full"}
"""What a video server says only when it does not hold this room: then the room may as well begin on another."""

log = structlog.get_logger()


def nodes() -> VideoNodes:
    """The video servers that this app was started with."""
    found: VideoNodes = current_app.extensions["video_nodes"]
    return found


def bring(place: Place, sdp: str) -> NodeAnswer:
    """The answer of the room's video server; of another one, where the room moves to, when that one is gone.

    Raises NodeRefused and NodeUnreachable of the last one tried, VisitOver.
    """
    names, room = nodes().names, str(place.appointment_id)
    wanted = nodes_for(room, names)
    node, tried = place.entry.visit.node, set[str]()
    if node not in names:
        node = _move(place, wanted[0], instead_of=node)
    while True:
        try:
            return nodes().offer(node, room=room, seat_ticket=_ticket(place), sdp=sdp)
        except (NodeRefused, NodeUnreachable) as fault:
            tried.add(node)
            _note(node, fault)
            other = next((name for name in wanted if name not in tried), None)
            if other is None or not _is_gone(node, fault):
                raise
            log.warning("video_room_moves", room=room, gone=node, why=str(fault))
            node = _move(place, other, instead_of=node)
            if node in tried:
                raise


def _move(place: Place, node: str, *, instead_of: str | None) -> str:
    """The room's video server from now on: ``node``, or the one that somebody else has moved it to meanwhile."""
    return video_door.pin_node(appointment_id=place.appointment_id, node=node, instead_of=instead_of)


def _is_gone(node: str, fault: NodeRefused | NodeUnreachable) -> bool:
    """Whether the room is not there any more. One that is only slow keeps it: a room must not be on two servers."""
    if isinstance(fault, NodeRefused):
        return fault.word in BEGINS_NOTHING
    return not nodes().is_alive(node)


def _note(node: str, fault: NodeRefused | NodeUnreachable) -> None:
    if isinstance(fault, NodeRefused) and fault.word.startswith("ticket_"):
        # Signed a moment ago: the two have different keys, or clocks that are a minute apart.
        log.error("video_server_refuses_our_ticket", node=node, why=fault.word)


def _ticket(place: Place) -> str:
    visitor = place.entry.visitor
    ticket = tickets.Ticket(
        room=str(place.appointment_id),
        seat=visitor.seat,
        role=visitor.role.value,
        name=visitor.name,
        jti=secrets.token_urlsafe(16),
        exp=int(current.now().timestamp()) + tickets.LIFE,
        epoch=place.epoch,
    )
    return tickets.sign(current_app.extensions["settings"].video_key, ticket)
