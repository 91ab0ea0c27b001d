"""Numbers and birth dates for invented people. A synthetic number has 80 added to its month: it is nobody's."""

from datetime import date, timedelta

from booking.domain.national_id import InvalidNationalId, control_digits, parse

_AFTER_BIRTHDAY = timedelta(days=100)


def make_synthetic(birth_date: date, serial: int) -> str:
    """The first synthetic fødselsnummer for the date whose individnummer is `serial` or above.

    About one individnummer in six has no control digits. ValueError when the serial belongs to another century
    (000-499 for 1900-1999, 500-999 for 2000-2039) or the century's numbers run out.

    >>> make_synthetic(date(1985, 1, 15), 123)
    '15818512349'
    """
    beginning = f"{birth_date.day:02}{birth_date.month + 80:02}{birth_date:%y}"
    for individual in range(max(serial, 0), 1000):
        digits = control_digits(f"{beginning}{individual:03}")
        if digits is None:
            continue
        number = f"{beginning}{individual:03}{digits}"
        if _birth_date(number) != birth_date:
            break
        return number
    raise ValueError("no such serial for the century of the birth date")


def birth_date_at_age(age_years: int, today: date) -> date:
    """A birth date that gives the age today and for some eight months to come.

    >>> birth_date_at_age(9, date(2026, 11, 20))
    datetime.date(2017, 8, 12)
    """
    birthday = today - _AFTER_BIRTHDAY
    if (birthday.month, birthday.day) == (2, 29):
        birthday -= timedelta(days=1)
    return birthday.replace(year=birthday.year - age_years)


def _birth_date(number: str) -> date | None:
    try:
        return parse(number, allow_synthetic=True).birth_date
    except InvalidNationalId:
        return None
