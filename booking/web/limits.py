"""How often: limits that a person never meets and a script does."""

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any, TypeVar, cast

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse
from werkzeug.exceptions import TooManyRequests

from booking.settings import Settings
from booking.web import current

View = TypeVar("View", bound=Callable[..., Any])


def by_person() -> str:
    """One count a logged-in person, doctor or guest, else one an address."""
    if found := current.person():
        return f"person:{found.id}"
    if doctor := current.practitioner():
        return f"practitioner:{doctor.id}"
    # A digest: the pass itself belongs in no store of counts.
    held = current.guest_pass()
    return f"guest:{sha256(held.encode()).hexdigest()}" if held else f"address:{get_remote_address()}"


class CountingLimiter(Limiter):
    """Flask-Limiter's storage and strategy, with a decorator that does no more than count.

    The extension's own collects the limits of application, blueprints and views anew at every request.
    """

    def limit(  # type: ignore[override]
        self, rate: str, *, on_breach: Callable[[None], Response] | None = None
    ) -> Callable[[View], View]:
        """Let a view be called so often by one person, or answer 429 (with the page of ``on_breach``)."""
        item = parse(rate)

        def decorate(view: View) -> View:
            @wraps(view)
            def counted(*args: Any, **kwargs: Any) -> Any:
                if self.enabled and not self.limiter.hit(item, by_person(), request.endpoint or ""):
                    raise TooManyRequests(response=on_breach(None) if on_breach else None)
                return view(*args, **kwargs)

            return cast("View", counted)

        return decorate


limiter = CountingLimiter(key_func=by_person, headers_enabled=False)

LOGIN = "300 per minute"
"""An address: a whole town hall or a mobile operator may stand behind one."""

HOLD = "40 per minute"
SEND = "20 per minute"
SEARCH = "600 per minute"
POLL = "180 per minute"
"""A page that asks each second, twice over, and one more."""

OFFER = "40 per minute"
"""A network that comes and goes; the video server has its own limit a seat."""

DOWNLOAD = "5 per minute"
"""Everything about oneself, table by table: nobody needs it twice."""

CODE = "20 per minute"
"""Guests' codes from one address: with eight letters of 31, guessing one takes longer than the universe is old."""


def install(app: Flask, settings: Settings) -> None:
    """Count in memory by default; several processes share a store by NETTLEGE_RATE_LIMIT_STORAGE."""
    app.config.update(
        RATELIMIT_ENABLED=settings.rate_limits, RATELIMIT_STORAGE_URI=settings.rate_limit_storage
    )
    limiter.init_app(app)
    # Its hooks look for limits that do not stand on views, before and after every request: there are none.
    every: list[Any] = [app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs]
    for hooks in every:
        hooks[None] = [hook for hook in hooks[None] if not _is_of_limiter(hook)]


def _is_of_limiter(hook: Any) -> bool:
    return limiter in (getattr(hook, "__self__", None), *getattr(hook, "args", ()))
