"""The front page, the search among municipalities, the services behind «Vis flere tjenester»."""

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from booking.db import db
from booking.queries.appointments import coming_appointments
from booking.queries.drafts import unfinished_booking
from booking.queries.municipalities import MunicipalityFacts, search_municipalities
from booking.web import current, guards, htmx
from booking.web.citizen import cards
from booking.web.limits import SEARCH, limiter

blueprint = Blueprint("public", __name__)
LONGEST_QUERY = 60


def _results(query: str) -> list[MunicipalityFacts]:
    return search_municipalities(db.session, query) if query else []


def _query() -> str:
    return request.args.get("q", "").replace("\0", "")[:LONGEST_QUERY].strip()


@blueprint.get("/")
@guards.everybody
def front() -> ResponseReturnValue:
    """The front page: for the logged-in what is theirs, for everybody the search."""
    citizen = current.person()
    if citizen is None:
        return render_template("public/front.html", query="", results=[])
    now = current.now()
    return render_template(
        "public/front_logged_in.html",
        next_card=cards.next_card(coming_appointments(db.session, citizen.id, now), now),
        unfinished=cards.unfinished_card(unfinished_booking(db.session, citizen.id, now), now),
        more=False,
    )


@blueprint.get("/tjenester")
@guards.citizen
def services() -> Response:
    """«Vis flere tjenester»: the front page's list, whole."""
    return htmx.page_or_fragment("public/services.html", "public/_services.html", more=True)


@blueprint.get("/kommuner")
@guards.everybody
@limiter.limit(SEARCH)
def search() -> Response:
    """Municipalities that match what was typed."""
    query = _query()
    return htmx.page_or_fragment(
        "public/search.html", "public/_municipality_results.html", query=query, results=_results(query)
    )


@blueprint.get("/helse")
@guards.everybody
def health() -> Response:
    """For the machine that watches: the app answers, and so does the database."""
    db.session.connection().exec_driver_sql("SELECT 1")
    return make_response({"status": "ok"})
