"""Steps 2 to 4 of a booking. Each view: whose draft, is the step open, call a service, render."""

import uuid

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.db import db
from booking.domain import draft as steps
from booking.domain.draft import Step
from booking.domain.errors import BookingRefused, NotFound, SlotTaken, TimeChanged
from booking.domain.slots import FreeTimes
from booking.queries.drafts import DraftInHand, draft_of, draft_with_times
from booking.services.drafts import discard_draft, keep_reason
from booking.services.holding import hold_time
from booking.services.sending import send_booking
from booking.web import csrf, current, guards
from booking.web.citizen import step_pages
from booking.web.citizen.forms import ReasonForm, TimeForm
from booking.web.errors import too_many_requests
from booking.web.limits import HOLD, SEND, limiter

blueprint = Blueprint("booking", __name__, url_prefix="/bestilling/<uuid:draft_id>")


def hand_at(draft_id: uuid.UUID, step: Step) -> DraftInHand:
    """The citizen's draft, when ``step`` is open in it. Raises NotFound, StepNotOpen."""
    hand = draft_of(db.session, draft_id, current.citizen().id)
    if hand is None:
        raise NotFound(str(draft_id))
    steps.require(hand.progress(current.now()), step)
    return hand


def times_at(draft_id: uuid.UUID) -> tuple[DraftInHand, FreeTimes]:
    """The citizen's draft, when step 2 is open in it, and the times to choose from. Raises NotFound, StepNotOpen."""
    found = draft_with_times(db.session, draft_id, current.citizen().id, current.now())
    if found is None:
        raise NotFound(str(draft_id))
    steps.require(found[0].progress(current.now()), Step.TIME)
    return found


@blueprint.get("/tidspunkt")
@guards.citizen
def time(draft_id: uuid.UUID) -> ResponseReturnValue:
    """Step 2: first the date, then a time on it."""
    return step_pages.time_page(*times_at(draft_id), request.args.get("dato"))


@blueprint.post("/tidspunkt")
@guards.citizen
@limiter.limit(HOLD)
def choose_time(draft_id: uuid.UUID) -> ResponseReturnValue:
    """Hold the chosen time and go on to the review."""
    hand, form = hand_at(draft_id, Step.TIME), TimeForm()
    if not form.validate():
        return step_pages.time_page(*times_at(draft_id), request.args.get("dato"), form=form, status=422)
    try:
        hold_time(draft_id=draft_id, start=form.moment, by=current.citizen(), now=current.now())
    except SlotTaken as lost:
        return step_pages.lost_page(hand, lost)
    return redirect(url_for("booking.review", draft_id=draft_id), 303)


@blueprint.get("/se-gjennom")
@guards.citizen
def review(draft_id: uuid.UUID) -> ResponseReturnValue:
    """Step 3: everything chosen, and what it concerns."""
    hand = hand_at(draft_id, Step.REVIEW)
    return step_pages.review_page(hand, reason=hand.draft.reason or "")


@blueprint.post("/se-gjennom")
@guards.citizen
@limiter.limit(SEND, on_breach=lambda _: _too_often())
def send(draft_id: uuid.UUID) -> ResponseReturnValue:
    """Send; a second click finds the booking that the first one made. What was typed is kept, whatever happens."""
    form = ReasonForm()
    reason, citizen = form.reason.data or "", current.citizen()
    if not form.validate():
        hand = hand_at(draft_id, Step.REVIEW)
        keep_reason(draft_id=draft_id, reason=reason, by=citizen, now=current.now())
        return step_pages.review_page(hand, reason=reason, form=form, status=422)
    try:
        send_booking(draft_id=draft_id, reason=reason, by=citizen, now=current.now(), shown=form.shown)
    except BookingRefused as refusal:
        return _refused(draft_id, form, refusal)
    return redirect(url_for("booking.receipt", draft_id=draft_id), 303)


def _too_often() -> Response:
    """The page of a limit, when the text has been kept: the citizen is told so, and it has to be true."""
    draft_id = (request.view_args or {})["draft_id"]
    keep_reason(
        draft_id=draft_id, reason=request.form.get("reason", ""), by=current.citizen(), now=current.now()
    )
    return too_many_requests()


@csrf.page_when_stale("booking.send")
def stale_send() -> Response:
    """A form from before the last login: nothing is sent, the text stands in a fresh form."""
    draft_id = (request.view_args or {})["draft_id"]
    reason = request.form.get("reason", "")
    return step_pages.review_page(hand_at(draft_id, Step.REVIEW), reason=reason, stale=True, status=400)


def _refused(draft_id: uuid.UUID, form: ReasonForm, refusal: BookingRefused) -> Response:
    """Keep the text; then a lost or changed time gets its page here, everything else where refusals are told."""
    reason = form.reason.data or ""
    try:
        keep_reason(draft_id=draft_id, reason=reason, by=current.citizen(), now=current.now())
    except NotFound:
        raise refusal from None
    hand = draft_of(db.session, draft_id, current.citizen().id)
    if isinstance(refusal, SlotTaken) and hand is not None:
        return step_pages.lost_page(hand, refusal)
    if isinstance(refusal, TimeChanged) and hand is not None:
        return step_pages.review_page(hand, reason=reason, form=form, status=409)
    raise refusal


@blueprint.post("/hva-det-gjelder")
@guards.citizen
@limiter.limit("120 per minute")
def save_reason(draft_id: uuid.UUID) -> ResponseReturnValue:
    """Keep the text while it is typed."""
    hand_at(draft_id, Step.REVIEW)
    reason = request.form.get("reason", "")
    keep_reason(draft_id=draft_id, reason=reason, by=current.citizen(), now=current.now())
    return "", 204


@blueprint.get("/bekreftelse")
@guards.citizen
def receipt(draft_id: uuid.UUID) -> ResponseReturnValue:
    """Step 4: «Timebestillingen er sendt»."""
    hand = hand_at(draft_id, Step.RECEIPT)
    if hand.draft.appointment_id is None:
        abort(404)
    return step_pages.receipt_page(hand.draft.appointment_id, moved=hand.draft.moves_id is not None)


@blueprint.post("/forkast")
@guards.citizen
def discard(draft_id: uuid.UUID) -> ResponseReturnValue:
    """Give the half-done booking up."""
    discard_draft(draft_id=draft_id, by=current.citizen())
    flash(_("Den påbegynte bestillingen er forkastet."))
    return redirect(url_for("appointments.index"), 303)
