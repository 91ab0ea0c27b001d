"""A citizen books: the three ways in, the four steps, and what can come between."""

from collections.abc import Callable
from datetime import date

from sqlalchemy.orm import Session

from booking.models import Appointment, AppointmentEvent, Slot
from tests.factories import Town, log_in, make_absence, make_closed_day, make_person, make_town, oslo, stored
from tests.journeys import REASON, answer_no, book, choose, draft_path, free_values, hold, send
from tests.page_client import PageClient
from tests.stage import Clock

MONDAY_8 = oslo("2026-11-23 08.00")
MONDAY_820 = oslo("2026-11-23 08.20")
STEP_1 = "Nyttig å vite før du bestiller time hos Kommunal nettlege"


# The whole way, word for word


def test_first_step_says_what_the_ministry_wrote(kari: PageClient) -> None:
    kari.get("/bestill/kristiansand")
    assert kari.page.heading == STEP_1
    text = kari.page.main_text()
    for words in (
        "Hvis du trenger øyeblikkelig hjelp, kontakt legevakt på 116 117.",
        "Ved akutt og livstruende situasjon, ring 113.",
        "Hos Kommunal nettlege får du:",
        "rask hjelp på video, der du er",
        "råd om enkle helseproblemer som ikke krever oppfølging",
        "Du betaler en egenandel for videotimen.",
        "Trenger du fysisk undersøkelse, vanedannende medisiner eller sykmelding?",
        "Velg én",
        "For denne type hjelp må du kontakte fastlegen.",
        "Hvorfor kan ikke Kommunal nettlege hjelpe deg med dette?",
    ):
        assert words in text
    assert (kari.page.link("116 117"), kari.page.link("113")) == ("tel:116117", "tel:113")
    labels = [label.text() for label in kari.page.root.all("label")]
    assert labels == ["Nei", "Ja"]
    assert "sykemelding" not in text


def test_citizen_books_from_timeavtaler(kari: PageClient) -> None:
    """The first way: Timeavtaler, «Bestill time», «Hvem vil du bestille time hos?», four steps, Timeavtaler."""
    assert kari.page.heading == "Timeavtaler"
    kari.click("Bestill time")
    assert kari.page.heading == "Hvem vil du bestille time hos?"
    kari.click("Kommunal nettlege")
    assert kari.page.heading == STEP_1
    assert "Steg 1 av 4" in kari.page.text()

    kari.submit(kari.page.find_form("Neste"), answer="no")
    assert (kari.page.heading, "Steg 2 av 4" in kari.page.text()) == ("Velg tidspunkt", True)
    kari.click("mandag 23. november, 6 ledige timer")
    assert "Dette er en videotime." in kari.page.main_text()

    kari.submit(kari.page.find_form("Neste"), start="2026-11-23T07:20Z")
    assert (kari.page.heading, "Steg 3 av 4" in kari.page.text()) == ("Se gjennom og send", True)
    text = kari.page.main_text()
    assert "mandag 23. november kl. 08.20" in text
    assert "Legen du møter i Kristiansand kommune, leser det før timen." in text
    assert "Dette er en videotime." in text
    assert "Du betaler en egenandel for videotimen." in text
    assert "Høyst 500 tegn" in text

    kari.submit(kari.page.find_form("Send"), reason=REASON)
    assert (kari.page.heading, "Steg 4 av 4" in kari.page.text()) == ("Timebestillingen er sendt", True)
    text = kari.page.main_text()
    assert "mandag 23. november kl. 08.20" in text
    assert "Kristiansand kommune" in text
    assert "Hva skjer nå?" in text

    kari.click("Til Timeavtaler")
    assert kari.page.heading == "Timeavtaler"
    assert "mandag 23. november kl. 08.20" in kari.page.main_text()
    assert kari.page.has_link("Start video")


def test_citizen_books_from_helsekontakter(kari: PageClient) -> None:
    """The second way: front page, «Vis flere tjenester», Helsekontakter, «Se detaljer», «Bestill time»."""
    kari.get("/")
    kari.click("Vis flere tjenester")
    kari.click("Helsekontakter")
    assert "Mottatte helsekontakter" in [node.text() for node in kari.page.root.all("h2")]
    assert "Kommunal nettlege" in kari.page.main_text()
    kari.click("Se detaljer")
    assert kari.page.heading == "Kommunal nettlege"
    kari.click("Bestill time")
    assert kari.page.heading == STEP_1


