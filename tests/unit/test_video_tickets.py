"""Tickets: who made them, for whom, how long, how often."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video.tickets import (
    CLOCK_SKEW,
    LIFE,
    REMEMBER_REMOVALS,
    Gate,
    SeatRemoved,
    Ticket,
    TicketExpired,
    TicketForOtherRoom,
    TicketInvalid,
    TicketReplayed,
    read,
    sign,
)

KEY, NOW = "k" * 40, 1_800_000_000.0


def a_ticket(**changed: object) -> Ticket:
    plain: dict[str, object] = {
        "room": "r1",
        "seat": "patient",
        "role": "patient",
        "name": "Kari «Æ»",
        "jti": "j1",
        "exp": int(NOW) + LIFE,
    }
    return Ticket(**plain | changed)  # type: ignore[arg-type]


def test_what_was_signed_is_read_back() -> None:
    assert read(KEY, sign(KEY, a_ticket()), now=NOW) == a_ticket()


def test_another_key_is_refused() -> None:
    with pytest.raises(TicketInvalid):
        read("x" * 40, sign(KEY, a_ticket()), now=NOW)


@given(st.text(max_size=300))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(TicketInvalid):
        read(KEY, text, now=NOW)


@given(st.data())
def test_a_changed_ticket_is_refused(data: st.DataObject) -> None:
    token = sign(KEY, a_ticket())
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABab01-_."))
    changed = token[:at] + letter + token[at + 1 :]
    # The last letter of base64 holds bits that count for nothing; what it says is still what was signed.
    if changed != token and at != len(token) - 1:
        with pytest.raises(TicketInvalid):
            read(KEY, changed, now=NOW)


def test_a_ticket_with_someone_elses_words_is_refused() -> None:
    body, _, signature = sign(KEY, a_ticket()).partition(".")
    text = urlsafe_b64decode(body + "==").replace(b'"patient"', b'"practitioner"')
    with pytest.raises(TicketInvalid):
        read(KEY, urlsafe_b64encode(text).decode().rstrip("=") + "." + signature, now=NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"seat": "throne"},
        {"role": "practitioner"},
        {"room": ""},
        {"exp": "soon"},
        {"epoch": True},
        {"jti": ""},
    ],
)
def test_a_signed_ticket_that_makes_no_sense_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(TicketInvalid):
        read(KEY, sign(KEY, a_ticket(**changed)), now=NOW)


def test_a_minute_is_a_minute() -> None:
    token = sign(KEY, a_ticket())
    assert read(KEY, token, now=NOW + LIFE + CLOCK_SKEW).jti == "j1"
    with pytest.raises(TicketExpired):
        read(KEY, token, now=NOW + LIFE + CLOCK_SKEW + 1)


def test_a_ticket_lets_in_once_and_into_its_room() -> None:
    gate, token = Gate(KEY), sign(KEY, a_ticket())
    with pytest.raises(TicketForOtherRoom):
        gate.admit(token, room="r2", now=NOW)
    assert gate.admit(token, room="r1", now=NOW).seat == "patient"
    with pytest.raises(TicketReplayed):
        gate.admit(token, room="r1", now=NOW + 1)


def test_a_removal_makes_earlier_tickets_worthless_for_that_seat_only() -> None:
    gate = Gate(KEY)
    assert gate.remove("r1", "patient", now=NOW) == 1
    with pytest.raises(SeatRemoved):
        gate.admit(sign(KEY, a_ticket()), room="r1", now=NOW)
    assert gate.admit(sign(KEY, a_ticket(epoch=1)), room="r1", now=NOW).epoch == 1
    other = a_ticket(seat="practitioner", role="practitioner", jti="j2")
    assert gate.admit(sign(KEY, other), room="r1", now=NOW) == other


def test_a_removal_that_is_said_twice_counts_once() -> None:
    gate = Gate(KEY)
    assert [gate.remove("r1", "patient", now=NOW, epoch=2) for _ in range(2)] == [2, 2]
    assert gate.remove("r1", "patient", now=NOW, epoch=1) == 2, "an order that comes late takes nothing back"
    assert gate.admit(sign(KEY, a_ticket(epoch=2)), room="r1", now=NOW).epoch == 2


def test_a_server_that_was_started_anew_takes_no_ticket_from_before() -> None:
    """It does not know which of them were used; a new one is made for whoever asks again."""
    gate = Gate(KEY, began=NOW + CLOCK_SKEW + 1)
    with pytest.raises(TicketReplayed):
        gate.admit(sign(KEY, a_ticket()), room="r1", now=NOW + CLOCK_SKEW + 2)
    assert Gate(KEY, began=NOW + CLOCK_SKEW).admit(sign(KEY, a_ticket()), room="r1", now=NOW + CLOCK_SKEW)


def test_memory_is_as_short_as_it_may_be() -> None:
    gate = Gate(KEY)
    for number in range(50):
        gate.admit(sign(KEY, a_ticket(jti=str(number))), room="r1", now=NOW)
    gate.remove("r1", "guest-1", now=NOW)
    later = NOW + REMEMBER_REMOVALS + 1
    gate.admit(sign(KEY, a_ticket(exp=int(later) + LIFE)), room="r1", now=later)
    assert len(gate._used) == 1
    assert gate.epoch("r1", "guest-1") == 0


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        Gate("k" * 31)
