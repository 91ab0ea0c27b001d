"""The calculator of free times: what it offers, to whom, on ordinary days and on the two nights when clocks change."""

import itertools
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.slots import LEAD, FreeTimes, WeeklyHours, free_times, from_minutes, to_minutes

OSLO = ZoneInfo("Europe/Oslo")
THURSDAY = date(2026, 11, 26)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)
ANNE, BJORN, CARL = 1, 2, 3


def line(
    practitioner: int = ANNE,
    opens: str = "08.00",
    closes: str = "10.00",
    visit: int = 20,
    *,
    weekday: int = THURSDAY.weekday(),
    valid_from: date = date(2026, 1, 1),
    valid_until: date | None = None,
) -> WeeklyHours:
    return WeeklyHours(practitioner, weekday, minutes(opens), minutes(closes), visit, valid_from, valid_until)


def minutes(clock: str) -> int:
    hours, rest = clock.split(".")
    return int(hours) * 60 + int(rest)


def oslo(day: date, clock: str, fold: int = 0) -> datetime:
    hours, rest = map(int, clock.split("."))
    return datetime.combine(day, time(hours, rest), tzinfo=OSLO).replace(fold=fold).astimezone(UTC)


def free(
    *hours: WeeklyHours,
    taken: Iterable[tuple[int, datetime, datetime]] = (),
    closed: Iterable[date] = (),
    first: date = THURSDAY,
    last: date | None = None,
    now: datetime = LONG_AGO,
) -> FreeTimes:
    rows = [(practitioner, to_minutes(start), to_minutes(end)) for practitioner, start, end in taken]
    return free_times(hours, frozenset(closed), rows, first=first, last=last or first, now=now, zone=OSLO)


def clocks(times: FreeTimes, day: date = THURSDAY) -> str:
    """The free starts as Oslo's clocks show them."""
    return " ".join(start.astimezone(OSLO).strftime("%H.%M") for start in times.starts(day))


def visit(
    day: date, clock: str, length: int = 20, practitioner: int = ANNE
) -> tuple[int, datetime, datetime]:
    start = oslo(day, clock)
    return practitioner, start, start + timedelta(minutes=length)


class TestSchedule:
    def test_offers_whole_visits_between_opening_and_closing(self) -> None:
        assert clocks(free(line(closes="09.10"))) == "08.00 08.20 08.40"

    def test_the_last_visit_may_end_when_we_close(self) -> None:
        assert clocks(free(line(opens="09.40", closes="10.00"))) == "09.40"

    def test_hours_shorter_than_a_visit_offer_nothing(self) -> None:
        assert clocks(free(line(closes="08.19"))) == ""

    def test_other_weekdays_offer_nothing(self) -> None:
        assert free(line(weekday=4)).count(THURSDAY) == 0

    def test_two_lines_a_day_leave_lunch_free(self) -> None:
        times = free(line(closes="08.40"), line(opens="12.00", closes="12.40"))
        assert clocks(times) == "08.00 08.20 12.00 12.20"

    @pytest.mark.parametrize(
        ("valid_from", "valid_until", "count"),
        [
            (THURSDAY, THURSDAY, 6),
            (THURSDAY + timedelta(days=1), None, 0),
            (date(2026, 1, 1), THURSDAY - timedelta(days=1), 0),
            (date(2026, 1, 1), None, 6),
        ],
    )
    def test_both_ends_of_its_validity_count(
        self, valid_from: date, valid_until: date | None, count: int
    ) -> None:
        assert free(line(valid_from=valid_from, valid_until=valid_until)).count(THURSDAY) == count

    def test_closed_days_offer_nothing(self) -> None:
        times = free(line(), closed=[THURSDAY], last=THURSDAY + timedelta(days=7))
        assert (times.count(THURSDAY), times.count(THURSDAY + timedelta(days=7))) == (0, 6)

    def test_a_closed_christmas_day_is_passed_over(self) -> None:
        every_day = [line(weekday=weekday) for weekday in range(7)]
        times = free(*every_day, closed=[date(2026, 12, 25), date(2026, 12, 26)],
                     first=date(2026, 12, 24), last=date(2026, 12, 28))  # fmt: skip
        assert times.next_day(date(2026, 12, 24)) == date(2026, 12, 27)

    def test_midnight_belongs_to_the_day_that_begins(self) -> None:
        times = free(line(opens="00.00", closes="00.40"), line(opens="23.20", closes="24.00"))
        assert clocks(times) == "00.00 00.20 23.20 23.40"
        assert times.starts(THURSDAY)[0] == datetime(2026, 11, 25, 23, 0, tzinfo=UTC)

    def test_lines_of_one_doctor_that_overlap_offer_no_two_visits_at_once(self) -> None:
        times = free(line(closes="09.00", visit=20), line(opens="08.10", closes="09.40", visit=30))
        assert clocks(times) == "08.00 08.20 08.40 09.10"

    def test_what_is_taken_of_overlapping_lines_is_offered_in_no_shape(self) -> None:
        hours = (line(closes="09.00", visit=20), line(opens="08.30", closes="09.30", visit=30))
        assert clocks(free(*hours, taken=[visit(THURSDAY, "08.40")])) == "08.00 08.20 09.00"

    def test_nobody_works_and_nothing_breaks(self) -> None:
        times = free()
        assert (times.days(), times.first(), times.next_day(THURSDAY)) == ([THURSDAY], None, None)
        assert times.nearest(oslo(THURSDAY, "08.00")) == ()


