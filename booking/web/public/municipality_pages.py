"""A municipality's lasting short address, its free times for its own web pages, and its help page."""

from datetime import datetime
from itertools import islice

from flask import (
    Blueprint,
    abort,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from booking.clock import oslo_date
from booking.db import db
from booking.domain.slots import FreeTimes
from booking.queries.availability import free_times_for
from booking.queries.municipalities import MunicipalityFacts, municipalities_written
from booking.queries.services import ServiceFacts, served_municipalities, service_for_municipality
from booking.queries.services import opening_hours as open_hours
from booking.web import current, guards
from booking.web.current import LANGUAGES
from booking.web.formats import date_and_time, opening_hours
from booking.web.headers import cacheable_for_everybody

blueprint = Blueprint("municipality", __name__)
SHOWN = 5


@blueprint.get("/k/<key>")
@guards.everybody
def show(key: str) -> ResponseReturnValue:
    """What the service is here, for whom, when, and the way in."""
    found = municipalities_written(db.session, key)
    if len(found) != 1:
        return _which_one(key, found)
    if found[0].slug != key:
        return redirect(url_for("municipality.show", key=found[0].slug), 301)
    service = service_for_municipality(db.session, found[0].number)
    if service is None:
        return render_template("public/municipality_not_connected.html", municipality=found[0])
    first = _free(service).first()
    return render_template(
        "public/municipality.html",
        municipality=found[0],
        service=service,
        served=served_municipalities(db.session, service.id),
        hours=opening_hours(open_hours(db.session, service.id, oslo_date(current.now())), current.language()),
        first_free=_words(first, current.language()) if first else None,
    )


@blueprint.get("/k/<key>/ledige-timer")
@blueprint.get("/k/<key>/ledige-timer.json", defaults={"kind": "json"})
@guards.everybody
def free_times(key: str, kind: str = "") -> ResponseReturnValue:
    """The next free times for the municipality's own page: a fragment of HTML, or JSON. Nothing personal."""
    municipality, service = _connected(key)
    language = request.args.get("sprak", "nb")
    language = language if language in LANGUAGES else "nb"
    free = _free(service)
    starts = list(islice((start for day in free.days() for start in free.starts(day)), SHOWN))
    wants_json = kind == "json" or request.args.get("format") == "json"
    if (
        wants_json
        or request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    ):
        answer = jsonify(_as_json(municipality, starts, free))
    else:
        with current.speaking(language):
            page = render_template(
                "public/_free_times.html",
                language=language,
                municipality=municipality,
                href=_address(municipality),
                times=[{"iso": s.isoformat(), "words": _words(s, language)} for s in starts],
            )
        answer = make_response(page)
    answer.vary.add("Accept")
    return cacheable_for_everybody(answer, 60)


@blueprint.get("/hjelp/<key>")
@guards.everybody
def help_page(key: str) -> ResponseReturnValue:
    """Help before and during a video visit in the municipality."""
    found = municipalities_written(db.session, key)
    if len(found) != 1:
        return _which_one(key, found)
    if found[0].slug != key:
        return redirect(url_for("municipality.help_page", key=found[0].slug), 301)
    service = service_for_municipality(db.session, found[0].number)
    return render_template("public/help_page.html", municipality=found[0], service=service)


def _connected(key: str) -> tuple[MunicipalityFacts, ServiceFacts]:
    found = municipalities_written(db.session, key)
    service = service_for_municipality(db.session, found[0].number) if len(found) == 1 else None
    if service is None:
        abort(404)
    return found[0], service


def _which_one(key: str, found: list[MunicipalityFacts]) -> ResponseReturnValue:
    """Several of that name: a choice. None: the search."""
    if found:
        return make_response(render_template("public/which_municipality.html", key=key, results=found), 300)
    return make_response(render_template("public/municipality_unknown.html", query="", results=[]), 404)


def _free(service: ServiceFacts) -> FreeTimes:
    return free_times_for(
        db.session, service_id=service.id, horizon_days=service.horizon_days, now=current.now()
    )


def _words(start: datetime, language: str) -> str:
    return date_and_time(start, language, oslo_date(current.now()))


def _address(municipality: MunicipalityFacts) -> str:
    """The whole lasting address, for a page elsewhere: from the settings, so that no request can forge it."""
    base: str = current_app.extensions["settings"].base_url
    return base + url_for("municipality.show", key=municipality.slug)


def _as_json(municipality: MunicipalityFacts, starts: list[datetime], free: FreeTimes) -> dict[str, object]:
    return {
        "kommunenummer": municipality.number,
        "kommune": municipality.name,
        "bestill": _address(municipality),
        "neste": [start.isoformat() for start in starts],
        "dager": [
            {"dato": day.isoformat(), "ledige": free.count(day)} for day in free.days() if free.count(day)
        ],
    }
