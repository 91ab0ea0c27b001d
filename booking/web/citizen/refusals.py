"""What a citizen is told when a rule says no: what happened, and the way on."""

from dataclasses import dataclass
from datetime import datetime

from flask import Flask, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.clock import oslo_date
from booking.db import db
from booking.domain import errors as refused
from booking.domain.draft import Step
from booking.queries.drafts import draft_of
from booking.web import current, htmx
from booking.web.citizen.steps import step_url
from booking.web.formats import date_and_time


@dataclass(frozen=True)
class Told:
    """A refusal's page. ``ways_on`` are (words, address); ``other_help`` adds the GP, 116 117 and 113."""

    status: int
    heading: str
    body: str
    ways_on: list[tuple[str, str]]
    other_help: bool = False


def _appointments() -> tuple[str, str]:
    return _("Til Timeavtaler"), url_for("appointments.index")


def _when(moment: datetime) -> str:
    return date_and_time(moment, current.language(), oslo_date(current.now()))


def told(error: refused.BookingRefused) -> Told | None:
    """The words for a refusal; None for one that has its own page elsewhere."""
    match error:
        case refused.OverlapsOwnAppointment(start=start):
            body = _(
                "Du har en annen time %(when)s. Velg en annen tid, eller endre den du har.", when=_when(start)
            )
            return Told(409, _("Du har allerede en time da"), body, [*_other_time(), _appointments()])
        case refused.TooManyAppointments(limit=limit):
            body = _(
                "Du kan ha høyst %(limit)s kommende timer, "
                "så det blir nok til andre. Avbestill en, eller vent til en er over.",
                limit=limit,
            )
            return Told(409, _("Du kan ikke bestille flere timer nå"), body, [_appointments()])
        case refused.NotResident():
            body = _(
                "Tjenesten er for dem som bor i kommunene den gjelder. Kommunen du bor i, er ikke en av dem."
            )
            way_on = [(_("Se hva du kan bestille"), url_for("start.choose_service"))]
            return Told(403, _("Denne tjenesten er ikke for din kommune"), body, way_on, other_help=True)
        case refused.NeedsConsent():
            body = _(
                "Du må ha fylt 16 år for å bestille selv. En av foreldrene dine kan kontakte fastlegen for deg."
            )
            return Told(403, _("Du kan ikke bestille alene ennå"), body, [_appointments()], other_help=True)
        case refused.TooLateToChange():
            body = _("Timen har begynt, så den kan ikke endres eller avbestilles her.")
            return Told(409, _("Det er for sent"), body, [_appointments()])
        case refused.AlreadyEnded():
            body = _("Timen er allerede avbestilt eller over.")
            return Told(409, _("Timen er ikke aktiv lenger"), body, [_appointments()])
    return None


def _other_time() -> list[tuple[str, str]]:
    draft_id = (request.view_args or {}).get("draft_id")
    return [(_("Velg en annen tid"), url_for("booking.time", draft_id=draft_id))] if draft_id else []


def install(app: Flask) -> None:
    """Answer the refusals of the citizen's rules; what is not found is answered with the others in errors.py."""

    def on_refusal(error: refused.BookingRefused) -> ResponseReturnValue:
        page = told(error)
        assert page is not None, f"no words for {type(error).__name__}"
        return make_response(render_template("booking/refused.html", **vars(page)), page.status)

    for kind in (
        refused.OverlapsOwnAppointment,
        refused.TooManyAppointments,
        refused.NotResident,
        refused.NeedsConsent,
        refused.TooLateToChange,
        refused.AlreadyEnded,
    ):
        app.register_error_handler(kind, on_refusal)
    app.register_error_handler(refused.StepNotOpen, _on_step_not_open)


def _on_step_not_open(error: refused.StepNotOpen) -> ResponseReturnValue:
    """Reading a step too early leads to the open one; sending to it is refused, with the way there."""
    hand = draft_of(db.session, (request.view_args or {})["draft_id"], current.citizen().id)
    if hand is None:
        raise refused.NotFound("draft")
    address = step_url(hand, Step(error.open_step))
    if request.method in ("GET", "HEAD") and not htmx.wants_fragment():
        return redirect(address, 303)
    if error.open_step == Step.RECEIPT:
        heading, body = (
            _("Bestillingen er allerede sendt"),
            _("Du har sendt bestillingen. Timen finner du under Timeavtaler."),
        )
    else:
        heading = _("Du er ikke ferdig med et tidligere steg")
        body = _(
            "Gå tilbake til det første steget du ikke er ferdig med. Det du har fylt ut, er tatt vare på."
        )
    told_page = Told(409, heading, body, [(_("Gå dit"), address), _appointments()])
    return make_response(render_template("booking/refused.html", **vars(told_page)), 409)
