"""Who may do what: role, residence and age. More roles come with the real logins."""

from datetime import date
from enum import StrEnum

from booking.domain.errors import NeedsConsent, NotResident


class LoginRole(StrEnum):
    """In which capacity somebody has logged in."""

    CITIZEN = "citizen"
    PRACTITIONER = "practitioner"


OWN_LOGIN_AGE = 13
"""Under 13 nobody logs in alone."""

BOOKS_ALONE_AGE = 16
"""From 16 one decides about one's own health care (pasient- og brukerrettighetsloven § 4-3)."""


def age(born: date, today: date) -> int:
    """Whole years; someone born on 29 February turns a year on 1 March.

    >>> age(date(2010, 11, 21), date(2026, 11, 20))
    15
    """
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def may_log_in(born: date, today: date) -> bool:
    """Whether a person of that age has a login at all."""
    return age(born, today) >= OWN_LOGIN_AGE


def check_may_book(born: date, today: date, *, residence: str, served: frozenset[str]) -> None:
    """Whether a citizen may book at a service for residents of ``served`` (kommunenummer).

    Raises NotResident, or NeedsConsent for the young ones who need a parent's consent.
    """
    if residence not in served:
        raise NotResident(residence)
    if age(born, today) < BOOKS_ALONE_AGE:
        raise NeedsConsent(str(born))
