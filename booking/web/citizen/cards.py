"""Appointments and half-done bookings as cards: words, tags and links, decided here and not in templates."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from flask import url_for

from booking.clock import oslo_date
from booking.domain.appointments import Status
from booking.domain.draft import Step, open_step
from booking.domain.visits import Outcome
from booking.queries.appointments import AppointmentLine
from booking.queries.drafts import DraftInHand
from booking.web import current
from booking.web.citizen.steps import step_url
from booking.web.formats import date_and_time, full_date, relative_day, time_only
from booking.web.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Card:
    """What appointment_card.html shows."""

    weekday_date: str
    time: str
    title: str
    place: str
    href: str
    status: tuple[str, str] | None
    action: tuple[str, str] | None


def appointment_cards(lines: list[AppointmentLine], now: datetime, *, first_has_video: bool) -> list[Card]:
    """Cards in the order given; with ``first_has_video`` the first has its «Start video»."""
    language, today = current.language(), oslo_date(now)
    title, base = _("Videotime hos Kommunal nettlege"), url_for("appointments.index")
    cards = []
    for position, line in enumerate(lines):
        day, time, place = _words(line.starts_at, line.owner_name, language, today)
        status, action = status_tag(line.status, line.ends_at, now, line.outcome), None
        if first_has_video and position == 0:
            action = _("Start video"), url_for("video.start", appointment_id=line.id)
        cards.append(Card(day, time, title, place, f"{base}/{line.id}", status, action))
    return cards


@lru_cache(maxsize=8192)
def _words(start: datetime, owner_name: str, language: str, today: date) -> tuple[str, str, str]:
    """The day, the time and the place of an appointment, in the language of this request."""
    words, near = full_date(start, language, today), relative_day(start, language, today)
    return (
        f"{words} ({near})" if near else words,
        _("kl. %(time)s", time=time_only(start, language)),
        _("Video, lege i %(municipality)s kommune", municipality=owner_name),
    )


def next_card(coming: list[AppointmentLine], now: datetime) -> Card | None:
    """The next appointment, if there is one."""
    return next(iter(appointment_cards(coming[:1], now, first_has_video=True)), None)


def status_tag(
    status: str, ends_at: datetime, now: datetime, outcome: str | None = None
) -> tuple[str, str] | None:
    """(words, colour) of a state that must be told; a coming appointment needs none."""
    if outcome == Outcome.TECHNICAL_FAILURE:
        return _("Teknisk feil"), "neutral"
    if status == Status.CANCELLED:
        return _("Avbestilt"), "neutral"
    if status == Status.NOSHOW:
        return _("Ikke møtt"), "warning"
    if status == Status.FULFILLED or ends_at <= now:
        return _("Gjennomført") if status == Status.FULFILLED else _("Tiden er passert"), "neutral"
    return None


def unfinished_card(hand: DraftInHand | None, now: datetime) -> dict[str, str] | None:
    """«Du har en påbegynt bestilling»: what is chosen so far, and the way on."""
    if hand is None:
        return None
    chosen = hand.draft.chosen_at
    when = date_and_time(chosen, current.language(), oslo_date(now)) if chosen and chosen > now else ""
    return {
        "when": when,
        "municipality": hand.service.owner_name,
        "href": step_url(hand, Step(open_step(hand.progress(now)))),
        "discard": url_for("booking.discard", draft_id=hand.draft.id),
    }
