"""Log in through the identity provider of the settings, come back, log out."""

import secrets
import uuid
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from booking.domain.access import LoginRole
from booking.integrations.identity.port import IdentityProvider, LoginRefused
from booking.queries.people import Doctor
from booking.services.login import log_in, log_out
from booking.services.parking import give_back_reason
from booking.web import current, guards
from booking.web.limits import LOGIN, limiter

blueprint = Blueprint("login", __name__)
log = structlog.get_logger()


def provider() -> IdentityProvider:
    """The identity provider that this app was started with; 503 when the settings name none."""
    found: IdentityProvider | None = current_app.extensions.get("identity")
    return found or abort(503)


def local_path(text: str | None) -> str | None:
    """``text`` if it is a path on this site, so that nobody can be sent elsewhere by a link.

    >>> local_path("/timeavtaler?side=2"), local_path("//evil.example"), local_path("https://evil.example/")
    ('/timeavtaler?side=2', None, None)
    """
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")) or "\\" in text or "\n" in text:
        return None
    parts = urlsplit(text)
    return text if not parts.scheme and not parts.netloc else None


@blueprint.get("/logg-inn")
@guards.everybody
def start() -> ResponseReturnValue:
    """Send the browser to the identity provider; somebody already logged in goes on."""
    if current.person() is not None or current.practitioner() is not None:
        return redirect(_home(), 303)
    wanted = local_path(request.args.get("next"))
    if wanted:
        session["next"] = wanted
    session["login_state"] = secrets.token_urlsafe(24)
    return redirect(provider().login_url(state=session["login_state"]), 303)


@blueprint.get("/logg-inn/retur")
@guards.everybody
@limiter.limit(LOGIN)
def callback() -> ResponseReturnValue:
    """Take the provider's answer: a new session, and back to where the citizen was going."""
    try:
        identity = provider().authenticate(request.args, state=session.pop("login_state", ""))
        token, who = log_in(identity=identity, now=current.now())
    except LoginRefused as refusal:
        log.warning("login_refused", reason=refusal.reason)
        return render_template("login/refused.html", reason=refusal.reason), 403
    kept = {name: session[name] for name in ("next", "parked", "language") if name in session}
    session.clear()  # a new session at login: nothing an earlier user of this browser had comes along
    session[current.SESSION_TOKEN] = token
    is_doctor = isinstance(who, Doctor)
    session[current.SESSION_ROLE] = LoginRole.PRACTITIONER if is_doctor else LoginRole.CITIZEN
    if "language" in kept:
        session["language"] = kept["language"]
    parked = kept.get("parked")
    if isinstance(who, Doctor):
        return redirect(_doctors_path(kept.get("next")) or url_for("practitioner.day"), 303)
    if parked and give_back_reason(draft_id=uuid.UUID(parked), by=who, now=current.now()):
        return redirect(url_for("booking.review", draft_id=parked), 303)
    return redirect(local_path(kept.get("next")) or url_for("appointments.index"), 303)


def _home() -> str:
    return url_for("appointments.index" if current.person() else "practitioner.day")


def _doctors_path(text: str | None) -> str | None:
    """Where a doctor was going: a citizen's page that asked for a login is none of the doctor's."""
    path = local_path(text)
    return path if path is not None and path.startswith(("/lege", "/video/")) else None


@blueprint.post("/logg-ut")
@guards.everybody
def logout() -> ResponseReturnValue:
    """End the session here and in the database."""
    token = session.get(current.SESSION_TOKEN)
    if token:
        log_out(token=token)
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    return redirect(url_for("public.front"), 303)
