"""What somebody has typed is never lost: not by an expired login, an old form, a lost time or a mistake."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Appointment, Draft, ParkedText
from tests.factories import Town, make_person, oslo, stored
from tests.journeys import answer_no, book, hold, send
from tests.page_client import PageClient
from tests.stage import Clock

MONDAY_8 = oslo("2026-11-23 08.00")
TYPED = "Utslett på hendene <b>siden</b> mandag & tirsdag 🤒"


def text_in_form(client: PageClient, path: str) -> str:
    client.get(f"{path}/se-gjennom")
    return client.page.find_form("Send").values()["reason"]


# The login ran out


def test_send_after_the_login_ran_out_says_so_and_gives_the_text_back(
    kari: PageClient, session: Session, clock: Clock
) -> None:
    path = hold(kari, MONDAY_8)
    clock.forward(minutes=30)
    send(kari, TYPED, expect=401)
    assert kari.page.heading == "Du er logget ut"
    assert "Det du har skrevet, er tatt vare på." in kari.page.main_text()
    assert stored(session, Appointment) == []

    kari.log_in("Kari Nordmann")
    assert kari.page.path == f"{path}/se-gjennom"
    assert kari.page.find_form("Send").values()["reason"] == TYPED
    assert stored(session, ParkedText) == []
    kari.click("Send")
    assert [appointment.reason for appointment in stored(session, Appointment)] == [TYPED]


def test_send_after_logging_out_in_another_tab_gives_the_text_back(kari: PageClient) -> None:
    hold(kari, MONDAY_8)
    other_tab = kari.another_tab()
    other_tab.get("/timeavtaler")
    other_tab.click("Logg ut")
    send(kari, TYPED, expect=401)
    kari.log_in("Kari Nordmann")
    assert kari.page.find_form("Send").values()["reason"] == TYPED


def test_autosave_after_the_login_ran_out_keeps_the_text_and_leads_to_the_login(
    kari: PageClient, clock: Clock
) -> None:
    """htmx is told to go to the login; what it brought is not dropped."""
    path = hold(kari, MONDAY_8)
    clock.forward(minutes=30)
    kari.post(f"{path}/hva-det-gjelder", {"reason": TYPED}, htmx=True, expect=401)
    assert kari.page.location == "/logg-inn"
    kari.log_in("Kari Nordmann")
    assert kari.page.find_form("Send").values()["reason"] == TYPED


def test_parked_text_is_not_given_to_the_next_person_at_the_browser(
    kari: PageClient, session: Session, town: Town, clock: Clock
) -> None:
    path = hold(kari, MONDAY_8)
    make_person(session, lives_in=town.municipality, name="Ola Nordmann")
    clock.forward(minutes=30)
    send(kari, TYPED, expect=401)
    kari.get("/logg-inn", follow=True)
    # Where Kari was is nothing to Ola.
    kari.submit(kari.page.find_form("Ola Nordmann"), expect=404)
    kari.get(f"{path}/se-gjennom", expect=404)
    for page in ("/timeavtaler", "/bestill", "/bestill/kristiansand"):
        assert "Utslett" not in kari.get(page).html


def test_stranger_cannot_put_text_into_somebodys_booking(
    kari: PageClient, another_client: Callable[[], PageClient]
) -> None:
    """Parked text goes back only to the browser it came from, and only at its owner's login."""
    path = hold(kari, MONDAY_8)
    kari.post(f"{path}/hva-det-gjelder", {"reason": TYPED}, expect=204)
    stranger = another_client()
    stranger.get("/")
    stranger.post(f"{path}/se-gjennom", {"reason": "Noe ondsinnet"}, expect=401)
    assert text_in_form(kari, path) == TYPED
    kari.click("Logg ut")
    kari.log_in("Kari Nordmann")
    assert text_in_form(kari, path) == TYPED


def test_text_for_no_booking_is_not_kept(client: PageClient, session: Session, town: Town) -> None:
    client.get("/")
    client.post("/bestilling/00000000-0000-4000-8000-000000000000/se-gjennom", {"reason": TYPED}, expect=401)
    assert "er tatt vare på" not in client.page.text()
    assert stored(session, ParkedText) == []


def test_parked_text_is_encrypted(kari: PageClient, session: Session, clock: Clock) -> None:
    hold(kari, MONDAY_8)
    clock.forward(minutes=30)
    send(kari, TYPED, expect=401)
    (raw,) = session.execute(sa.text("SELECT reason FROM parked_text")).scalars()
    assert b"Utslett" not in bytes(raw)


def test_login_after_a_form_leads_to_a_page_that_exists(
    kari: PageClient, clock: Clock, subtests: pytest.Subtests
) -> None:
    """Some addresses take forms only: going there by GET would be a 405."""
    path = hold(kari, MONDAY_8)
    for form in ["hva-det-gjelder", "forkast", "tidspunkt", "se-gjennom"]:
        with subtests.test(form=form):
            clock.forward(minutes=30)
            kari.post(f"{path}/{form}", expect=401)
            kari.log_in("Kari Nordmann")
            assert kari.page.heading in {"Timeavtaler", "Velg tidspunkt", "Se gjennom og send"}


# The form was old or forged


def test_send_without_our_token_is_refused_with_the_text_still_in_the_form(
    kari: PageClient, session: Session
) -> None:
    path = hold(kari, MONDAY_8)
    for token in ({}, {"csrf_token": ""}, {"csrf_token": "forged"}, {"csrf_token": "ImFkMGIyMGJl.x.y"}):
        kari.post(f"{path}/se-gjennom", {"reason": TYPED, **token}, csrf=False, expect=400)
        assert kari.page.heading == "Se gjennom og send"
        assert kari.page.find_form("Send").values()["reason"] == TYPED
    assert stored(session, Appointment) == []
    kari.click("Send")
    assert kari.page.heading == "Timebestillingen er sendt"


