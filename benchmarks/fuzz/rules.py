"""Parsers, rules and tokens that need neither app nor database. Each target is one input; what is wrong it raises."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace

from cryptography.exceptions import InvalidTag
from pydantic import ValidationError

from benchmarks.fuzz.inputs import Inputs
from booking import production
from booking.clock import parse_day, parse_utc_minute, utc_minute
from booking.crypto import Keyring
from booking.domain import appointments, draft, municipalities, national_id, visits
from booking.domain.access import check_may_book
from booking.domain.errors import BookingRefused
from booking.domain.reason_text import REASON_MAX, ReasonMissing, ReasonTooLong, check_reason, clean_reason
from booking.settings import Settings, UnsafeSettings
from video import messages, rules, sfu_offer, sfu_sdp, tickets
from video.rooms import Room

RING = Keyring({2: bytes(range(32)), 1: bytes(range(1, 33))})
SEALED = RING.seal("Utslett på hendene", "appointment.reason")
KEY = "new" * 12 + "," + "old" * 12
TICKET = tickets.Ticket("room", "patient", "patient", "Kari", "jti", 1000)
TOKEN = tickets.sign(KEY, TICKET)
SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\n"
CANDIDATE = "a=candidate:1 1 udp 2130706431 10.0.0.1 40000 typ host\r\na=ssrc:1 cname:abc\r\n"
BASE = {"environment": "test", "secret_key": "x", "encryption_keys": "x"}


def national_numbers(inputs: Inputs) -> None:
    seed = f"{inputs.random.randrange(10**11):011}"
    text = inputs.one_of((seed, inputs.spoilt(seed), inputs.text()))
    try:
        found = national_id.parse(text, allow_synthetic=bool(inputs.random.getrandbits(1)))
    except national_id.InvalidNationalId as refused:
        assert not re.search(r"[0-9]", str(refused)), "the message holds what was typed"
        return
    assert re.fullmatch(r"[0-9]{11}", found.value)
    assert found.value not in repr(found) + str(found)


def reasons(inputs: Inputs) -> None:
    text = inputs.text(700)
    cleaned = clean_reason(text)
    assert clean_reason(cleaned) == cleaned
    cleaned.encode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", cleaned)
    try:
        assert 0 < len(check_reason(text)) <= REASON_MAX
    except (ReasonMissing, ReasonTooLong):
        pass


def municipality_names(inputs: Inputs) -> None:
    query = inputs.text()
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", municipalities.slug(query))
    name = inputs.one_of(("Oslo", "Hábmer - Hamarøy", "Gáivuotna - Kåfjord - Kaivuono", "Hå", "Kristiansand"))
    municipalities.rank(inputs.one_of((query, inputs.spoilt(name))), name, "4204")


def codes_and_phones(inputs: Inputs) -> None:
    phone = visits.clean_phone(inputs.one_of((inputs.text(), inputs.spoilt("+47 412 34 567"))))
    assert phone is None or re.fullmatch(r"\+?[0-9]{7,15}", phone)
    visits.clean_code(inputs.text())


def days_and_minutes(inputs: Inputs) -> None:
    text = inputs.one_of((inputs.text(), inputs.spoilt("2026-11-26"), inputs.spoilt("2026-11-26T07:20Z")))
    for parse, written in ((parse_day, date.isoformat), (parse_utc_minute, utc_minute)):
        try:
            found = parse(text)
        except ValueError:
            continue
        assert written(found) == text  # type: ignore[operator]


def sealed_texts(inputs: Inputs) -> None:
    purpose = inputs.one_of(("appointment.reason", "draft.reason"))
    try:
        RING.open(inputs.one_of((inputs.spoilt_data(SEALED), inputs.data())), purpose)
    except (KeyError, InvalidTag, ValueError):
        pass  # ValueError: shorter than a nonce
    else:
        raise AssertionError("an altered text was opened")
    text = inputs.text().encode(errors="replace").decode()
    assert RING.open(RING.seal(text, purpose), purpose) == text


def video_tickets(inputs: Inputs) -> None:
    token = inputs.one_of((inputs.text(), inputs.spoilt(TOKEN), TOKEN + inputs.text(5)))
    now = inputs.one_of((990.0, 2000.0, -1.0, 1e300))
    try:
        found = tickets.read(KEY, token, now=now)
    except tickets.TicketRefused:
        return
    # The last letter of base64 holds bits that count for nothing; what it says is still what was signed.
    assert found == TICKET
    assert now < 2000


def signed_nonsense(inputs: Inputs) -> None:
    """Signed by us, and still no ticket: another version, a fault of ours."""
    body = tickets._encoded(
        inputs.json_text("room", "seat", "role", "name", "jti", "exp", "epoch").encode(errors="replace")
    )
    token = f"{body}.{tickets._encoded(tickets._signature(tickets.keys_of(KEY)[0], body))}"
    try:
        found = tickets.Gate(KEY).admit(token, room="room", now=990)
    except tickets.TicketRefused:
        return
    assert (found.room, tickets.SEATS[found.seat]) == ("room", found.role)


def room_messages(inputs: Inputs) -> None:
    room = Room("room", 0.0)
    for seat, role in (("patient", "patient"), ("practitioner", "practitioner")):
        room.enter(seat, role, role, connection=seat, now=0.0, at=0.0)
    kind = inputs.one_of(("chat", "state", "ping", "mute", inputs.text(6)))
    said = inputs.json_value()
    if isinstance(said, dict):
        said |= {"type": kind, inputs.one_of(("text", "t", "audio", "seat", "kind")): inputs.json_value()}
    data = inputs.one_of((json.dumps(said), inputs.text(), inputs.spoilt(json.dumps(said)), inputs.data()))
    for seat, told in messages.handle(
        room, inputs.one_of(("patient", "practitioner")), data, at=1.0
    ).deliveries:
        assert seat in room.participants
        json.dumps(told, allow_nan=False).encode()


def offers(inputs: Inputs) -> None:
    text = inputs.one_of(
        (inputs.spoilt(SDP + CANDIDATE), inputs.text(400), SDP * inputs.random.randrange(20))
    )
    try:
        # As aiortc reads it: it takes more for a line end than \n.
        offer = sfu_sdp.stripped(text)
        assert not [line for line in offer.splitlines() if line.startswith("a=candidate:")]
        sfu_offer.understood(offer)
    except sfu_sdp.BadOffer:
        pass
    sfu_sdp.polished(text, names={"0": "name"}, public_address=inputs.one_of(("", "203.0.113.7")))


def settings(inputs: Inputs) -> None:
    given = BASE | {"environment": inputs.one_of(("test", "production", inputs.text(8)))}
    for name in (
        "secret_key",
        "encryption_keys",
        "lookup_keys",
        "base_url",
        "database_url",
        "video_nodes",
        "port",
        "video_key",
    ):
        if inputs.random.random() < 0.6:
            given[name] = inputs.text(80)
    try:
        made = Settings(**given)
        made.parsed_video_nodes()
        made.parsed_lookup_keys()
        made.parsed_encryption_keys()
    except (ValidationError, UnsafeSettings) as refused:
        secret = given["secret_key"]
        assert len(secret) < 30 or secret not in str(refused).partition("[type=")[0]
    production.is_guessable(inputs.text())


def appointment_rules(inputs: Inputs) -> None:
    status, event = inputs.one_of(tuple(appointments.Status)), inputs.one_of(tuple(appointments.Event))
    start, now = inputs.moment(), inputs.moment()
    try:
        after = appointments.change(status, event, start=start, now=now)
    except BookingRefused:
        pass
    else:
        assert status in ("booked", "arrived")
        assert after != "booked" or now < start
    end = start + timedelta(minutes=inputs.random.randrange(5, 240))
    appointments.is_coming(status, end, now, going_on=bool(inputs.random.getrandbits(1)))
    appointments.is_late_cancellation(start, now, inputs.random.randrange(169))
    coming = [
        (moment := inputs.moment(), moment + timedelta(minutes=20), True)
        for _ in range(inputs.random.randrange(5))
    ]
    try:
        appointments.check_room_for(start, end, coming)
    except BookingRefused:
        return
    assert len(coming) < appointments.MAX_COMING
    assert all(b <= start or end <= a for a, b, _ in coming)


def draft_rules(inputs: Inputs) -> None:
    progress = draft.Progress(
        answer=inputs.one_of(("no", "yes", None, inputs.text(4))),
        chosen=inputs.one_of((None, inputs.moment())),
        sent=inputs.random.random() < 0.2,
    )
    step = inputs.one_of(tuple(draft.Step))
    progress = draft.as_of(progress, inputs.moment(), inputs.moment())
    try:
        draft.require(progress, step)
    except BookingRefused:
        return
    if step in (draft.Step.TIME, draft.Step.REVIEW):
        assert progress.answer == "no", "a step was open though the question is not answered no"


def door_rules(inputs: Inputs) -> None:
    start, now = inputs.moment(), inputs.moment()
    maybe = lambda: inputs.one_of((None, inputs.moment()))  # noqa: E731
    visit = rules.Visit(
        inputs.one_of(tuple(appointments.Status)),
        start,
        start + timedelta(minutes=20),
        maybe(),
        maybe(),
        maybe(),
    )
    role = inputs.one_of(("patient", "practitioner", "guest", inputs.text(5)))
    seat = rules.Seat(role, inputs.one_of((None, *visits.SeatState)), bool(inputs.random.getrandbits(1)))
    assert rules.seconds_until_open(visit, now) >= 0
    try:
        rules.check_may_enter(visit, seat, now)
    except rules.EntryRefused:
        return
    assert visit.ended_at is None
    assert now >= start - timedelta(minutes=5) or visit.opened_early_at is not None
    assert role == "practitioner" or seat.state in ("admitted", "in", "left")


def seat_rules(inputs: Inputs) -> None:
    state = inputs.one_of((None, *visits.SeatState))
    try:
        visits.change_seat(
            state, inputs.one_of(tuple(visits.SeatEvent)), was_admitted=bool(inputs.random.getrandbits(1))
        )
        visits.check_outcome(
            inputs.one_of(tuple(visits.Outcome)),
            patient_came=True,
            start=inputs.moment(),
            now=inputs.moment(),
        )
    except BookingRefused:
        pass
    today = [SimpleNamespace(start=(moment := inputs.moment()), end=moment + timedelta(minutes=20), started_at=None, over=False,
                             patient_there=True) for _ in range(inputs.random.randrange(4))]  # fmt: skip
    late = visits.delay_minutes(today, inputs.moment(), inputs.moment())  # type: ignore[arg-type]
    assert late is None or late >= 2


def residence(inputs: Inputs) -> None:
    born, today = inputs.moment().date(), inputs.moment().date()
    served = frozenset({"4204", inputs.text(4)})
    try:
        check_may_book(born, today, residence=inputs.one_of(("4204", inputs.text(4))), served=served)
    except BookingRefused:
        return
    assert today.year - born.year >= 16


Target = Callable[[Inputs], None]
TARGETS: tuple[Target, ...] = (
    national_numbers, reasons, municipality_names, codes_and_phones, days_and_minutes, sealed_texts, video_tickets,
    signed_nonsense, room_messages, offers, settings, appointment_rules, draft_rules, door_rules, seat_rules, residence,
)  # fmt: skip
