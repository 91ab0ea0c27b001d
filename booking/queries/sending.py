"""All that «Send» is judged by, read at once: the draft, its held time, the patient's other appointments."""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Absence, Appointment, Draft, Person, Slot
from booking.queries.appointments import SPAN, in_the_way, spans_asked
from booking.queries.drafts import OF_PERSON, DraftInHand, in_hand
from booking.queries.people import Citizen
from booking.queries.services import SERVICE_HERE


@dataclass(frozen=True, slots=True)
class Held:
    """A slot that holds a time: whose, and from when to when (UTC)."""

    id: int
    practitioner_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ToSend:
    """A draft that somebody sends. ``held`` is None when no slot of a practitioner who is there holds its time.

    ``served_by`` is the service for residents of the sender's municipality, ``spans`` are as booked_spans gives them,
    ``booking_count`` is the patient's when all of this was true.
    """

    hand: DraftInHand
    served_by: int | None
    booking_count: int
    held: Held | None
    spans: list[tuple[datetime, datetime, int]]


# Made once: to put the statement together costs as much as to run it.
_DRAFT: Any = Draft.__table__
_SLOT: Any = Slot.__table__
_AWAY: Any = Absence.__table__
_PATIENT: Any = Person.__table__
_APPOINTMENT: Any = Appointment.__table__
_IS_AWAY = sa.exists().where(
    _AWAY.c.practitioner_id == _SLOT.c.practitioner_id,
    _AWAY.c.starts_at < _SLOT.c.ends_at,
    _AWAY.c.ends_at > _SLOT.c.starts_at,
)
_HELD = tuple(_SLOT.c[field.name] for field in fields(Held))
_MORE = (SERVICE_HERE.scalar_subquery(), _PATIENT.c.booking_count, _IS_AWAY, *_HELD, *SPAN)
_TO_SEND = (
    OF_PERSON.add_columns(*_MORE)
    .join(_PATIENT, _PATIENT.c.id == _DRAFT.c.patient_id)
    .outerjoin(_APPOINTMENT, in_the_way(_DRAFT.c.patient_id, _DRAFT.c.moves_id))
)
_TO_SEND_LOCKED = _TO_SEND.with_for_update(of=_DRAFT)


def draft_to_send(
    session: Session, draft_id: uuid.UUID, by: Citizen, now: datetime, *, lock: bool
) -> ToSend | None:
    """The person's draft; ``lock`` keeps others from it until the transaction ends.

    That nothing has changed since it was read, is seen when it is written.
    """
    asked = {"draft_id": draft_id, "booked_by_id": by.id, "number": by.municipality_number}
    # Straight to the connection: no entity is among the columns, and the session would look for some.
    statement = _TO_SEND_LOCKED if lock else _TO_SEND
    found = session.connection().execute(statement, asked | spans_asked(now)).all()
    rows = [(row, row[-len(_MORE) :]) for row in found]
    if not rows:
        return None
    row, (served_by, booking_count, away, *facts) = rows[0]
    slot = facts[: len(_HELD)]
    spans = [tuple(more[-len(SPAN) :]) for _, more in rows if more[-1] is not None]
    held = Held(*slot) if slot[0] is not None and not away else None
    return ToSend(in_hand(row), served_by, booking_count, held, spans)
