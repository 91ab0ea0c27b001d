"""The test login: one chooses an invented person. It shares the port with the real ones, and nothing else.

Never in production: Settings refuses to start with it, and create_app registers its page only when it is on.
"""

import base64
import hmac
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlencode

from cryptography.exceptions import InvalidTag
from itsdangerous import BadSignature, URLSafeTimedSerializer

from booking.crypto import Keyring
from booking.integrations.identity.port import Identity, LoginRefused

CODE_SECONDS = 60
PURPOSE = "test_login.code"
Kind = Literal["pid", "hpr"]


class ChosenPerson:
    """An identity provider that believes whatever it is told."""

    name = "test"

    def __init__(self, secret_key: str, keyring: Keyring, page: str) -> None:
        self._codes = URLSafeTimedSerializer(secret_key, salt="test-login-code")
        self._keyring = keyring
        self._page = page

    def login_url(self, *, state: str) -> str:
        """The page where one chooses a person."""
        return f"{self._page}?{urlencode({'state': state})}"

    def code_for(self, kind: Kind, number: str) -> str:
        """The code that the page sends back, good for a minute; sealed, because it travels in a URL."""
        return self._codes.dumps(base64.b64encode(self._keyring.seal(f"{kind} {number}", PURPOSE)).decode())

    def authenticate(self, answer: Mapping[str, str], *, state: str) -> Identity:
        """Who was chosen. Raises LoginRefused on a wrong state or a wrong or old code."""
        if not state or not hmac.compare_digest(answer.get("state", "").encode(), state.encode()):
            raise LoginRefused("state")
        try:
            sealed = base64.b64decode(self._codes.loads(answer.get("code", ""), max_age=CODE_SECONDS))
            kind, _, number = self._keyring.open(sealed, PURPOSE).partition(" ")
        except (BadSignature, InvalidTag, KeyError):
            raise LoginRefused("code") from None
        if kind == "hpr":
            return Identity(provider=self.name, hpr_number=number)
        return Identity(provider=self.name, national_id=number)
