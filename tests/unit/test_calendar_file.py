"""The calendar file, read back as another program would."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from booking.web.calendar_file import appointment_calendar

OSLO = ZoneInfo("Europe/Oslo")
START = datetime(2026, 11, 26, 7, 20, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 18, 7, 14, 250, tzinfo=UTC)


def calendar_file(**changes: Any) -> bytes:
    facts: dict[str, Any] = {
        "uid": "8c5a4b5e-0d7a-4a53-9f53-0a5a3c2b7a11@nettlege.example",
        "start": START,
        "end": START + timedelta(minutes=20),
        "sequence": 0,
        "cancelled": False,
        "summary": "Videotime",
        "location": "Video",
        "description": "Logg inn fem minutter før.",
        "now": NOW,
    }
    return appointment_calendar(**(facts | changes))


def event_of(file: bytes) -> Any:
    events = Calendar.from_ical(file).walk("VEVENT")
    assert len(events) == 1
    return events[0]


def test_the_file_names_its_maker_version_and_method() -> None:
    calendar: Any = Calendar.from_ical(calendar_file())
    assert calendar["PRODID"] == "-//Kommunal nettlege//Timeavtale//NO"
    assert (calendar["VERSION"], calendar["METHOD"]) == ("2.0", "PUBLISH")


def test_the_event_says_what_the_caller_said() -> None:
    event = event_of(calendar_file(url="https://nettlege.example/timeavtaler/1"))
    assert str(event["SUMMARY"]) == "Videotime"
    assert str(event["LOCATION"]) == "Video"
    assert str(event["DESCRIPTION"]) == "Logg inn fem minutter før."
    assert str(event["URL"]) == "https://nettlege.example/timeavtaler/1"
    assert event["DTSTAMP"].dt == NOW.replace(microsecond=0)


def test_without_an_address_there_is_no_url() -> None:
    assert "URL" not in event_of(calendar_file())


@pytest.mark.parametrize(
    ("start", "oslo_time"),
    [
        (datetime(2026, 10, 24, 6, 0, tzinfo=UTC), "08:00"),
        (datetime(2026, 10, 25, 7, 0, tzinfo=UTC), "08:00"),
        (datetime(2027, 3, 27, 7, 0, tzinfo=UTC), "08:00"),
        (datetime(2027, 3, 28, 6, 0, tzinfo=UTC), "08:00"),
        (datetime(2026, 10, 25, 0, 50, tzinfo=UTC), "02:50"),
        (datetime(2027, 3, 28, 0, 50, tzinfo=UTC), "01:50"),
    ],
)
def test_the_time_is_right_on_both_sides_of_a_clock_change(start: datetime, oslo_time: str) -> None:
    file = calendar_file(start=start, end=start + timedelta(minutes=20))
    event = event_of(file)
    assert f"DTSTART:{start:%Y%m%dT%H%M%SZ}\r\n".encode() in file
    assert event["DTSTART"].dt.astimezone(OSLO).strftime("%H:%M") == oslo_time
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(minutes=20)


def test_a_moment_in_oslo_time_is_written_in_utc() -> None:
    file = calendar_file(start=START.astimezone(OSLO))
    assert b"DTSTART:20261126T072000Z\r\n" in file
    assert b"TZID" not in file


def test_a_reminder_comes_ten_minutes_before() -> None:
    (alarm,) = event_of(calendar_file()).walk("VALARM")
    assert alarm["TRIGGER"].dt == timedelta(minutes=-10)
    assert (alarm["ACTION"], str(alarm["DESCRIPTION"])) == ("DISPLAY", "Videotime")


def test_a_cancelled_appointment_replaces_the_event_and_reminds_no_more() -> None:
    booked, cancelled = event_of(calendar_file()), event_of(calendar_file(cancelled=True, sequence=2))
    assert cancelled["UID"] == booked["UID"]
    assert (booked["STATUS"], booked["SEQUENCE"]) == ("CONFIRMED", 0)
    assert (cancelled["STATUS"], cancelled["SEQUENCE"]) == ("CANCELLED", 2)
    assert cancelled.walk("VALARM") == []


def test_shared_calendars_are_asked_to_hide_it() -> None:
    assert event_of(calendar_file())["CLASS"] == "PRIVATE"


def test_lines_end_with_crlf_and_are_at_most_75_bytes() -> None:
    file = calendar_file(description="Blåbærsyltetøy på Årøya. " * 20)
    assert file.count(b"\n") == file.count(b"\r\n")
    assert file.endswith(b"END:VCALENDAR\r\n")
    assert max(len(line) for line in file.split(b"\r\n")) <= 75
    assert str(event_of(file)["DESCRIPTION"]) == "Blåbærsyltetøy på Årøya. " * 20


def test_text_cannot_add_lines_of_its_own() -> None:
    hostile = "Video\r\nATTENDEE:mailto:a@b.example;,\\n\nEND:VEVENT"
    event = event_of(calendar_file(location=hostile))
    assert "ATTENDEE" not in event
    assert str(event["LOCATION"]).splitlines()[0] == "Video"


@pytest.mark.parametrize("moment", ["start", "end", "now"])
def test_a_moment_without_a_zone_is_refused(moment: str) -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        calendar_file(**{moment: datetime(2026, 11, 26, 7, 20)})
