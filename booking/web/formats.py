"""Dates, times, money and telephone numbers as people read them, in bokmål, nynorsk and British English.

Moments are aware UTC datetimes and are shown in Oslo time. The language is one of the three that are offered: a
fourth has its words added to the tables here.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache

from babel.dates import format_date

from booking.clock import oslo_date, to_oslo

# The language of the interface → whose names of days and months.
_LOCALE = {"nb": "nb", "nn": "nn", "en": "en_GB"}
_DAY_PATTERN = {"nb": "EEEE d. MMMM", "nn": "EEEE d. MMMM", "en": "EEEE d MMMM"}
_AT = {"nb": "kl.", "nn": "kl.", "en": "at"}
_TIME_PATTERN = {"nb": "%H.%M", "nn": "%H.%M", "en": "%H:%M"}
_A_MONDAY = date(2026, 11, 23)
_RELATIVE_DAYS = {
    "nb": {0: "i dag", 1: "i morgen"},
    "nn": {0: "i dag", 1: "i morgon"},
    "en": {0: "today", 1: "tomorrow"},
}
_KRONER = {"nb": "kr", "nn": "kr", "en": "NOK"}
_DECIMAL_MARK = {"nb": ",", "nn": ",", "en": "."}
# A no-break space, as Språkrådet asks for, so that an amount is never read as two.
_THOUSANDS_MARK = {"nb": "\N{NO-BREAK SPACE}", "nn": "\N{NO-BREAK SPACE}", "en": ","}
_HOUR = {"nb": ("time", "timer"), "nn": ("time", "timar"), "en": ("hour", "hours")}
_MINUTE = {"nb": ("minutt", "minutter"), "nn": ("minutt", "minutt"), "en": ("minute", "minutes")}
_AND = {"nb": "og", "nn": "og", "en": "and"}


def full_date(when: date | datetime, language: str, today: date) -> str:
    """The weekday and date, with the year when it is not the year of `today` (a day in Oslo).

    >>> full_date(date(2026, 11, 26), "nb", date(2026, 11, 20))
    'torsdag 26. november'
    >>> full_date(date(2027, 1, 4), "nn", date(2026, 11, 20))
    'måndag 4. januar 2027'
    >>> full_date(date(2027, 1, 4), "en", date(2026, 11, 20))
    'Monday 4 January 2027'
    """
    day = _day(when)
    pattern = _DAY_PATTERN[language] + ("" if day.year == today.year else " yyyy")
    return _formatted(day, pattern, language)


def date_and_time(moment: datetime, language: str, today: date) -> str:
    """The date as `full_date` writes it, and the time in Oslo.

    >>> from datetime import UTC
    >>> moment = datetime(2026, 11, 26, 7, 20, tzinfo=UTC)
    >>> date_and_time(moment, "nb", date(2026, 11, 20))
    'torsdag 26. november kl. 08.20'
    >>> date_and_time(moment, "en", date(2026, 11, 20))
    'Thursday 26 November at 08:20'
    """
    return f"{full_date(moment, language, today)} {_AT[language]} {time_only(moment, language)}"


def time_only(moment: datetime, language: str) -> str:
    """The time in Oslo.

    >>> from datetime import UTC
    >>> [time_only(datetime(2026, 7, 1, 6, 5, tzinfo=UTC), language) for language in ("nb", "en")]
    ['08.05', '08:05']
    """
    return to_oslo(moment).strftime(_TIME_PATTERN[language])


def relative_day(when: date | datetime, language: str, today: date) -> str | None:
    """«i dag» or «i morgen», to stand beside the date, never instead of it; None for other days.

    >>> [relative_day(date(2026, 11, day), "nb", date(2026, 11, 26)) for day in (25, 26, 27, 28)]
    [None, 'i dag', 'i morgen', None]
    """
    return _RELATIVE_DAYS[language].get((_day(when) - today).days)


def weekday_short(day: date, language: str) -> str:
    """The head of a column of days.

    >>> [weekday_short(date(2026, 11, 23), language) for language in ("nb", "nn", "en")]
    ['man', 'må', 'Mon']
    """
    return _formatted(day, "EEE", language).rstrip(".")


def weekday_full(day: date, language: str) -> str:
    """The weekday's name.

    >>> weekday_full(date(2026, 11, 23), "nn")
    'måndag'
    """
    return _formatted(day, "EEEE", language)


def month_name(day: date, language: str) -> str:
    """The month's name.

    >>> month_name(date(2027, 1, 4), "nb")
    'januar'
    """
    return _formatted(day, "LLLL", language)


def money(ore: int, language: str) -> str:
    """An amount of øre in kroner; øre are shown only when there are some. ValueError below zero.

    >>> money(28000, "nb"), money(28050, "nb"), money(28050, "en")
    ('kr 280', 'kr 280,50', 'NOK 280.50')
    """
    if ore < 0:
        raise ValueError("an amount below zero")
    kroner, rest = divmod(ore, 100)
    amount = f"{kroner:,}".replace(",", _THOUSANDS_MARK[language])
    if rest:
        amount += f"{_DECIMAL_MARK[language]}{rest:02}"
    return f"{_KRONER[language]} {amount}"


def duration(minutes: int, language: str) -> str:
    """A length of time in words.

    >>> duration(20, "nb"), duration(60, "nn"), duration(125, "en")
    ('20 minutter', '1 time', '2 hours and 5 minutes')
    """
    hours, rest = divmod(minutes, 60)
    parts = [_counted(hours, _HOUR[language])] if hours else []
    if rest or not hours:
        parts.append(_counted(rest, _MINUTE[language]))
    return f" {_AND[language]} ".join(parts)


def phone(number: str) -> str:
    """A Norwegian telephone number grouped as it is said; a foreign one stays as it is written.

    >>> [phone(number) for number in ("116117", "113", "38075000", "41234567", "80040123", "+4738075000")]
    ['116 117', '113', '38 07 50 00', '412 34 567', '800 40 123', '+47 38 07 50 00']
    """
    digits = "".join(number.split())
    if digits.startswith("+47") and len(digits) == 11:
        return f"+47 {phone(digits[3:])}"
    if not digits.isdecimal():
        return number
    if len(digits) == 6:
        return f"{digits[:3]} {digits[3:]}"
    if len(digits) != 8:
        return digits
    # Mobile (4, 9) and service numbers (8) are said three-two-three, the others in pairs.
    if digits[0] in "489":
        return f"{digits[:3]} {digits[3:5]} {digits[5:]}"
    return " ".join(digits[pair : pair + 2] for pair in range(0, 8, 2))


def phone_link(number: str) -> str:
    """The address that calls the number.

    >>> phone_link("116 117"), phone_link("+47 38 07 50 00")
    ('tel:116117', 'tel:+4738075000')
    """
    return "tel:" + "".join(number.split())


def opening_hours(hours: list[tuple[int, int, int]], language: str) -> list[str]:
    """Days in a row with the same hours as one line. ``hours`` are (weekday, opens, closes) in minutes, in order.

    >>> opening_hours([(0, 480, 1200), (1, 480, 1200), (2, 480, 930)], "nb")
    ['mandag–tirsdag kl. 08.00–20.00', 'onsdag kl. 08.00–15.30']
    """
    runs: list[list[int]] = []
    for weekday, opens, closes in hours:
        if runs and runs[-1][1:] == [weekday - 1, opens, closes]:
            runs[-1][1] = weekday
        else:
            runs.append([weekday, weekday, opens, closes])
    lines = []
    for first, last, opens, closes in runs:
        days = "–".join(
            weekday_full(_A_MONDAY + timedelta(days=day), language) for day in sorted({first, last})
        )
        at = "" if language == "en" else f"{_AT[language]} "
        lines.append(f"{days} {at}{_wall_clock(opens, language)}–{_wall_clock(closes, language)}")
    return lines


def _wall_clock(minutes: int, language: str) -> str:
    return f"{minutes // 60:02}{_TIME_PATTERN[language][2]}{minutes % 60:02}"


@lru_cache(maxsize=4096)
def _formatted(day: date, pattern: str, language: str) -> str:
    return format_date(day, pattern, locale=_LOCALE[language])


def _day(when: date | datetime) -> date:
    # A datetime is a date to Python; its day in UTC may be another than in Oslo.
    return oslo_date(when) if isinstance(when, datetime) else when


def _counted(count: int, words: tuple[str, str]) -> str:
    return f"{count} {words[0] if count == 1 else words[1]}"
