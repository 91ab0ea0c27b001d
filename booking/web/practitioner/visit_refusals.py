"""What a doctor is told when a rule says no, and a page for those that no view catches."""

from flask import Flask
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.domain import errors as refused
from booking.domain.visits import GUEST_NAME_MAX, MESSAGE_MAX
from booking.web.errors import error_page


def refusal_words(error: refused.BookingRefused) -> str:
    """One or two sentences: what happened, and what to do now."""
    return str(_words(error))


def _words(error: refused.BookingRefused) -> object:
    match error:
        case refused.SeatRefused(state="absent"):
            return _("Den du prøvde å slippe inn, er ikke her lenger.")
        case refused.SeatRefused():
            return _("Personen er ikke i venterommet nå. Listen er oppdatert.")
        case refused.VisitOver():
            return _("Timen er avsluttet.")
        case refused.RoomFull():
            return _("Rommet er fullt: du kan ha med to gjester.")
        case refused.FieldRefused():
            return _field_words(error)
        case refused.NoShowRefused(why="came"):
            return _("Innbyggeren var her. Velg «Teknisk feil» hvis dere ikke fikk forbindelse.")
        case refused.NoShowRefused():
            return _("Vent litt til: innbyggeren kan komme ennå.")
        case refused.OutcomeSettled():
            return _("Det er for sent å endre det som ble notert.")
        case refused.TooLateToChange():
            return _("Det er for tidlig: timen er ikke åpnet.")
    return _("Timen er avbestilt eller over.")


def _field_words(error: refused.FieldRefused) -> object:
    if error.field != "name":
        return _("Meldingen kan ha høyst %(limit)s tegn.", limit=MESSAGE_MAX)
    if error.why == "missing":
        return _("Skriv navnet på den du vil invitere.")
    return _("Navnet kan ha høyst %(limit)s tegn.", limit=GUEST_NAME_MAX)


def install(app: Flask) -> None:
    """Answer what slips past the views with «Noe har endret seg»."""

    def on_refusal(_error: refused.BookingRefused) -> ResponseReturnValue:
        return error_page(409)

    for kind in (
        refused.SeatRefused,
        refused.VisitOver,
        refused.NoShowRefused,
        refused.OutcomeSettled,
        refused.RoomFull,
        refused.FieldRefused,
        refused.CodeRefused,
    ):
        app.register_error_handler(kind, on_refusal)
