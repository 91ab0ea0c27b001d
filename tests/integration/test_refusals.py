"""What the rules refuse, each with a clear page and the way on; nothing is changed by what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from booking.models import Appointment, AppointmentEvent, Draft, Person, Slot
from tests.factories import (
    Town,
    log_in,
    make_appointment,
    make_doctor,
    make_municipality,
    make_person,
    make_town,
    oslo,
    stored,
)
from tests.journeys import answer_no, book, choose, hold, send
from tests.page_client import PageClient
from tests.stage import A_FRIDAY_MORNING, Clock

MONDAY_8 = oslo("2026-11-23 08.00")
TUESDAY_8 = oslo("2026-11-24 08.00")


def the_appointment(session: Session) -> Appointment:
    (appointment,) = stored(session, Appointment)
    return appointment


# Overlap and number


def test_time_that_overlaps_an_own_appointment_is_refused_when_chosen(
    kari: PageClient, session: Session, town: Town, person: Person
) -> None:
    """Another doctor's visit ten minutes off the grid is at the same time all the same."""
    make_appointment(
        session,
        patient=person,
        town=town,
        doctor=make_doctor(session),
        starts_at=MONDAY_8 + timedelta(minutes=10),
    )
    answer_no(kari)
    choose(kari, MONDAY_8, expect=409)
    assert kari.page.heading == "Du har allerede en time da"
    assert "mandag 23. november kl. 08.10" in kari.page.main_text()
    assert kari.page.has_link("Til Timeavtaler")
    kari.click("Velg en annen tid")
    assert kari.page.heading == "Velg tidspunkt"
    assert len(stored(session, Slot)) == 1


def test_visits_one_after_the_other_do_not_overlap(
    kari: PageClient, session: Session, town: Town, person: Person
) -> None:
    make_appointment(session, patient=person, town=town, starts_at=MONDAY_8)
    book(kari, MONDAY_8 + timedelta(minutes=20))
    assert len(stored(session, Appointment)) == 2


def test_overlap_that_came_after_the_hold_is_refused_on_send_and_the_text_kept(
    kari: PageClient, session: Session, town: Town, person: Person
) -> None:
    path = hold(kari, MONDAY_8)
    make_appointment(session, patient=person, town=town, doctor=make_doctor(session), starts_at=MONDAY_8)
    send(kari, "Vondt i halsen", expect=409)
    assert kari.page.heading == "Du har allerede en time da"
    assert len(stored(session, Appointment)) == 1
    kari.get(f"{path}/se-gjennom")
    assert kari.page.find_form("Send").values()["reason"] == "Vondt i halsen"


def test_fourth_coming_appointment_is_refused_when_chosen(
    kari: PageClient, session: Session, town: Town, person: Person
) -> None:
    for day in ("24", "25", "26"):
        make_appointment(session, patient=person, town=town, starts_at=oslo(f"2026-11-{day} 08.00"))
    answer_no(kari)
    choose(kari, MONDAY_8, expect=409)
    assert kari.page.heading == "Du kan ikke bestille flere timer nå"
    assert "høyst 3 kommende timer" in kari.page.main_text()
    assert kari.page.has_link("Til Timeavtaler")


def test_fourth_coming_appointment_is_refused_on_send(
    kari: PageClient, session: Session, town: Town, person: Person
) -> None:
    """Held while there was room; meanwhile three others were booked."""
    hold(kari, MONDAY_8)
    for day in ("24", "25", "26"):
        make_appointment(session, patient=person, town=town, starts_at=oslo(f"2026-11-{day} 08.00"))
    send(kari, expect=409)
    assert kari.page.heading == "Du kan ikke bestille flere timer nå"
    assert len(stored(session, Appointment)) == 3


@pytest.mark.parametrize("third", [{"status": "cancelled"}, {"starts_at": oslo("2026-11-19 08.00")}])
def test_cancelled_and_past_appointments_leave_room_for_another(
    kari: PageClient, session: Session, town: Town, person: Person, third: dict[str, Any]
) -> None:
    for day in ("24", "25"):
        make_appointment(session, patient=person, town=town, starts_at=oslo(f"2026-11-{day} 08.00"))
    make_appointment(session, patient=person, town=town, **({"starts_at": oslo("2026-11-26 08.00")} | third))
    book(kari, MONDAY_8)


def test_one_of_three_coming_appointments_can_be_moved(
    kari: PageClient, session: Session, town: Town, person: Person
) -> None:
    """The one that moves is not counted against itself, nor does it overlap itself."""
    for day in ("23", "25", "26"):
        appointment = make_appointment(
            session, patient=person, town=town, starts_at=oslo(f"2026-11-{day} 08.00")
        )
    kari.get(f"/timeavtaler/{appointment.id}")
    kari.click("Endre tid")
    choose(kari, TUESDAY_8)
    kari.click("Send")
    assert kari.page.heading == "Timebestillingen er sendt"


# Residence and age