def test_citizen_books_from_the_lasting_link_when_logged_out(
    client: PageClient, session: Session, town: Town
) -> None:
    """The third way: the kommune's own page links to /k/<kommune>; after the login one is where one was going."""
    make_person(session, lives_in=town.municipality, name="Kari Nordmann")
    client.get("/k/kristiansand")
    client.click("Bestill time")
    assert client.page.heading == "Logg inn"
    client.submit(client.page.find_form("Kari Nordmann"))
    assert (client.page.heading, client.page.path) == (STEP_1, "/bestill/kristiansand")


def test_appointment_page_shows_everything_about_a_coming_visit(kari: PageClient) -> None:
    book(kari, MONDAY_820)
    kari.click("Til Timeavtaler")
    kari.click("Videotime hos Kommunal nettlege")
    text = kari.page.main_text()
    for words in ("mandag 23. november kl. 08.20 (20 minutter)", "Video", "Kristiansand kommune", REASON):
        assert words in text
    assert kari.page.has_link("Start video")
    kari.click("Se brukerveiledning")
    assert "Dette er hjelpesiden for deg som har fått videotime i Kristiansand kommune." in kari.page.text()
    assert "Har du fått time hos kommunal nettlege trykk her." in kari.page.text()


def test_start_video_long_before_recommends_five_minutes_before(kari: PageClient) -> None:
    book(kari, MONDAY_820)
    kari.get("/timeavtaler")
    kari.click("Start video")
    text = kari.page.main_text()
    assert "Timen starter mandag 23. november kl. 08.20." in text
    assert "Vi anbefaler at du starter videotimen 5 minutter før avtalt tidspunkt, kl. 08.15." in text


def test_sent_booking_keeps_patient_booker_answer_and_history(
    kari: PageClient, session: Session, clock: Clock
) -> None:
    book(kari, MONDAY_8)
    (appointment,) = stored(session, Appointment)
    assert appointment.patient_id == appointment.booked_by_id
    assert (appointment.screening_answer, appointment.screened_at) == ("no", clock.now)
    assert appointment.reason == REASON
    (event,) = stored(session, AppointmentEvent)
    assert (event.event, event.status, event.at, event.starts_at) == ("book", "booked", clock.now, MONDAY_8)


# Choosing a time


def test_dates_say_how_many_times_are_free(kari: PageClient, session: Session, town: Town) -> None:
    make_absence(session, doctor=town.doctors[0], starts_at=MONDAY_8, ends_at=oslo("2026-11-23 09.40"))
    answer_no(kari)
    text = kari.page.main_text()
    assert "mandag 23. november, 1 ledig time" in text
    assert "tirsdag 24. november, 6 ledige timer" in text
    assert "lørdag 21. november, ingen ledige timer" in text


def test_day_without_free_times_tells_and_offers_the_next(
    kari: PageClient, session: Session, town: Town
) -> None:
    make_closed_day(session, service=town.service, day=date(2026, 11, 23))
    path = answer_no(kari)
    kari.get(f"{path}/tidspunkt?dato=2026-11-21")
    assert "Ingen ledige timer lørdag 21. november" in kari.page.main_text()
    kari.click("Neste dag med ledige timer: tirsdag 24. november")
    assert free_values(kari)[0] == "2026-11-24T07:00Z"


def test_service_without_any_free_time_says_so_and_names_other_help(
    client: PageClient, session: Session
) -> None:
    town = make_town(session, weekdays=[])
    log_in(client, make_person(session, lives_in=town.municipality))
    answer_no(client)
    text = client.page.main_text()
    assert "Det er ingen ledige timer akkurat nå." in text
    assert client.page.link("116 117") == "tel:116117"


def test_next_without_a_time_asks_for_one(kari: PageClient) -> None:
    path = answer_no(kari)
    kari.get(f"{path}/tidspunkt?dato=2026-11-23")
    kari.submit(kari.page.find_form("Neste"), expect=422)
    assert "Velg et tidspunkt" in kari.page.main_text()
    assert free_values(kari)


def test_time_that_starts_within_ten_minutes_is_not_offered(kari: PageClient, clock: Clock) -> None:
    clock.now = oslo("2026-11-23 07.50")
    kari.log_in("Kari Nordmann")
    path = answer_no(kari)
    kari.get(f"{path}/tidspunkt?dato=2026-11-23")
    assert free_values(kari)[0] == "2026-11-23T07:20Z"


