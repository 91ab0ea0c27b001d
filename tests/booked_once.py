"""What must hold after every step, whatever happened in which order: read from the rows themselves, not from services.

Each function returns faults in words; none is what a test wants.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.clock import oslo_date
from booking.domain.appointments import MAX_COMING
from booking.models import Appointment, AppointmentEvent, Draft, Service, Slot
from booking.queries.availability import free_times_for

LIVE = {"booked", "arrived"}


def faults(session: Session, now: datetime) -> list[str]:
    """Every broken promise in the database at ``now`` (UTC)."""
    session.rollback()
    rows = {
        model: session.execute(sa.select(model.__table__).order_by(*model.__table__.primary_key)).all()
        for model in (Slot, Appointment, AppointmentEvent, Draft)
    }
    slots, appointments, drafts = rows[Slot], rows[Appointment], rows[Draft]
    found = [
        *_overlaps(slots, "practitioner_id", "a doctor has two slots at once"),
        *_overlaps([a for a in appointments if a.status in LIVE], "patient_id", "a patient is at two visits"),
        *_slots_and_appointments(slots, appointments),
        *_holds(slots, drafts),
        *_drafts(drafts, {a.id: a for a in appointments}),
        *_too_many(appointments, now),
        *_histories(appointments, rows[AppointmentEvent]),
        *_offered_though_taken(session, slots, now),
    ]
    session.rollback()
    return found


def _overlaps(rows: list[Any], whose: str, words: str) -> Iterator[str]:
    each: dict[int, list[Any]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.starts_at):
        each[getattr(row, whose)].append(row)
    for of_one in each.values():
        for before, after in pairwise(of_one):
            if after.starts_at < before.ends_at:
                yield f"{words}: {before} and {after}"


def _slots_and_appointments(slots: list[Any], appointments: list[Any]) -> Iterator[str]:
    busy = defaultdict(list)
    for slot in slots:
        if slot.status == "busy":
            busy[slot.appointment_id].append(slot)
    for one in appointments:
        taken = busy.pop(one.id, [])
        if one.status not in LIVE:
            if one.status == "cancelled" and taken:
                yield f"a cancelled visit keeps its time: {one}"
            continue
        same = [
            s
            for s in taken
            if (s.starts_at, s.ends_at, s.practitioner_id, s.service_id)
            == (one.starts_at, one.ends_at, one.practitioner_id, one.service_id)
        ]
        if len(taken) != 1 or len(same) != 1:
            yield f"a live visit has {len(taken)} slots, {len(same)} of them its own: {one}"
    for slot in busy.values():
        yield f"a booked slot without a visit: {slot}"


def _holds(slots: list[Any], drafts: list[Any]) -> Iterator[str]:
    of_draft = {draft.id: draft for draft in drafts}
    held = [slot for slot in slots if slot.status == "busy-tentative"]
    if len({slot.draft_id for slot in held}) != len(held):
        yield "a booking under way holds two times"
    for slot in held:
        draft = of_draft.get(slot.draft_id)
        if draft is None or draft.status != "open":
            yield f"a hold without an open booking: {slot}"
        elif draft.answer != "no":
            yield f"a hold of somebody who has not answered Nei: {draft}"
        elif draft.chosen_at != slot.starts_at:
            yield f"the hold is not of the chosen time: {draft}, {slot}"


def _drafts(drafts: list[Any], appointments: dict[Any, Any]) -> Iterator[str]:
    for draft in drafts:
        if (draft.status == "sent") != (draft.appointment_id is not None):
            yield f"sent, or not? {draft}"
        if draft.status != "open" and draft.reason is not None:
            yield f"a booking that is over keeps its text: {draft}"
        if draft.status == "sent" and draft.answer != "no":
            yield f"sent without Nei: {draft}"
        if draft.status == "open" and draft.moves_id and appointments[draft.moves_id].status != "booked":
            yield f"a change of time of a visit that is over: {draft}"
    sent = {draft.id: draft for draft in drafts if draft.status == "sent"}
    known = {draft.id for draft in drafts}
    for one in appointments.values():
        if one.draft_id in known and (
            one.draft_id not in sent or sent[one.draft_id].appointment_id != one.id
        ):
            yield f"a visit whose booking was not sent: {one}"
        if one.screening_answer != "no":
            yield f"a visit without Nei: {one}"


def _too_many(appointments: list[Any], now: datetime) -> Iterator[str]:
    coming: dict[tuple[int, int], int] = defaultdict(int)
    for one in appointments:
        if one.status in LIVE and one.ends_at > now:
            coming[one.patient_id, one.service_id] += 1
    for who, count in coming.items():
        if count > MAX_COMING:
            yield f"patient and service {who} have {count} coming visits"


def _histories(appointments: list[Any], events: list[Any]) -> Iterator[str]:
    lines: dict[Any, list[Any]] = defaultdict(list)
    for event in events:
        lines[event.appointment_id].append(event)
    for one in appointments:
        history = lines[one.id]
        kinds = [event.event for event in history]
        expected = ["book"] + ["move"] * one.sequence + (["cancel"] if one.status == "cancelled" else [])
        if kinds != expected:
            yield f"history {kinds}, not {expected}"
        elif (history[-1].status, history[-1].starts_at) != (one.status, one.starts_at):
            yield f"the history's last line says {history[-1]}, the visit {one}"


def _offered_though_taken(session: Session, slots: list[Any], now: datetime) -> Iterator[str]:
    busy = [slot for slot in slots if slot.expires_at is None or slot.expires_at > now]
    for service_id, horizon in session.execute(sa.select(Service.id, Service.horizon_days)).all():
        free = free_times_for(session, service_id=service_id, horizon_days=horizon, now=now)
        for day in {oslo_date(slot.starts_at) for slot in busy}:
            offered = [
                (p, start, end) for start in free.starts(day) for p, end in free.practitioners(day, start)
            ]
            for slot in busy:
                for practitioner_id, start, end in offered:
                    if (
                        practitioner_id == slot.practitioner_id
                        and start < slot.ends_at
                        and slot.starts_at < end
                    ):
                        yield f"{start} is offered although taken: {slot}"