def everything_refused(client: PageClient, heading: str) -> None:
    for request in (
        lambda: client.get("/bestill/kristiansand", expect=403),
        lambda: client.post("/bestill/kristiansand", {"answer": "no"}, expect=403),
        lambda: client.post("/bestill/kristiansand", {"answer": "yes"}, expect=403),
    ):
        request()
        assert client.page.heading == heading
        assert client.page.link("116 117") == "tel:116117"


def test_resident_of_another_connected_kommune_is_refused_and_shown_the_own_service(
    client: PageClient, session: Session, town: Town
) -> None:
    arendal = make_town(session, name="Arendal", number="4203")
    log_in(client, make_person(session, lives_in=arendal.municipality, name="Abdi Sommerregn"))
    everything_refused(client, "Denne tjenesten er ikke for din kommune")
    assert stored(session, Draft) == []
    client.click("Se hva du kan bestille")
    assert client.page.link("Kommunal nettlege") == "/bestill/arendal"


def test_resident_of_a_kommune_without_service_is_told_what_exists_instead(
    client: PageClient, session: Session, town: Town
) -> None:
    oslo_town = make_municipality(session, name="Oslo", number="0301")
    log_in(client, make_person(session, lives_in=oslo_town, name="Tiril Utenby"))
    everything_refused(client, "Denne tjenesten er ikke for din kommune")
    client.get("/bestill")
    assert "Kommunen du bor i, har ikke Kommunal nettlege ennå." in client.page.main_text()
    client.get("/helsekontakter")
    assert "Du har ingen mottatte helsekontakter." in client.page.main_text()
    client.get("/helsekontakter/kristiansand", expect=404)


@pytest.mark.parametrize("age", [13, 14, 15])
def test_citizen_under_16_cannot_book_alone(
    client: PageClient, session: Session, town: Town, age: int
) -> None:
    log_in(client, make_person(session, lives_in=town.municipality, age=age))
    everything_refused(client, "Du kan ikke bestille alene ennå")


def test_citizen_of_16_books_alone(client: PageClient, session: Session, town: Town) -> None:
    log_in(client, make_person(session, lives_in=town.municipality, age=16))
    book(client, MONDAY_8)


def test_child_under_13_cannot_log_in(client: PageClient, session: Session, town: Town) -> None:
    """Not offered on the page, and refused when the form is made by hand."""
    child = make_person(session, lives_in=town.municipality, name="Lillemor Nordmann", age=9)
    client.get("/logg-inn", follow=True)
    assert not client.page.has_button("Lillemor Nordmann")
    client.post("/logg-inn/test", {"person": str(child.id)}, expect=403, follow=True)
    assert "Du må ha fylt 13 år for å logge inn." in client.page.main_text()
    client.get("/timeavtaler", expect=303)


def test_citizen_who_moved_away_while_booking_is_refused_at_every_step(
    kari: PageClient, session: Session, person: Person
) -> None:
    hold(kari, MONDAY_8)
    elsewhere = make_municipality(session, name="Oslo", number="0301")
    person.municipality_number = elsewhere.number
    session.commit()
    send(kari, expect=403)
    assert stored(session, Appointment) == []


# Times and moments


def test_time_that_has_been_or_is_too_near_is_refused(
    kari: PageClient, session: Session, subtests: pytest.Subtests
) -> None:
    path = answer_no(kari)
    for start in ["2026-11-20T08:40Z", "2026-11-20T09:10Z", "2025-01-06T07:00Z"]:
        with subtests.test(start=start):
            kari.post(f"{path}/tidspunkt", {"start": start}, expect=409)
            assert kari.page.heading == "Tiden er passert"
            assert stored(session, Slot) == []


def test_time_that_is_in_nobodys_schedule_is_refused(
    kari: PageClient, session: Session, subtests: pytest.Subtests
) -> None:
    path = answer_no(kari)
    for start in [
        "2026-11-23T07:01Z",
        "2026-11-21T07:00Z",
        "2026-11-23T09:00Z",
        "2027-11-22T07:00Z",
        "2999-12-31T23:59Z",
    ]:
        with subtests.test(start=start):
            kari.post(f"{path}/tidspunkt", {"start": start}, expect=409)
            assert kari.page.heading == "Noen andre rakk denne tiden"
            assert stored(session, Slot) == []


def test_refused_time_leaves_the_held_one_held(kari: PageClient, session: Session) -> None:
    path = hold(kari, MONDAY_8)
    kari.post(f"{path}/tidspunkt", {"start": "2026-11-21T07:00Z"}, expect=409)
    assert [slot.starts_at for slot in stored(session, Slot)] == [MONDAY_8]
    kari.get(f"{path}/se-gjennom")
    assert "mandag 23. november kl. 08.00" in kari.page.main_text()


def test_send_when_the_time_has_begun_is_refused_with_the_text_kept(
    kari: PageClient, session: Session, clock: Clock
) -> None:
    clock.now = MONDAY_8 - timedelta(minutes=20)
    kari.log_in("Kari Nordmann")
    path = hold(kari, MONDAY_8)
    clock.now = MONDAY_8
    send(kari, "Vondt i halsen", expect=409)
    assert kari.page.heading == "Tiden er passert"
    assert stored(session, Appointment) == []
    kari.get(f"{path}/se-gjennom")
    assert kari.page.find_form("Send").values()["reason"] == "Vondt i halsen"


