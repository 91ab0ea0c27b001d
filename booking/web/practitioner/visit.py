"""What a doctor does with a visit. Each view: whose visit, one service, tell the video server, show what is now."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import structlog
from flask import Blueprint, Response, current_app, flash, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.clock import oslo_date
from booking.db import db
from booking.domain.errors import BookingRefused, NotFound
from booking.domain.visits import Outcome, SeatState
from booking.integrations.video_node.port import NodeRefused, NodeUnreachable, VideoNodes
from booking.queries.visits import VisitFacts, Visitor, visit_facts, works_at
from booking.services import visit_leading
from booking.services.video_door import as_doctor
from booking.web import current, guards, htmx
from booking.web.limits import POLL, SEND, limiter
from booking.web.practitioner import visit_pages
from booking.web.practitioner.visit_refusals import refusal_words

blueprint = Blueprint("practitioner_visit", __name__, url_prefix="/lege/<uuid:appointment_id>")
log = structlog.get_logger()
SAID_AGAIN = timedelta(seconds=30)
"""An order to the video server that was lost on the way is said again so long, whenever the doctor's page asks."""


def own_visit(appointment_id: uuid.UUID) -> VisitFacts:
    """The visit, when it is this doctor's at a service where the doctor works. Raises NotFound."""
    visit, doctor = visit_facts(db.session, appointment_id), current.doctor()
    own = visit is not None and visit.practitioner_id == doctor.id
    if (
        visit is None
        or not own
        or not works_at(db.session, doctor.id, visit.service_id, oslo_date(current.now()))
    ):
        raise NotFound(str(appointment_id))
    return visit


def _me() -> Visitor:
    return as_doctor(current.doctor())


def _tell(node: str | None, say: Callable[[VideoNodes, str], None]) -> None:
    """Tell the room's video server. When it does not answer, its tickets are refused here all the same."""
    if node is None:
        return
    try:
        say(current_app.extensions["video_nodes"], node)
    except (NodeRefused, NodeUnreachable) as error:
        log.warning("video_server_not_told", why=str(error))


def _panel_or(address: str, visit: VisitFacts, *, problem: str = "") -> Response:
    """For htmx the room's panel as it is now; else on to ``address``, with the news said there."""
    if htmx.wants_fragment():
        fresh = own_visit(visit.appointment_id)
        return visit_pages.panel(fresh, problem=problem, status=409 if problem else 200)
    if problem:
        flash(problem)
    return redirect(address, 303)  # type: ignore[return-value]


def _try(visit: VisitFacts, address: str, act: Callable[[], object]) -> Response:
    try:
        act()
    except NotFound:
        raise
    except BookingRefused as refusal:
        return _panel_or(address, visit, problem=refusal_words(refusal))
    return _panel_or(address, visit)


def _room(visit: VisitFacts) -> str:
    return url_for("video_room.room", appointment_id=visit.appointment_id)


