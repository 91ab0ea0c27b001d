"""The room's page, and what its script asks: state, offer, leave, «hvem er i rommet?»."""

import uuid
from typing import Any

import structlog
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.domain.errors import NotFound, SeatRefused, VisitOver
from booking.domain.visits import SeatState
from booking.integrations.video_node.port import NodeRefused, NodeUnreachable
from booking.services import video_door
from booking.web import current, guards
from booking.web.limits import OFFER, POLL, limiter
from video import rules
from video.web import delay_words, page_facts
from video.web_answers import entry_refused, ice_servers, node_refused, refused
from video.web_entry import Place, find_place, send_on, utc_text, where_to
from video.web_nodes import bring, nodes

blueprint = Blueprint("video_room", __name__, url_prefix="/video/<uuid:appointment_id>")
LONGEST_OFFER = 48_000
"""Characters; a browser's offer for four is about 12,000."""
MOST_CONNECTIONS = 2
"""A page has one that stands, and one that is being made."""

log = structlog.get_logger()


@blueprint.get("/rom")
@guards.participant
def room(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """The room, for whoever has been let in; everybody else is led to where they belong."""
    place = find_place(appointment_id)
    try:
        rules.check_may_enter(place.visit, place.seat, current.now())
    except rules.EntryRefused:
        return send_on(place)
    return render_template(
        "video/room.html",
        reason=place.entry.visit.reason if place.is_doctor else None,
        patient=place.entry.visit.patient_name,
        ice_servers=ice_servers(place),
        confirmed=place.entry.seat is not None and place.entry.seat.alone_confirmed_at is not None,
        **page_facts(place),
    )


@blueprint.get("/tilstand")
@guards.participant
@guards.answers_json
@limiter.limit(POLL)
def state(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """Where whoever asks stands now. Asked each second by the waiting room, so it is small."""
    place = find_place(appointment_id)
    waits = place.state == SeatState.WAITING
    if waits:
        video_door.note_seen(place.entry, current.now())
    inside = place.state in (SeatState.ADMITTED, SeatState.IN)
    minutes = video_door.delay_of(place.entry.visit, current.now()) if waits else None
    told: dict[str, Any] = {
        "state": place.state,
        "server_now": utc_text(current.now()),
        "opens_at": utc_text(rules.opens_at(place.visit)),
        "starts_at": utc_text(place.visit.start),
        "ends_at": utc_text(place.visit.end),
        "delay_minutes": minutes,
        "delay_text": delay_words(place) if minutes is not None else None,
        "message": place.entry.visit.message if waits else None,
        "opened_early": place.visit.opened_early_at is not None,
        "confirmed": [seat.seat for seat in place.entry.visit.seats if seat.alone_confirmed_at],
        "next": where_to(place),
    }
    return told | ({"ice_servers": ice_servers(place)} if inside else {})


@blueprint.post("/tilbud")
@guards.participant
@guards.answers_json
@limiter.limit(OFFER)
def offer(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """A browser's offer, with a ticket for one minute and this one seat, to the video server; its answer back."""
    place = find_place(appointment_id)
    try:
        rules.check_may_enter(place.visit, place.seat, current.now())
    except rules.EntryRefused as refusal:
        return entry_refused(refusal.refusal, place)
    sent = request.get_json(silent=True)
    sdp = sent.get("sdp") if isinstance(sent, dict) else None
    if not isinstance(sdp, str) or not sdp.strip():
        return refused(422, "bad_sdp")
    if len(sdp) > LONGEST_OFFER:
        return refused(413, "too_large")
    try:
        return _seat(place, sdp)
    except (SeatRefused, VisitOver):
        # Removed or ended while the video server answered: the seat is taken back before anybody hears of it.
        place = find_place(appointment_id)
        _put_out(place)
        return refused(403, rules.Refusal.OVER.value, place)
    except NodeRefused as refusal:
        return node_refused(refusal, place)
    except NodeUnreachable as error:
        log.warning("video_server_unreachable", why=str(error))
        return refused(503, "unreachable")


def _seat(place: Place, sdp: str) -> dict[str, Any]:
    answer = bring(place, sdp)
    video_door.enter_room(
        appointment_id=place.appointment_id,
        by=place.entry.visitor,
        epoch=place.epoch,
        now=current.now(),
    )
    return {
        "sdp": answer.sdp,
        "seat": answer.seat,
        "connection": answer.connection,
        "participants": answer.participants,
        "ice_servers": ice_servers(place),
    }


def _put_out(place: Place, connection: str | None = None) -> bool:
    """Close the seat at the video server; False when it says that ``connection`` is not the one that sits there."""
    node = place.entry.visit.node
    if node is None:
        return True
    room, seat = str(place.appointment_id), place.entry.visitor.seat
    try:
        nodes().put_out(node, room=room, seat=seat, removed=False, connection=connection)
    except (NodeRefused, NodeUnreachable) as error:
        log.info("seat_not_put_out", why=str(error))
        return not (isinstance(error, NodeRefused) and error.status == 404)
    return True


@blueprint.post("/forlat")
@guards.participant
@limiter.limit(POLL)
def leave(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """Leave the waiting room or the room; sent by a button, or by the browser when the page is closed.

    A closed page names its connections. When none of them is in the seat any more, its goodbye came after the same
    person had come in again (a quick reload), and nobody leaves.
    """
    place = find_place(appointment_id)
    if place.seat.state == SeatState.IN and not _seat_given_up(place, request.form.getlist("connection")):
        return "", 204
    video_door.leave(appointment_id=appointment_id, by=place.entry.visitor, now=current.now())
    if request.form.get("via") == "form":
        return redirect(url_for("video.done", appointment_id=appointment_id), 303)
    return "", 204


def _seat_given_up(place: Place, connections: list[str]) -> bool:
    if not connections:
        _put_out(place)
        return True
    # Each of them, newest first: the older one is kept for as long as the newer one may take its place.
    return sum(_put_out(place, each) for each in connections[:MOST_CONNECTIONS]) > 0


@blueprint.post("/bekreft-rommet")
@guards.participant
@guards.answers_json
def confirm(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """«Hvem er i rommet?»: only those who are shown hear and see."""
    place = find_place(appointment_id)
    try:
        video_door.confirm_alone(appointment_id=appointment_id, by=place.entry.visitor, now=current.now())
    except NotFound:
        return refused(409, rules.Refusal.NOT_ADMITTED.value, place)
    return "", 204
