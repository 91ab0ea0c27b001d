"""Where each step of a booking lives, and the facts that every step's page shows."""

from flask import url_for

from booking.domain.draft import Step
from booking.queries.drafts import DraftInHand
from booking.web.i18n import gettext as _

STEPS = (Step.SCREENING, Step.TIME, Step.REVIEW, Step.RECEIPT)


def step_url(hand: DraftInHand, step: Step) -> str:
    """The address of a step of this booking."""
    if step is Step.SCREENING:
        return url_for("start.screening", service_slug=hand.service.slug)
    endpoint = {Step.TIME: "booking.time", Step.REVIEW: "booking.review", Step.RECEIPT: "booking.receipt"}[
        step
    ]
    return url_for(endpoint, draft_id=hand.draft.id)


def step_words(step: Step) -> tuple[int, int, str]:
    """(number, of how many, title) for «Steg 2 av 4: Velg tidspunkt»."""
    titles = {
        Step.SCREENING: _("Nyttig å vite"),
        Step.TIME: _("Velg tidspunkt"),
        Step.REVIEW: _("Se gjennom og send"),
        Step.RECEIPT: _("Bekreftelse"),
    }
    return STEPS.index(step) + 1, len(STEPS), titles[step]
