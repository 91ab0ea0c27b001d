"""Everything that is stored about one person, table by table, and nothing about anybody else."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import (
    Appointment,
    AppointmentEvent,
    Draft,
    GuestInvitation,
    LoginSession,
    Municipality,
    ParkedText,
    Person,
    Practitioner,
    Service,
    Slot,
    Visit,
    VisitEvent,
    VisitParticipant,
)

Rows = list[dict[str, Any]]
Wanted = sa.Select[*tuple[Any, ...]]


def _own(person_id: int) -> sa.ScalarSelect[Any]:
    return sa.select(Appointment.id).where(Appointment.patient_id == person_id).scalar_subquery()


def _own_drafts(person_id: int) -> sa.ScalarSelect[Any]:
    return sa.select(Draft.id).where(Draft.patient_id == person_id).scalar_subquery()


def _by_self(column: Any, person_id: int) -> sa.Label[bool]:
    """Whether it was done by the person, without saying who else did it."""
    return sa.func.coalesce(column == person_id, sa.false()).label("by_yourself")


def _person(person_id: int) -> Wanted:
    # Where somebody with a protected address lives stands in no file that may lie about.
    lives_in = sa.case((Person.address_protected, None), else_=Municipality.name).label("municipality")
    return (
        sa.select(
            Person.national_id, Person.name, Person.birth_date, lives_in, Person.address_protected, Person.language,
        )
        .join(Municipality, Municipality.number == Person.municipality_number)
        .where(Person.id == person_id)
    )  # fmt: skip


def _logins(person_id: int) -> Wanted:
    return (
        sa.select(LoginSession.role, LoginSession.created_at, LoginSession.seen_at)
        .where(LoginSession.person_id == person_id)
        .order_by(LoginSession.created_at)
    )


def _appointments(person_id: int) -> Wanted:
    return (
        sa.select(
            Appointment.id, Appointment.starts_at, Appointment.ends_at, Appointment.status, Appointment.outcome,
            Practitioner.name.label("practitioner"), Municipality.name.label("municipality"), Appointment.reason,
            Appointment.screening_answer, Appointment.screened_at, Appointment.sequence, Appointment.created_at,
            _by_self(Appointment.booked_by_id, person_id),
        )
        .join(Practitioner, Practitioner.id == Appointment.practitioner_id)
        .join(Service, Service.id == Appointment.service_id)
        .join(Municipality, Municipality.number == Service.owner_number)
        .where(Appointment.patient_id == person_id)
        .order_by(Appointment.starts_at, Appointment.id)
    )  # fmt: skip


def _appointment_events(person_id: int) -> Wanted:
    return (
        sa.select(
            AppointmentEvent.appointment_id, AppointmentEvent.at, AppointmentEvent.event, AppointmentEvent.status,
            AppointmentEvent.starts_at, _by_self(AppointmentEvent.by_id, person_id),
        )
        .where(AppointmentEvent.appointment_id.in_(_own(person_id)))
        .order_by(AppointmentEvent.at, AppointmentEvent.id)
    )  # fmt: skip


def _drafts(person_id: int) -> Wanted:
    return (
        sa.select(
            Draft.created_at, Draft.updated_at, Draft.status, Draft.answer, Draft.answered_at, Draft.chosen_at,
            Draft.reason, Draft.appointment_id, _by_self(Draft.booked_by_id, person_id),
        )
        .where(Draft.patient_id == person_id)
        .order_by(Draft.created_at, Draft.id)
    )  # fmt: skip


def _parked(person_id: int) -> Wanted:
    return (
        sa.select(ParkedText.reason, ParkedText.parked_at)
        .where(ParkedText.draft_id.in_(_own_drafts(person_id)))
        .order_by(ParkedText.parked_at)
    )


def _slots(person_id: int) -> Wanted:
    mine = sa.or_(Slot.appointment_id.in_(_own(person_id)), Slot.draft_id.in_(_own_drafts(person_id)))
    return (
        sa.select(Slot.starts_at, Slot.ends_at, Slot.status, Slot.expires_at)
        .where(mine)
        .order_by(Slot.starts_at)
    )


def _visits(person_id: int) -> Wanted:
    return (
        sa.select(
            Visit.appointment_id, Visit.opened_early_at, Visit.started_at, Visit.ended_at, Visit.message
        )
        .where(Visit.appointment_id.in_(_own(person_id)))
        .order_by(Visit.appointment_id)
    )


def _seat(person_id: int) -> Wanted:
    """The patient's own seat: the others' are theirs."""
    return (
        sa.select(
            VisitParticipant.appointment_id, VisitParticipant.name, VisitParticipant.state,
            VisitParticipant.waiting_since, VisitParticipant.admitted_at, VisitParticipant.entered_at,
            VisitParticipant.left_at, VisitParticipant.removed_at, VisitParticipant.alone_confirmed_at,
            VisitParticipant.seen_at, VisitParticipant.phone,
        )
        .where(VisitParticipant.appointment_id.in_(_own(person_id)), VisitParticipant.role == "patient")
        .order_by(VisitParticipant.appointment_id)
    )  # fmt: skip


def _guests(person_id: int) -> Wanted:
    """That somebody was invited, and when; not who, which is the guest's."""
    return (
        sa.select(
            GuestInvitation.appointment_id, GuestInvitation.created_at, GuestInvitation.expires_at,
            GuestInvitation.used_at,
        )
        .where(GuestInvitation.appointment_id.in_(_own(person_id)))
        .order_by(GuestInvitation.created_at)
    )  # fmt: skip


def _visit_events(person_id: int) -> Wanted:
    return (
        sa.select(
            VisitEvent.appointment_id, VisitEvent.at, VisitEvent.what, VisitEvent.seat, VisitEvent.by_role,
            VisitEvent.status, _by_self(VisitEvent.by_person_id, person_id),
        )
        .where(VisitEvent.appointment_id.in_(_own(person_id)))
        .order_by(VisitEvent.at, VisitEvent.id)
    )  # fmt: skip


EXPORT: dict[str, Callable[[int], Wanted]] = {
    "person": _person,
    "appointment": _appointments,
    "appointment_event": _appointment_events,
    "visit": _visits,
    "visit_participant": _seat,
    "visit_event": _visit_events,
    "guest_invitation": _guests,
    "draft": _drafts,
    "parked_text": _parked,
    "slot": _slots,
    "login_session": _logins,
}
"""Table → what of it is about a person. A table that points to people and is missing here fails a test."""


def own_data(session: Session, person_id: int) -> dict[str, Rows]:
    """Everything stored about the person: table → rows as name → value (times in UTC)."""
    return {
        table: [dict(row) for row in session.execute(select(person_id)).mappings()]
        for table, select in EXPORT.items()
    }
