"""Dates, times, money and telephone numbers as people read them."""

from datetime import UTC, date, datetime

import pytest

from booking.web import formats

TODAY = date(2026, 11, 20)
MORNING = datetime(2026, 11, 26, 7, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("nb", "torsdag 26. november kl. 08.20"),
        ("nn", "torsdag 26. november kl. 08.20"),
        ("en", "Thursday 26 November at 08:20"),
    ],
)
def test_a_moment_is_written_with_weekday_and_oslo_time(language: str, expected: str) -> None:
    assert formats.date_and_time(MORNING, language, TODAY) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("nb", "lørdag 2. januar 2027"),
        ("nn", "laurdag 2. januar 2027"),
        ("en", "Saturday 2 January 2027"),
    ],
)
def test_another_year_is_named(language: str, expected: str) -> None:
    assert formats.full_date(date(2027, 1, 2), language, TODAY) == expected


def test_this_year_is_not_named() -> None:
    assert formats.full_date(date(2026, 1, 2), "nb", TODAY) == "fredag 2. januar"


def test_a_late_evening_in_utc_is_the_next_day_in_oslo() -> None:
    new_year = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    assert formats.date_and_time(new_year, "nb", TODAY) == "fredag 1. januar 2027 kl. 00.00"
    assert formats.relative_day(new_year, "nb", date(2026, 12, 31)) == "i morgen"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "02.30"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "02.30"),
        (datetime(2026, 10, 25, 7, 0, tzinfo=UTC), "08.00"),
        (datetime(2027, 3, 28, 0, 59, tzinfo=UTC), "01.59"),
        (datetime(2027, 3, 28, 1, 0, tzinfo=UTC), "03.00"),
        (datetime(2027, 3, 28, 6, 0, tzinfo=UTC), "08.00"),
    ],
)
def test_times_are_right_on_the_days_when_clocks_change(moment: datetime, expected: str) -> None:
    assert formats.time_only(moment, "nb") == expected


@pytest.mark.parametrize(
    ("language", "today", "tomorrow"),
    [("nb", "i dag", "i morgen"), ("nn", "i dag", "i morgon"), ("en", "today", "tomorrow")],
)
def test_today_and_tomorrow_have_words(language: str, today: str, tomorrow: str) -> None:
    assert formats.relative_day(TODAY, language, TODAY) == today
    assert formats.relative_day(date(2026, 11, 21), language, TODAY) == tomorrow


@pytest.mark.parametrize("day", [date(2026, 11, 19), date(2026, 11, 22)])
def test_other_days_have_no_word(day: date) -> None:
    assert formats.relative_day(day, "nb", TODAY) is None


@pytest.mark.parametrize(
    ("ore", "language", "expected"),
    [
        (0, "nb", "kr 0"),
        (5, "nb", "kr 0,05"),
        (28000, "nb", "kr 280"),
        (28050, "nn", "kr 280,50"),
        (28050, "en", "NOK 280.50"),
        (123456700, "nb", "kr 1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567"),
        (123456700, "en", "NOK 1,234,567"),
    ],
)
def test_money_is_written_in_kroner(ore: int, language: str, expected: str) -> None:
    assert formats.money(ore, language) == expected


def test_an_amount_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="below zero"):
        formats.money(-1, "nb")


@pytest.mark.parametrize(
    ("minutes", "language", "expected"),
    [
        (0, "nb", "0 minutter"),
        (1, "nb", "1 minutt"),
        (20, "nb", "20 minutter"),
        (20, "nn", "20 minutt"),
        (80, "nb", "1 time og 20 minutter"),
        (120, "nn", "2 timar"),
        (61, "en", "1 hour and 1 minute"),
    ],
)
def test_a_duration_is_written_in_words(minutes: int, language: str, expected: str) -> None:
    assert formats.duration(minutes, language) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("113", "113"),
        ("116117", "116 117"),
        ("116 117", "116 117"),
        ("02040", "02040"),
        ("38 075000", "38 07 50 00"),
        ("91234567", "912 34 567"),
        ("+47 91234567", "+47 912 34 567"),
        ("+46 8 123 45", "+46 8 123 45"),
        ("ukjent", "ukjent"),
    ],
)
def test_a_telephone_number_is_grouped_as_it_is_said(written: str, expected: str) -> None:
    assert formats.phone(written) == expected


def test_a_telephone_link_holds_no_blanks() -> None:
    assert formats.phone_link("116\N{NO-BREAK SPACE}117") == "tel:116117"


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_every_language_has_names_for_the_calendar(language: str) -> None:
    assert len({formats.month_name(date(2026, month, 1), language) for month in range(1, 13)}) == 12
    assert len({formats.weekday_short(date(2026, 11, day), language) for day in range(23, 30)}) == 7


def test_a_language_that_is_not_offered_is_an_error() -> None:
    with pytest.raises(KeyError):
        formats.time_only(MORNING, "sv")
