"""The pages of steps 2 to 4, and of a time that somebody else was given."""

import uuid
from datetime import date
from functools import lru_cache

from flask import Response, make_response, render_template, url_for

from booking.clock import oslo_date, utc_minute
from booking.db import db
from booking.domain.draft import Step
from booking.domain.errors import NotFound, SlotPassed, SlotTaken
from booking.domain.reason_text import REASON_MAX
from booking.domain.slots import FreeTimes
from booking.queries.appointments import appointment_of
from booking.queries.drafts import DraftInHand
from booking.web import current, htmx
from booking.web.citizen import calendar
from booking.web.citizen.forms import ReasonForm, TimeForm
from booking.web.citizen.steps import step_url, step_words
from booking.web.formats import date_and_time, full_date, time_only


def time_page(
    hand: DraftInHand, free: FreeTimes, dato: str | None, *, form: TimeForm | None = None, status: int = 200
) -> Response:
    """Step 2; ``dato`` is the day asked for (ISO), else the day of the time chosen before."""
    language = current.language()
    today = oslo_date(current.now())
    day = calendar.asked_day(dato, hand.draft.chosen_at)
    page = url_for("booking.time", draft_id=hand.draft.id)
    checked = utc_minute(hand.draft.chosen_at) if hand.draft.chosen_at else None
    errors = form.error_list({"start": _first_radio(free, day)}) if form else []
    error = errors[0][1] if errors else None
    context = {
        "dates": calendar.dates_drawn(free, day, today, language),
        "times": calendar.times_drawn(free, day, language, checked, error) if day else "",
        "day": _day(day, free, page, language, today) if day else None,
        "first": _first(free, page, language, today),
        "errors": errors,
        "action": page,
        "moving": hand.draft.moves_id is not None,
        "step": step_words(Step.TIME),
    }
    return htmx.page_or_fragment("booking/time.html", "booking/_time.html", status=status, **context)


def _day(day: date, free: FreeTimes, page: str, language: str, today: date) -> dict[str, object]:
    later = free.next_day(day) if not free.count(day) else None
    return {
        "iso": day.isoformat(),
        "words": full_date(day, language, today),
        "count": free.count(day),
        "next_href": f"{page}?dato={later.isoformat()}" if later else None,
        "next_words": full_date(later, language, today) if later else None,
    }


@lru_cache(maxsize=512)
def _first(free: FreeTimes, page: str, language: str, today: date) -> dict[str, str] | None:
    first = free.first()
    if first is None:
        return None
    return {
        "href": f"{page}?dato={oslo_date(first).isoformat()}",
        "words": date_and_time(first, language, today),
        "value": utc_minute(first),
    }


def _first_radio(free: FreeTimes, day: date | None) -> str:
    starts = free.starts(day) if day else []
    if starts:
        return f"start-{utc_minute(starts[0])}"
    first = free.first()
    return f"dato-{oslo_date(first).isoformat()}" if first else "velg"


def lost_page(hand: DraftInHand, lost: SlotTaken) -> Response:
    """«Noen andre rakk denne tiden», and the nearest free ones, one tap each."""
    language, today = current.language(), oslo_date(current.now())
    page = render_template(
        "booking/lost.html",
        when=date_and_time(lost.start, language, today),
        passed=isinstance(lost, SlotPassed),
        nearest=[(utc_minute(start), date_and_time(start, language, today)) for start in lost.nearest],
        action=url_for("booking.time", draft_id=hand.draft.id),
        kept=bool(hand.draft.reason),
        step=step_words(Step.TIME),
    )
    return make_response(page, 409)


def review_page(
    hand: DraftInHand, *, reason: str, form: ReasonForm | None = None, stale: bool = False, status: int = 200
) -> Response:
    """Step 3, with the text as it was typed; ``stale`` when it came in a form too old to be taken.

    Where the form showed another time than is chosen now, the page says so.
    """
    now, language = current.now(), current.language()
    chosen = hand.draft.chosen_at
    assert chosen is not None, "step REVIEW is open only with a chosen time"
    held = hand.held_until is not None and hand.held_until > now
    page = render_template(
        "booking/review.html",
        when=date_and_time(chosen, language, oslo_date(now)),
        held_until=time_only(hand.held_until, language) if held and hand.held_until else None,
        screening_href=step_url(hand, Step.SCREENING),
        time_href=step_url(hand, Step.TIME),
        municipality=hand.service.owner_name,
        moving=hand.draft.moves_id is not None,
        reason=reason,
        stale=stale,
        changed=form is not None and form.shown not in (None, chosen),
        start=utc_minute(chosen),
        limit=REASON_MAX,
        errors=form.error_list({}) if form else [],
        draft_id=hand.draft.id,
        step=step_words(Step.REVIEW),
    )
    return make_response(page, status)


def receipt_page(appointment_id: uuid.UUID, *, moved: bool) -> Response:
    """Step 4."""
    found = appointment_of(db.session, appointment_id, current.citizen().id)
    if found is None:
        raise NotFound(str(appointment_id))
    appointment, language, today = found.appointment, current.language(), oslo_date(current.now())
    page = render_template(
        "booking/receipt.html",
        when=date_and_time(appointment.starts_at, language, today),
        municipality=found.service.owner_name,
        hours=found.service.cancellation_hours,
        appointment_id=appointment.id,
        moved=moved,
        step=step_words(Step.RECEIPT),
    )
    return make_response(page)
