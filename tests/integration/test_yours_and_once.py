"""What is another's answers as what does not exist; what is done twice is done once."""

import uuid

import pytest
from sqlalchemy.orm import Session

from booking.models import Appointment, AppointmentEvent, Draft, Slot
from tests.factories import oslo, stored
from tests.journeys import REASON, answer_no, book, choose, draft_path, free_values, hold, send
from tests.page_client import Page, PageClient

MONDAY_8 = oslo("2026-11-23 08.00")
TUESDAY_8 = oslo("2026-11-24 08.00")


def the_appointment(session: Session) -> Appointment:
    (appointment,) = stored(session, Appointment)
    return appointment


# What is not yours


def test_anothers_booking_answers_as_one_that_does_not_exist(
    kari: PageClient, ola: PageClient, session: Session
) -> None:
    theirs = hold(ola, MONDAY_8)
    for page in ("tidspunkt", "se-gjennom", "bekreftelse"):
        assert (
            kari.get(f"{theirs}/{page}", expect=404).text() == unknown(kari, f"bestilling/{{}}/{page}").text()
        )
    for page, form in (
        ("tidspunkt", {"start": "2026-11-23T07:20Z"}),
        ("se-gjennom", {"reason": REASON}),
        ("hva-det-gjelder", {"reason": REASON}),
        ("forkast", {}),
    ):
        kari.post(f"{theirs}/{page}", form, expect=404)
    assert [slot.starts_at for slot in stored(session, Slot)] == [MONDAY_8]
    assert [draft.reason for draft in stored(session, Draft)] == [None]


def test_anothers_appointment_answers_as_one_that_does_not_exist(
    kari: PageClient, ola: PageClient, session: Session
) -> None:
    book(ola, MONDAY_8, "Noe bare Ola skal vite")
    theirs = the_appointment(session).id
    for page in ("", "/avbestill", "/kalender.ics", "/start-video"):
        found = kari.get(f"/timeavtaler/{theirs}{page}", expect=404)
        assert found.text() == unknown(kari, f"timeavtaler/{{}}{page}").text()
        assert "Ola" not in found.html
    for page in ("/avbestill", "/endre-tid"):
        kari.post(f"/timeavtaler/{theirs}{page}", expect=404)
    assert the_appointment(session).status == "booked"


def test_anothers_sent_booking_shows_no_receipt(kari: PageClient, ola: PageClient) -> None:
    path = book(ola, MONDAY_8)
    kari.get(f"{path}/bekreftelse", expect=404)
    kari.get(f"{path}/se-gjennom", expect=404)


def unknown(client: PageClient, address: str) -> Page:
    return client.get("/" + address.format(uuid.uuid4()), expect=404)


# Once


def test_send_pressed_twice_is_one_booking(kari: PageClient, session: Session) -> None:
    hold(kari, MONDAY_8)
    second = kari.another_tab()
    second.get(f"{draft_path(kari)}/se-gjennom")
    send(kari)
    send(second, "Noe annet")
    assert second.page.path == kari.page.path
    assert second.page.heading == "Timebestillingen er sendt"
    assert the_appointment(session).reason == REASON
    assert len(stored(session, AppointmentEvent)) == 1


def test_change_sent_twice_is_one_change(kari: PageClient, session: Session) -> None:
    book(kari, MONDAY_8)
    kari.get(f"/timeavtaler/{the_appointment(session).id}")
    kari.click("Endre tid")
    choose(kari, TUESDAY_8)
    second = kari.another_tab()
    second.get(f"{draft_path(kari)}/se-gjennom")
    kari.click("Send")
    second.click("Send")
    assert the_appointment(session).sequence == 1
    assert [event.event for event in stored(session, AppointmentEvent)] == ["book", "move"]


def test_going_back_after_booking_leads_to_the_receipt(kari: PageClient, subtests: pytest.Subtests) -> None:
    path = book(kari, MONDAY_8)
    for page in ["tidspunkt", "tidspunkt?dato=2026-11-23", "se-gjennom"]:
        with subtests.test(page=page):
            kari.get(f"{path}/{page}", follow=True)
            assert kari.page.path == f"{path}/bekreftelse"


def test_old_page_of_a_sent_booking_can_choose_no_other_time(kari: PageClient, session: Session) -> None:
    path = hold(kari, MONDAY_8)
    old_tab = kari.another_tab()
    old_tab.get(f"{path}/tidspunkt?dato=2026-11-23")
    send(kari)
    old_tab.submit(old_tab.page.find_form("Neste"), start="2026-11-23T07:20Z", expect=409)
    assert old_tab.page.heading == "Bestillingen er allerede sendt"
    old_tab.click("Gå dit")
    assert old_tab.page.heading == "Timebestillingen er sendt"
    assert [slot.starts_at for slot in stored(session, Slot)] == [MONDAY_8]


def test_discarding_a_sent_booking_changes_nothing(kari: PageClient, session: Session) -> None:
    path = hold(kari, MONDAY_8)
    old_tab = kari.another_tab()
    old_tab.get(f"{path}/se-gjennom")
    send(kari)
    old_tab.submit(old_tab.page.find_form("Forkast bestillingen"), expect=404)
    assert the_appointment(session).status == "booked"
    assert len(stored(session, Slot)) == 1


def test_no_page_shows_a_taken_time_as_free(kari: PageClient, ola: PageClient) -> None:
    path = answer_no(ola)
    ola.get(f"{path}/tidspunkt?dato=2026-11-23", htmx=True)
    assert "2026-11-23T07:00Z" in free_values(ola)
    book(kari, MONDAY_8)
    for htmx in (False, True):
        ola.get(f"{path}/tidspunkt?dato=2026-11-23", htmx=htmx)
        assert "2026-11-23T07:00Z" not in free_values(ola)
        assert "mandag 23. november, 5 ledige timer" in ola.page.text()
    assert "Første ledige time: mandag 23. november kl. 08.20" in ola.get("/k/kristiansand").text()
    for address in ("/k/kristiansand/ledige-timer", "/k/kristiansand/ledige-timer.json"):
        assert "2026-11-23T07:00" not in ola.browser.get(address).get_data(as_text=True)


def test_no_step_may_be_kept_by_the_browser(kari: PageClient, subtests: pytest.Subtests) -> None:
    """Else the back button would show the times as they were."""
    path = hold(kari, MONDAY_8)
    for page in ["tidspunkt?dato=2026-11-23", "se-gjennom"]:
        with subtests.test(page=page):
            assert kari.get(f"{path}/{page}").response.headers["Cache-Control"] == "no-store"
