"""Helsekontakter: which services the citizen has been given, and their details."""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from booking.db import db
from booking.queries.services import (
    is_served,
    served_municipalities,
    service_by_slug,
    service_for_municipality,
)
from booking.web import current, guards

blueprint = Blueprint("health_contacts", __name__, url_prefix="/helsekontakter")


@blueprint.get("")
@guards.citizen
def index() -> ResponseReturnValue:
    """«Mottatte helsekontakter»."""
    service = service_for_municipality(db.session, current.citizen().municipality_number)
    return render_template("health_contacts/index.html", service=service)


@blueprint.get("/<service_slug>")
@guards.citizen
def show(service_slug: str) -> ResponseReturnValue:
    """«Se detaljer»: what the service is, and «Bestill time»."""
    service = service_by_slug(db.session, service_slug)
    if service is None or not is_served(db.session, service.id, current.citizen().municipality_number):
        abort(404)
    return render_template(
        "health_contacts/show.html", service=service, served=served_municipalities(db.session, service.id)
    )
