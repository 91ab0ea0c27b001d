"""The calendar file (.ics, RFC 5545) of an appointment, for the citizen's own calendar."""

from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

_PRODUCT = "-//Kommunal nettlege//Timeavtale//NO"
_REMIND_BEFORE = timedelta(minutes=10)


def appointment_calendar(
    *,
    uid: str,
    start: datetime,
    end: datetime,
    sequence: int,
    cancelled: bool,
    summary: str,
    location: str,
    description: str,
    now: datetime,
    url: str | None = None,
) -> bytes:
    """One appointment as a calendar file with a reminder ten minutes before.

    The texts leave our hands: calendars are shared and synchronised. The caller passes no health text, no reason
    and no doctor's name. `uid` stays the same for the appointment's whole life and `sequence` grows with each
    change, so that a calendar replaces the event and does not add another. Moments are aware; ValueError if not.
    """
    event = Event()
    event.add("UID", uid)
    event.add("DTSTAMP", _utc(now))
    # UTC, not Europe/Oslo: right in every client on both sides of a clock change, without a zone's rules in the file.
    event.add("DTSTART", _utc(start))
    event.add("DTEND", _utc(end))
    event.add("SEQUENCE", sequence)
    event.add("STATUS", "CANCELLED" if cancelled else "CONFIRMED")
    # That somebody sees a doctor is private even without a reason: shared calendars then show only «busy».
    event.add("CLASS", "PRIVATE")
    event.add("SUMMARY", summary)
    event.add("LOCATION", location)
    event.add("DESCRIPTION", description)
    if url is not None:
        event.add("URL", url)
    if not cancelled:
        event.add_component(_reminder(summary))

    calendar = Calendar()
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    calendar.add_component(event)
    file: bytes = calendar.to_ical()
    return file


def _reminder(text: str) -> Alarm:
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("TRIGGER", -_REMIND_BEFORE)
    alarm.add("DESCRIPTION", text)
    return alarm


def _utc(moment: datetime) -> datetime:
    # Python would take a naive datetime for the server's local time.
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone")
    return moment.astimezone(UTC).replace(microsecond=0)
