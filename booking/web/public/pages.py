"""Pages that only say something, and the choice of language."""

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from booking.services.login import remember_language
from booking.web import current, guards
from booking.web.login.views import local_path
from booking.web.public import privacy_words

blueprint = Blueprint("pages", __name__)


@blueprint.get("/personvern")
@guards.everybody
def privacy() -> ResponseReturnValue:
    """What is kept about whom and how long, and the cookie."""
    return render_template("public/privacy.html", kept=privacy_words.kept(), cookies=privacy_words.cookies())


@blueprint.get("/tilgjengelighet")
@guards.everybody
def accessibility() -> ResponseReturnValue:
    """The accessibility statement."""
    return render_template("public/accessibility.html")


@blueprint.post("/sprak")
@guards.everybody
def language() -> ResponseReturnValue:
    """Remember the language in this browser, and with the person when somebody is logged in."""
    chosen = request.form.get("language", "")
    if chosen in current.LANGUAGES:
        session["language"] = chosen
        person = current.person()
        if person is not None:
            remember_language(person_id=person.id, language=chosen)
    came_from = local_path(request.form.get("next")) or "/"
    return redirect("/" if guards.takes_only_forms(came_from.partition("?")[0]) else came_from, 303)
