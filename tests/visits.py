"""What tests of the video visit stand on: a video server that only remembers, a visit, and who takes part."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from booking.integrations.video_node.port import NodeAnswer, NodeRefused, NodeUnreachable
from booking.models import Appointment, Person, Practitioner, VisitEvent, VisitParticipant
from tests.factories import Town, make_appointment, make_person, make_town, stored
from tests.page_client import PageClient
from tests.stage import A_FRIDAY_MORNING
from video import tickets

OFFER = "v=0 an offer"
KEY = "only-in-tests-video-" + "x" * 32


@dataclass
class RememberingNodes:
    """A video server that answers every good ticket, and keeps what it was asked."""

    names: tuple[str, ...] = ("1",)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    offered: list[tickets.Ticket] = field(default_factory=list)
    fails: Exception | None = None
    on_offer: Callable[[], None] | None = None
    epochs: list[int] = field(default_factory=list)
    gone: dict[str, Exception] = field(default_factory=dict)
    live: str = ""

    def offer(self, node: str, *, room: str, seat_ticket: str, sdp: str) -> NodeAnswer:
        if fault := self.fails or self.gone.get(node):
            self.asked.append(("refused", node))
            raise fault
        ticket = tickets.Gate(KEY).admit(seat_ticket, room=room, now=A_FRIDAY_MORNING.timestamp())
        self.offered.append(ticket)
        self.asked.append(("offer", node, ticket.seat, sdp))
        if self.on_offer:
            self.on_offer()
        self.live = f"connection-{len(self.offered)}"
        return NodeAnswer(sdp="v=0 an answer", seat=ticket.seat, connection=self.live)

    def put_out(
        self,
        node: str,
        *,
        room: str,
        seat: str,
        removed: bool,
        epoch: int = 0,
        connection: str | None = None,
    ) -> None:
        self.asked.append(("put out", node, seat, "removed" if removed else "left"))
        self.epochs.append(epoch)
        if self.fails:
            raise self.fails
        if connection not in (None, self.live):
            raise NodeRefused(404, "nobody")

    def is_alive(self, node: str) -> bool:
        return not isinstance(self.fails or self.gone.get(node), NodeUnreachable)

    def end_room(self, node: str, *, room: str) -> None:
        self.asked.append(("end", node, room))
        if self.fails:
            raise self.fails


def refusing(status: int, word: str) -> NodeRefused:
    return NodeRefused(status, word)


@dataclass
class Stage:
    """A visit in an hour, its patient's and its doctor's browsers, logged in."""

    session: Session
    nodes: RememberingNodes
    town: Town
    person: Person
    doctor: Practitioner
    appointment: Appointment
    patient: PageClient
    practitioner: PageClient

    @property
    def id(self) -> uuid.UUID:
        return self.appointment.id

    @property
    def start(self) -> str:
        return f"/timeavtaler/{self.id}/start-video"

    def page(self, name: str) -> str:
        return f"/video/{self.id}/{name}"

    def lege(self, name: str) -> str:
        return f"/lege/{self.id}/{name}"

    def state(self, client: PageClient) -> dict[str, Any]:
        told: dict[str, Any] = client.browser.get(self.page("tilstand")).get_json()
        return told

    def offer(self, client: PageClient, sdp: object = OFFER) -> tuple[int, dict[str, Any]]:
        """What a page's script does with its token: (status, JSON)."""
        token = csrf_of(client)
        answer = client.browser.post(self.page("tilbud"), json={"sdp": sdp}, headers={"X-CSRFToken": token})
        return answer.status_code, answer.get_json()

    def admit(self, seat: str = "patient") -> None:
        self.post(self.practitioner, self.lege("slipp-inn"), seat=seat)

    def post(self, client: PageClient, path: str, *, expect: int = 303, **fields: str) -> Any:
        token = csrf_of(client)
        answer = client.browser.post(path, data={"csrf_token": token, **fields})
        assert answer.status_code == expect, (path, answer.status_code, answer.get_data(as_text=True)[-600:])
        return answer

    def seat(self, name: str = "patient") -> VisitParticipant | None:
        found = stored(self.session, VisitParticipant, appointment_id=self.id, seat=name)
        return found[0] if found else None

    def history(self) -> list[tuple[str, str | None, str]]:
        """(what, seat, by which role), in order."""
        events = stored(self.session, VisitEvent, appointment_id=self.id)
        return [(e.what, e.seat, e.by_role) for e in sorted(events, key=lambda event: event.id)]

    def both_in(self) -> None:
        """The patient waits, is let in, and both are in the room."""
        self.patient.get(self.page("venterom"))
        self.admit()
        assert self.offer(self.practitioner)[0] == 200
        assert self.offer(self.patient)[0] == 200


def csrf_of(client: PageClient) -> str:
    """The token of a page that this browser has open."""
    page = client.browser.get("/personvern").get_data(as_text=True)
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def log_in_doctor(client: PageClient, doctor: Practitioner) -> PageClient:
    client.get("/logg-inn", follow=True)
    client.submit(client.page.find_form(doctor.name))
    return client


def make_stage(app: Flask, session: Session, new_client: Callable[[], PageClient], **when: float) -> Stage:
    """A visit ``when`` (as timedelta takes it) after ten o'clock."""
    nodes = RememberingNodes()
    app.extensions["video_nodes"] = nodes
    town = make_town(session, opens="00.00", closes="24.00")
    person, doctor = make_person(session, lives_in=town.municipality), town.doctors[0]
    starts_at = A_FRIDAY_MORNING + timedelta(**when)
    appointment = make_appointment(session, patient=person, town=town, starts_at=starts_at)
    patient = new_client()
    patient.log_in(person.name)
    return Stage(
        session, nodes, town, person, doctor, appointment, patient, log_in_doctor(new_client(), doctor)
    )
