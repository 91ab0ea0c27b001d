"""A visit's room moves to another video server when its own is gone; faults between two writes are mended."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog
from flask import Flask
from sqlalchemy.orm import Session

from booking.domain.errors import SeatRefused, VisitOver
from booking.domain.visits import Role
from booking.integrations.video_node.port import NodeUnreachable, nodes_for
from booking.models import Appointment, GuestInvitation, Visit
from booking.queries.visits import Visitor
from booking.services import video_door
from tests.factories import stored
from tests.page_client import PageClient
from tests.stage import A_FRIDAY_MORNING, Clock
from tests.visits import Stage, make_stage, refusing

NAMES = ("a", "b", "c")


@pytest.fixture
def stage(app: Flask, session: Session, another_client: Callable[[], PageClient]) -> Stage:
    """A visit whose door is open, and three video servers."""
    made = make_stage(app, session, another_client, minutes=4)
    made.nodes.names = NAMES
    return made


def order(stage: Stage) -> list[str]:
    return list(nodes_for(str(stage.id), NAMES))


def node(stage: Stage) -> str | None:
    return stored(stage.session, Visit)[0].node


# Which video server


def test_rooms_spread_and_those_of_a_lost_server_spread_over_the_others() -> None:
    rooms = [f"room-{number}" for number in range(3000)]
    first = {room: nodes_for(room, NAMES)[0] for room in rooms}
    for name in NAMES:
        assert 900 < list(first.values()).count(name) < 1100
    without = {room: nodes_for(room, ("a", "c"))[0] for room in rooms}
    assert all(without[room] == first[room] for room in rooms if first[room] != "b")
    moved = [without[room] for room in rooms if first[room] == "b"]
    assert 0.4 < moved.count("a") / len(moved) < 0.6


@pytest.mark.parametrize(
    "fault", [NodeUnreachable("gone"), refusing(503, "draining"), refusing(503, "full")], ids=str
)
def test_a_room_begins_elsewhere_when_its_server_takes_none(stage: Stage, fault: Exception) -> None:
    first, second, _third = order(stage)
    stage.nodes.gone = {first: fault}
    assert stage.offer(stage.practitioner)[0] == 200
    assert node(stage) == second
    assert [asked[1] for asked in stage.nodes.asked if asked[0] == "offer"] == [second]


def test_all_go_to_the_server_to_which_the_first_has_moved(stage: Stage) -> None:
    stage.both_in()
    first, second, third = order(stage)
    stage.nodes.gone = {first: NodeUnreachable("killed")}
    assert stage.offer(stage.patient)[0] == 200
    stage.nodes.gone = {}  # it is up again: the room stays where it is now
    assert stage.offer(stage.practitioner)[0] == 200
    assert [asked[1] for asked in stage.nodes.asked if asked[0] == "offer"][-2:] == [second, second]
    stage.nodes.gone = {second: NodeUnreachable("killed"), first: NodeUnreachable("killed")}
    assert stage.offer(stage.patient)[0] == 200
    assert node(stage) == third


def test_with_no_server_left_one_is_told_to_try_again(stage: Stage) -> None:
    stage.nodes.gone = dict.fromkeys(NAMES, NodeUnreachable("killed"))
    status, told = stage.offer(stage.practitioner)
    assert (status, told["error"]) == (503, "unreachable")
    assert stage.nodes.asked.count(("refused", order(stage)[0])) == 1
    stage.nodes.gone = {}
    assert stage.offer(stage.practitioner)[0] == 200


@pytest.mark.parametrize(
    ("word", "status"),
    [("no_port", 503), ("too_many_offers", 429), ("bad_sdp", 422), ("ticket_expired", 401), ("removed", 403)],
)
def test_no_other_refusal_moves_a_room(stage: Stage, word: str, status: int) -> None:
    """A room must never be on two servers at once."""
    stage.nodes.gone = {order(stage)[0]: refusing(status, word)}
    assert stage.offer(stage.practitioner)[0] in (403, 422, 429, 503)
    assert node(stage) == order(stage)[0]


def test_a_server_that_is_only_slow_keeps_its_rooms(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.nodes.gone = {order(stage)[0]: NodeUnreachable("timeout")}
    monkeypatch.setattr(stage.nodes, "is_alive", lambda _node: True)
    status, told = stage.offer(stage.practitioner)
    assert (status, told["error"], node(stage)) == (503, "unreachable", order(stage)[0])


def test_clocks_or_keys_that_differ_are_logged_as_what_they_are(stage: Stage) -> None:
    stage.nodes.gone = {order(stage)[0]: refusing(401, "ticket_expired")}
    with structlog.testing.capture_logs() as lines:
        stage.offer(stage.practitioner)
    (line,) = [line for line in lines if line["event"] == "video_server_refuses_our_ticket"]
    assert (line["log_level"], line["why"]) == ("error", "ticket_expired")


# Between two writes


def test_an_order_to_put_out_that_was_lost_is_said_again(stage: Stage, clock: Clock) -> None:
    stage.both_in()
    stage.nodes.fails = NodeUnreachable("a moment's silence")
    stage.post(stage.practitioner, stage.lege("fjern"), seat="patient")
    stage.nodes.fails = None
    stage.nodes.asked.clear()
    clock.forward(seconds=2)
    stage.practitioner.get(stage.lege("panel"), htmx=True)
    assert stage.nodes.asked == [("put out", order(stage)[0], "patient", "removed")]
    assert stage.nodes.epochs[-1] == 1
    clock.forward(seconds=30)
    stage.practitioner.get(stage.lege("panel"), htmx=True)
    assert len(stage.nodes.asked) == 1


def test_an_end_that_was_lost_is_said_again(stage: Stage) -> None:
    stage.both_in()
    stage.nodes.fails = NodeUnreachable("a moment's silence")
    stage.post(stage.practitioner, stage.lege("avslutt"))
    stage.nodes.fails = None
    stage.nodes.asked.clear()
    stage.practitioner.get(stage.lege("utfall"))
    assert stage.nodes.asked == [("end", order(stage)[0], str(stage.id))]


def test_who_comes_in_while_being_removed_is_put_out(stage: Stage) -> None:
    """The doctor's page was asked for before the room had a video server; the order goes to the one it has now."""
    stage.patient.get(stage.page("venterom"))
    stage.admit()
    assert stage.offer(stage.patient)[0] == 200
    stage.post(stage.practitioner, stage.lege("fjern"), seat="patient")
    assert stage.nodes.asked[-1] == ("put out", order(stage)[0], "patient", "removed")


