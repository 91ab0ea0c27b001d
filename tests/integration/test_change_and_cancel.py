"""A booked appointment gets another time, is cancelled, and goes into a calendar."""

from sqlalchemy.orm import Session

from booking.models import Appointment, AppointmentEvent, Slot
from tests.factories import oslo, stored
from tests.journeys import REASON, book, choose, draft_path, send
from tests.page_client import PageClient
from tests.stage import Clock

MONDAY_8 = oslo("2026-11-23 08.00")
MONDAY_820 = oslo("2026-11-23 08.20")
TUESDAY_8 = oslo("2026-11-24 08.00")


# Change and cancel


def test_changed_time_lets_the_old_one_go_only_when_sent(
    kari: PageClient, ola: PageClient, session: Session
) -> None:
    book(kari, MONDAY_8)
    kari.get("/timeavtaler")
    kari.click("Videotime hos Kommunal nettlege")
    kari.click("Endre tid")
    assert "Du beholder timen du har, til du har sendt den nye." in kari.page.main_text()
    choose(kari, TUESDAY_8)
    assert kari.page.find_form("Send").values()["reason"] == REASON
    assert {slot.starts_at for slot in stored(session, Slot)} == {MONDAY_8, TUESDAY_8}

    kari.click("Send")
    assert kari.page.heading == "Timebestillingen er sendt"
    assert "Du har fått ny tid. Den gamle timen er ledig for andre." in kari.page.main_text()
    (appointment,) = stored(session, Appointment)
    assert (appointment.starts_at, appointment.status) == (TUESDAY_8, "booked")
    assert [event.event for event in stored(session, AppointmentEvent)] == ["book", "move"]
    book(ola, MONDAY_8)


def test_old_time_is_kept_when_the_new_one_is_lost(
    kari: PageClient, ola: PageClient, session: Session, clock: Clock
) -> None:
    book(kari, MONDAY_8)
    (appointment,) = stored(session, Appointment)
    kari.get(f"/timeavtaler/{appointment.id}")
    kari.click("Endre tid")
    choose(kari, TUESDAY_8)
    clock.forward(minutes=11)
    book(ola, TUESDAY_8)
    send(kari, expect=409)
    kari.get(f"/timeavtaler/{appointment.id}")
    assert "mandag 23. november kl. 08.00" in kari.page.main_text()
    assert MONDAY_8 in {slot.starts_at for slot in stored(session, Slot)}


def test_change_of_time_can_be_given_up_and_the_old_time_stays(kari: PageClient, session: Session) -> None:
    book(kari, MONDAY_8)
    (appointment,) = stored(session, Appointment)
    kari.get(f"/timeavtaler/{appointment.id}")
    kari.click("Endre tid")
    choose(kari, TUESDAY_8)
    kari.click("Behold timen jeg har")
    assert "mandag 23. november kl. 08.00" in kari.page.main_text()
    assert [slot.starts_at for slot in stored(session, Slot)] == [MONDAY_8]


def test_endre_tid_pressed_twice_continues_one_change(kari: PageClient, session: Session) -> None:
    book(kari, MONDAY_8)
    (appointment,) = stored(session, Appointment)
    paths = set()
    for _ in range(2):
        kari.get(f"/timeavtaler/{appointment.id}")
        kari.click("Endre tid")
        paths.add(draft_path(kari))
    assert len(paths) == 1


def test_cancelled_time_is_free_again_and_the_appointment_says_so(
    kari: PageClient, ola: PageClient, session: Session
) -> None:
    book(kari, MONDAY_8)
    kari.get("/timeavtaler")
    kari.click("Videotime hos Kommunal nettlege")
    kari.click("Avbestill")
    assert kari.page.heading == "Vil du avbestille timen?"
    assert "Det koster ingenting å avbestille innen søndag 22. november kl. 08.00." in kari.page.main_text()
    kari.click("Avbestill timen")
    assert "Timen er avbestilt." in kari.page.main_text()
    assert not kari.page.has_link("Start video")
    kari.get("/timeavtaler")
    assert "Du har ingen kommende timer." in kari.page.main_text()
    assert "Avbestilt" in kari.page.main_text()
    assert [event.event for event in stored(session, AppointmentEvent)] == ["book", "cancel"]
    book(ola, MONDAY_8)


def test_cancelling_after_the_deadline_tells_that_it_has_passed(
    kari: PageClient, clock: Clock, session: Session
) -> None:
    book(kari, MONDAY_8)
    (appointment,) = stored(session, Appointment)
    clock.now = oslo("2026-11-22 08.01")
    kari.log_in("Kari Nordmann")
    kari.get(f"/timeavtaler/{appointment.id}/avbestill")
    assert "Fristen for å avbestille var søndag 22. november kl. 08.00." in kari.page.main_text()


# The calendar file


def test_calendar_file_has_the_time_in_utc_and_no_health_text(kari: PageClient, session: Session) -> None:
    book(kari, MONDAY_820)
    page = kari.get(kari.page.link("Legg til i kalender"))
    assert page.response.mimetype == "text/calendar"
    assert "DTSTART:20261123T072000Z" in page.html
    assert "DTEND:20261123T074000Z" in page.html
    unfolded = page.html.replace("\r\n ", "")
    assert REASON not in unfolded
    assert "Sørlandslege" not in unfolded


def test_calendar_file_of_a_changed_time_replaces_the_earlier_one(kari: PageClient, session: Session) -> None:
    book(kari, MONDAY_8)
    (appointment,) = stored(session, Appointment)
    address = f"/timeavtaler/{appointment.id}/kalender.ics"
    first = kari.get(address).html
    kari.get(f"/timeavtaler/{appointment.id}")
    kari.click("Endre tid")
    choose(kari, TUESDAY_8)
    kari.click("Send")
    second = kari.get(address).html
    assert "SEQUENCE:0" in first
    assert "SEQUENCE:1" in second
    assert "DTSTART:20261124T070000Z" in second
    assert [line for line in first.split() if line.startswith("UID")] == [
        line for line in second.split() if line.startswith("UID")
    ]
