"""The booking under way: answer the screening, keep what was typed, give it up, begin to move an appointment."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.clock import oslo_date
from booking.db import in_transaction, violated
from booking.domain.access import check_may_book
from booking.domain.appointments import Event, change
from booking.domain.draft import still_resumable
from booking.domain.errors import NotFound
from booking.domain.reason_text import clean_reason
from booking.domain.screening import Answer, leads_on
from booking.models import Appointment, Draft, ScreeningTally, Slot
from booking.models.draft import DraftStatus
from booking.queries.drafts import open_draft
from booking.queries.people import Citizen
from booking.queries.services import ServiceFacts, is_served


def check_may_use(session: Session, *, service_id: int, by: Citizen, now: datetime) -> None:
    """Whether the citizen may book at the service. Raises NotResident or NeedsConsent."""
    served = is_served(session, service_id, by.municipality_number)
    check_served(service_id, service_id if served else None, by=by, now=now)


def check_served(service_id: int, served_by: int | None, *, by: Citizen, now: datetime) -> None:
    """The same, where the service of the citizen's municipality has been read already."""
    served = served_by == service_id
    here = frozenset({by.municipality_number}) if served else frozenset[str]()
    check_may_book(by.birth_date, oslo_date(now), residence=by.municipality_number, served=here)


@in_transaction
def answer_screening(
    session: Session, *, service: ServiceFacts, answer: Answer, by: Citizen, now: datetime
) -> Draft | None:
    """Keep a Nei on the citizen's open draft at the service, beginning one where there is none.

    A Ja is not kept on anybody: it only takes back an earlier Nei and lets go of what was held, so that nothing of
    that booking goes on until it is answered Nei. None when there was nothing to take back.
    """
    check_may_use(session, service_id=service.id, by=by, now=now)
    # Locked: a «Ja» in one tab must not meet a hold or a «Send» of another tab half-way.
    draft = open_draft(session, booked_by_id=by.id, service_id=service.id, to_change=True)
    if draft is not None and not still_resumable(draft.updated_at, now):
        _close(session, draft)
        draft = None
    if not leads_on(answer):
        if draft is not None:
            draft.answer = draft.answered_at = None
            _let_go(session, draft)
        return draft
    draft = draft or _begin(session, service_id=service.id, by=by, now=now)
    draft.answer, draft.answered_at, draft.updated_at = answer.value, now, now
    return draft


@in_transaction
def count_yes(session: Session, *, service_id: int, municipality_number: str, now: datetime) -> None:
    """Count one «Ja»: a number a day and municipality, nobody's name."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {
        "service_id": service_id,
        "municipality_number": municipality_number,
        "day": oslo_date(now),
        "yes": 1,
    }
    keys = ["service_id", "municipality_number", "day"]
    session.execute(
        insert(ScreeningTally)
        .values(row)
        .on_conflict_do_update(index_elements=keys, set_={"yes": ScreeningTally.yes + 1})
    )


@in_transaction
def keep_reason(session: Session, *, draft_id: uuid.UUID, reason: str, by: Citizen, now: datetime) -> None:
    """Keep what the citizen has typed so far, however unfinished. Raises NotFound for another's or a closed draft."""
    draft = _open_for_update(session, draft_id, by)
    draft.reason = clean_reason(reason)[:KEPT] or None
    draft.updated_at = now


KEPT = 5000
"""Typed text is kept up to ten times what may be sent, so that one can shorten it afterwards."""


@in_transaction
def discard_draft(session: Session, *, draft_id: uuid.UUID, by: Citizen) -> None:
    """Give the booking up and let the held time go. Raises NotFound."""
    _close(session, _open_for_update(session, draft_id, by))


@in_transaction
def begin_move(session: Session, *, appointment_id: uuid.UUID, by: Citizen, now: datetime) -> Draft:
    """A draft that changes the time of an appointment; its screening and reason come along.

    Raises NotFound, AlreadyEnded, TooLateToChange. A second click continues the first one's draft.
    """
    mine = sa.select(Appointment).where(Appointment.id == appointment_id, Appointment.patient_id == by.id)
    appointment = session.scalar(mine.with_for_update())
    if appointment is None:
        raise NotFound(str(appointment_id))
    change(appointment.status, Event.MOVE, start=appointment.starts_at, now=now)
    under_way = sa.select(Draft).where(Draft.moves_id == appointment_id, Draft.status == DraftStatus.OPEN)
    draft = session.scalar(under_way)
    if draft is None:
        draft = Draft(
            booked_by_id=by.id,
            patient_id=appointment.patient_id,
            service_id=appointment.service_id,
            moves_id=appointment.id,
            answer=appointment.screening_answer,
            answered_at=appointment.screened_at,
            reason=appointment.reason,
            status=DraftStatus.OPEN.value,
            created_at=now,
            updated_at=now,
        )
        session.add(draft)
    draft.updated_at = now
    session.flush()
    return draft


def _begin(session: Session, *, service_id: int, by: Citizen, now: datetime) -> Draft:
    draft = Draft(
        booked_by_id=by.id,
        patient_id=by.id,
        service_id=service_id,
        status=DraftStatus.OPEN.value,
        created_at=now,
        updated_at=now,
    )
    try:
        with session.begin_nested():
            session.add(draft)
            session.flush()
    except IntegrityError as error:
        if not violated(error, "uq_draft_open_booking", "uq_draft_booked_by_id_patient_id_service_id"):
            raise
        # The other tab was first: continue with its draft.
        existing = open_draft(session, booked_by_id=by.id, service_id=service_id, to_change=True)
        if existing is None:
            raise
        return existing
    return draft


def _open_for_update(session: Session, draft_id: uuid.UUID, by: Citizen) -> Draft:
    mine = sa.select(Draft).where(
        Draft.id == draft_id, Draft.booked_by_id == by.id, Draft.status == DraftStatus.OPEN
    )
    draft = session.scalar(mine.with_for_update())
    if draft is None:
        raise NotFound(str(draft_id))
    return draft


def _let_go(session: Session, draft: Draft) -> None:
    session.execute(sa.delete(Slot).where(Slot.draft_id == draft.id))
    draft.chosen_at = None


def _close(session: Session, draft: Draft) -> None:
    _let_go(session, draft)
    draft.status = DraftStatus.DISCARDED.value
    draft.reason = None
    session.flush()