class TestTaken:
    def test_a_visit_takes_its_time_and_no_other(self) -> None:
        assert clocks(free(line(closes="09.00"), taken=[visit(THURSDAY, "08.20")])) == "08.00 08.40"

    def test_a_visit_off_the_grid_takes_every_time_it_touches(self) -> None:
        times = free(line(), taken=[visit(THURSDAY, "08.30")])
        assert clocks(times) == "08.00 09.00 09.20 09.40"

    def test_neighbours_that_only_meet_do_not_overlap(self) -> None:
        assert clocks(
            free(line(closes="09.00"), taken=[visit(THURSDAY, "07.40"), visit(THURSDAY, "09.00")])
        ) == ("08.00 08.20 08.40")

    @pytest.mark.parametrize(
        ("begins", "ends", "left"),
        [
            ("00.00", "24.00", ""),
            ("08.01", "08.02", "08.20 08.40 09.00 09.20 09.40"),
            ("08.20", "09.00", "08.00 09.00 09.20 09.40"),
            ("09.59", "12.00", "08.00 08.20 08.40 09.00 09.20"),
            ("07.00", "08.00", "08.00 08.20 08.40 09.00 09.20 09.40"),
        ],
    )
    def test_an_absence_takes_every_time_it_touches(self, begins: str, ends: str, left: str) -> None:
        end = oslo(THURSDAY, "00.00") + timedelta(minutes=minutes(ends))
        assert clocks(free(line(), taken=[(ANNE, oslo(THURSDAY, begins), end)])) == left

    def test_an_absence_over_several_days_takes_them_all(self) -> None:
        weekdays = [line(weekday=weekday) for weekday in range(5)]
        monday = date(2026, 11, 23)
        away = (ANNE, oslo(monday, "09.00"), oslo(monday + timedelta(days=3), "09.00"))
        times = free(*weekdays, taken=[away], first=monday, last=monday + timedelta(days=4))
        assert [times.count(day) for day in times.days()] == [3, 0, 0, 3, 6]

    def test_a_visit_that_began_before_midnight_takes_the_morning(self) -> None:
        night = (ANNE, oslo(THURSDAY - timedelta(days=1), "23.00"), oslo(THURSDAY, "00.30"))
        assert clocks(free(line(opens="00.00", closes="01.00"), taken=[night])) == "00.40"

    def test_what_one_doctor_does_leaves_the_other_free(self) -> None:
        times = free(line(ANNE), line(BJORN), taken=[visit(THURSDAY, "08.20", practitioner=BJORN)])
        assert [who for who, _ in times.practitioners(THURSDAY, oslo(THURSDAY, "08.20"))] == [ANNE]

    def test_a_stranger_in_the_list_is_no_matter(self) -> None:
        assert free(line(), taken=[visit(THURSDAY, "08.30", practitioner=CARL)]).count(THURSDAY) == 6

    def test_taken_twice_is_taken(self) -> None:
        assert clocks(free(line(closes="08.40"), taken=[visit(THURSDAY, "08.00")] * 2)) == "08.20"

    def test_a_visit_of_another_length_takes_what_it_covers(self) -> None:
        assert clocks(free(line(), taken=[visit(THURSDAY, "08.20", 45)])) == "08.00 09.20 09.40"