def test_appointment_can_be_cancelled_until_the_last_minute(
    kari: PageClient, session: Session, town: Town, person: Person, clock: Clock
) -> None:
    start = A_FRIDAY_MORNING + timedelta(minutes=20)
    appointment = make_appointment(session, patient=person, town=town, starts_at=start)
    clock.now = start - timedelta(seconds=1)
    kari.get(f"/timeavtaler/{appointment.id}/avbestill")
    kari.click("Avbestill timen")
    assert the_appointment(session).status == "cancelled"


def test_appointment_that_has_begun_can_be_neither_cancelled_nor_moved(
    kari: PageClient, session: Session, town: Town, person: Person, clock: Clock
) -> None:
    start = A_FRIDAY_MORNING + timedelta(minutes=20)
    appointment = make_appointment(session, patient=person, town=town, starts_at=start)
    page = f"/timeavtaler/{appointment.id}"
    old_tab = kari.another_tab()
    old_tab.get(f"{page}/avbestill")
    kari.get(page)
    clock.now = start
    old_tab.submit(old_tab.page.find_form("Avbestill timen"), expect=409)
    assert old_tab.page.heading == "Det er for sent"
    kari.submit(kari.page.find_form("Endre tid"), expect=409)
    assert kari.page.heading == "Det er for sent"
    kari.get(page)
    assert not kari.page.has_button("Endre tid")
    assert kari.get(f"{page}/avbestill", expect=303).location == page
    assert the_appointment(session).status == "booked"
    assert len(stored(session, Slot)) == 1


def test_change_begun_in_time_but_sent_after_the_start_is_refused(
    kari: PageClient, session: Session, town: Town, person: Person, clock: Clock
) -> None:
    start = A_FRIDAY_MORNING + timedelta(minutes=20)
    appointment = make_appointment(session, patient=person, town=town, starts_at=start)
    kari.get(f"/timeavtaler/{appointment.id}")
    kari.click("Endre tid")
    choose(kari, TUESDAY_8)
    clock.now = start
    kari.submit(kari.page.find_form("Send"), expect=409)
    assert kari.page.heading == "Det er for sent"
    assert the_appointment(session).starts_at == start


def test_appointment_cancelled_twice_is_cancelled_once(
    kari: PageClient, session: Session, town: Town, person: Person
) -> None:
    appointment = make_appointment(session, patient=person, town=town, starts_at=MONDAY_8)
    kari.get(f"/timeavtaler/{appointment.id}/avbestill")
    old_tab = kari.another_tab()
    old_tab.get(f"/timeavtaler/{appointment.id}/avbestill")
    kari.click("Avbestill timen")
    old_tab.click("Avbestill timen")
    assert old_tab.page.path == f"/timeavtaler/{appointment.id}"
    assert [event.event for event in stored(session, AppointmentEvent)] == ["book", "cancel"]


def test_cancelled_appointment_cannot_be_moved(
    kari: PageClient, session: Session, town: Town, person: Person
) -> None:
    appointment = make_appointment(session, patient=person, town=town, starts_at=MONDAY_8)
    old_tab = kari.another_tab()
    old_tab.get(f"/timeavtaler/{appointment.id}")
    kari.get(f"/timeavtaler/{appointment.id}/avbestill")
    kari.click("Avbestill timen")
    old_tab.submit(old_tab.page.find_form("Endre tid"), expect=409)
    assert old_tab.page.heading == "Timen er ikke aktiv lenger"
    assert stored(session, Slot) == []


def test_change_under_way_ends_when_the_appointment_is_cancelled(
    kari: PageClient, session: Session, town: Town, person: Person
) -> None:
    """The time held for the change is let go with the appointment, and the old tab cannot bring it back."""
    appointment = make_appointment(session, patient=person, town=town, starts_at=MONDAY_8)
    kari.get(f"/timeavtaler/{appointment.id}")
    kari.click("Endre tid")
    choose(kari, TUESDAY_8)
    other_tab = kari.another_tab()
    other_tab.get(f"/timeavtaler/{appointment.id}/avbestill")
    other_tab.click("Avbestill timen")
    kari.submit(kari.page.find_form("Send"), expect=404)
    assert the_appointment(session).status == "cancelled"
    assert stored(session, Slot) == []


@pytest.mark.parametrize("status", ["fulfilled", "noshow", "arrived"])
def test_visit_that_is_under_way_or_over_cannot_be_cancelled(
    kari: PageClient, session: Session, town: Town, person: Person, status: str
) -> None:
    appointment = make_appointment(session, patient=person, town=town, starts_at=MONDAY_8, status=status)
    kari.post(f"/timeavtaler/{appointment.id}/avbestill", expect=409)
    assert kari.page.heading == "Timen er ikke aktiv lenger"
    assert the_appointment(session).status == status
