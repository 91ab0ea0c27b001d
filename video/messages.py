"""What pages say on the data channel, and what the others are told. Pure: text in, deliveries out.

Whatever comes in, the answer is a list of deliveries; a fault is told to its sender and changes nothing.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Any, NoReturn

from video.rooms import ChatLine, Room

LONGEST_MESSAGE = 4096
"""Bytes."""
LONGEST_CHAT = 1000
"""Characters."""
MESSAGES_PER_SECOND = 20

Message = dict[str, Any]


class NotUnderstood(Exception):
    """A message that its sender should mend."""


@dataclass(slots=True)
class Allowance:
    """Messages that one connection may still send; refills by 20 a second."""

    left: float = MESSAGES_PER_SECOND
    at: float = 0.0
    told: float = -1.0

    def spend(self, now: float) -> bool:
        """Take one; False when there is none."""
        self.left = min(MESSAGES_PER_SECOND, self.left + (now - self.at) * MESSAGES_PER_SECOND)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def may_tell(self, now: float) -> bool:
        """Whether to say so: once a second is enough, or the answers are a flood themselves."""
        if now - self.told < 1:
            return False
        self.told = now
        return True


@dataclass(slots=True)
class Outcome:
    """What follows from a message: who gets what, and whether the list of those present changed."""

    deliveries: list[tuple[str, Message]] = field(default_factory=list)
    here_changed: bool = False


def handle(room: Room, seat: str, data: str | bytes, *, at: float) -> Outcome:
    """Act on a message from ``seat``. ``at`` is Unix time."""
    try:
        message = _parsed(data)
        kind = message.get("type")
        act = ACTS.get(kind) if isinstance(kind, str) else None
        if act is None:
            raise NotUnderstood("unknown type")
        return act(room, seat, message, at)
    except NotUnderstood as error:
        return Outcome([(seat, fault(str(error)))])


def fault(text: str) -> Message:
    """What the sender of something bad is told."""
    return {"type": "error", "message": text}


def chat_message(line: ChatLine) -> Message:
    """A line of talk as pages get it; ``id`` counts up within the room."""
    at = datetime.fromtimestamp(line.at, UTC).isoformat(timespec="seconds")
    return {
        "type": "chat",
        "id": line.number,
        "seat": line.seat,
        "name": line.name,
        "text": line.text,
        "at": at,
    }


def _parsed(data: str | bytes) -> Message:
    if not isinstance(data, str):
        raise NotUnderstood("messages are text")
    if len(data) > LONGEST_MESSAGE or len(data.encode(errors="replace")) > LONGEST_MESSAGE:
        raise NotUnderstood("too long")
    try:
        message = json.loads(data, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise NotUnderstood("not JSON") from None
    if not isinstance(message, dict):
        raise NotUnderstood("not an object")
    return message


def _refused(name: str) -> NoReturn:
    # Python reads NaN and Infinity; no browser would read them back.
    raise ValueError(name)


def _state(room: Room, seat: str, message: Message, _at: float) -> Outcome:
    who = room.participants[seat]
    wanted = {key: message.get(key, getattr(who, key)) for key in ("audio", "video", "screen")}
    if not all(isinstance(value, bool) for value in wanted.values()):
        raise NotUnderstood("audio, video and screen are true or false")
    changed = any(getattr(who, key) != value for key, value in wanted.items())
    for key, value in wanted.items():
        setattr(who, key, value)
    return Outcome(here_changed=changed)


def _chat(room: Room, seat: str, message: Message, at: float) -> Outcome:
    text = message.get("text")
    if not isinstance(text, str) or not text.strip():
        raise NotUnderstood("chat needs a text")
    if len(text) > LONGEST_CHAT:
        raise NotUnderstood(f"chat has at most {LONGEST_CHAT} characters")
    # Lone surrogates are valid in JSON but cannot be sent on.
    line = room.say(seat, text.strip().encode("utf-8", "replace").decode(), at)
    told = chat_message(line)
    return Outcome([(who.seat, told) for who in room.connected()])


def _ping(_room: Room, seat: str, message: Message, _at: float) -> Outcome:
    sent = message.get("t")
    if not isinstance(sent, int | float | None) or (isinstance(sent, float) and not isfinite(sent)):
        raise NotUnderstood("t is a number")
    return Outcome([(seat, {"type": "pong", "t": sent})])


def _mute(room: Room, seat: str, message: Message, _at: float) -> Outcome:
    if room.participants[seat].role != "practitioner":
        raise NotUnderstood("only the practitioner may ask for this")
    whom, kind = message.get("seat"), message.get("kind")
    if not isinstance(whom, str) or whom not in room.participants or kind not in ("audio", "video"):
        raise NotUnderstood("seat and kind (audio, video) are needed")
    by = room.participants[seat].name
    return Outcome([(whom, {"type": "mute_request", "kind": kind, "by": by})])


ACTS: dict[str, Callable[[Room, str, Message, float], Outcome]] = {
    "state": _state,
    "chat": _chat,
    "ping": _ping,
    "mute": _mute,
}
