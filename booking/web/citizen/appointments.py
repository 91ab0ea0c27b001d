"""Timeavtaler: the list, one appointment, cancel, change time, calendar file. «Start video» is in video/web.py."""

import uuid

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.db import db
from booking.domain.errors import NotFound
from booking.queries.appointments import (
    PAGE,
    AppointmentInHand,
    appointment_of,
    coming_and_earlier,
)
from booking.queries.drafts import unfinished_booking
from booking.services.appointments import cancel_appointment
from booking.services.drafts import begin_move
from booking.web import current, guards
from booking.web.calendar_file import appointment_calendar
from booking.web.citizen import appointment_facts, cards
from booking.web.limits import HOLD, limiter

blueprint = Blueprint("appointments", __name__, url_prefix="/timeavtaler")


def _mine(appointment_id: uuid.UUID) -> AppointmentInHand:
    found = appointment_of(db.session, appointment_id, current.citizen().id)
    if found is None:
        raise NotFound(str(appointment_id))
    return found


@blueprint.get("")
@guards.citizen
def index() -> ResponseReturnValue:
    """Coming and earlier appointments, the next one first."""
    citizen, now = current.citizen(), current.now()
    asked = request.args.get("side", "1")[:4]
    page = max(int(asked), 1) if asked.isascii() and asked.isdigit() else 1
    coming, earlier = coming_and_earlier(db.session, citizen.id, now, page)
    return render_template(
        "appointments/index.html",
        coming=cards.appointment_cards(coming, now, first_has_video=True),
        earlier=cards.appointment_cards(earlier[:PAGE], now, first_has_video=False),
        page=page,
        more=len(earlier) > PAGE,
        unfinished=cards.unfinished_card(unfinished_booking(db.session, citizen.id, now), now),
    )


@blueprint.get("/<uuid:appointment_id>")
@guards.citizen
def show(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """One appointment whole."""
    return render_template(
        "appointments/show.html", **appointment_facts.facts(_mine(appointment_id), current.now())
    )


@blueprint.get("/<uuid:appointment_id>/avbestill")
@guards.citizen
def confirm_cancel(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """Ask before cancelling: it cannot be undone, somebody else may take the time at once."""
    facts = appointment_facts.facts(_mine(appointment_id), current.now())
    if not facts["changeable"]:
        return redirect(url_for("appointments.show", appointment_id=appointment_id), 303)
    return render_template("appointments/cancel.html", **facts)


@blueprint.post("/<uuid:appointment_id>/avbestill")
@guards.citizen
def cancel(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """Cancel, and say so on the appointment's page."""
    cancel_appointment(appointment_id=appointment_id, by=current.citizen(), now=current.now())
    flash(_("Timen er avbestilt."))
    return redirect(url_for("appointments.show", appointment_id=appointment_id), 303)


@blueprint.post("/<uuid:appointment_id>/endre-tid")
@guards.citizen
@limiter.limit(HOLD)
def change_time(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """Begin to change the time; the old one is kept until the new one is taken."""
    draft = begin_move(appointment_id=appointment_id, by=current.citizen(), now=current.now())
    return redirect(url_for("booking.time", draft_id=draft.id), 303)


@blueprint.get("/<uuid:appointment_id>/kalender.ics")
@guards.citizen
def calendar(appointment_id: uuid.UUID) -> Response:
    """The appointment as a calendar file, without what it concerns."""
    response = make_response(appointment_calendar(**appointment_facts.calendar_facts(_mine(appointment_id))))
    response.mimetype = "text/calendar"
    response.headers["Content-Disposition"] = 'attachment; filename="videotime.ics"'
    return response
