"""Tickets that a test needs."""

import time
from secrets import token_hex

from video.tickets import SEATS, Ticket, sign

KEY = "k" * 40


def ticket(
    room: str,
    seat: str,
    *,
    name: str = "Kari",
    epoch: int = 0,
    life: float = 60,
    key: str = KEY,
    jti: str = "",
) -> str:
    """A signed ticket, good unless asked otherwise."""
    return sign(
        key,
        Ticket(room, seat, SEATS[seat], name, jti or token_hex(8), int(time.time() + life), epoch),
    )
