"""Oslo ↔ UTC, above all on the nights when the clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking import clock

SPRING_NIGHTS = [date(2026, 3, 29), date(2027, 3, 28)]
AUTUMN_NIGHTS = [date(2026, 10, 25), date(2027, 10, 31)]


def test_now_is_aware_and_in_utc() -> None:
    assert clock.utc_now().utcoffset() == timedelta(0)


@pytest.mark.parametrize("night", SPRING_NIGHTS)
def test_times_in_the_hour_skipped_in_spring_do_not_exist(night: date) -> None:
    assert [clock.from_oslo(night, minutes) for minutes in (120, 140, 179)] == [None, None, None]


@pytest.mark.parametrize("night", SPRING_NIGHTS)
def test_times_around_the_skipped_hour_are_one_minute_apart(night: date) -> None:
    before, after = clock.from_oslo(night, 119), clock.from_oslo(night, 180)
    assert before == datetime(night.year, night.month, night.day, 0, 59, tzinfo=UTC)
    assert after == datetime(night.year, night.month, night.day, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("night", AUTUMN_NIGHTS)
def test_a_time_in_the_repeated_hour_is_the_first_of_the_two(night: date) -> None:
    assert clock.from_oslo(night, 150) == datetime(night.year, night.month, night.day, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("night", AUTUMN_NIGHTS)
def test_the_hour_after_the_repeated_one_is_winter_time(night: date) -> None:
    assert clock.from_oslo(night, 180) == datetime(night.year, night.month, night.day, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("night", AUTUMN_NIGHTS)
def test_both_passes_of_the_repeated_hour_show_the_same_wall_time(night: date) -> None:
    first = datetime(night.year, night.month, night.day, 0, 30, tzinfo=UTC)
    shown = [clock.to_oslo(moment).strftime("%H:%M") for moment in (first, first + timedelta(hours=1))]
    assert shown == ["02:30", "02:30"]


@pytest.mark.parametrize(("nights", "hours"), [(SPRING_NIGHTS, 23), (AUTUMN_NIGHTS, 25)])
def test_a_day_of_clock_change_has_23_or_25_hours(nights: list[date], hours: int) -> None:
    for night in nights:
        length = clock.start_of_oslo_day(night + timedelta(days=1)) - clock.start_of_oslo_day(night)
        assert length == timedelta(hours=hours)


def test_morning_times_on_both_sides_of_a_clock_change_keep_their_wall_time() -> None:
    days = [date(2026, 10, 24), date(2026, 10, 25), date(2027, 3, 27), date(2027, 3, 28)]
    moments = [clock.from_oslo(day, 500) for day in days]
    assert [moment and moment.hour for moment in moments] == [6, 7, 7, 6]


def test_the_day_changes_at_oslo_midnight() -> None:
    midnight = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
    assert clock.oslo_date(midnight) == date(2026, 11, 26)
    assert clock.oslo_date(midnight - timedelta(microseconds=1)) == date(2026, 11, 25)


def test_minute_1440_is_the_start_of_the_next_day() -> None:
    assert clock.from_oslo(date(2026, 12, 31), 1440) == clock.start_of_oslo_day(date(2027, 1, 1))


@pytest.mark.parametrize("minutes", [-1, 1441])
def test_minutes_outside_the_day_are_refused(minutes: int) -> None:
    with pytest.raises(ValueError, match="0-1440"):
        clock.from_oslo(date(2026, 11, 26), minutes)


@given(st.dates(date(2000, 1, 1), date(2999, 12, 31)), st.integers(0, 1439))
def test_every_wall_time_that_exists_comes_back_unchanged(day: date, minutes: int) -> None:
    moment = clock.from_oslo(day, minutes)
    if moment is not None:
        shown = clock.to_oslo(moment)
        assert (shown.date(), shown.hour * 60 + shown.minute) == (day, minutes)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2999, 12, 31), timezones=st.just(UTC)))
def test_a_written_minute_is_read_back(moment: datetime) -> None:
    assert clock.parse_utc_minute(clock.utc_minute(moment)) == moment.replace(second=0, microsecond=0)


def test_a_minute_in_oslo_time_is_written_in_utc() -> None:
    assert clock.utc_minute(datetime(2026, 11, 26, 8, 20, tzinfo=clock.OSLO)) == "2026-11-26T07:20Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-26",
        "2026-11-26T07:20",
        "2026-11-26T07:20z",
        "2026-11-26 07:20Z",
        "2026-11-26T07:20:00Z",
        "2026-11-26T07:20+00:00",
        "2026-11-26T7:20Z",
        "2026-02-30T07:20Z",
        "2026-11-26T24:00Z",
        "2026-11-26T07:60Z",
        "2026-11-26T07:20Z\n",
        " 2026-11-26T07:20Z",
        "٢٠٢٦-11-26T07:20Z",
        "0001-01-01T00:00Z",
        "9999-12-31T23:59Z",
    ],
)
def test_anything_but_a_utc_minute_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        clock.parse_utc_minute(text)


@pytest.mark.parametrize(
    "text", ["", "26.11.2026", "20261126", "2026-W48-4", "2026-02-29", "0001-01-01", "2026-11-26\n"]
)
def test_anything_but_a_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        clock.parse_day(text)


@given(st.text(max_size=30))
def test_reading_hostile_text_raises_nothing_but_value_error(text: str) -> None:
    for read in (clock.parse_day, clock.parse_utc_minute):
        with pytest.raises(ValueError):
            read(text)


def test_a_datetime_without_a_zone_is_refused() -> None:
    for function in (clock.to_oslo, clock.oslo_date, clock.utc_minute):
        with pytest.raises(ValueError, match="without a time zone"):
            function(datetime(2026, 11, 26, 7, 20))