@blueprint.get("/panel")
@guards.practitioner
@limiter.limit(POLL)
def panel(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """Beside the picture: who waits, guests, message; asked every two seconds, nothing when nothing has changed."""
    visit = own_visit(appointment_id)
    for seat in visit.seats:
        # We may have been cut off between writing it down and saying it, and the video server may have been silent.
        if (
            seat.state == SeatState.REMOVED
            and seat.removed_at
            and current.now() - seat.removed_at < SAID_AGAIN
        ):
            _tell(visit.node, _put_out(visit, seat.seat, seat.epoch))
    return visit_pages.panel(visit, known=request.args.get("versjon"))


def _put_out(visit: VisitFacts, seat: str, epoch: int) -> Callable[[VideoNodes, str], None]:
    room = str(visit.appointment_id)
    return lambda nodes, node: nodes.put_out(node, room=room, seat=seat, removed=True, epoch=epoch)


def _end(appointment_id: uuid.UUID) -> Callable[[VideoNodes, str], None]:
    return lambda nodes, node: nodes.end_room(node, room=str(appointment_id))


@blueprint.post("/apne-tidlig")
@guards.practitioner
@limiter.limit(SEND)
def open_early(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """Open before the five minutes; the citizen's page says so at once."""
    visit = own_visit(appointment_id)
    return _try(
        visit,
        url_for("practitioner.day"),
        lambda: visit_leading.open_early(appointment_id=appointment_id, by=_me(), now=current.now()),
    )


@blueprint.post("/slipp-inn")
@guards.practitioner
@limiter.limit(SEND)
def admit(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """«Slipp inn»; from the day on into the room."""
    visit, seat = own_visit(appointment_id), request.form.get("seat", "patient")
    return _try(
        visit,
        _room(visit),
        lambda: visit_leading.admit(appointment_id=appointment_id, seat=seat, by=_me(), now=current.now()),
    )


@blueprint.post("/melding")
@guards.practitioner
@limiter.limit(SEND)
def message(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """A message to whoever waits."""
    visit, text = own_visit(appointment_id), request.form.get("message", "")
    try:
        visit_leading.write_message(appointment_id=appointment_id, text=text, by=_me())
    except BookingRefused as refusal:
        return _form_refused(visit, refusal)
    if htmx.wants_fragment():
        return visit_pages.below_form(message=bool(text.strip()))
    return redirect(_room(visit), 303)


@blueprint.post("/inviter")
@guards.practitioner
@limiter.limit(SEND)
def invite(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """A guest's one-time code, shown once."""
    visit, name = own_visit(appointment_id), request.form.get("name", "")
    try:
        code = visit_leading.invite_guest(
            appointment_id=appointment_id, name=name, by=_me(), now=current.now()
        )
    except BookingRefused as refusal:
        return _form_refused(visit, refusal)
    return visit_pages.code_answer(visit, code)


def _form_refused(visit: VisitFacts, refusal: BookingRefused) -> Response:
    problem = refusal_words(refusal)
    if htmx.wants_fragment():
        return visit_pages.below_form(problem=problem)
    return _panel_or(_room(visit), visit, problem=problem)


@blueprint.post("/fjern")
@guards.practitioner
@limiter.limit(SEND)
def remove(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """Put somebody out; no ticket of theirs lets in again."""
    visit, seat = own_visit(appointment_id), request.form.get("seat", "")

    def act() -> None:
        out = visit_leading.remove(appointment_id=appointment_id, seat=seat, by=_me(), now=current.now())
        _tell(out.node, _put_out(visit, seat, out.epoch))

    return _try(visit, _room(visit), act)


@blueprint.post("/avslutt")
@guards.practitioner
@limiter.limit(SEND)
def end(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """End for all, and on to what came of it."""
    own_visit(appointment_id)
    node = visit_leading.end_visit(appointment_id=appointment_id, by=_me(), now=current.now())
    _tell(node, _end(appointment_id))
    address = url_for("practitioner_visit.outcome", appointment_id=appointment_id)
    if htmx.wants_fragment():
        return make_response("", 200, {"HX-Redirect": address})
    return redirect(address, 303)


@blueprint.get("/utfall")
@guards.practitioner
def outcome(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """What came of it?"""
    visit = own_visit(appointment_id)
    if visit.ended_at and current.now() - visit.ended_at < SAID_AGAIN:
        _tell(visit.node, _end(appointment_id))
    return visit_pages.outcome_page(visit)


@blueprint.post("/utfall")
@guards.practitioner
@limiter.limit(SEND)
def say_outcome(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """Keep what came of it; ends the visit when it has not ended."""
    visit, given = own_visit(appointment_id), request.form.get("outcome", "")
    if given not in set(Outcome):
        return visit_pages.outcome_page(visit, error=_("Velg én"), status=422)
    try:
        node = visit_leading.say_outcome(
            appointment_id=appointment_id, outcome=Outcome(given), by=_me(), now=current.now()
        )
    except BookingRefused as refusal:
        return visit_pages.outcome_page(visit, error=refusal_words(refusal), checked=given, status=409)
    _tell(node, _end(appointment_id))
    flash(_("Det er notert."))
    return redirect(url_for("practitioner.day"), 303)