class TestSeveralDoctors:
    def test_free_at_one_time_they_are_one_time(self) -> None:
        times = free(line(ANNE), line(BJORN), line(CARL))
        assert (times.count(THURSDAY), len(times.starts(THURSDAY))) == (6, 6)

    def test_the_time_goes_when_the_last_of_them_is_taken(self) -> None:
        taken = [visit(THURSDAY, "08.00", practitioner=who) for who in (ANNE, BJORN)]
        assert clocks(free(line(ANNE), line(BJORN), taken=taken[:1]))[:5] == "08.00"
        assert clocks(free(line(ANNE), line(BJORN), taken=taken))[:5] == "08.20"

    def test_different_grids_are_put_together(self) -> None:
        assert clocks(free(line(ANNE, closes="09.00", visit=30), line(BJORN, closes="09.00", visit=20))) == (
            "08.00 08.20 08.30 08.40"
        )

    def test_each_has_an_end_of_its_own(self) -> None:
        times = free(line(ANNE, visit=30), line(BJORN, visit=20))
        assert times.practitioners(THURSDAY, oslo(THURSDAY, "08.00")) == [
            (BJORN, oslo(THURSDAY, "08.20")),
            (ANNE, oslo(THURSDAY, "08.30")),
        ]

    def test_the_least_busy_that_day_comes_first(self) -> None:
        taken = [visit(THURSDAY, clock, practitioner=ANNE) for clock in ("09.00", "09.20")]
        taken.append(visit(THURSDAY, "09.00", practitioner=BJORN))
        there = free(line(ANNE), line(BJORN), line(CARL), taken=taken).practitioners(
            THURSDAY, oslo(THURSDAY, "08.00")
        )
        assert [who for who, _ in there] == [CARL, BJORN, ANNE]

    def test_equally_busy_they_come_in_a_fixed_order(self) -> None:
        there = free(line(CARL), line(ANNE)).practitioners(THURSDAY, oslo(THURSDAY, "08.00"))
        assert [who for who, _ in there] == [ANNE, CARL]

    @pytest.mark.parametrize("start", ["08.10", "07.40", "10.00"])
    def test_nobody_is_there_at_a_time_that_is_not_planned(self, start: str) -> None:
        assert free(line()).practitioners(THURSDAY, oslo(THURSDAY, start)) == []

    def test_nobody_is_there_at_a_second_past_or_on_another_day(self) -> None:
        start = oslo(THURSDAY, "08.00")
        assert free(line()).practitioners(THURSDAY, start + timedelta(seconds=1)) == []
        assert free(line()).practitioners(THURSDAY + timedelta(days=1), start) == []


class TestNow:
    @pytest.mark.parametrize(
        ("before", "first"),
        [
            (timedelta(), "08.20"),
            (LEAD, "08.20"),
            (LEAD + timedelta(seconds=59), "08.00"),
            (LEAD + timedelta(minutes=1), "08.00"),
            (LEAD + timedelta(seconds=1), "08.00"),
            (-timedelta(minutes=30), "09.00"),
        ],
    )
    def test_a_time_is_offered_until_ten_minutes_before(self, before: timedelta, first: str) -> None:
        assert clocks(free(line(), now=oslo(THURSDAY, "08.00") - before))[:5] == first

    def test_tomorrow_is_not_touched_by_what_has_passed_today(self) -> None:
        times = free(line(), line(weekday=4), last=THURSDAY + timedelta(days=1), now=oslo(THURSDAY, "23.59"))
        assert [times.count(day) for day in times.days()] == [0, 6]

    def test_after_the_window_nothing_is_left(self) -> None:
        assert free(line(), now=oslo(THURSDAY + timedelta(days=400), "00.00")).first() is None


class TestLooking:
    def test_the_window_has_every_day_and_no_more(self) -> None:
        times = free(line(), first=THURSDAY, last=THURSDAY + timedelta(days=28))
        assert len(times.days()) == 29
        assert times.days()[0] == THURSDAY
        assert times.count(THURSDAY + timedelta(days=28)) == 6
        assert times.count(THURSDAY + timedelta(days=35)) == times.count(THURSDAY - timedelta(days=7)) == 0
        assert times.starts(THURSDAY + timedelta(days=35)) == []

    def test_the_next_day_is_after_the_one_asked_for(self) -> None:
        times = free(line(), last=THURSDAY + timedelta(days=14))
        assert times.next_day(THURSDAY) == THURSDAY + timedelta(days=7)
        assert times.next_day(THURSDAY - timedelta(days=300)) == THURSDAY
        assert times.next_day(THURSDAY + timedelta(days=14)) is None

    def test_first_is_the_first_of_all(self) -> None:
        times = free(line(), line(BJORN, opens="07.00"), last=THURSDAY + timedelta(days=7))
        assert times.first() == oslo(THURSDAY, "07.00")

    def test_nearest_come_nearest_first_and_of_two_as_near_the_later(self) -> None:
        nearest = free(line()).nearest(oslo(THURSDAY, "08.40"), 4)
        assert [n.astimezone(OSLO).strftime("%H.%M") for n in nearest] == ["09.00", "08.20", "09.20", "08.00"]

    def test_nearest_leave_out_the_time_itself(self) -> None:
        start = oslo(THURSDAY, "08.40")
        assert start not in free(line()).nearest(start, 99)

    def test_nearest_look_across_days(self) -> None:
        times = free(line(), last=THURSDAY + timedelta(days=7), taken=[(ANNE, *_whole(THURSDAY))])
        assert times.nearest(oslo(THURSDAY, "08.00"), 1) == (oslo(THURSDAY + timedelta(days=7), "08.00"),)