def test_booking_left_for_a_day_asks_its_question_anew(kari: PageClient, clock: Clock) -> None:
    path = answer_no(kari)
    clock.forward(hours=24)
    kari.log_in("Kari Nordmann")
    kari.get(f"{path}/tidspunkt", expect=303, follow=False)
    kari.post(f"{path}/tidspunkt", {"start": "2026-11-23T07:20Z"}, expect=409)


def test_time_with_several_free_doctors_shows_once_and_is_given_once_each(
    another_client: Callable[[], PageClient], session: Session
) -> None:
    town = make_town(session, doctors=2)
    browsers = []
    for name in ("Kari Nordmann", "Ola Nordmann", "Gro Lyngheim"):
        browser = another_client()
        log_in(browser, make_person(session, lives_in=town.municipality, name=name))
        answer_no(browser)
        assert "mandag 23. november, 6 ledige timer" in browser.page.main_text()
        browser.get(f"{draft_path(browser)}/tidspunkt?dato=2026-11-23")
        assert len(free_values(browser)) == 6
        browsers.append(browser)
    pages = [browser.page for browser in browsers]
    for browser in browsers[:2]:
        browser.submit(browser.page.find_form("Neste"), start="2026-11-23T07:00Z")
        send(browser)
    browsers[2].submit(pages[2].find_form("Neste"), start="2026-11-23T07:00Z", expect=409)
    assert {slot.practitioner_id for slot in stored(session, Slot)} == {doctor.id for doctor in town.doctors}


# The hold


def test_chosen_time_is_held_ten_minutes_and_the_page_says_until_when(kari: PageClient) -> None:
    hold(kari, MONDAY_8)
    assert "Vi holder av tiden for deg til kl. 10.10." in kari.page.main_text()


def test_held_time_is_nobody_elses(kari: PageClient, ola: PageClient) -> None:
    path = answer_no(ola)
    ola.get(f"{path}/tidspunkt?dato=2026-11-23")
    hold(kari, MONDAY_8)
    # The page that Ola already has still offers it.
    ola.submit(ola.page.find_form("Neste"), start="2026-11-23T07:00Z", expect=409)
    assert ola.page.heading == "Noen andre rakk denne tiden"
    ola.get(f"{path}/tidspunkt?dato=2026-11-23")
    assert "2026-11-23T07:00Z" not in free_values(ola)


def test_lost_time_is_followed_by_the_three_nearest_one_tap_each(kari: PageClient, ola: PageClient) -> None:
    path = answer_no(ola)
    ola.get(f"{path}/tidspunkt?dato=2026-11-23")
    hold(kari, MONDAY_820)
    ola.submit(ola.page.find_form("Neste"), start="2026-11-23T07:20Z", expect=409)
    assert "Mandag 23. november kl. 08.20 er ikke ledig lenger." in ola.page.main_text()
    nearest = [button.text() for button in ola.page.root.all("button") if button.get("name") == "start"]
    assert nearest == [f"mandag 23. november kl. {time}" for time in ("08.40", "08.00", "09.00")]
    ola.click("mandag 23. november kl. 08.40")
    assert ola.page.heading == "Se gjennom og send"
    assert "mandag 23. november kl. 08.40" in ola.page.main_text()


def test_hold_that_ran_out_is_free_for_others(kari: PageClient, ola: PageClient, clock: Clock) -> None:
    hold(kari, MONDAY_8)
    answer_no(ola)
    clock.forward(minutes=10)
    choose(ola, MONDAY_8)
    assert ola.page.heading == "Se gjennom og send"


def test_review_tells_when_the_hold_has_run_out(kari: PageClient, clock: Clock) -> None:
    path = hold(kari, MONDAY_8)
    clock.forward(minutes=10)
    kari.get(f"{path}/se-gjennom")
    assert "Tiden holdes ikke av for deg lenger." in kari.page.main_text()


def test_send_after_the_hold_ran_out_books_what_is_still_free(kari: PageClient, clock: Clock) -> None:
    hold(kari, MONDAY_8)
    clock.forward(minutes=11)
    send(kari)
    assert kari.page.heading == "Timebestillingen er sendt"


def test_send_after_somebody_took_the_time_offers_nearest_and_keeps_the_text(
    kari: PageClient, ola: PageClient, session: Session, clock: Clock
) -> None:
    path = hold(kari, MONDAY_8)
    clock.forward(minutes=11)
    book(ola, MONDAY_8)
    send(kari, "Vondt i halsen", expect=409)
    assert kari.page.heading == "Noen andre rakk denne tiden"
    assert "Det du har skrevet, er tatt vare på." in kari.page.main_text()
    kari.click("mandag 23. november kl. 08.20")
    assert kari.page.path == f"{path}/se-gjennom"
    assert kari.page.find_form("Send").values()["reason"] == "Vondt i halsen"
    send(kari, "Vondt i halsen")
    assert len(stored(session, Appointment)) == 2


