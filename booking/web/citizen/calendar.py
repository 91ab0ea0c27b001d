"""Free times as a person looks for them: weeks of days with a count each, then the times of one day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache, partial

from flask import current_app
from markupsafe import Markup

from booking.clock import oslo_date, parse_day, to_oslo, utc_minute
from booking.domain.slots import FreeTimes
from booking.web.formats import full_date, month_name, time_only, weekday_full
from booking.web.i18n import gettext as _
from booking.web.i18n import ngettext

NOON, EVENING = 12, 17
SWAPPED = {"hx-get": "{href}", "hx-target": "#velg", "hx-swap": "outerHTML", "hx-push-url": "true"}
"""What a date does with scripts: its times come into the page; without, its link leads to them."""


@dataclass(frozen=True, slots=True)
class DateCell:
    """A day in the grid. ``href`` is None when nothing is free."""

    date_id: str
    day: int
    month_label: str
    weekday_label: str
    label: str
    count: int
    href: str | None
    selected: bool
    today: bool


@lru_cache(maxsize=4096)
def _names(day: date, language: str, this_year: int) -> tuple[str, str, str]:
    today = date(this_year, 1, 1)
    return full_date(day, language, today), weekday_full(day, language), month_name(day, language)[:3]


def weeks(
    free: FreeTimes, *, page: str, selected: date | None, today: date, language: str
) -> list[list[DateCell | None]]:
    """Monday to Sunday, as many weeks as the window touches; ``page`` is the address that ?dato= is added to."""
    days = free.days()
    monday = days[0] - timedelta(days=days[0].weekday())
    cells = {
        day: _cell(day, free.count(day), f"{page}?dato=", selected, today, language, starts=day == days[0])
        for day in days
    }
    span = (days[-1] - monday).days // 7 + 1
    return [[cells.get(monday + timedelta(days=7 * week + n)) for n in range(7)] for week in range(span)]


@lru_cache(maxsize=8192)
def _cell(
    day: date,
    count: int,
    address: str,
    selected: date | None,
    today: date,
    language: str,
    *,
    starts: bool,
) -> DateCell:
    """The cell of a day; ``starts`` that it is the first of all, which shows its month."""
    words, weekday, month = _names(day, language, today.year)
    how_many = ngettext("%(num)d ledig time", "%(num)d ledige timer", count)
    said = how_many if count else _("ingen ledige timer")
    return DateCell(
        date_id=f"dato-{day.isoformat()}",
        day=day.day,
        month_label=month if day.day == 1 or starts else "",
        weekday_label=weekday,
        label=f"{words}, {said}",
        count=count,
        href=f"{address}{day.isoformat()}" if count else None,
        selected=day == selected,
        today=day == today,
    )


def day_groups(starts: list[datetime], language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """A day's starts (UTC) under Formiddag, Ettermiddag and Kveld: (value of the radio, words)."""
    groups: list[tuple[str, list[tuple[str, str]]]] = [
        (_("Formiddag"), []),
        (_("Ettermiddag"), []),
        (_("Kveld"), []),
    ]
    for start in starts:
        place, value, words = _time(start, language)
        groups[place][1].append((value, words))
    return [group for group in groups if group[1]]


@lru_cache(maxsize=8192)
def _time(start: datetime, language: str) -> tuple[int, str, str]:
    hour = to_oslo(start).hour
    place = 0 if hour < NOON else 1 if hour < EVENING else 2
    return place, utc_minute(start), time_only(start, language)


# What is drawn of the same free times in the same words is the same: FreeTimes is one object as long as the database
# gives one answer, and a new one from the first request that sees another.


@lru_cache(maxsize=1024)
def dates_drawn(free: FreeTimes, selected: date | None, today: date, language: str) -> Markup:
    """The weeks as HTML; the links are relative, so that they hold for everybody's booking."""
    grid = weeks(free, page="", selected=selected, today=today, language=language)
    draw = partial(_cell_drawn, language=language)
    return _macro("date_grid")(grid, _("Dager med ledige timer"), SWAPPED, draw)


@lru_cache(maxsize=8192)
def _cell_drawn(cell: DateCell, language: str) -> Markup:  # noqa: ARG001  language tells the cache
    """One day as HTML, in the language of this request: most days are as they were before somebody took a time."""
    return _macro("date_grid", "date_cell")(cell, SWAPPED)


@lru_cache(maxsize=1024)
def times_drawn(free: FreeTimes, day: date, language: str, checked: str | None, error: str | None) -> Markup:
    """The times of a day as HTML."""
    groups = day_groups(free.starts(day), language)
    return _macro("time_choice")(groups, "start", _("Velg tidspunkt"), error=error, checked=checked)


def _macro(component: str, name: str = "") -> Callable[..., Markup]:
    template = current_app.jinja_env.get_or_select_template(f"components/{component}.html")
    macro: Callable[..., Markup] = getattr(template.module, name or component)
    return macro


def asked_day(text: str | None, chosen: datetime | None) -> date | None:
    """The day in ?dato=, else that of the chosen time; None when there is neither, or no such day."""
    if text:
        try:
            return parse_day(text)
        except ValueError:
            return None
    return oslo_date(chosen) if chosen else None
