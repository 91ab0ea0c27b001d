"""Passwords for the relay (TURN) that run out by themselves, as coturn's ``use-auth-secret`` reckons them.

The user's name says until when, the password is its HMAC-SHA1 under the secret that only we and the relay know
(draft-uberti-behave-turn-rest-00). Standard library only; ``now`` is Unix time in seconds and always an argument.
"""

import hashlib
import hmac
from base64 import b64encode

LIFE = 4 * 3600
"""Seconds; longer than any visit, so that a rejoin late in it still finds the relay."""


def password_for(seat: str, *, secret: str, now: float) -> tuple[str, str]:
    """User name and password for whoever sits in ``seat``."""
    name = f"{int(now) + LIFE}:{seat}"
    # SHA-1 is what coturn takes. As a MAC under a long secret it still holds.
    digest = hmac.digest(secret.encode(), name.encode(), hashlib.sha1)
    return name, b64encode(digest).decode()
