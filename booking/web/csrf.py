"""Forged forms are refused. Checked after the login, so that an expired login is told as what it is."""

from flask import Flask, request
from flask_wtf.csrf import CSRFProtect

_csrf = CSRFProtect()
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def install(app: Flask) -> None:
    """Switch Flask-WTF's check on; guards.py calls it at the right moment."""
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=True)
    _csrf.init_app(app)


def protect() -> None:
    """Refuse a changing request without our token. Raises CSRFError (400)."""
    if request.method in _CHANGING:
        _csrf.protect()
