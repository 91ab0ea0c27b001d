"""What the room's script is told when there is no way in, in words that may be shown as they are."""

from typing import Any

from flask import current_app
from flask_babel import gettext as _

from booking.integrations.video_node.port import NodeRefused
from booking.settings import Settings
from booking.web import current
from video import relay
from video.rules import Refusal
from video.web_entry import Place, where_to

STATUS = {Refusal.EARLY: 403, Refusal.OVER: 403, Refusal.REMOVED: 403, Refusal.NOT_ADMITTED: 409}
NODE_STATUS = {
    "removed": 403,
    "too_large": 413,
    "bad_sdp": 422,
    "too_many_offers": 429,
    "full": 503,
    "no_port": 503,
    "draining": 503,
}
"""The video server's refusals that a page can do something about. Any other is our own fault, and tried again."""

Refused = tuple[dict[str, Any], int, dict[str, str]]


def refused(status: int, word: str, place: Place | None = None, retry_after: int | None = None) -> Refused:
    """A refusal: the word for the script, the sentence for people, and where to go instead."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    told = {"error": word, "message": sentence(word), "next": where_to(place) if place else None}
    return told, status, headers


def entry_refused(refusal: Refusal, place: Place) -> Refused:
    """No way in, by the rules."""
    return refused(STATUS[refusal], refusal.value, place)


def node_refused(refusal: NodeRefused, place: Place) -> Refused:
    """No way in, by the video server."""
    status = NODE_STATUS.get(refusal.word)
    if status is None:
        return refused(503, "unreachable", retry_after=1)
    after = refusal.retry_after if refusal.retry_after is not None else 10
    return refused(status, refusal.word, place, retry_after=after if status in (429, 503) else None)


def sentence(word: str) -> str:
    """What a refusal says to a person."""
    words = {
        "too_early": _("Videorommet er ikke åpnet ennå."),
        "over": _("Timen er over."),
        "removed": _("Legen har avsluttet samtalen for deg."),
        "not_admitted": _("Legen har ikke sluppet deg inn ennå."),
        "too_large": _("Nettleseren sendte mer enn vi kan ta imot. Last siden på nytt."),
        "bad_sdp": _("Vi forstod ikke nettleseren. Last siden på nytt, eller prøv en annen nettleser."),
        "too_many_offers": _("Forbindelsen er brutt mange ganger på kort tid. Vi prøver igjen om litt."),
        "full": _("Det er fullt akkurat nå. Vi prøver igjen."),
        "no_port": _("Det er fullt akkurat nå. Vi prøver igjen."),
        "draining": _("Videorommet flyttes. Vi prøver igjen."),
    }
    return str(words.get(word, _("Vi får ikke kontakt med videorommet. Vi prøver igjen.")))


def ice_servers(place: Place) -> list[dict[str, Any]]:
    """Relays for browsers that cannot send UDP, with a password that runs out; none unless settings name some."""
    settings: Settings = current_app.extensions["settings"]
    urls = [url.strip() for url in settings.video_turn_urls.split(",") if url.strip()]
    if not urls:
        return []
    name, password = relay.password_for(
        place.entry.visitor.seat, secret=settings.video_turn_secret, now=current.now().timestamp()
    )
    return [{"urls": urls, "username": name, "credential": password}]
