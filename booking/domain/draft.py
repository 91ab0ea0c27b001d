"""A booking under way: its steps, what each needs, and which are open. The draft owns the order."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from booking.domain.errors import StepNotOpen
from booking.domain.screening import leads_on

HOLD = timedelta(minutes=10)
RESUMABLE = timedelta(hours=24)


class Step(StrEnum):
    """The four steps, in order."""

    SCREENING = "screening"
    TIME = "time"
    REVIEW = "review"
    RECEIPT = "receipt"


@dataclass(frozen=True)
class Progress:
    """What a draft has so far. ``chosen`` is the start of the chosen time, held or not; ``sent`` that it is booked."""

    answer: str | None
    chosen: datetime | None
    sent: bool


def open_step(progress: Progress) -> Step:
    """The furthest step that is open.

    >>> open_step(Progress(answer="yes", chosen=None, sent=False)).value
    'screening'
    """
    if progress.sent:
        return Step.RECEIPT
    if not leads_on(progress.answer):
        return Step.SCREENING
    return Step.TIME if progress.chosen is None else Step.REVIEW


def require(progress: Progress, step: Step) -> None:
    """Let ``step`` pass only when it is open. Raises StepNotOpen naming the step to go to.

    A sent booking is over: only its receipt is open. Before that, every step up to the furthest may be visited again.
    """
    furthest = open_step(progress)
    order = list(Step)
    sent_and_elsewhere = furthest is Step.RECEIPT and step is not Step.RECEIPT
    if sent_and_elsewhere or order.index(step) > order.index(furthest):
        raise StepNotOpen(furthest)


def as_of(progress: Progress, updated_at: datetime, now: datetime) -> Progress:
    """What the draft has at ``now``: an answer is good for its booking's day, then the question is asked anew."""
    if progress.sent or still_resumable(updated_at, now):
        return progress
    return Progress(answer=None, chosen=None, sent=False)


def hold_expires(now: datetime) -> datetime:
    """When a time picked at ``now`` is let go again (UTC): ten minutes later."""
    return now + HOLD


def still_resumable(updated_at: datetime, now: datetime) -> bool:
    """Whether a half-done booking is offered again: within a day of the last thing done to it."""
    return now - updated_at < RESUMABLE
