"""Forged forms are refused. Checked after the login, so that an expired login is told as what it is."""

from collections.abc import Callable
from functools import lru_cache

from flask import Flask, Response, abort, current_app, g, request, session
from flask_wtf.csrf import CSRFProtect, generate_csrf

_csrf = CSRFProtect()
_pages: dict[str, Callable[[], Response]] = {}
_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def install(app: Flask) -> None:
    """Switch Flask-WTF's check on; guards.py calls it at the right moment."""
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=True)
    app.config["WTF_I18N_ENABLED"] = False  # every message is ours; WTForms would read its own for each form
    _csrf.init_app(app)
    app.context_processor(
        lambda: {"csrf_token": token}
    )  # over Flask-WTF's own, which looks anew at every form


def token() -> str:
    """The token of this request's forms; signed once, however many forms the page has."""
    if "signed_token" not in g:
        kept = session.get("csrf_token")
        g.signed_token = _signed(kept, current_app.secret_key) if kept else generate_csrf()
    signed: str = g.signed_token
    return signed


@lru_cache(maxsize=4096)
def _signed(kept: str, key: str) -> str:  # noqa: ARG001  what generate_csrf finds in the session and signs it with
    """The signed form of what the session keeps: the same on all pages of a login, for it never runs out by itself."""
    signed: str = generate_csrf()
    return signed


def protect() -> None:
    """Refuse a changing request without our token. Raises CSRFError (400)."""
    if request.method in _CHANGING:
        if None in request.form:
            abort(400)  # a part of a multipart form without a name; Flask-WTF takes every name for a text
        _csrf.protect()


def page_when_stale(endpoint: str) -> Callable[[Callable[[], Response]], Callable[[], Response]]:
    """Register the page that answers a refused form of ``endpoint``, so that what was typed is not lost."""

    def register(page: Callable[[], Response]) -> Callable[[], Response]:
        _pages[endpoint] = page
        return page

    return register


def stale_page() -> Response | None:
    """The registered page for this request's endpoint, rendered; None when it has none."""
    page = _pages.get(request.endpoint or "")
    return page() if page else None
