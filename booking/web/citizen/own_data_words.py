"""The citizen's own data in words: headings for tables, names for columns, people's dates for times."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from booking.clock import oslo_date
from booking.queries.own_data import Rows
from booking.web import current
from booking.web.formats import date_and_time, full_date
from booking.web.i18n import gettext as _


def headings() -> dict[str, str]:
    """Table → what stands over it."""
    return {
        "person": _("Deg"),
        "appointment": _("Timene dine"),
        "appointment_event": _("Hva som har skjedd med timene"),
        "visit": _("Videomøtene"),
        "visit_participant": _("Plassen din i videomøtene"),
        "visit_event": _("Hva som har skjedd i videomøtene"),
        "guest_invitation": _("Gjester som er invitert til videomøtene"),
        "draft": _("Bestillinger du har begynt på"),
        "parked_text": _("Tekst som kom inn etter at du var logget ut"),
        "slot": _("Tider som er satt av til deg"),
        "login_session": _("Innlogginger som varer"),
    }


def labels() -> dict[str, str]:
    """Column → its name."""
    return {
        "national_id": _("Fødselsnummer"),
        "name": _("Navn"),
        "birth_date": _("Født"),
        "municipality": _("Kommune"),
        "address_protected": _("Skjermet adresse"),
        "language": _("Språk"),
        "id": _("Timens nummer"),
        "appointment_id": _("Timens nummer"),
        "starts_at": _("Begynner"),
        "ends_at": _("Slutter"),
        "status": _("Status"),
        "outcome": _("Hva det ble til"),
        "practitioner": _("Lege"),
        "reason": _("Hva det gjelder"),
        "screening_answer": _("Svar på spørsmålet før bestilling"),
        "answer": _("Svar på spørsmålet før bestilling"),
        "screened_at": _("Svarte"),
        "answered_at": _("Svarte"),
        "sequence": _("Antall ganger flyttet"),
        "created_at": _("Opprettet"),
        "updated_at": _("Endret"),
        "by_yourself": _("Gjort av deg"),
        "at": _("Tidspunkt"),
        "event": _("Hva"),
        "what": _("Hva"),
        "seat": _("Plass"),
        "by_role": _("Av"),
        "opened_early_at": _("Åpnet tidlig"),
        "started_at": _("Begynte"),
        "ended_at": _("Sluttet"),
        "message": _("Beskjed fra legen"),
        "state": _("Status"),
        "waiting_since": _("Kom til venterommet"),
        "admitted_at": _("Sluppet inn"),
        "entered_at": _("Gikk inn"),
        "left_at": _("Gikk ut"),
        "removed_at": _("Tatt ut"),
        "alone_confirmed_at": _("Bekreftet å være alene"),
        "seen_at": _("Sist sett"),
        "phone": _("Telefon"),
        "expires_at": _("Varer til"),
        "used_at": _("Brukt"),
        "chosen_at": _("Valgt tid"),
        "parked_at": _("Kom inn"),
        "role": _("Rolle"),
    }


def _codes() -> dict[str, str]:
    """What the database's words mean."""
    return {
        "yes": _("ja"), "no": _("nei"), "nb": "bokmål", "nn": "nynorsk", "en": "English",
        "booked": _("bestilt"), "arrived": _("møtt"), "fulfilled": _("gjennomført"), "cancelled": _("avbestilt"),
        "noshow": _("ikke møtt"), "technical_failure": _("teknisk feil"), "book": _("bestilt"), "move": _("flyttet"),
        "cancel": _("avbestilt"), "arrive": _("møtt"), "fulfil": _("gjennomført"), "miss": _("ikke møtt"),
        "fail": _("teknisk feil"), "open": _("ikke sendt"), "sent": _("sendt"), "discarded": _("forkastet"),
        "busy": _("opptatt"), "busy-tentative": _("holdt av"), "citizen": _("innbygger"), "patient": _("pasient"),
        "practitioner": _("lege"), "guest": _("gjest"), "guest-1": _("gjest"), "guest-2": _("gjest"),
        "waiting": _("venter"), "admitted": _("sluppet inn"), "in": _("i rommet"), "left": _("gått"),
        "removed": _("tatt ut"), "open_early": _("åpnet tidlig"), "wait": _("venter"), "admit": _("sluppet inn"),
        "enter": _("gikk inn"), "leave": _("gikk ut"), "remove": _("tatt ut"), "invite": _("inviterte en gjest"),
        "confirm_alone": _("bekreftet å være alene"), "give_phone": _("oppga telefonnummer"), "end": _("avsluttet"),
    }  # fmt: skip


CODED = frozenset(
    {
        "language",
        "status",
        "outcome",
        "screening_answer",
        "answer",
        "event",
        "what",
        "seat",
        "by_role",
        "state",
        "role",
    }
)


def sections(found: dict[str, Rows]) -> list[dict[str, Any]]:
    """What the readable file shows: a heading a table, and each row as (name, value); what is empty is left out."""
    heading, label, code = headings(), labels(), _codes()
    language, today = current.language(), oslo_date(current.now())

    def shown(name: str, value: object) -> str:
        if isinstance(value, bool):
            return _("Ja") if value else _("Nei")
        if isinstance(value, datetime):
            return date_and_time(value, language, today)
        if isinstance(value, date):
            return full_date(value, language, today)
        if isinstance(value, UUID):
            return str(value)
        return code.get(str(value), str(value)) if name in CODED else str(value)

    return [
        {
            "heading": heading[table],
            "rows": [
                [(label[name], shown(name, value)) for name, value in row.items() if value not in (None, "")]
                for row in rows
            ],
        }
        for table, rows in found.items()
    ]