def _whole(day: date) -> tuple[datetime, datetime]:
    return oslo(day, "00.00"), oslo(day + timedelta(days=1), "00.00")


class TestSpringNight:
    """02.00 is 03.00: the hour is not there."""

    def test_the_hour_that_is_skipped_is_not_offered(self) -> None:
        times = free(line(opens="01.00", closes="04.00", visit=30, weekday=6), first=SPRING)
        assert clocks(times, SPRING) == "01.00 01.30 03.00 03.30"

    def test_visits_on_both_sides_follow_each_other(self) -> None:
        starts = free(line(opens="01.30", closes="03.30", visit=30, weekday=6), first=SPRING).starts(SPRING)
        assert [b - a for a, b in itertools.pairwise(starts)] == [timedelta(minutes=30)]

    def test_hours_within_the_gap_offer_nothing(self) -> None:
        times = free(line(opens="02.00", closes="03.00", weekday=6), first=SPRING)
        assert times.count(SPRING) == 0

    def test_a_visit_that_runs_into_the_gap_leaves_no_time_that_it_covers(self) -> None:
        # 01.30 + 90 minutes is 04.00 on the clock that night: 03.00 is not free beside it.
        times = free(line(opens="00.00", closes="06.00", visit=90, weekday=6), first=SPRING)
        assert clocks(times, SPRING) == "00.00 01.30 04.30"

    def test_office_hours_are_where_the_clock_says(self) -> None:
        times = free(line(opens="08.00", closes="08.20", weekday=6), first=SPRING)
        assert times.starts(SPRING) == [datetime(2027, 3, 28, 6, 0, tzinfo=UTC)]


class TestAutumnNight:
    """03.00 is 02.00: the hour comes twice, and the first of the two is meant."""

    def test_the_hour_that_comes_twice_is_offered_once(self) -> None:
        times = free(line(opens="01.00", closes="04.00", visit=30, weekday=6), first=AUTUMN)
        assert clocks(times, AUTUMN) == "01.00 01.30 02.00 02.30 03.00 03.30"
        assert times.starts(AUTUMN)[2] == datetime(2026, 10, 25, 0, 0, tzinfo=UTC)

    def test_nobody_is_there_the_second_time(self) -> None:
        times = free(line(opens="02.00", closes="03.00", visit=30, weekday=6), first=AUTUMN)
        assert times.practitioners(AUTUMN, oslo(AUTUMN, "02.00", fold=1)) == []
        assert times.practitioners(AUTUMN, oslo(AUTUMN, "02.00", fold=0)) != []

    def test_a_visit_takes_its_time_by_the_clock_of_the_world(self) -> None:
        hours = line(opens="02.00", closes="04.00", visit=30, weekday=6)
        second_two = (ANNE, oslo(AUTUMN, "02.00", fold=1), oslo(AUTUMN, "03.00"))
        assert clocks(free(hours, first=AUTUMN, taken=[second_two]), AUTUMN) == "02.00 02.30 03.00 03.30"

    def test_the_day_is_twenty_five_hours_long(self) -> None:
        times = free(line(opens="00.00", closes="24.00", visit=60, weekday=6), first=AUTUMN)
        assert times.count(AUTUMN) == 24
        assert times.starts(AUTUMN)[-1] - times.starts(AUTUMN)[0] == timedelta(hours=24)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2999, 12, 31), timezones=st.just(UTC)))
def test_minutes_and_back(moment: datetime) -> None:
    assert from_minutes(to_minutes(moment)) == moment.replace(second=0, microsecond=0)