def patient_of(stage: Stage) -> Visitor:
    return Visitor(Role.PATIENT, "patient", "Kari Nordmann", person_id=stage.person.id)


@pytest.mark.parametrize("name", ["come_to_waiting_room", "give_phone", "pin_node", "enter_room"])
def test_nothing_of_a_visit_begins_on_a_cancelled_appointment(app: Flask, stage: Stage, name: str) -> None:
    """The page was let through a moment before the appointment was cancelled."""
    stored(stage.session, Appointment, id=stage.id)[0].status = "cancelled"
    stage.session.commit()
    more: dict[str, dict[str, object]] = {
        "come_to_waiting_room": {"by": patient_of(stage), "now": A_FRIDAY_MORNING},
        "give_phone": {"by": patient_of(stage), "phone": "41234567", "now": A_FRIDAY_MORNING},
        "pin_node": {"node": "a", "instead_of": None},
        "enter_room": {"by": patient_of(stage), "epoch": 0, "now": A_FRIDAY_MORNING},
    }
    with app.app_context(), pytest.raises(VisitOver):
        getattr(video_door, name)(appointment_id=stage.id, **more[name])
    assert stored(stage.session, Visit) == []


def test_nobody_waits_in_a_visit_that_was_moved_a_moment_ago(app: Flask, stage: Stage) -> None:
    appointment = stored(stage.session, Appointment, id=stage.id)[0]
    appointment.starts_at += timedelta(days=1)
    appointment.ends_at += timedelta(days=1)
    stage.session.commit()
    with app.app_context(), pytest.raises(SeatRefused):
        video_door.come_to_waiting_room(appointment_id=stage.id, by=patient_of(stage), now=A_FRIDAY_MORNING)
    assert stored(stage.session, Visit) == []


def test_a_seat_that_was_given_to_somebody_else_is_not_entered_on_the_old_ticket(
    app: Flask, stage: Stage
) -> None:
    stage.both_in()
    with app.app_context(), pytest.raises(SeatRefused):
        video_door.enter_room(appointment_id=stage.id, by=patient_of(stage), epoch=1, now=A_FRIDAY_MORNING)


def test_web_servers_whose_clocks_differ_end_a_visit_that_has_just_begun(stage: Stage, clock: Clock) -> None:
    clock.forward(seconds=5)
    stage.both_in()
    clock.forward(seconds=-5)
    stage.post(stage.practitioner, stage.lege("avslutt"))
    visit = stored(stage.session, Visit)[0]
    assert visit.ended_at == visit.started_at


def test_a_guest_invited_twice_by_name_has_one_seat_and_the_newer_code(
    stage: Stage, another_client: Callable[[], PageClient]
) -> None:
    codes = [
        stage.practitioner.post(stage.lege("inviter"), {"name": "Tolk Amina"}, htmx=True).root.all("strong")[
            0
        ]
        for _ in range(2)
    ]
    assert [row.seat for row in stored(stage.session, GuestInvitation)] == ["guest-1"]
    for code, status in zip(codes, (422, 200), strict=True):
        client = another_client()
        client.submit(client.get("/video/gjest").find_form("Gå videre"), code=code.text(), expect=status)
    stage.practitioner.post(stage.lege("inviter"), {"name": "Tolk Amina"}, htmx=True)
    assert len(stored(stage.session, GuestInvitation)) == 2  # another of that name, when the first has come
