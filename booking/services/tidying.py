"""Throw away what need not be kept any longer, by the table in booking/domain/retention.py."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.db import Base, in_transaction
from booking.domain.appointments import Status
from booking.domain.retention import MONTH, Kind, gone_before
from booking.models import (
    Appointment,
    AppointmentEvent,
    Draft,
    GuestInvitation,
    LoginSession,
    ParkedText,
    Person,
    Slot,
    Visit,
    VisitEvent,
    VisitParticipant,
)
from booking.models.draft import DraftStatus
from booking.models.slot import SlotStatus

SEALED_NOTHING = 30
"""Bytes of a sealed empty text: version, nonce and tag (booking/crypto.py)."""

BATCH = 200
"""Old appointments deleted in one transaction."""


def tidy(*, now: datetime) -> None:
    """Delete everything whose time is over at ``now`` (UTC); run once an hour, and as often as one likes."""
    _tidy_unfinished(now=now)
    _tidy_visits(now=now)
    while _forget_appointments(now=now) == BATCH:
        pass


@in_transaction
def _tidy_unfinished(session: Session, *, now: datetime) -> None:
    """Health text of unfinished bookings as soon as they can no longer be picked up, and the rest with it.

    A draft that was given up holds no text; its row goes after a month. One that was sent stays: it is how a booking
    sent twice is known again.
    """
    forgotten = gone_before(Kind.UNFINISHED_TEXT, now)
    # Drafts before their holds, as everywhere: one that is being continued right now is waited for.
    session.execute(
        sa.update(Draft)
        .where(Draft.status == DraftStatus.OPEN, Draft.updated_at <= forgotten)
        .values(status=DraftStatus.DISCARDED.value, reason=None, chosen_at=None)
    )
    session.execute(sa.delete(Slot).where(Slot.status == SlotStatus.HELD, Slot.expires_at <= now))
    session.execute(sa.delete(ParkedText).where(ParkedText.parked_at <= forgotten))
    given_up = gone_before(Kind.GIVEN_UP_BOOKING, now)
    session.execute(
        sa.delete(Draft).where(Draft.status == DraftStatus.DISCARDED, Draft.updated_at <= given_up)
    )
    session.execute(sa.delete(LoginSession).where(LoginSession.created_at <= gone_before(Kind.LOGIN, now)))


@in_transaction
def _tidy_visits(session: Session, *, now: datetime) -> None:
    """A day after a visit nobody needs its message, its telephone number or its guests' codes; the history stays."""
    ended = gone_before(Kind.VISIT_CONTACT, now)
    # A month back is enough: this runs each hour, and what is older was tidied then.
    over = sa.select(Appointment.id).where(Appointment.ends_at <= ended, Appointment.ends_at > ended - MONTH)
    session.execute(
        sa.update(Visit)
        .where(Visit.appointment_id.in_(over), Visit.message.is_not(None))
        .values(message=None)
    )
    session.execute(
        sa.update(VisitParticipant)
        .where(VisitParticipant.appointment_id.in_(over), VisitParticipant.phone.is_not(None))
        .values(phone=None)
    )
    session.execute(sa.delete(GuestInvitation).where(GuestInvitation.appointment_id.in_(over)))
    called_off = gone_before(Kind.CANCELLED_REASON, now)
    session.execute(
        sa.update(Appointment)
        .where(
            Appointment.status == Status.CANCELLED,
            Appointment.ends_at <= called_off,
            sa.func.length(sa.type_coerce(Appointment.__table__.c.reason, sa.LargeBinary)) > SEALED_NOTHING,
        )
        .values(reason="")
    )


@in_transaction
def _forget_appointments(session: Session, *, now: datetime) -> int:
    """The oldest appointments whose time is over, with all that hangs on them, and people of whom nothing is left.

    How many there were, at most a batch.
    """
    old = (
        sa.select(Appointment.id, Appointment.patient_id, Appointment.booked_by_id)
        .where(Appointment.ends_at <= gone_before(Kind.APPOINTMENT, now))
        .order_by(Appointment.ends_at, Appointment.id)
        .limit(BATCH)
    )
    rows = session.execute(old.with_for_update()).all()
    if not rows:
        return 0
    ids = [row.id for row in rows]
    for table in (VisitEvent, GuestInvitation, VisitParticipant, Visit, AppointmentEvent, Slot):
        session.execute(sa.delete(table).where(table.appointment_id.in_(ids)))
    session.execute(sa.delete(Draft).where(sa.or_(Draft.appointment_id.in_(ids), Draft.moves_id.in_(ids))))
    session.execute(sa.delete(Appointment).where(Appointment.id.in_(ids)))
    _forget_people(session, {row.patient_id for row in rows} | {row.booked_by_id for row in rows})
    return len(rows)


def _forget_people(session: Session, people: set[int]) -> None:
    """Those that no row of any table points to any longer."""
    pointing = [
        sa.exists().where(column == Person.id)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if any(key.column is Person.__table__.c.id for key in column.foreign_keys)
    ]
    session.execute(sa.delete(Person).where(Person.id.in_(people), sa.not_(sa.or_(*pointing))))
