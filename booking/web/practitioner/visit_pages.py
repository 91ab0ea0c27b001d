"""The panel beside the picture, the page with a guest's code, and the page that asks what came of a visit."""

from flask import Response, current_app, make_response, render_template, url_for
from flask_babel import gettext as _

from booking.clock import oslo_date
from booking.db import db
from booking.domain.visits import CODE_LENGTH, NOSHOW_AFTER, Outcome, Role, SeatState
from booking.queries.visits import VisitFacts, invitations_to
from booking.web import current, htmx
from booking.web.formats import date_and_time, time_only
from booking.web.practitioner import day_facts


def panel(
    visit: VisitFacts,
    *,
    known: str | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    """The panel; 204 when ``known`` is the mark of what it shows."""
    now = current.now()
    people = [
        {"seat": seat.seat, "name": seat.name, "is_in": seat.state == SeatState.IN}
        for seat in visit.seats
        if seat.role != Role.PRACTITIONER and seat.state in (SeatState.ADMITTED, SeatState.IN, SeatState.LEFT)
    ]
    shown = {
        "waiting_people": day_facts.waiting_in(visit, now),
        "people": people,
        "removed": [(s.seat, s.name) for s in visit.seats if s.state == SeatState.REMOVED],
        "guests": [
            (each.name, time_only(each.expires_at, current.language()))
            for each in invitations_to(db.session, visit.appointment_id)
            if not each.used and each.expires_at > now
        ],
        "phone": day_facts.phone_of(visit),
        "over": visit.ended_at is not None,
    } | day_facts.news([visit], now)
    version = day_facts.mark((shown, current.language()))
    if known == version:
        return make_response("", 204)
    page = render_template(
        "practitioner/_panel.html",
        appointment_id=visit.appointment_id,
        problem=problem,
        version=version,
        **shown,
    )
    response = make_response(page, status)
    response.vary.add("HX-Request")
    return response


def spaced(code: str) -> str:
    """A code as it is read aloud.

    >>> spaced("ABCDEFGH")
    'ABCD EFGH'
    """
    half = CODE_LENGTH // 2
    return f"{code[:half]} {code[half:]}"


def code_answer(visit: VisitFacts, code: str) -> Response:
    """A guest's code: below its form, or as a page of its own."""
    return htmx.page_or_fragment(
        "practitioner/code.html",
        "practitioner/_code.html",
        code=spaced(code),
        problem="",
        appointment_id=visit.appointment_id,
        code_address=current_app.extensions["settings"].base_url + url_for("video_guest.code"),
    )


def below_form(*, problem: str = "", message: bool = False) -> Response:
    """What stands below a form of the panel after it was sent."""
    page = render_template("practitioner/_code.html", problem=problem, message=message, code=None)
    response = make_response(page, 422 if problem else 200)
    response.vary.add("HX-Request")
    return response


def outcome_page(
    visit: VisitFacts, *, error: str | None = None, checked: str | None = None, status: int = 200
) -> Response:
    """What came of it? A no-show can be chosen only when the patient never came.

    What has been said can be corrected here for a while.
    """
    language, correcting = current.language(), day_facts.can_correct(visit, current.now())
    came = visit.seat(Role.PATIENT.value) is not None
    options = [
        (Outcome.FULFILLED.value, _("Gjennomført")),
        (Outcome.TECHNICAL_FAILURE.value, _("Teknisk feil")),
    ]
    early = current.now() < visit.starts_at + NOSHOW_AFTER
    if not came and not early:
        options.insert(1, (Outcome.NOSHOW.value, _("Ikke møtt")))
    page = render_template(
        "practitioner/outcome.html",
        name=visit.patient_name,
        when=date_and_time(visit.starts_at, language, oslo_date(current.now())),
        options=[each for each in options if each[0] != visit.outcome],
        came=came,
        noshow_from=time_only(visit.starts_at + NOSHOW_AFTER, language) if early and not came else None,
        said=day_facts.row(visit, current.now()).tag[0] if visit.outcome else None,
        correcting=correcting,
        ended=visit.ended_at is not None,
        error=error,
        checked=checked,
        phone=day_facts.phone_of(visit),
        appointment_id=visit.appointment_id,
    )
    return make_response(page, status)
