"""Fødselsnummer and D-nummer: eleven digits, checked as Skatteetaten's rules say (personnummerforskriften).

DDMMYY, three digits that also tell the century (individnummer), two control digits. A D-nummer adds 40 to
the day. Synthetic numbers for tests add 80 or 65 to the month. The rules hold for numbers given before 2032,
when the control digits and the century rule are loosened.

A number never appears in `repr`, `str` or an error: what is logged by accident must not name anybody.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

_SHAPE = re.compile(r"(\d{6})[ -]?(\d{5})", re.ASCII)
_WEIGHTS_1 = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_WEIGHTS_2 = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_D_NUMBER_DAY = 40
_SYNTHETIC_MONTHS = (80, 65)


class Fault(StrEnum):
    """Why a text is no national identity number."""

    SHAPE = "not eleven digits"
    SYNTHETIC = "a synthetic number, which is not accepted here"
    DATE = "no such birth date"
    CENTURY = "the individual digits fit no century"
    CONTROL_DIGITS = "wrong control digits"


class InvalidNationalId(ValueError):
    """The text is no acceptable number; `fault` says why. The message never holds the text."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True, repr=False)
class NationalId:
    """A checked number. Made by `parse`; only `.value` shows the digits."""

    value: str
    kind: Literal["fnr", "dnr"]
    synthetic: bool
    birth_date: date

    @property
    def masked(self) -> str:
        """The first six digits, for people who must tell one from another: «010190*****»."""
        return self.value[:6] + "*****"

    def __repr__(self) -> str:
        return f"NationalId({self.masked})"

    def __str__(self) -> str:
        return self.masked


def parse(text: str, *, allow_synthetic: bool) -> NationalId:
    """Read a number, written together or with a space or hyphen after the sixth digit.

    InvalidNationalId when it is wrong, or synthetic where that is not allowed (production). Whether the
    person is born yet is not asked.
    """
    match = _SHAPE.fullmatch(text.strip())
    if match is None:
        raise InvalidNationalId(Fault.SHAPE)
    digits = match[1] + match[2]
    day, month, short_year, individual = int(digits[:2]), int(digits[2:4]), int(digits[4:6]), int(digits[6:9])
    kind: Literal["fnr", "dnr"] = "fnr"
    if _D_NUMBER_DAY < day <= _D_NUMBER_DAY + 31:
        kind, day = "dnr", day - _D_NUMBER_DAY
    synthetic = False
    for added in _SYNTHETIC_MONTHS:
        if added < month <= added + 12:
            synthetic, month = True, month - added
            break
    birth_date = _birth_date(day, month, short_year, individual)
    if control_digits(digits[:9]) != digits[9:]:
        raise InvalidNationalId(Fault.CONTROL_DIGITS)
    if synthetic and not allow_synthetic:
        raise InvalidNationalId(Fault.SYNTHETIC)
    return NationalId(digits, kind, synthetic, birth_date)


def control_digits(first_nine: str) -> str | None:
    """The two control digits (modulus 11) that follow nine digits; None when no number begins with these.

    >>> control_digits("151086950")
    '88'
    """
    first = _control_digit(first_nine, _WEIGHTS_1)
    if first is None:
        return None
    second = _control_digit(first_nine + first, _WEIGHTS_2)
    return None if second is None else first + second


def _control_digit(digits: str, weights: tuple[int, ...]) -> str | None:
    digit = -sum(weight * int(number) for weight, number in zip(weights, digits, strict=True)) % 11
    return None if digit == 10 else str(digit)


def _birth_date(day: int, month: int, short_year: int, individual: int) -> date:
    year = _century(short_year, individual) + short_year
    try:
        return date(year, month, day)
    except ValueError:
        # Without `from None` the traceback would carry the library's message about the digits.
        raise InvalidNationalId(Fault.DATE) from None


def _century(short_year: int, individual: int) -> int:
    """Individnummer 000-499: 1900-1999; 500-749: 1854-1899; 500-999: 2000-2039; 900-999: 1940-1999."""
    if individual < 500:
        return 1900
    if individual < 750 and short_year >= 54:
        return 1800
    if short_year < 40:
        return 2000
    if individual >= 900:
        return 1900
    raise InvalidNationalId(Fault.CENTURY)
