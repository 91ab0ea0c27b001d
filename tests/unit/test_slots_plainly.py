"""The calculator against the same rules once more, slow and plain: for every planned time, is anything in its way?"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from booking.domain.slots import LEAD, WeeklyHours, free_times, from_minutes, to_minutes

OSLO = ZoneInfo("Europe/Oslo")


def midnight_of(day: date) -> int:
    return to_minutes(datetime.combine(day, time(), tzinfo=OSLO).astimezone(UTC))


@st.composite
def _lines(draw: st.DrawFn) -> WeeklyHours:
    opens = draw(st.integers(0, 1380))
    return WeeklyHours(
        practitioner_id=draw(st.integers(1, 3)),
        weekday=draw(st.integers(0, 6)),
        opens=opens,
        closes=draw(st.integers(opens + 1, min(opens + 400, 1440))),
        visit_minutes=draw(st.sampled_from([5, 15, 20, 25, 30, 45, 90, 240])),
        valid_from=draw(st.sampled_from([date(2026, 1, 1), date(2026, 10, 25), date(2027, 3, 28)])),
        valid_until=draw(st.sampled_from([None, date(2026, 10, 25), date(2027, 3, 29)])),
    )


FIRST_DAYS = st.sampled_from([date(2026, 10, 23), date(2026, 12, 30), date(2027, 3, 26), date(2027, 6, 1)])


def planned(
    hours: list[WeeklyHours], closed: set[date], first: date, last: date
) -> set[tuple[int, int, int]]:
    """(practitioner, start, end) of each visit that the schedule has; of two that overlap the one that begins first."""
    visits: set[tuple[int, int, int]] = set()
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        begins: dict[tuple[int, int], int] = {}
        for each in hours if day not in closed else ():
            ends_with = each.valid_until or date.max
            if each.weekday != day.weekday() or not each.valid_from <= day <= ends_with:
                continue
            wall = each.opens
            while wall + each.visit_minutes <= each.closes:
                local = datetime.combine(day, time(wall // 60, wall % 60), tzinfo=OSLO)
                moment = local.astimezone(UTC)
                if moment.astimezone(OSLO).time() == local.time():
                    begins[each.practitioner_id, to_minutes(moment)] = each.visit_minutes
                wall += each.visit_minutes
        for (who, start), length in sorted(begins.items()):
            if not any(w == who and start < e for w, s, e in visits if s >= midnight_of(day)):
                visits.add((who, start, start + length))
    return visits


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_agrees_with_a_slow_and_plain_calculator(data: st.DataObject) -> None:
    first = data.draw(FIRST_DAYS)
    last = first + timedelta(days=data.draw(st.integers(0, 4)))
    hours = data.draw(st.lists(_lines(), min_size=1, max_size=5))
    closed = data.draw(st.sets(st.sampled_from([first, last]), max_size=1))
    midnight = midnight_of(first)
    visits = planned(hours, closed, first, last)
    on_grid = st.sampled_from(sorted(visits)) if visits else st.nothing()
    anywhere = st.tuples(st.integers(1, 4), st.integers(-300, 6000), st.integers(1, 2000)).map(
        lambda t: (t[0], midnight + t[1], midnight + t[1] + t[2])
    )
    taken = data.draw(st.lists(st.one_of(on_grid, anywhere), max_size=8))
    now = from_minutes(midnight) + timedelta(seconds=data.draw(st.integers(-3600, 5 * 86400)))

    times = free_times(tuple(hours), frozenset(closed), taken, first=first, last=last, now=now, zone=OSLO)

    expected = {
        (who, start, end)
        for who, start, end in visits
        if from_minutes(start) > now + LEAD
        and not any(w == who and start < e and s < end for w, s, e in taken)
    }
    offered = {
        (who, to_minutes(start), to_minutes(end))
        for day in times.days()
        for start in times.starts(day)
        for who, end in times.practitioners(day, start)
    }
    assert offered == expected
    assert sum(map(times.count, times.days())) == len({start for _, start, _ in expected})
    assert times.first() == (from_minutes(min(s for _, s, _ in expected)) if expected else None)
