"""A booking under way: which step is open after what, and for how long things are kept."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.draft import (
    HOLD,
    RESUMABLE,
    Progress,
    Step,
    hold_expires,
    open_step,
    require,
    still_resumable,
)
from booking.domain.errors import StepNotOpen

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NOTHING = Progress(answer=None, chosen=None, sent=False)
YES = Progress(answer="yes", chosen=None, sent=False)
NO = Progress(answer="no", chosen=None, sent=False)
CHOSEN = Progress(answer="no", chosen=NOW, sent=False)
SENT = Progress(answer="no", chosen=NOW, sent=True)


@pytest.mark.parametrize(
    ("progress", "step"),
    [
        (NOTHING, Step.SCREENING),
        (YES, Step.SCREENING),
        (NO, Step.TIME),
        (CHOSEN, Step.REVIEW),
        (SENT, Step.RECEIPT),
        (Progress(answer="yes", chosen=NOW, sent=False), Step.SCREENING),
        (Progress(answer="", chosen=NOW, sent=False), Step.SCREENING),
    ],
)
def test_each_answer_opens_the_next_step_and_no_more(progress: Progress, step: Step) -> None:
    assert open_step(progress) is step


@pytest.mark.parametrize(
    ("progress", "open_steps"),
    [
        (NOTHING, {Step.SCREENING}),
        (YES, {Step.SCREENING}),
        (NO, {Step.SCREENING, Step.TIME}),
        (CHOSEN, {Step.SCREENING, Step.TIME, Step.REVIEW}),
        (SENT, {Step.RECEIPT}),
    ],
)
def test_only_open_steps_may_be_visited(progress: Progress, open_steps: set[Step]) -> None:
    for step in Step:
        if step in open_steps:
            require(progress, step)
        else:
            with pytest.raises(StepNotOpen) as refusal:
                require(progress, step)
            assert refusal.value.open_step == open_step(progress)


@given(
    st.one_of(st.none(), st.text(max_size=5), st.sampled_from(["no", "yes", "No", "nei", "no "])),
    st.one_of(st.none(), st.just(NOW)),
)
def test_nothing_but_nei_opens_a_time(answer: str | None, chosen: datetime | None) -> None:
    progress = Progress(answer=answer, chosen=chosen, sent=False)
    if answer != "no":
        for step in (Step.TIME, Step.REVIEW, Step.RECEIPT):
            with pytest.raises(StepNotOpen):
                require(progress, step)


def test_a_hold_lasts_ten_minutes() -> None:
    assert hold_expires(NOW) == NOW + timedelta(minutes=10) == NOW + HOLD


@pytest.mark.parametrize(
    ("ago", "offered"),
    [
        (timedelta(), True),
        (RESUMABLE - timedelta(microseconds=1), True),
        (RESUMABLE, False),
        (RESUMABLE + timedelta(seconds=1), False),
        (-timedelta(minutes=1), True),  # a clock of another process runs ahead
    ],
)
def test_a_half_done_booking_is_offered_for_a_day(ago: timedelta, offered: bool) -> None:
    assert still_resumable(NOW - ago, NOW) is offered
