"""The session's cookie: Flask's own, with its signer made once instead of twice a request."""

from functools import lru_cache
from hashlib import sha256

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer


class SessionCookie(SecureCookieSessionInterface):
    """Signs with the app's secret key, by HMAC-SHA-256 where Flask's own takes SHA-1."""

    digest_method = staticmethod(sha256)

    @lru_cache(maxsize=1)  # noqa: B019  lives as long as the app
    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The signer of cookies; None without a secret key."""
        return super().get_signing_serializer(app)
