"""The doctor's day: today's visits, who waits, updated without a reload."""

from datetime import timedelta

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import gettext as _

from booking.clock import oslo_date, start_of_oslo_day
from booking.db import db
from booking.queries.visits import doctors_day
from booking.web import current, guards, htmx
from booking.web.formats import full_date
from booking.web.limits import POLL, limiter
from booking.web.practitioner import day_facts

blueprint = Blueprint("practitioner", __name__, url_prefix="/lege")
SOON = timedelta(minutes=30)
"""The next day's first visits stand on the doctor's page from so long before."""


@blueprint.get("")
@guards.practitioner
@limiter.limit(POLL)
def day() -> Response:
    """Today's visits. The page asks for its list every two seconds, and gets nothing when nothing has changed.

    Of yesterday's there are those that the doctor can still say something of.
    """
    now, today = current.now(), oslo_date(current.now())
    since, until = (start_of_oslo_day(today + timedelta(days=days)) for days in (-1, 1))
    # Whoever has a visit right after midnight may wait before it.
    until = max(until, now + SOON)
    visits = doctors_day(db.session, current.doctor().id, since, until, today, now)
    shown = day_facts.day(visits, now)
    version = day_facts.mark((shown, current.language()))
    template = "practitioner/day.html"
    if htmx.wants_fragment():
        if request.args.get("versjon") == version:
            return make_response("", 204)
        template = "practitioner/_day.html"
    heading = _("Dagens timer")
    title = f"({shown['waiting']}) {heading}" if shown["waiting"] else heading
    words = full_date(today, current.language(), today)
    page = render_template(template, title=title, date=words, version=version, **shown)
    response = make_response(page)
    response.vary.add("HX-Request")
    return response
