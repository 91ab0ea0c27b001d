"""What the privacy page says of each rule in booking/domain/retention.py, and of every cookie that is set."""

from datetime import timedelta
from typing import NamedTuple

from flask import current_app

from booking.domain.retention import RULES, TEN_YEARS, Kind, Since, Source
from booking.web.i18n import gettext as _
from booking.web.i18n import ngettext


class Told(NamedTuple):
    """Rules with one reason: ``why``, and rows of (what is kept, how long)."""

    why: str
    rows: list[tuple[str, str]]


class Cookie(NamedTuple):
    """A cookie as the browser has it."""

    name: str
    purpose: str
    lasts: str


def kept() -> list[Told]:
    """Every rule in words, in the order of the table, by where it comes from."""
    what = {
        Kind.HELD_TIME: _("En tid som holdes av for deg"),
        Kind.UNFINISHED_TEXT: _("Det du har skrevet i en bestilling som ikke er sendt"),
        Kind.GIVEN_UP_BOOKING: _("At du begynte på en bestilling, uten teksten"),
        Kind.LOGIN: _("Innloggingen din"),
        Kind.VISIT_CONTACT: _("Telefonnummeret du oppga, beskjeden fra legen og gjestenes koder"),
        Kind.CANCELLED_REASON: _("Det du skrev til en time som er avbestilt"),
        Kind.REASON: _("Det du skrev til en time du har hatt"),
        Kind.APPOINTMENT: _("Timen: når, hos hvem, og hva som skjedde med den"),
        Kind.PERSON: _("Navn, fødselsnummer og kommune"),
    }
    return [
        Told(
            _why(source),
            [
                (what[each.kind], _how_long(each.period, each.since))
                for each in RULES
                if each.source is source
            ],
        )
        for source in Source
    ]


def _how_long(period: timedelta, since: Since) -> str:
    after = {
        Since.PICKED: _("%(period)s fra du valgte den"),
        Since.LAST_CHANGE: _("%(period)s etter siste endring"),
        Since.LOGGED_IN: _("høyst %(period)s fra du logget inn"),
        Since.PLANNED_END: _("%(period)s etter timen"),
        Since.LAST_APPOINTMENT_GONE: _("til den siste timen din er slettet"),
    }[since]
    return after % {"period": _length(period)} if period else after


def _length(period: timedelta) -> str:
    """A period in the words that fit its size.

    Whole years, days, hours or minutes: a rule is never anything else.
    """
    if period == TEN_YEARS:
        return ngettext("%(num)d år", "%(num)d år", 10)
    if period >= timedelta(days=2):
        return ngettext("%(num)d dag", "%(num)d dager", period.days)
    if period >= timedelta(hours=1):
        return ngettext("%(num)d time", "%(num)d timer", period // timedelta(hours=1))
    return ngettext("%(num)d minutt", "%(num)d minutter", period // timedelta(minutes=1))


def _why(source: Source) -> str:
    return {
        Source.OURS: _("Dette trenger vi bare en kort stund, og sletter det så tidlig tjenesten tåler."),
        Source.JOURNAL: _(
            "Dette hører hjemme i journalen (pasientjournalloven § 25). Tjenesten kan ikke overføre det til kommunens "
            "journal ennå. Til da er dette det eneste stedet det finnes, og derfor står det lenge."
        ),
    }[source]


def cookies() -> list[Cookie]:
    """Every cookie that an answer of ours may set."""
    purpose = _(
        "Husker at du er logget inn, hvilket språk du har valgt, hvor du var på vei, og at et skjema kommer fra deg. "
        "For en gjest: at koden er brukt. Nødvendig for at tjenesten skal virke."
    )
    return [Cookie(current_app.config["SESSION_COOKIE_NAME"], purpose, _("Til du lukker nettleseren"))]
