"""Pages of the video visit but for the room: «Start video», equipment check, waiting room, telephone, done."""

import uuid

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.clock import oslo_date
from booking.domain.errors import FieldRefused, NotFound, SeatRefused, VisitOver
from booking.domain.visits import Role, SeatState
from booking.services import video_door
from booking.web import current, guards
from booking.web.formats import date_and_time, duration, phone, time_only
from booking.web.limits import SEND, limiter
from video import rules
from video.rules import Door
from video.web_entry import Place, find_place, send_on, utc_text

blueprint = Blueprint("video", __name__)
WITH = {"lyd": "sound", "lytte": "listen"}
"""«?med=»: how somebody wants to join; with the picture when it says nothing."""


def page_facts(place: Place) -> dict[str, object]:
    """What every page of a visit says, hands to its script and links to."""
    facts, language = place.entry.visit, current.language()
    asked = request.args.get("med", "")
    return {
        "appointment_id": place.appointment_id,
        "state": place.state,
        "role": place.entry.visitor.role.value,
        "seat": place.entry.visitor.seat,
        "name": place.entry.visitor.name,
        "doctor": facts.practitioner_name,
        "municipality": facts.service_owner,
        "help_href": facts.help_url or url_for("municipality.help_page", key=facts.owner_slug),
        "when": date_and_time(facts.starts_at, language, oslo_date(current.now())),
        "time": time_only(facts.starts_at, language),
        "opens": time_only(rules.opens_at(place.visit), language),
        "opens_at": utc_text(rules.opens_at(place.visit)),
        "starts_at": utc_text(facts.starts_at),
        "ends_at": utc_text(facts.ends_at),
        "server_now": utc_text(current.now()),
        "asked_with": asked if asked in WITH else None,
        "join_with": WITH.get(asked, "picture"),
    }


@blueprint.get("/timeavtaler/<uuid:appointment_id>/start-video")
@guards.participant
def start(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """Before the door opens: when it does, and a countdown. Afterwards: on to where one belongs."""
    place = find_place(appointment_id)
    if place.state == SeatState.LEFT:
        return redirect(url_for("video.check", appointment_id=appointment_id), 303)
    if place.state != Door.EARLY or place.is_doctor:
        return send_on(place)
    seconds = rules.seconds_until_open(place.visit, current.now())
    return render_template(
        "video/start.html",
        minutes_left=duration(-(-seconds // 60), current.language()),
        # Without scripts the page asks again when the door opens, and each minute before: the doctor may open early.
        refresh=min(seconds + 1, 60),
        **page_facts(place),
    )


@blueprint.get("/video/<uuid:appointment_id>/sjekk")
@guards.participant
def check(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """The equipment check; open at any time, so that nobody finds out at the last minute."""
    place = find_place(appointment_id)
    if place.state in (Door.OVER, SeatState.REMOVED):
        return send_on(place)
    inside = place.is_doctor or place.was_admitted
    onward = "video_room.room" if inside else "video.waiting_room"
    if place.state == Door.EARLY:
        onward = "practitioner.day" if place.is_doctor else "video.start"
    address = (
        url_for(onward) if onward == "practitioner.day" else url_for(onward, appointment_id=appointment_id)
    )
    return render_template("video/check.html", onward=address, **page_facts(place))


@blueprint.get("/video/<uuid:appointment_id>/venterom")
@guards.participant
def waiting_room(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """Sit down and wait; whoever has been let in goes on into the room."""
    place = find_place(appointment_id)
    try:
        rules.check_may_wait(place.visit, place.seat, current.now())
        if place.is_doctor or place.was_admitted:
            asked = page_facts(place)["asked_with"]
            return redirect(url_for("video_room.room", appointment_id=appointment_id, med=asked), 303)
        video_door.come_to_waiting_room(
            appointment_id=appointment_id, by=place.entry.visitor, now=current.now()
        )
    except (rules.EntryRefused, SeatRefused, VisitOver):
        return send_on(find_place(appointment_id))
    facts = page_facts(place) | {"state": SeatState.WAITING.value}
    return render_template(
        "video/waiting.html",
        delay=delay_words(place),
        message=place.entry.visit.message,
        is_patient=place.entry.visitor.role is Role.PATIENT,
        **facts,
    )


def delay_words(place: Place) -> str | None:
    """«Legen er ca. 8 min forsinket», when that is so."""
    minutes = video_door.delay_of(place.entry.visit, current.now())
    return None if minutes is None else _("Legen er ca. %(minutes)s min forsinket.", minutes=minutes)


@blueprint.get("/video/<uuid:appointment_id>/ferdig")
@guards.participant
def done(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """Afterwards: what happens now. Whoever has only left finds the way back here."""
    place = find_place(appointment_id)
    if place.is_doctor:
        return redirect(url_for("practitioner_visit.outcome", appointment_id=appointment_id), 303)
    if place.state == Door.EARLY:
        return send_on(place)
    number = place.entry.seat.phone if place.entry.seat else None
    return render_template(
        "video/done.html",
        outcome=place.entry.visit.outcome,
        was_admitted=place.was_admitted,
        phone_number=phone(number) if number else None,
        **page_facts(place),
    )


@blueprint.get("/video/<uuid:appointment_id>/telefon")
@guards.participant
def telephone(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """«Legen ringer deg»: the last step of the ladder, for the patient."""
    return _telephone_page(_patients(appointment_id))


@blueprint.post("/video/<uuid:appointment_id>/telefon")
@guards.participant
@limiter.limit(SEND)
def confirm_telephone(appointment_id: uuid.UUID) -> ResponseReturnValue:
    """Keep the number that the doctor shall call."""
    place, typed = _patients(appointment_id), request.form.get("phone", "")[:40]
    try:
        video_door.give_phone(
            appointment_id=appointment_id, phone=typed, by=place.entry.visitor, now=current.now()
        )
    except FieldRefused as refusal:
        words = _("Skriv telefonnummeret ditt")
        if refusal.why == "wrong":
            words = _("Telefonnummeret må ha åtte siffer, eller begynne med + og landkode")
        return _telephone_page(place, typed=typed, errors=[("phone", words)], status=422)
    except VisitOver:
        return send_on(find_place(appointment_id))
    return redirect(url_for("video.telephone", appointment_id=appointment_id), 303)


def _patients(appointment_id: uuid.UUID) -> Place:
    place = find_place(appointment_id)
    if place.entry.visitor.role is not Role.PATIENT or place.state == Door.EARLY:
        raise NotFound(str(appointment_id))
    return place


def _telephone_page(
    place: Place, *, typed: str | None = None, errors: list[tuple[str, str]] | None = None, status: int = 200
) -> Response:
    number = place.entry.seat.phone if place.entry.seat else None
    page = render_template(
        "video/telephone.html",
        confirmed=phone(number) if number and not errors else None,
        typed=typed if typed is not None else phone(number or ""),
        errors=errors or [],
        **page_facts(place),
    )
    return make_response(page, status)
