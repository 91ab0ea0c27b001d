"""The test login's page: choose an invented person. Registered only when the settings have the test login on."""

from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from booking.clock import oslo_date
from booking.db import db
from booking.domain.access import age, may_log_in
from booking.integrations.identity.chosen_person import ChosenPerson
from booking.queries.invented_people import (
    doctors_to_choose,
    hpr_number_of,
    national_id_of,
    people_to_choose,
)
from booking.web import current, guards
from booking.web.limits import LOGIN, limiter

blueprint = Blueprint("test_login", __name__)


@blueprint.get("/logg-inn/test")
@guards.everybody
def choose() -> ResponseReturnValue:
    """The invented people, those old enough to log in, and the invented doctors."""
    if not session.get("login_state"):
        return redirect(url_for("login.start"), 303)
    today: date = oslo_date(current.now())
    people = [
        {"id": person.id, "name": person.name, "place": person.place, "age": age(person.birth_date, today)}
        for person in people_to_choose(db.session)
        if may_log_in(person.birth_date, today)
    ]
    doctors = doctors_to_choose(db.session)
    return render_template("login/choose_person.html", people=people, doctors=doctors)


@blueprint.post("/logg-inn/test")
@guards.everybody
@limiter.limit(LOGIN)
def chosen() -> ResponseReturnValue:
    """Answer as an identity provider would: with a code, sent through the browser."""
    provider = current_app.extensions["identity"]
    assert isinstance(provider, ChosenPerson)
    if (doctor_id := _number("doctor")) is not None:
        hpr_number = hpr_number_of(db.session, doctor_id)
        code = provider.code_for("hpr", hpr_number) if hpr_number else None
    else:
        person_id = _number("person")
        national_id = national_id_of(db.session, person_id) if person_id is not None else None
        code = provider.code_for("pid", national_id) if national_id else None
    if code is None:
        abort(400)
    answer = {"code": code, "state": session.get("login_state", "")}
    return redirect(f"{url_for('login.callback')}?{urlencode(answer)}", 303)


def _number(field: str) -> int | None:
    text = request.form.get(field, "")[:18]
    return int(text) if text.isascii() and text.isdigit() else None
