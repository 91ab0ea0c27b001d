"""A doctor's visits in words: who waits since when, what can be done, what came of it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from booking.clock import oslo_date
from booking.domain.appointments import LONGEST_OVERRUN, Status, is_coming, video_opens
from booking.domain.visits import Outcome, Role, SeatState, is_away, may_correct
from booking.queries.visits import SeatFacts, VisitFacts
from booking.web import current
from booking.web.formats import phone, phone_link, time_only

Tag = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the waiting room. ``away`` when the page has been closed without a word."""

    seat: str
    name: str
    since: str
    away: bool


@dataclass(frozen=True, slots=True)
class DayRow:
    """One visit on the doctor's day. The ``can_…`` say which buttons it has."""

    appointment_id: str
    time: str
    name: str
    reason: str
    tag: Tag
    waiting: list[Waiting]
    phone: tuple[str, str] | None
    can_open: bool
    can_enter: bool
    wants_outcome: bool
    can_correct: bool


def day(visits: list[VisitFacts], now: datetime) -> dict[str, object]:
    """Today's lines and who waits; of an earlier day's only the lines that the doctor can still say something of.

    A visit of an earlier day that may still go on stands among today's: at midnight nobody leaves the waiting room.
    """
    today = [visit for visit in visits if _is_of_today(visit, now)]
    before = [row(visit, now) for visit in visits if visit not in today]
    return {
        "rows": [row(visit, now) for visit in today],
        "yesterday": [each for each in before if each.wants_outcome or each.can_correct],
    } | news(today, now)


def _is_of_today(visit: VisitFacts, now: datetime) -> bool:
    if oslo_date(visit.starts_at) >= oslo_date(now):
        return True
    return visit.status in (Status.BOOKED, Status.ARRIVED) and visit.ends_at > now - LONGEST_OVERRUN


def row(visit: VisitFacts, now: datetime) -> DayRow:
    """One line of the day."""
    live = visit.ended_at is None and visit.status in (Status.BOOKED, Status.ARRIVED)
    going_on = visit.started_at is not None and visit.ended_at is None
    usable = live and is_coming(visit.status, visit.ends_at, now, going_on=going_on)
    opened = visit.opened_early_at is not None or now >= video_opens(visit.starts_at)
    return DayRow(
        appointment_id=str(visit.appointment_id),
        time=time_only(visit.starts_at, current.language()),
        name=visit.patient_name,
        reason=visit.reason,
        tag=_tag(visit, now, opened=opened, usable=usable),
        waiting=waiting_in(visit, now) if usable else [],
        phone=phone_of(visit),
        can_open=usable and not opened,
        can_enter=usable and opened,
        wants_outcome=visit.outcome is None
        and visit.status in (Status.BOOKED, Status.ARRIVED)
        and opened
        and (visit.ended_at is not None or now >= visit.starts_at),
        can_correct=can_correct(visit, now),
    )


def can_correct(visit: VisitFacts, now: datetime) -> bool:
    """Whether what came of it has been said, and may still be said otherwise."""
    return visit.outcome is not None and may_correct(oslo_date(visit.starts_at), oslo_date(now))


def waiting_in(visit: VisitFacts, now: datetime) -> list[Waiting]:
    """Everybody who waits to be let in, the patient first."""
    there = [seat for seat in visit.seats if seat.state == SeatState.WAITING]
    there.sort(key=lambda seat: seat.role != Role.PATIENT)
    return [_waiting(seat, now) for seat in there]


def _waiting(seat: SeatFacts, now: datetime) -> Waiting:
    since = seat.waiting_since or seat.seen_at
    minutes = max(0, int((now - since).total_seconds() // 60))
    clock = time_only(since, current.language())
    words = ngettext(
        "siden kl. %(clock)s (%(num)d minutt)", "siden kl. %(clock)s (%(num)d minutter)", minutes, clock=clock
    )
    if minutes == 0:
        words = _("siden kl. %(clock)s", clock=clock)
    return Waiting(seat.seat, seat.name, words, is_away(seat.state, seat.seen_at, now))


def phone_of(visit: VisitFacts) -> tuple[str, str] | None:
    """(number, link) that the patient has confirmed, until it is said what came of the visit."""
    patient = visit.seat(Role.PATIENT.value)
    if patient is None or patient.phone is None or visit.outcome is not None:
        return None
    return phone(patient.phone), phone_link(patient.phone)


def _tag(visit: VisitFacts, now: datetime, *, opened: bool, usable: bool) -> Tag:
    over = _over_tag(visit)
    if over is not None:
        return over
    patient = visit.seat(Role.PATIENT.value)
    state = patient.state if patient else None
    if visit.ended_at is not None or (not usable and opened):
        return _("Si hva som kom ut av timen"), "warning"
    if state == SeatState.WAITING and patient is not None:
        away = is_away(state, patient.seen_at, now)
        return (_("Har lukket siden"), "warning") if away else (_("Venter"), "success")
    if state is not None:
        return _state_tag(state)
    if not opened:
        opens = time_only(video_opens(visit.starts_at), current.language())
        return _("Åpner kl. %(time)s", time=opens), "neutral"
    return _("Ikke kommet ennå"), "neutral"


def _state_tag(state: str) -> Tag:
    return {
        SeatState.ADMITTED.value: (_("Er sluppet inn"), "info"),
        SeatState.IN.value: (_("Er i videorommet"), "info"),
        SeatState.LEFT.value: (_("Har gått ut"), "warning"),
        SeatState.REMOVED.value: (_("Er fjernet fra rommet"), "neutral"),
    }[state]


def _over_tag(visit: VisitFacts) -> Tag | None:
    """What came of a visit that needs nothing more from the doctor."""
    if visit.outcome == Outcome.TECHNICAL_FAILURE:
        return _("Teknisk feil"), "neutral"
    if visit.status == Status.FULFILLED:
        return _("Gjennomført"), "neutral"
    if visit.status == Status.NOSHOW:
        return _("Ikke møtt"), "neutral"
    if visit.status == Status.CANCELLED:
        return _("Avbestilt"), "neutral"
    return None


def news(visits: list[VisitFacts], now: datetime) -> dict[str, object]:
    """Who waits, for the page's title and sound: how many, a sentence, and a mark for each of them."""
    there = [
        (visit.appointment_id, each.seat, each.name)
        for visit in visits
        if visit.ended_at is None
        for each in waiting_in(visit, now)
        if not each.away
    ]
    names = ", ".join(name for *_ids, name in there)
    return {
        "waiting": len(there),
        "say": _("%(names)s venter", names=names) if there else "",
        "news": " ".join(mark(each[:2]) for each in there),
    }


def mark(shown: object) -> str:
    """Eight digits that are other ones when something shown is."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:8]
