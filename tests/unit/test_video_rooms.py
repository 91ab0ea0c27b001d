"""Rooms and what is said in them, without a network. Time is what the test says."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video.messages import Allowance, handle
from video.rooms import (
    FORGOTTEN,
    OFFER_WINDOW,
    SILENCE,
    Draining,
    Room,
    Rooms,
    RoomsFull,
    TooManyOffers,
)

AT = 1_800_000_000.0


def a_room(*seats: str, now: float = 0.0) -> Room:
    room = Room("r1", quiet_since=now)
    for seat in seats:
        room.enter(seat, seat.split("-")[0], seat.title(), connection=f"c-{seat}", now=now, at=AT)
    return room


def states(room: Room) -> dict[str, str]:
    return {who.seat: who.state for who in room.participants.values()}


def test_a_second_connection_takes_the_seat_over() -> None:
    room = a_room("patient")
    assert room.enter("patient", "patient", "Kari", connection="c2", now=1, at=AT + 1) == "c-patient"
    assert room.participants["patient"].since == AT
    assert not room.lose("c-patient", 2), "the old one's end is nobody's loss"
    assert states(room) == {"patient": "connected"}


def test_who_is_lost_keeps_the_seat() -> None:
    room = a_room("patient", "practitioner")
    assert room.lose("c-patient", 5)
    assert states(room) == {"patient": "reconnecting", "practitioner": "connected"}
    assert room.enter("patient", "patient", "Kari", connection="c2", now=6, at=AT) is None
    assert states(room)["patient"] == "connected"


def test_three_seconds_of_silence_are_told_and_a_sound_ends_them() -> None:
    room = a_room("patient")
    assert not room.find_silent(SILENCE - 0.01)
    assert room.find_silent(SILENCE)
    assert not room.find_silent(SILENCE + 1), "told once"
    assert not room.hear("patient", 0.0), "that was before"
    assert room.hear("patient", 5.0)
    assert states(room) == {"patient": "connected"}


def test_only_the_live_connection_can_leave_by_its_name() -> None:
    room = a_room("patient")
    assert room.leave("patient", 1, connection="c-old") is None
    assert room.leave("patient", 1, connection="c-patient") is not None
    assert room.leave("patient", 1) is None


def test_a_connection_that_was_lost_can_still_leave_until_another_one_came() -> None:
    room = a_room("patient")
    room.lose("c-patient", 1)
    assert room.leave("patient", 2, connection="c-patient") is not None
    room = a_room("patient")
    room.lose("c-patient", 1)
    room.enter("patient", "patient", "Kari", connection="c2", now=2, at=AT)
    assert room.leave("patient", 3, connection="c-patient") is None


def test_limits_on_rooms_and_offers() -> None:
    rooms = Rooms(most=1, offers_per_minute=2)
    rooms.offer("r1", "patient", 0)
    rooms.offer("r1", "patient", 1)
    with pytest.raises(TooManyOffers):
        rooms.offer("r1", "patient", 2)
    rooms.offer("r1", "practitioner", 2)
    rooms.offer("r1", "patient", OFFER_WINDOW)
    with pytest.raises(RoomsFull):
        rooms.offer("r2", "patient", 2)


def test_a_draining_server_begins_nothing_but_goes_on() -> None:
    rooms = Rooms(most=5, offers_per_minute=5)
    rooms.offer("r1", "patient", 0)
    rooms.draining = True
    rooms.offer("r1", "practitioner", 0)
    with pytest.raises(Draining):
        rooms.offer("r2", "patient", 0)


def test_rooms_are_forgotten_when_left_and_kept_while_somebody_may_come_back() -> None:
    rooms = Rooms(most=5, offers_per_minute=5)
    left, lost, live = (rooms.offer(name, "patient", 0) for name in ("left", "lost", "live"))
    for room in (left, lost, live):
        room.enter("patient", "patient", "Kari", connection=room.name, now=0, at=AT)
    left.leave("patient", 0)
    lost.lose("lost", 0)
    assert rooms.forget_empty(OFFER_WINDOW - 1) == []
    assert rooms.forget_empty(OFFER_WINDOW) == ["left"]
    assert rooms.forget_empty(FORGOTTEN) == ["lost"]
    assert [room.name for room in rooms] == ["live"]


def test_who_comes_later_does_not_read_what_was_said_before() -> None:
    room = a_room("patient", "practitioner")
    room.say("practitioner", "to the patient", AT)
    room.enter("guest-1", "guest", "Tolk", connection="c3", now=1, at=AT)
    assert room.unread("guest-1") == []
    room.lose("c-patient", 2)
    room.say("practitioner", "again", AT)
    assert [line.text for line in room.unread("guest-1")] == ["again"]
    assert room.unread("guest-1") == []


def said(room: Room, by: str, /, **message: object) -> list[tuple[str, dict[str, object]]]:
    return handle(room, by, json.dumps(message), at=AT).deliveries


def test_chat_goes_to_everybody_connected() -> None:
    room = a_room("patient", "practitioner", "guest-1")
    room.lose("c-guest-1", 0)
    told = said(room, "patient", type="chat", text=" hei ")
    assert [seat for seat, _ in told] == ["patient", "practitioner"]
    assert told[0][1] == {
        "type": "chat",
        "id": 1,
        "seat": "patient",
        "name": "Patient",
        "text": "hei",
        "at": "2027-01-15T08:00:00+00:00",
    }


@pytest.mark.parametrize("text", ["", "   ", "x" * 1001, None, 7, ["x"]])
def test_chat_that_says_nothing_or_too_much_is_refused(text: object) -> None:
    room = a_room("patient")
    assert said(room, "patient", type="chat", text=text)[0][1]["type"] == "error"
    assert not room.chat


def test_state_changes_are_told_only_when_they_change_something() -> None:
    room = a_room("patient")
    off = '{"type": "state", "audio": false, "video": true, "screen": false}'
    assert handle(room, "patient", off, at=AT).here_changed
    assert not handle(room, "patient", off, at=AT).here_changed
    assert room.participants["patient"].public({})["muted"] == {"audio": True, "video": False}


def test_muting_others_is_the_practitioners() -> None:
    room = a_room("patient", "practitioner")
    assert said(room, "practitioner", type="mute", seat="patient", kind="audio") == [
        ("patient", {"type": "mute_request", "kind": "audio", "by": "Practitioner"})
    ]
    assert said(room, "patient", type="mute", seat="practitioner", kind="audio")[0][1]["type"] == "error"
    assert said(room, "practitioner", type="mute", seat="guest-1", kind="audio")[0][1]["type"] == "error"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from(["state", "chat", "ping", "mute", "here"]) | ANYTHING


@given(
    st.dictionaries(st.sampled_from(["type", "text", "t", "seat", "kind", "audio", "screen"]), ANYTHING),
    KINDS,
)
def test_any_message_gets_an_answer_that_browsers_can_read(message: dict[str, object], kind: object) -> None:
    room = a_room("patient", "practitioner")
    outcome = handle(room, "practitioner", json.dumps(message | {"type": kind}), at=AT)
    for seat, told in outcome.deliveries:
        assert seat in room.participants
        json.dumps(told, allow_nan=False, ensure_ascii=False).encode()


@given(st.text(max_size=50) | st.binary(max_size=50))
def test_any_text_or_bytes_get_an_answer(data: str | bytes) -> None:
    outcome = handle(a_room("patient"), "patient", data, at=AT)
    assert all(told["type"] in ("error", "pong") for _, told in outcome.deliveries)


def test_twenty_messages_a_second_and_one_complaint() -> None:
    allowance = Allowance()
    assert sum(allowance.spend(0.0) for _ in range(50)) == 20
    assert allowance.may_tell(0.0)
    assert not allowance.may_tell(0.5)
    assert sum(allowance.spend(1.0) for _ in range(50)) == 20
