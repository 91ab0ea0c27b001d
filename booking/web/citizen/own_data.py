"""«Opplysningene mine»: everything stored about the citizen, as a file for people or programs (GDPR art. 15, 20)."""

import json
from datetime import date, datetime
from uuid import UUID

import structlog
from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from booking.db import db
from booking.queries.own_data import own_data
from booking.web import current, guards
from booking.web.citizen.own_data_words import sections
from booking.web.i18n import gettext as _
from booking.web.limits import DOWNLOAD, limiter

blueprint = Blueprint("own_data", __name__, url_prefix="/opplysninger")
log = structlog.get_logger()
FORMATS = ("html", "json")


@blueprint.get("")
@guards.citizen
def index() -> ResponseReturnValue:
    """What the file holds, and what to mind before one has it on a machine."""
    return render_template("own_data/index.html", errors=[])


@blueprint.post("")
@guards.citizen
@limiter.limit(DOWNLOAD)
def download() -> ResponseReturnValue:
    """The file, when the citizen has said that it is to be saved on this machine."""
    kind = request.form.get("format", "")
    if kind not in FORMATS or request.form.get("confirm") != "yes":
        errors = [("confirm", _("Kryss av for at du vil lagre filen på denne maskinen"))]
        return render_template("own_data/index.html", errors=errors), 422
    oneself = current.person()
    assert oneself is not None, "behind the guard somebody is logged in"
    found = own_data(db.session, oneself.id)
    log.info("own_data_downloaded", format=kind)
    if kind == "json":
        told = {"made_at": current.now().isoformat(), "service": "Kommunal nettlege", "data": found}
        return _file(json.dumps(told, default=_plain, ensure_ascii=False, indent=1), "application/json", kind)
    return _file(render_template("own_data/file.html", sections=sections(found)), "text/html", kind)


def _plain(value: object) -> str:
    assert isinstance(value, date | datetime | UUID)
    return str(value) if isinstance(value, UUID) else value.isoformat()


def _file(text: str, mimetype: str, kind: str) -> Response:
    response = make_response(text)
    response.mimetype = mimetype
    response.headers["Content-Disposition"] = f'attachment; filename="kommunal-nettlege.{kind}"'
    return response
