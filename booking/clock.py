"""Oslo and UTC: the only place that knows the time zone.

The database and every rule hold aware UTC datetimes. People read and plan in Europe/Oslo. `now` is an
argument everywhere else; only the edges (views, jobs, commands) ask `utc_now`.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")

MINUTES_IN_DAY = 24 * 60

# The years 2000-2999 only: a value from an address must not reach the ends of `datetime`, where zone
# arithmetic overflows.
_DAY = re.compile(r"2\d{3}-\d{2}-\d{2}", re.ASCII)
_UTC_MINUTE = re.compile(r"2\d{3}-\d{2}-\d{2}T\d{2}:\d{2}Z", re.ASCII)


def utc_now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def to_oslo(moment: datetime) -> datetime:
    """The same moment with Oslo's wall time. ValueError for a datetime without a zone.

    >>> to_oslo(datetime(2026, 11, 26, 7, 20, tzinfo=UTC)).isoformat()
    '2026-11-26T08:20:00+01:00'
    """
    return _aware(moment).astimezone(OSLO)


def oslo_date(moment: datetime) -> date:
    """The calendar day in Oslo at that moment.

    >>> oslo_date(datetime(2026, 11, 26, 23, 30, tzinfo=UTC))
    datetime.date(2026, 11, 27)
    """
    return to_oslo(moment).date()


def from_oslo(day: date, minutes_since_midnight: int) -> datetime | None:
    """The UTC moment at which Oslo's clocks show that time: 500 is 08.20, 1440 the midnight ending the day.

    None when no clock shows it (the hour skipped in March); the first of the two in the repeated hour of
    October. ValueError when the minutes are outside 0-1440.

    >>> from_oslo(date(2026, 11, 26), 500)
    datetime.datetime(2026, 11, 26, 7, 20, tzinfo=datetime.timezone.utc)
    >>> from_oslo(date(2027, 3, 28), 2 * 60 + 30) is None
    True
    """
    if not 0 <= minutes_since_midnight <= MINUTES_IN_DAY:
        raise ValueError("minutes since midnight must be 0-1440")
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes_since_midnight)
    moment = wall.replace(tzinfo=OSLO, fold=0).astimezone(UTC)
    # A wall time in the gap does not survive the way there and back (PEP 495).
    return moment if to_oslo(moment).replace(tzinfo=None) == wall else None


def start_of_oslo_day(day: date) -> datetime:
    """The UTC moment at which the day begins in Oslo; it always exists, as clocks never change at midnight.

    >>> start_of_oslo_day(date(2026, 7, 1))
    datetime.datetime(2026, 6, 30, 22, 0, tzinfo=datetime.timezone.utc)
    """
    return datetime.combine(day, time(), tzinfo=OSLO).astimezone(UTC)


def parse_day(text: str) -> date:
    """Read a day of an address or a form, «2026-11-26». ValueError for anything else.

    >>> parse_day("2026-11-26")
    datetime.date(2026, 11, 26)
    """
    if not _DAY.fullmatch(text):
        raise ValueError("not a day written YYYY-MM-DD")
    return date.fromisoformat(text)


def parse_utc_minute(text: str) -> datetime:
    """Read a UTC minute of an address or a form, «2026-11-26T07:20Z». ValueError for anything else.

    >>> parse_utc_minute("2026-11-26T07:20Z")
    datetime.datetime(2026, 11, 26, 7, 20, tzinfo=datetime.timezone.utc)
    """
    if not _UTC_MINUTE.fullmatch(text):
        raise ValueError("not a UTC minute written YYYY-MM-DDTHH:MMZ")
    return datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)


def utc_minute(moment: datetime) -> str:
    """Write a moment as `parse_utc_minute` reads it; seconds are left out.

    >>> utc_minute(datetime(2026, 11, 26, 7, 20, 59, tzinfo=UTC))
    '2026-11-26T07:20Z'
    """
    return _aware(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def _aware(moment: datetime) -> datetime:
    # Python would take a naive datetime for the server's local time.
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone")
    return moment
