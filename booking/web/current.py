"""This request: what time it is, who is logged in, which language."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from flask import current_app, g, request, session
from flask_babel import force_locale, get_locale

from booking.domain.access import LoginRole
from booking.queries.people import Citizen, Doctor
from booking.services.login import citizen_of_session, doctor_of_session

LANGUAGES = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}
SESSION_TOKEN = "token"  # noqa: S105  the name of the cookie's entry, no secret
SESSION_ROLE = "role"
"""Which kind of login to look for; the database has the last word on whose it is."""

GUEST_PASS = "guest"  # noqa: S105  the name of the cookie's entry, no secret


def now() -> datetime:
    """The time of this request (UTC): one moment from its first line to its last."""
    if "now" not in g:
        g.now = current_app.extensions["clock"]()
    moment: datetime = g.now
    return moment


def person() -> Citizen | None:
    """Who is logged in as a citizen, if anybody."""
    if "person" not in g:
        token = session.get(SESSION_TOKEN)
        is_citizen = session.get(SESSION_ROLE) != LoginRole.PRACTITIONER
        g.person = citizen_of_session(token=token, now=now()) if token and is_citizen else None
    found: Citizen | None = g.person
    return found


def practitioner() -> Doctor | None:
    """Who is logged in as a doctor, if anybody."""
    if "practitioner" not in g:
        token = session.get(SESSION_TOKEN)
        is_doctor = session.get(SESSION_ROLE) == LoginRole.PRACTITIONER
        g.practitioner = doctor_of_session(token=token, now=now()) if token and is_doctor else None
    found: Doctor | None = g.practitioner
    return found


def ask_nobody() -> None:
    """For a page that says that the database does not answer: whoever has not been looked up by now, is nobody."""
    g.setdefault("person", None)
    g.setdefault("practitioner", None)


def doctor() -> Doctor:
    """Who is logged in, behind a guard that has made sure of it."""
    found = practitioner()
    assert found is not None, "a view without the practitioner guard asked for the doctor"
    return found


def guest_pass() -> str | None:
    """What this browser was given for a guest's code, if anything."""
    held = session.get(GUEST_PASS)
    return held if isinstance(held, str) else None


def citizen() -> Citizen:
    """Who is logged in, behind a guard that has made sure of it."""
    found = person()
    assert found is not None, "a view without the citizen guard asked for the citizen"
    return found


def language() -> str:
    """The language of this answer: "nb", "nn" or "en"."""
    if "language" not in g:
        locale = get_locale()
        g.language = locale.language if locale is not None and locale.language in LANGUAGES else "nb"
    chosen: str = g.language
    return chosen


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Another language than this request's while the block runs."""
    before = language()
    g.language = chosen
    try:
        with force_locale(chosen):
            yield
    finally:
        g.language = before


def choose_language() -> str:
    """Chosen in this browser, else kept with the person, else what the browser asks for, else bokmål."""
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    found = person()
    if found is not None and found.language in LANGUAGES:
        return found.language
    for tag, quality in request.accept_languages:  # the most wanted first, «nn-NO» as well as «nn»
        wanted = tag.partition("-")[0].lower() if quality > 0 else ""
        if wanted in LANGUAGES:
            return wanted
        if wanted == "no":  # what many browsers still say for bokmål
            return "nb"
    return "nb"
