"""A guest (interpreter, relative) comes in by a one-time code: /video/gjest."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.domain.errors import CodeRefused
from booking.services import video_door
from booking.web import current, guards
from booking.web.limits import CODE, limiter

blueprint = Blueprint("video_guest", __name__)
LONGEST_CODE = 40


@blueprint.get("/video/gjest")
@guards.everybody
def code() -> ResponseReturnValue:
    """Where a guest types the code that the doctor has given."""
    return _page("", [])


@blueprint.post("/video/gjest")
@guards.everybody
@limiter.limit(CODE)
def use_code() -> ResponseReturnValue:
    """Use the code up; from then on this browser is the guest's."""
    typed = request.form.get("code", "")[:LONGEST_CODE]
    try:
        appointment_id, guest_pass = video_door.use_code(code=typed, now=current.now())
    except CodeRefused:
        words = _("Koden er feil, brukt eller for gammel. Be legen om en ny.")
        if not typed.strip():
            words = _("Skriv koden du har fått av legen")
        return _page(typed, [("code", words)], 422)
    session[current.GUEST_PASS] = guest_pass
    return redirect(url_for("video.start", appointment_id=appointment_id), 303)


def _page(typed: str, errors: list[tuple[str, str]], status: int = 200) -> Response:
    return make_response(render_template("video/guest.html", typed=typed, errors=errors), status)