def test_send_from_a_page_of_an_earlier_login_keeps_the_text(kari: PageClient, session: Session) -> None:
    path = hold(kari, MONDAY_8)
    old_tab = kari.another_tab()
    old_tab.get(f"{path}/se-gjennom")
    kari.click("Logg ut")
    kari.log_in("Kari Nordmann")
    send(old_tab, TYPED, expect=400)
    assert "Det du skrev, står her fortsatt." in old_tab.page.main_text()
    assert stored(session, Appointment) == []
    old_tab.click("Send")
    assert [appointment.reason for appointment in stored(session, Appointment)] == [TYPED]


def test_forged_send_to_anothers_booking_shows_nothing_of_it(
    kari: PageClient, ola: PageClient, session: Session
) -> None:
    path = hold(ola, MONDAY_8)
    kari.post(f"{path}/se-gjennom", {"reason": TYPED, "csrf_token": "forged"}, csrf=False, expect=400)
    assert "mandag 23. november" not in kari.page.text()


# A mistake in the form


def test_text_that_cannot_be_sent_stands_in_the_form_with_the_reason(
    kari: PageClient, session: Session, subtests: pytest.Subtests
) -> None:
    path = hold(kari, MONDAY_8)
    for typed, told in [
        ("", "Skriv kort hva timen gjelder"),
        (" \n\t ", "Skriv kort hva timen gjelder"),
        ("x" * 501, "Teksten er 1 tegn for lang"),
        ("Vondt i halsen. " * 100, "tegn for lang"),
    ]:
        with subtests.test(typed=typed, told=told):
            send(kari, typed, expect=422)
            assert told in kari.page.main_text()
            summary = kari.page.root.by_id("error-summary")
            assert summary is not None
            assert summary.all("a")[0].get("href") == "#reason"
            assert kari.page.find_form("Send").values()["reason"].strip() == typed.strip()
            assert text_in_form(kari, path) == typed.strip()
            assert stored(session, Appointment) == []


def test_text_above_500_is_kept_whole_and_can_be_shortened(kari: PageClient, session: Session) -> None:
    hold(kari, MONDAY_8)
    send(kari, "x" * 2000, expect=422)
    assert kari.page.find_form("Send").values()["reason"] == "x" * 2000
    send(kari, "x" * 500)
    assert kari.page.heading == "Timebestillingen er sendt"


# While it is typed


def test_text_is_kept_while_it_is_typed(kari: PageClient) -> None:
    path = hold(kari, MONDAY_8)
    address = kari.page.root.all("textarea")[0].get("hx-post")
    kari.post(address, {"reason": TYPED}, htmx=True, expect=204)
    assert text_in_form(kari, path) == TYPED
    kari.post(address, {"reason": ""}, htmx=True, expect=204)
    assert text_in_form(kari, path) == ""


def test_text_follows_the_booking_to_another_browser(
    kari: PageClient, another_client: Callable[[], PageClient]
) -> None:
    path = hold(kari, MONDAY_8)
    kari.post(f"{path}/hva-det-gjelder", {"reason": TYPED}, htmx=True, expect=204)
    elsewhere = another_client()
    elsewhere.log_in("Kari Nordmann")
    elsewhere.click("Fortsett bestillingen")
    assert elsewhere.page.find_form("Send").values()["reason"] == TYPED


def test_text_survives_another_choice_of_time_and_answer(kari: PageClient) -> None:
    path = hold(kari, MONDAY_8)
    kari.post(f"{path}/hva-det-gjelder", {"reason": TYPED}, expect=204)
    kari.get("/bestill/kristiansand")
    kari.post("/bestill/kristiansand", {"answer": "yes"})
    answer_no(kari)
    kari.get(f"{path}/tidspunkt?dato=2026-11-24")
    kari.submit(kari.page.find_form("Neste"), start="2026-11-24T07:00Z")
    assert kari.page.find_form("Send").values()["reason"] == TYPED


def test_autosave_after_sending_changes_nothing(kari: PageClient, session: Session) -> None:
    path = book(kari, MONDAY_8, TYPED)
    kari.post(f"{path}/hva-det-gjelder", {"reason": "for sent"}, htmx=True, expect=409)
    assert [appointment.reason for appointment in stored(session, Appointment)] == [TYPED]


def test_sent_and_discarded_bookings_keep_no_second_copy_of_the_text(
    kari: PageClient, session: Session
) -> None:
    book(kari, MONDAY_8, TYPED)
    path = hold(kari, oslo("2026-11-24 08.00"))
    kari.post(f"{path}/hva-det-gjelder", {"reason": TYPED}, expect=204)
    kari.get(f"{path}/se-gjennom")
    kari.click("Forkast bestillingen")
    assert [draft.reason for draft in stored(session, Draft)] == [None, None]


def test_text_is_encrypted_in_the_database(kari: PageClient, session: Session) -> None:
    path = hold(kari, MONDAY_8)
    kari.post(f"{path}/hva-det-gjelder", {"reason": TYPED}, expect=204)
    (draft,) = session.execute(sa.text("SELECT reason FROM draft")).scalars()
    kari.get(f"{path}/se-gjennom")
    send(kari, TYPED)
    session.rollback()
    (appointment,) = session.execute(sa.text("SELECT reason FROM appointment")).scalars()
    for raw in (draft, appointment):
        assert b"Utslett" not in bytes(raw)
