"""Where somebody stands in a visit, as every page and answer of the video visit needs it."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Response, redirect, url_for

from booking.domain.visits import Role, SeatState
from booking.services import video_door
from booking.services.video_door import Entry
from booking.web import current
from video import rules
from video.rules import Door


@dataclass(frozen=True, slots=True)
class Place:
    """A visitor, the visit, and the word for where the visitor stands: early, open, over or a SeatState."""

    entry: Entry
    visit: rules.Visit
    seat: rules.Seat
    state: str

    @property
    def appointment_id(self) -> uuid.UUID:
        """The visit's appointment."""
        return self.entry.visit.appointment_id

    @property
    def epoch(self) -> int:
        """How often this visitor's seat has been taken away; the ticket says the same."""
        return self.entry.seat.epoch if self.entry.seat else 0

    @property
    def is_doctor(self) -> bool:
        """Whether it is the doctor who stands here."""
        return self.entry.visitor.role is Role.PRACTITIONER

    @property
    def was_admitted(self) -> bool:
        """Whether the doctor has let this visitor in."""
        return self.seat.was_admitted


def find_place(appointment_id: uuid.UUID) -> Place:
    """Where whoever asks stands now. Raises NotFound for a visit that is none of theirs."""
    entry = video_door.find_entry(
        appointment_id,
        citizen=current.person(),
        doctor=current.practitioner(),
        guest_pass=current.guest_pass(),
        now=current.now(),
    )
    facts, there = entry.visit, entry.seat
    visit = rules.Visit(
        status=facts.status,
        start=facts.starts_at,
        end=facts.ends_at,
        opened_early_at=facts.opened_early_at,
        started_at=facts.started_at,
        ended_at=facts.ended_at,
    )
    seat = rules.Seat(
        role=entry.visitor.role,
        state=there.state if there else None,
        was_admitted=there is not None and there.admitted_at is not None,
    )
    return Place(entry, visit, seat, _state(visit, seat, current.now()))


def _state(visit: rules.Visit, seat: rules.Seat, now: datetime) -> str:
    door = rules.door(visit, now)
    if door is not Door.OPEN:
        return door.value
    if seat.role == Role.PRACTITIONER:
        return SeatState.IN if seat.state == SeatState.IN else SeatState.ADMITTED
    return seat.state or Door.OPEN.value


def where_to(place: Place) -> str | None:
    """The address of the page where this visitor belongs; None for somebody who has left and is free to stay away."""
    match place.state:
        case Door.EARLY:
            return (
                url_for("practitioner.day")
                if place.is_doctor
                else url_for("video.start", appointment_id=place.appointment_id)
            )
        case Door.OPEN:
            return url_for("video.check", appointment_id=place.appointment_id)
        case SeatState.WAITING:
            return url_for("video.waiting_room", appointment_id=place.appointment_id)
        case SeatState.ADMITTED | SeatState.IN:
            return url_for("video_room.room", appointment_id=place.appointment_id)
        case SeatState.LEFT:
            return None
    return url_for("video.done", appointment_id=place.appointment_id)


def send_on(place: Place) -> Response:
    """Lead a browser to the page where it belongs."""
    address = where_to(place) or url_for("video.done", appointment_id=place.appointment_id)
    return redirect(address, 303)  # type: ignore[return-value]


def utc_text(moment: datetime) -> str:
    """A moment as scripts read it.

    >>> utc_text(datetime(2026, 11, 26, 7, 20, 1, 250000, tzinfo=UTC))
    '2026-11-26T07:20:01.250Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
