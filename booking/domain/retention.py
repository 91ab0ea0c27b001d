"""What is kept how long, and where the rule comes from: one table that the tidying and the privacy page both read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from booking.domain.draft import HOLD, RESUMABLE

MONTH = timedelta(days=30)
TEN_YEARS = timedelta(days=3653)


class Kind(StrEnum):
    """What is kept, by how long."""

    HELD_TIME = "held_time"
    UNFINISHED_TEXT = "unfinished_text"
    GIVEN_UP_BOOKING = "given_up_booking"
    LOGIN = "login"
    VISIT_CONTACT = "visit_contact"
    CANCELLED_REASON = "cancelled_reason"
    REASON = "reason"
    APPOINTMENT = "appointment"
    PERSON = "person"


class Since(StrEnum):
    """The moment that a period is counted from."""

    PICKED = "picked"
    LAST_CHANGE = "last_change"
    LOGGED_IN = "logged_in"
    PLANNED_END = "planned_end"
    LAST_APPOINTMENT_GONE = "last_appointment_gone"


class Source(StrEnum):
    """Where a rule comes from. OURS: as short as the service can work with (GDPR art. 5 (1) c and e)."""

    OURS = "ours"
    JOURNAL = "journal"


@dataclass(frozen=True, slots=True)
class Rule:
    """``places`` are the tables, or table.column where the row stays, that are emptied when ``period`` is over."""

    kind: Kind
    period: timedelta
    since: Since
    source: Source
    places: tuple[str, ...]


# Pasientjournalloven § 25: health information is kept until the character of the care makes further use unlikely; how
# long that is for a kommune's journal, riksarkivarens forskrift § 7-29 says as well. What the citizen writes belongs in
# the journal. Until it is handed over there, this is the only place that has it, and ten years is our choice.
RULES = (
    Rule(Kind.HELD_TIME, HOLD, Since.PICKED, Source.OURS, ("slot",)),
    Rule(Kind.UNFINISHED_TEXT, RESUMABLE, Since.LAST_CHANGE, Source.OURS, ("draft.reason", "parked_text")),
    Rule(Kind.GIVEN_UP_BOOKING, MONTH, Since.LAST_CHANGE, Source.OURS, ("draft",)),
    Rule(Kind.LOGIN, timedelta(hours=12), Since.LOGGED_IN, Source.OURS, ("login_session",)),
    Rule(
        Kind.VISIT_CONTACT,
        timedelta(days=1),
        Since.PLANNED_END,
        Source.OURS,
        ("visit.message", "visit_participant.phone", "guest_invitation"),
    ),
    Rule(Kind.CANCELLED_REASON, MONTH, Since.PLANNED_END, Source.OURS, ("appointment.reason",)),
    Rule(Kind.REASON, TEN_YEARS, Since.PLANNED_END, Source.JOURNAL, ("appointment.reason",)),
    Rule(
        Kind.APPOINTMENT,
        TEN_YEARS,
        Since.PLANNED_END,
        Source.JOURNAL,
        ("appointment", "appointment_event", "visit", "visit_participant", "visit_event", "slot", "draft"),
    ),
    Rule(Kind.PERSON, timedelta(0), Since.LAST_APPOINTMENT_GONE, Source.JOURNAL, ("person",)),
)
_PERIODS = {rule.kind: rule.period for rule in RULES}

NOBODYS = frozenset(
    {
        "municipality", "municipality_spelling", "service", "service_area", "practitioner", "schedule", "absence",
        "closed_day", "screening_tally",
    }
)  # fmt: skip
"""Tables that hold nothing about a citizen: they are kept for as long as they are right."""


def gone_before(kind: Kind, now: datetime) -> datetime:
    """What was counted from this moment or an earlier one is to be gone at ``now``."""
    return now - _PERIODS[kind]
