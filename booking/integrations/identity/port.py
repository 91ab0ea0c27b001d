"""The port: what the house needs of an identity provider, whichever it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Identity:
    """Whom a provider vouches for. The national number never shows in a repr.

    ``hpr_number`` is there when the provider vouches for a health professional: that login is the doctor's, not the
    citizen's, also when the same person is both. One of the two numbers is always there.
    """

    provider: str
    national_id: str | None = field(default=None, repr=False)
    hpr_number: str | None = None


class LoginRefused(Exception):
    """The provider's answer cannot be used; ``reason`` is a word for the page and the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class IdentityProvider(Protocol):
    """Sends a browser away to prove who sits there, and reads what it comes back with."""

    name: str

    def login_url(self, *, state: str) -> str:
        """Where to send the browser; ``state`` comes back with the answer."""
        ...

    def authenticate(self, answer: Mapping[str, str], *, state: str) -> Identity:
        """Who came back. ``state`` is what this browser was sent away with. Raises LoginRefused."""
        ...
