"""An appointment's states, its deadlines to the second, and how many a citizen may have."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.appointments import (
    MAX_COMING,
    Event,
    Status,
    change,
    check_room_for,
    is_coming,
    is_late_cancellation,
    video_opens,
)
from booking.domain.errors import AlreadyEnded, OverlapsOwnAppointment, TooLateToChange, TooManyAppointments

START = datetime(2026, 11, 26, 7, 20, tzinfo=UTC)
END = START + timedelta(minutes=20)
SECOND = timedelta(seconds=1)
EARLY = START - timedelta(days=1)
ALLOWED = {
    (Status.BOOKED, Event.MOVE): Status.BOOKED,
    (Status.BOOKED, Event.CANCEL): Status.CANCELLED,
    (Status.BOOKED, Event.ARRIVE): Status.ARRIVED,
    (Status.BOOKED, Event.MISS): Status.NOSHOW,
    (Status.BOOKED, Event.FULFIL): Status.FULFILLED,
    (Status.BOOKED, Event.FAIL): Status.CANCELLED,
    (Status.ARRIVED, Event.FULFIL): Status.FULFILLED,
    (Status.ARRIVED, Event.FAIL): Status.CANCELLED,
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("event", Event)
def test_each_state_allows_what_it_allows(status: Status, event: Event) -> None:
    if (status, event) in ALLOWED:
        assert change(status, event, start=START, now=EARLY) is ALLOWED[status, event]
    else:
        with pytest.raises(AlreadyEnded):
            change(status, event, start=START, now=EARLY)


@given(st.lists(st.sampled_from(Event), max_size=8))
def test_what_is_over_stays_over(events: list[Event]) -> None:
    over = {Status.CANCELLED, Status.FULFILLED, Status.NOSHOW}
    status = Status.BOOKED
    for event in events:
        try:
            after = change(status, event, start=START, now=EARLY)
        except AlreadyEnded:
            continue
        assert status not in over
        status = after


@pytest.mark.parametrize("event", [Event.MOVE, Event.CANCEL])
def test_a_citizen_may_change_until_the_start(event: Event) -> None:
    change(Status.BOOKED, event, start=START, now=START - SECOND)
    for now in (START, START + SECOND):
        with pytest.raises(TooLateToChange):
            change(Status.BOOKED, event, start=START, now=now)


def test_a_cancelled_one_is_told_as_that_also_after_its_start() -> None:
    with pytest.raises(AlreadyEnded):
        change(Status.CANCELLED, Event.CANCEL, start=START, now=END)


def test_one_may_arrive_after_the_start() -> None:
    assert change(Status.BOOKED, Event.ARRIVE, start=START, now=START + SECOND) is Status.ARRIVED


@pytest.mark.parametrize(
    ("before", "late"), [(24 * 3600 + 1, False), (24 * 3600, False), (24 * 3600 - 1, True)]
)
def test_the_deadline_is_met_to_the_second(before: int, late: bool) -> None:
    assert is_late_cancellation(START, START - timedelta(seconds=before), 24) is late


def test_the_deadline_counts_hours_that_pass_not_clocks() -> None:
    """The night of 25 October has 25 hours: a day before 09.00 winter time is 10.00 summer time."""
    start = datetime(2026, 10, 25, 8, 0, tzinfo=UTC)
    assert not is_late_cancellation(start, datetime(2026, 10, 24, 8, 0, tzinfo=UTC), 24)
    assert is_late_cancellation(start, datetime(2026, 10, 24, 8, 0, 1, tzinfo=UTC), 24)


@pytest.mark.parametrize(
    ("status", "after_end", "coming"),
    [
        (Status.BOOKED, timedelta(minutes=15) - SECOND, True),
        (Status.BOOKED, timedelta(minutes=15), False),
        (Status.ARRIVED, timedelta(minutes=15) - SECOND, True),
        (Status.ARRIVED, timedelta(minutes=15), False),
        (Status.CANCELLED, -timedelta(days=1), False),
        (Status.FULFILLED, -timedelta(days=1), False),
        (Status.NOSHOW, -timedelta(days=1), False),
    ],
)
def test_it_is_coming_until_its_room_closes(status: Status, after_end: timedelta, coming: bool) -> None:
    assert is_coming(status, END, END + after_end) is coming


def test_video_opens_five_minutes_before() -> None:
    assert video_opens(START) == START - timedelta(minutes=5)


def at(minutes: int, length: int = 20, *, here: bool = True) -> tuple[datetime, datetime, bool]:
    start = START + timedelta(minutes=minutes)
    return start, start + timedelta(minutes=length), here


@pytest.mark.parametrize("minutes", [-19, -10, 0, 10, 19])
@pytest.mark.parametrize("here", [True, False])
def test_nobody_is_at_two_visits_at_once(minutes: int, here: bool) -> None:
    with pytest.raises(OverlapsOwnAppointment) as refusal:
        check_room_for(START, END, [at(minutes, here=here)])
    assert refusal.value.start == START + timedelta(minutes=minutes)


@pytest.mark.parametrize("minutes", [-20, 20, 1000])
def test_visits_may_follow_each_other(minutes: int) -> None:
    check_room_for(START, END, [at(minutes)])


def test_a_visit_around_the_whole_other_one_overlaps_it() -> None:
    with pytest.raises(OverlapsOwnAppointment):
        check_room_for(START, END, [at(-60, 240)])


def test_three_are_coming_at_one_service_and_no_more() -> None:
    coming = [at(60 * n) for n in range(1, MAX_COMING)]
    check_room_for(START, END, coming)
    with pytest.raises(TooManyAppointments) as refusal:
        check_room_for(START, END, [*coming, at(600)])
    assert refusal.value.limit == MAX_COMING == 3


def test_those_at_another_service_do_not_count() -> None:
    check_room_for(START, END, [at(60 * n, here=False) for n in range(1, 10)])


def test_the_overlap_is_told_before_the_number() -> None:
    with pytest.raises(OverlapsOwnAppointment):
        check_room_for(START, END, [at(60), at(120), at(180), at(0)])
