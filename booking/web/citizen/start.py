"""The way into a booking: whom to book with, and step 1 with the question that decides."""

from flask import Blueprint, Response, abort, make_response, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from booking.clock import oslo_date
from booking.db import db
from booking.domain.draft import Step, still_resumable
from booking.domain.screening import Answer, leads_on
from booking.queries.drafts import open_draft, unfinished_booking
from booking.queries.services import ServiceFacts, service_by_slug, service_for_municipality
from booking.services.drafts import answer_screening, check_may_use, count_yes
from booking.web import current, guards, htmx
from booking.web.citizen import cards
from booking.web.citizen.forms import ScreeningForm
from booking.web.citizen.steps import step_words
from booking.web.limits import HOLD, limiter

blueprint = Blueprint("start", __name__, url_prefix="/bestill")


@blueprint.get("")
@guards.citizen
def choose_service() -> ResponseReturnValue:
    """«Hvem vil du bestille time hos?»"""
    citizen = current.citizen()
    return render_template(
        "booking/choose_service.html",
        service=service_for_municipality(db.session, citizen.municipality_number),
        unfinished=cards.unfinished_card(
            unfinished_booking(db.session, citizen.id, current.now()), current.now()
        ),
    )


@blueprint.get("/<service_slug>")
@guards.citizen
def screening(service_slug: str) -> ResponseReturnValue:
    """Step 1: what is useful to know, and the question."""
    service, citizen = _service(service_slug), current.citizen()
    check_may_use(db.session, service_id=service.id, by=citizen, now=current.now())
    draft = open_draft(db.session, booked_by_id=citizen.id, service_id=service.id)
    # An answer is good for its booking's day: after that the question is asked anew.
    recent = draft is not None and still_resumable(draft.updated_at, current.now())
    return _page(service, checked=draft.answer if draft and recent else None)


@blueprint.post("/<service_slug>")
@guards.citizen
@limiter.limit(HOLD)
def answer(service_slug: str) -> ResponseReturnValue:
    """Nei leads on; Ja tells who can help; no answer is asked for again."""
    service, form = _service(service_slug), ScreeningForm()
    if not form.validate():
        return _page(service, errors=form.error_list({"answer": "answer-no"}), status=422)
    given = Answer(form.answer.data)
    if htmx.wants_fragment() and leads_on(given):
        return "", 204  # only «Neste» leads on; htmx tells us of a «Ja» when it is chosen
    draft = answer_screening(service=service, answer=given, by=current.citizen(), now=current.now())
    if draft is not None and leads_on(given):
        step = "booking.review" if draft.chosen_at is not None else "booking.time"
        return redirect(url_for(step, draft_id=draft.id), 303)
    _count(service)
    return ("", 204) if htmx.wants_fragment() else _page(service, checked=given.value)


def _service(slug: str) -> ServiceFacts:
    service = service_by_slug(db.session, slug)
    if service is None:
        abort(404)
    return service


def _count(service: ServiceFacts) -> None:
    """Count a «Ja» once a day: the citizen's cookie remembers that it was counted, the table not whose it was."""
    mark = f"{service.id}:{oslo_date(current.now())}"
    if session.get("yes_counted") != mark:
        session["yes_counted"] = mark
        number = current.citizen().municipality_number
        count_yes(service_id=service.id, municipality_number=number, now=current.now())


def _page(
    service: ServiceFacts,
    *,
    checked: str | None = None,
    errors: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> Response:
    page = render_template(
        "booking/screening.html",
        service=service,
        checked=checked,
        errors=errors or [],
        step=step_words(Step.SCREENING),
    )
    return make_response(page, status)
