"""Who may come in: one decorator a permission. A route without one does not start."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from booking.services.parking import park_reason
from booking.web import current
from booking.web.csrf import protect
from booking.web.errors import error_page

View = TypeVar("View", bound=Callable[..., Any])
GUARD = "guard"
JSON = "answers_json"


def everybody(view: View) -> View:
    """No login needed."""
    setattr(view, GUARD, "everybody")
    return view


def citizen(view: View) -> View:
    """A logged-in citizen; what the citizen may do to what is judged by the services."""
    setattr(view, GUARD, "citizen")
    return view


def practitioner(view: View) -> View:
    """A logged-in doctor; whose appointment it is, is judged by the services."""
    setattr(view, GUARD, "practitioner")
    return view


def participant(view: View) -> View:
    """Somebody with a seat in a video visit: its citizen, its doctor or a guest with a code; the door judges which."""
    setattr(view, GUARD, "participant")
    return view


def answers_json(view: View) -> View:
    """The view is asked by a script: without a login it says so in JSON, and nobody is sent there after the next."""
    setattr(view, JSON, True)
    return view


def guard_of(app: Flask, endpoint: str) -> str:
    """The name of an endpoint's guard. Raises LookupError when it has none."""
    if endpoint == "static":
        return "everybody"
    name = getattr(app.view_functions[endpoint], GUARD, None)
    if name is None:
        raise LookupError(f"the view {endpoint} names no guard")
    return str(name)


def install(app: Flask) -> None:
    """Stand at the door of every request: first who, then whether the form is ours."""

    @app.before_request
    def stand_guard() -> ResponseReturnValue | None:
        if request.endpoint is None:
            return None
        if "\0" in request.path:
            abort(404)  # no address of ours has one, and PostgreSQL refuses to look for it
        if not _lets_in(guard_of(current_app, request.endpoint)):
            return _refuse()
        protect()
        return None


def _lets_in(guard: str) -> bool:
    match guard:
        case "citizen":
            return current.person() is not None
        case "practitioner":
            return current.practitioner() is not None
        case "participant":
            return bool(current.person() or current.practitioner() or current.guest_pass())
    return True


def _refuse() -> ResponseReturnValue:
    if current.person() or current.practitioner():
        return error_page(403)
    if getattr(current_app.view_functions[request.endpoint or ""], JSON, False):
        return {"error": "logged_out"}, 401
    return _ask_to_log_in()


def _ask_to_log_in() -> ResponseReturnValue:
    had_login = session.pop(current.SESSION_TOKEN, None) is not None
    reading = request.method in ("GET", "HEAD")
    came_from = request.full_path.rstrip("?") if reading else request.path
    session["next"] = None if takes_only_forms(request.path) else came_from
    if reading and not request.headers.get("HX-Request"):
        return redirect(url_for("login.start"), 303)
    kept = not reading and _park_typed_text()
    page = render_template("login/logged_out.html", kept=kept, had_login=had_login)
    if request.headers.get("HX-Request"):
        # A fragment of a page that needs a login: the whole page goes to the login instead.
        return page, 401, {"HX-Redirect": url_for("login.start")}
    return page, 401


def takes_only_forms(path: str) -> bool:
    """Whether there is no page at ``path``, so that leading somebody there would end in a 405."""
    adapter = current_app.create_url_adapter(request)
    methods = set(adapter.allowed_methods(path)) if adapter else set()
    return bool(methods) and "GET" not in methods


def _park_typed_text() -> bool:
    draft_id = (request.view_args or {}).get("draft_id")
    reason = request.form.get("reason", "")
    if draft_id is None or not reason or not park_reason(draft_id=draft_id, reason=reason, now=current.now()):
        return False
    session["parked"] = str(draft_id)
    return True