def test_two_tabs_of_one_booking_hold_one_time(kari: PageClient, session: Session) -> None:
    hold(kari, MONDAY_8)
    tab = kari.another_tab()
    assert answer_no(tab) == draft_path(kari)
    choose(tab, MONDAY_820)
    (slot,) = stored(session, Slot)
    assert slot.starts_at == MONDAY_820
    # The first tab still shows 08.00: it is told before anything else than it shows is booked.
    send(kari, expect=409)
    assert "Du har valgt en annen tid i en annen" in kari.page.main_text()
    assert stored(session, Appointment) == []
    kari.click("Send")
    assert "mandag 23. november kl. 08.20" in kari.page.main_text()


def test_choosing_the_same_time_again_keeps_its_first_hold(kari: PageClient, clock: Clock) -> None:
    """A hold is not made longer by pressing «Neste» again and again."""
    hold(kari, MONDAY_8)
    clock.forward(minutes=6)
    choose(kari, MONDAY_8)
    assert "til kl. 10.10." in kari.page.main_text()


# «Endre», going on later, giving up


def test_endre_the_answer_returns_to_the_review_with_everything_kept(kari: PageClient) -> None:
    path = hold(kari, MONDAY_8)
    kari.post(f"{path}/hva-det-gjelder", {"reason": REASON}, htmx=True, expect=204)
    kari.get(f"{path}/se-gjennom")
    kari.click("Endre svaret")
    assert kari.page.find_form("Neste").values()["answer"] == "no"
    kari.click("Neste")
    assert kari.page.path == f"{path}/se-gjennom"
    assert "mandag 23. november kl. 08.00" in kari.page.main_text()
    assert "Vi holder av tiden for deg til kl. 10.10." in kari.page.main_text()
    assert kari.page.find_form("Send").values()["reason"] == REASON


def test_endre_the_time_returns_to_the_review_with_the_text_kept(kari: PageClient) -> None:
    path = hold(kari, MONDAY_8)
    kari.post(f"{path}/hva-det-gjelder", {"reason": REASON}, htmx=True, expect=204)
    kari.get(f"{path}/se-gjennom")
    kari.click("Endre tidspunkt")
    assert kari.page.find_form("Neste").values()["start"] == "2026-11-23T07:00Z"
    kari.submit(kari.page.find_form("Neste"), start="2026-11-23T07:40Z")
    assert kari.page.path == f"{path}/se-gjennom"
    assert kari.page.find_form("Send").values()["reason"] == REASON


def test_half_done_booking_is_offered_again_after_a_new_login(kari: PageClient, clock: Clock) -> None:
    path = hold(kari, MONDAY_8)
    kari.click("Logg ut")
    clock.forward(hours=23, minutes=59)
    kari.log_in("Kari Nordmann")
    for page in ("/timeavtaler", "/", "/bestill"):
        kari.get(page)
        assert "Du har en påbegynt bestilling" in kari.page.main_text()
        assert "mandag 23. november kl. 08.00" in kari.page.main_text()
        kari.click("Fortsett bestillingen")
        assert kari.page.path == f"{path}/se-gjennom"


def test_half_done_booking_is_not_offered_after_its_day(kari: PageClient, clock: Clock) -> None:
    path = hold(kari, MONDAY_8)
    clock.forward(hours=24)
    kari.log_in("Kari Nordmann")
    assert "påbegynt" not in kari.page.text()
    kari.get("/bestill/kristiansand")
    assert "answer" not in kari.page.find_form("Neste").values(), "an answer of another day is answered again"
    assert answer_no(kari) != path


def test_discarded_booking_lets_its_time_go_and_is_not_offered_again(
    kari: PageClient, ola: PageClient
) -> None:
    path = hold(kari, MONDAY_8)
    kari.get("/timeavtaler")
    kari.click("Forkast")
    assert "Den påbegynte bestillingen er forkastet." in kari.page.main_text()
    assert "Du har en påbegynt bestilling" not in kari.page.main_text()
    kari.get(f"{path}/se-gjennom", expect=404)
    book(ola, MONDAY_8)
