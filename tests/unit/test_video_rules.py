"""Who may enter a video visit when; seats, outcomes, delays: each rule at its borders, both changes of clock too."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.clock import OSLO
from booking.domain.errors import NoShowRefused, SeatRefused
from booking.domain.visits import (
    Outcome,
    SeatEvent,
    SeatState,
    VisitToday,
    change_seat,
    check_outcome,
    clean_code,
    clean_phone,
    delay_minutes,
    is_away,
    may_correct,
)
from video import rules
from video.rules import Door, EntryRefused, Refusal, Seat, Visit

START = datetime(2026, 11, 26, 7, 20, tzinfo=UTC)
END = START + timedelta(minutes=20)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
PLANNED = Visit("booked", START, END)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))


def visit(**changes: object) -> Visit:
    return Visit(**({"status": "booked", "start": START, "end": END} | changes))  # type: ignore[arg-type]


# The five-minute rule


@pytest.mark.parametrize(
    ("now", "door"),
    [
        (START - timedelta(days=3), Door.EARLY),
        (START - 5 * MINUTE - SECOND, Door.EARLY),
        (START - 5 * MINUTE, Door.OPEN),
        (START, Door.OPEN),
        (END + 15 * MINUTE - SECOND, Door.OPEN),
        (END + 15 * MINUTE, Door.OVER),
    ],
)
def test_the_door_opens_five_minutes_before_and_closes_fifteen_after(now: datetime, door: Door) -> None:
    assert rules.door(PLANNED, now) is door


@pytest.mark.parametrize(
    "wall",
    [
        datetime(2027, 3, 28, 1, 58, tzinfo=OSLO),  # the last minutes before the clocks go forward
        datetime(2027, 3, 28, 3, 2, tzinfo=OSLO),  # the first ones after: five minutes before is 01.57
        datetime(2026, 10, 25, 2, 2, tzinfo=OSLO, fold=0),
        datetime(2026, 10, 25, 2, 2, tzinfo=OSLO, fold=1),  # the same wall time, an hour later
        datetime(2026, 10, 25, 2, 58, tzinfo=OSLO, fold=1),
    ],
)
def test_five_minutes_are_five_minutes_when_clocks_change(wall: datetime) -> None:
    start = wall.astimezone(UTC)
    planned = visit(start=start, end=start + 20 * MINUTE)
    assert rules.seconds_until_open(planned, start - 10 * MINUTE) == 300
    assert rules.door(planned, start - 5 * MINUTE - SECOND) is Door.EARLY
    assert rules.door(planned, start - 5 * MINUTE) is Door.OPEN
    assert rules.door(planned, start + 35 * MINUTE - SECOND) is Door.OPEN
    assert rules.door(planned, start + 35 * MINUTE) is Door.OVER


@given(start=MOMENTS, before=st.integers(301, 10**6))
def test_waiting_the_seconds_said_opens_the_door_and_one_less_does_not(start: datetime, before: int) -> None:
    planned = visit(start=start, end=start + 20 * MINUTE)
    now = start - timedelta(seconds=before)
    seconds = rules.seconds_until_open(planned, now)
    assert rules.door(planned, now + timedelta(seconds=seconds)) is Door.OPEN
    assert rules.door(planned, now + timedelta(seconds=seconds - 1)) is Door.EARLY


def test_part_of_a_second_is_rounded_up() -> None:
    assert rules.seconds_until_open(PLANNED, START - 5 * MINUTE - timedelta(milliseconds=1)) == 1
    assert rules.seconds_until_open(PLANNED, START) == 0


def test_the_doctor_may_open_early() -> None:
    opened = visit(opened_early_at=START - 40 * MINUTE)
    assert rules.door(opened, START - 40 * MINUTE) is Door.OPEN
    assert rules.door(opened, START - 40 * MINUTE - SECOND) is Door.EARLY
    assert rules.opens_at(opened) == START - 40 * MINUTE


def test_opening_early_too_late_moves_nothing() -> None:
    assert rules.opens_at(visit(opened_early_at=START)) == START - 5 * MINUTE


def test_a_visit_that_goes_on_keeps_its_door_open_and_one_nobody_ended_does_not_for_ever() -> None:
    going_on = visit(status="arrived", started_at=START)
    assert rules.door(going_on, END + 16 * MINUTE) is Door.OPEN
    assert rules.door(going_on, END + timedelta(hours=2) - SECOND) is Door.OPEN
    assert rules.door(going_on, END + timedelta(hours=2)) is Door.OVER


@pytest.mark.parametrize("status", ["cancelled", "noshow", "fulfilled"])
def test_an_appointment_that_is_over_has_no_door(status: str) -> None:
    assert rules.door(visit(status=status), START) is Door.OVER
    assert rules.door(visit(status=status, opened_early_at=START - 60 * MINUTE), START) is Door.OVER


def test_a_visit_that_the_doctor_ended_is_over_at_once() -> None:
    assert (
        rules.door(visit(status="arrived", started_at=START, ended_at=START + MINUTE), START + MINUTE)
        is Door.OVER
    )


# Who may enter


def refusal(planned: Visit, seat: Seat, now: datetime) -> Refusal | None:
    try:
        rules.check_may_enter(planned, seat, now)
    except EntryRefused as refused:
        return refused.refusal
    return None


@pytest.mark.parametrize("role", ["patient", "guest", "practitioner"])
@pytest.mark.parametrize("state", [None, *SeatState])
def test_nobody_gets_a_ticket_before_the_door_opens_or_after_it_closed(role: str, state: str | None) -> None:
    seat = Seat(role, state, was_admitted=True)
    assert refusal(PLANNED, seat, START - 5 * MINUTE - SECOND) is Refusal.EARLY
    assert refusal(PLANNED, seat, END + 15 * MINUTE) is Refusal.OVER


@pytest.mark.parametrize("role", ["patient", "guest"])
@pytest.mark.parametrize(
    ("state", "was_admitted", "told"),
    [
        (None, False, Refusal.NOT_ADMITTED),
        (SeatState.WAITING, False, Refusal.NOT_ADMITTED),
        (SeatState.ADMITTED, True, None),
        (SeatState.IN, True, None),
        (SeatState.LEFT, False, Refusal.NOT_ADMITTED),
        (SeatState.LEFT, True, None),
        (SeatState.REMOVED, True, Refusal.REMOVED),
    ],
)
def test_only_who_was_let_in_gets_a_ticket(
    role: str, state: str | None, was_admitted: bool, told: Refusal | None
) -> None:
    assert refusal(PLANNED, Seat(role, state, was_admitted), START) is told


def test_the_doctor_needs_nobodys_leave() -> None:
    assert refusal(PLANNED, Seat("practitioner"), START) is None


def test_whoever_was_removed_may_not_even_wait() -> None:
    with pytest.raises(EntryRefused) as refused:
        rules.check_may_wait(PLANNED, Seat("patient", SeatState.REMOVED), START)
    assert refused.value.refusal is Refusal.REMOVED


# Seats


@given(st.lists(st.sampled_from(SeatEvent), max_size=12))
def test_nobody_is_in_without_having_been_let_in(events: list[SeatEvent]) -> None:
    state: SeatState | None = None
    admitted = False
    for event in events:
        try:
            state = change_seat(state, event, was_admitted=admitted)
        except SeatRefused:
            continue
        admitted = state is SeatState.ADMITTED or (admitted and state in (SeatState.IN, SeatState.LEFT))
        assert state is not SeatState.IN or admitted


@pytest.mark.parametrize("event", [SeatEvent.WAIT, SeatEvent.ENTER, SeatEvent.LEAVE])
def test_whoever_was_removed_stays_out_until_let_in_again(event: SeatEvent) -> None:
    with pytest.raises(SeatRefused) as refused:
        change_seat(SeatState.REMOVED, event, was_admitted=True)
    assert refused.value.state == "removed"
    assert change_seat(SeatState.REMOVED, SeatEvent.ADMIT) is SeatState.ADMITTED


def test_who_left_the_waiting_room_waits_anew_and_who_left_the_room_comes_straight_in() -> None:
    assert change_seat(SeatState.LEFT, SeatEvent.WAIT) is SeatState.WAITING
    assert change_seat(SeatState.LEFT, SeatEvent.ENTER, was_admitted=True) is SeatState.IN
    with pytest.raises(SeatRefused):
        change_seat(SeatState.LEFT, SeatEvent.ENTER)
    with pytest.raises(SeatRefused):
        change_seat(SeatState.LEFT, SeatEvent.ADMIT)


def test_somebody_unheard_of_for_half_a_minute_is_away() -> None:
    seen = START
    assert not is_away("waiting", seen, seen + timedelta(seconds=30))
    assert is_away("waiting", seen, seen + timedelta(seconds=31))
    assert not is_away("in", seen, seen + timedelta(hours=1))


# What came of it


def test_who_came_is_never_a_no_show() -> None:
    with pytest.raises(NoShowRefused) as refused:
        check_outcome(Outcome.NOSHOW, patient_came=True, start=START, now=END)
    assert refused.value.why == "came"


def test_nobody_is_a_no_show_before_ten_minutes_have_gone() -> None:
    with pytest.raises(NoShowRefused) as refused:
        check_outcome(Outcome.NOSHOW, patient_came=False, start=START, now=START + 10 * MINUTE - SECOND)
    assert refused.value.why == "early"
    check_outcome(Outcome.NOSHOW, patient_came=False, start=START, now=START + 10 * MINUTE)


def test_a_correction_has_time_until_the_end_of_the_next_day() -> None:
    day = START.date()
    allowed = [may_correct(day, day + timedelta(days=later)) for later in (-1, 0, 1, 2, 400)]
    assert allowed == [True, True, True, False, False]


@pytest.mark.parametrize("outcome", [Outcome.FULFILLED, Outcome.TECHNICAL_FAILURE])
def test_the_others_may_always_be_said(outcome: Outcome) -> None:
    check_outcome(outcome, patient_came=True, start=START, now=START)


# How late the doctor is


def before(minutes: int, **said: object) -> VisitToday:
    start = START - minutes * MINUTE
    facts = {"started_at": None, "over": False, "patient_there": False} | said
    return VisitToday(start, start + 20 * MINUTE, **facts)  # type: ignore[arg-type]


def test_nothing_before_and_in_time_is_no_delay() -> None:
    assert delay_minutes([], START, START - MINUTE) is None
    assert delay_minutes([], START, START + MINUTE) is None


def test_a_doctor_who_has_not_come_is_as_late_as_the_clock_says() -> None:
    assert delay_minutes([], START, START + 8 * MINUTE) == 8


def test_a_visit_that_began_late_takes_its_planned_length() -> None:
    late = before(20, started_at=START - 12 * MINUTE)
    assert delay_minutes([late], START, START - 5 * MINUTE) == 8


def test_a_visit_that_should_be_over_makes_the_delay_grow() -> None:
    long = before(20, started_at=START - 20 * MINUTE)
    assert delay_minutes([long], START, START + 9 * MINUTE) == 9


def test_who_waits_before_one_takes_time_too() -> None:
    going_on, waits = before(40, started_at=START - 30 * MINUTE), before(20, patient_there=True)
    assert delay_minutes([waits, going_on], START, START - 15 * MINUTE) == 10


def test_visits_that_are_over_or_whose_patient_never_came_take_none() -> None:
    assert delay_minutes([before(20, over=True), before(40)], START, START - MINUTE) is None


# What people type


@pytest.mark.parametrize(
    "text", ["", "12345678", "1234567", "412345678", "+4741234", "abc", "+0123456789", "٤١٢٣٤٥٦٧"]
)
def test_what_is_no_telephone_number(text: str) -> None:
    assert clean_phone(text) is None


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("412 34 567", "41234567"),
        ("22.33.44.55", "22334455"),
        ("+47 41234567", "41234567"),
        ("0046701234567", "+46701234567"),
    ],
)
def test_telephone_numbers_as_people_write_them(typed: str, number: str) -> None:
    assert clean_phone(typed) == number


def test_a_code_is_read_however_it_is_typed() -> None:
    assert clean_code("abcd efgh") == clean_code("ABCD-EFGH") == "ABCDEFGH"
