"""One appointment in words, for its page, its cancel page and its calendar file."""

from datetime import datetime, timedelta
from typing import Any

from flask import current_app, url_for

from booking.clock import oslo_date
from booking.db import db
from booking.domain.appointments import Status, is_coming, is_late_cancellation
from booking.queries.appointments import AppointmentInHand, goes_on
from booking.queries.municipalities import municipality_by_number
from booking.web import current
from booking.web.citizen.cards import status_tag
from booking.web.formats import date_and_time, duration
from booking.web.i18n import gettext as _


def facts(found: AppointmentInHand, now: datetime) -> dict[str, Any]:
    """Everything that the appointment's pages say and link to."""
    appointment, service = found.appointment, found.service
    language, today = current.language(), oslo_date(now)
    start, end = appointment.starts_at, appointment.ends_at
    # Asked only when it matters: past the planned end, while the visit may still go on.
    going_on = end <= now and appointment.status == Status.ARRIVED and goes_on(db.session, appointment.id)
    deadline = start - timedelta(hours=service.cancellation_hours)
    return {
        "appointment_id": appointment.id,
        "when": date_and_time(start, language, today),
        "length": duration(int((end - start).total_seconds() // 60), language),
        "municipality": service.owner_name,
        "reason": appointment.reason or _("Slettet, fordi timen ble avbestilt"),
        "status": None if going_on else status_tag(appointment.status, end, now, appointment.outcome),
        "coming": is_coming(appointment.status, end, now, going_on=going_on),
        "changeable": appointment.status == Status.BOOKED and now < start,
        "late": is_late_cancellation(start, now, service.cancellation_hours),
        "deadline": date_and_time(deadline, language, today),
        "help_href": service.help_url or _own_help(service.owner_number),
        "service_slug": service.slug,
    }


def _own_help(owner_number: str) -> str:
    owner = municipality_by_number(db.session, owner_number)
    return url_for("municipality.help_page", key=owner.slug if owner else owner_number)


def calendar_facts(found: AppointmentInHand) -> dict[str, Any]:
    """What the calendar file says: when and where, never what it concerns."""
    appointment = found.appointment
    base = current_app.extensions["settings"].base_url
    return {
        "uid": f"{appointment.id}@kommunal-nettlege",
        "start": appointment.starts_at,
        "end": appointment.ends_at,
        "sequence": appointment.sequence + (appointment.status == Status.CANCELLED),
        "cancelled": appointment.status == Status.CANCELLED,
        "summary": _("Videotime hos Kommunal nettlege"),
        "location": _("Video"),
        "description": _("Logg inn og start videotimen 5 minutter før avtalt tidspunkt."),
        "now": current.now(),
        "url": base + url_for("appointments.show", appointment_id=appointment.id),
    }
