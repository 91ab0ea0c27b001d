"""«Trenger du fysisk undersøkelse, vanedannende medisiner eller sykmelding?»: on the server, only Nei leads on."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.models import Appointment, Draft, Person, ScreeningTally, Slot
from tests.factories import Town, log_in, make_appointment, make_person, make_town, oslo, stored
from tests.journeys import REASON, answer_no, choose, draft_path, hold
from tests.page_client import Page, PageClient
from tests.stage import A_FRIDAY_MORNING, Clock

STEP_1 = "/bestill/kristiansand"
MONDAY_8 = oslo("2026-11-23 08.00")
NOTHING_HERE = {"Velg tidspunkt", "Se gjennom og send", "Timebestillingen er sendt"}


def make_draft(session: Session, person: Person, town: Town, **columns: Any) -> str:
    """A booking under way, as no page of ours may have made it. Returns its path."""
    draft = Draft(
        id=uuid.uuid4(),
        booked_by_id=person.id,
        patient_id=person.id,
        service_id=town.service.id,
        status="open",
        created_at=A_FRIDAY_MORNING,
        updated_at=A_FRIDAY_MORNING,
        **columns,
    )
    session.add(draft)
    session.commit()
    return f"/bestilling/{draft.id}"


def every_later_step(path: str) -> list[tuple[str, str, dict[str, str]]]:
    """(method, address, form) of every request that a booking makes after step 1."""
    return [
        *((method, f"{path}/{page}", {}) for method in ("GET", "HEAD") for page in LATER_PAGES),
        ("POST", f"{path}/tidspunkt", {"start": "2026-11-23T07:00Z"}),
        ("POST", f"{path}/tidspunkt?dato=2026-11-23", {"start": "2026-11-23T07:00Z", "answer": "no"}),
        ("POST", f"{path}/se-gjennom", {"reason": REASON}),
        ("POST", f"{path}/se-gjennom", {"reason": REASON, "answer": "no", "start": "2026-11-23T07:00Z"}),
        ("POST", f"{path}/hva-det-gjelder", {"reason": REASON}),
    ]


LATER_PAGES = ("tidspunkt", "tidspunkt?dato=2026-11-23", "se-gjennom", "bekreftelse")


def ask(client: PageClient, method: str, address: str, form: dict[str, str], *, htmx: bool) -> Page:
    """A hand-made request with a true token, to see what comes back whatever it is."""
    client.get("/personvern")
    token = client.page.find_form("Logg ut").values()["csrf_token"]
    headers = {"HX-Request": "true"} if htmx else {}
    data = {**form, "csrf_token": token} if method == "POST" else None
    response = client.browser.open(address, method=method, data=data, headers=headers)
    return Page(address, response, None)


def assert_no_way_on(client: PageClient, session: Session, path: str) -> None:
    """Every later step is refused by every method, plain and by htmx; nothing is held and nothing booked."""
    for htmx in (False, True):
        for method, address, form in every_later_step(path):
            page = ask(client, method, address, form, htmx=htmx)
            said = f"{method} {address} htmx={htmx}: {page.status}"
            assert page.status in {303, 404, 409}, said
            if page.status == 303:
                assert page.location == STEP_1, said
            assert not any(f"<h1>{heading}" in page.html for heading in NOTHING_HERE), said
    assert stored(session, Slot) == []
    assert stored(session, Appointment) == []


# Who may not go on


def test_no_answer_is_an_error_linked_to_the_field(kari: PageClient, session: Session) -> None:
    kari.get(STEP_1)
    kari.submit(kari.page.find_form("Neste"), expect=422)
    summary = kari.page.root.by_id("error-summary")
    assert summary is not None
    (link,) = summary.all("a")
    field = kari.page.root.by_id(link.get("href").removeprefix("#"))
    assert (link.text(), field is not None and field.get("name")) == ("Velg én", "answer")
    assert stored(session, Draft) == []


def test_ja_names_the_way_on_and_offers_no_later_step(kari: PageClient) -> None:
    kari.get(STEP_1)
    kari.submit(kari.page.find_form("Neste"), answer="yes")
    assert kari.page.path == STEP_1
    text = kari.page.main_text()
    assert "For denne type hjelp må du kontakte fastlegen." in text
    assert "Hvorfor kan ikke Kommunal nettlege hjelpe deg med dette?" in text
    assert kari.page.link("116 117") == "tel:116117"
    assert kari.page.find_form("Neste").values()["answer"] == "yes"
    assert "/bestilling/" not in kari.page.html


def test_nobody_goes_on_without_an_answer(
    kari: PageClient, session: Session, person: Person, town: Town
) -> None:
    assert_no_way_on(kari, session, make_draft(session, person, town))


def test_nobody_goes_on_without_an_answer_even_with_a_chosen_time(
    kari: PageClient, session: Session, person: Person, town: Town
) -> None:
    assert_no_way_on(kari, session, make_draft(session, person, town, chosen_at=MONDAY_8, reason=REASON))


def test_nobody_goes_on_with_ja(kari: PageClient, session: Session, person: Person, town: Town) -> None:
    path = make_draft(session, person, town, answer="yes", chosen_at=MONDAY_8, reason=REASON)
    assert_no_way_on(kari, session, path)


@pytest.mark.parametrize("htmx", [False, True])
def test_ja_is_kept_on_nobody(kari: PageClient, session: Session, htmx: bool) -> None:
    """Not as an unfinished booking either: only the count of the day knows of it."""
    kari.get(STEP_1)
    kari.post(STEP_1, {"answer": "yes"}, htmx=htmx, expect=204 if htmx else 200)
    assert stored(session, Draft) == []


def test_nobody_goes_on_with_a_booking_that_does_not_exist(kari: PageClient, session: Session) -> None:
    assert_no_way_on(kari, session, f"/bestilling/{uuid.uuid4()}")


def test_nobody_goes_on_with_another_citizens_nei(
    kari: PageClient, another_client: Callable[[], PageClient], session: Session, town: Town
) -> None:
    ola = another_client()
    log_in(ola, make_person(session, lives_in=town.municipality, name="Ola Nordmann"))
    assert_no_way_on(kari, session, answer_no(ola))


def test_nei_at_one_service_is_no_nei_at_another(kari: PageClient, session: Session, person: Person) -> None:
    """The answer belongs to its booking: a draft of another service is judged by its own."""
    arendal = make_town(session, name="Arendal", number="4203")
    answer_no(kari)
    path = make_draft(session, person, arendal)
    for method, address, form in every_later_step(path):
        page = ask(kari, method, address, form, htmx=False)
        assert page.status == 409 or page.location == "/bestill/arendal", f"{method} {address}"
    assert stored(session, Slot) == []


def test_nei_in_an_earlier_booking_does_not_answer_the_next(
    kari: PageClient, session: Session, town: Town, person: Person
) -> None:
    make_appointment(session, patient=person, town=town, starts_at=oslo("2026-11-25 08.00"))
    kari.get(STEP_1)
    assert "answer" not in kari.page.find_form("Neste").values()
    kari.submit(kari.page.find_form("Neste"), expect=422)


@pytest.mark.parametrize("htmx", [False, True])
def test_ja_after_nei_lets_the_held_time_go_and_refuses_old_tabs(
    kari: PageClient, another_client: Callable[[], PageClient], session: Session, town: Town, htmx: bool
) -> None:
    path = hold(kari, MONDAY_8)
    review, times = kari.another_tab(), kari.another_tab()
    review.get(f"{path}/se-gjennom")
    times.get(f"{path}/tidspunkt?dato=2026-11-23")

    kari.get(STEP_1)
    kari.post(STEP_1, {"answer": "yes"}, htmx=htmx, expect=204 if htmx else 200)
    assert stored(session, Slot) == []
    review.submit(review.page.find_form("Send"), reason=REASON, expect=409)
    assert review.page.heading == "Du er ikke ferdig med et tidligere steg"
    times.submit(times.page.find_form("Neste"), start="2026-11-23T07:20Z", expect=409)
    assert_no_way_on(kari, session, path)

    ola = another_client()
    log_in(ola, make_person(session, lives_in=town.municipality, name="Ola Nordmann"))
    hold(ola, MONDAY_8)


def test_ja_after_nei_can_be_answered_nei_again_and_goes_on_from_the_time(kari: PageClient) -> None:
    path = hold(kari, MONDAY_8)
    kari.post(STEP_1, {"answer": "yes"})
    assert answer_no(kari) == path
    assert kari.page.heading == "Velg tidspunkt"


def test_nei_by_htmx_begins_nothing(kari: PageClient, session: Session) -> None:
    """Only «Neste» leads on; choosing a radio tells the server of a Ja, not of a Nei."""
    kari.get(STEP_1)
    kari.post(STEP_1, {"answer": "no"}, htmx=True, expect=204)
    assert stored(session, Draft) == []


def test_forged_answer_is_no_nei(kari: PageClient, session: Session, subtests: pytest.Subtests) -> None:
    kari.get(STEP_1)
    for answer in ["No", "NO", "nei", "no ", "no\0", "true", "1", "no,yes", "ｎｏ", ""]:
        with subtests.test(answer=answer):
            kari.post(STEP_1, {"answer": answer}, expect=422)
            assert stored(session, Draft) == []


def test_answer_outside_the_form_is_no_nei(
    kari: PageClient, session: Session, subtests: pytest.Subtests
) -> None:
    kari.get(STEP_1)
    token = kari.page.find_form("Neste").values()["csrf_token"]
    for request_ in [
        {"json": {"answer": "no"}},
        {"query_string": {"answer": "no"}},
        {"data": "answer=no", "content_type": "text/plain"},
    ]:
        with subtests.test(request_=request_):
            response = kari.browser.post(STEP_1, headers={"X-CSRFToken": token}, **request_)
            assert response.status_code == 422
            assert stored(session, Draft) == []


def test_ja_before_nei_in_one_form_is_ja(kari: PageClient, session: Session) -> None:
    kari.get(STEP_1)
    kari.post(STEP_1, {"answer": ["yes", "no"]})
    assert kari.page.path == STEP_1
    assert stored(session, Draft) == []


def test_text_and_time_in_hand_made_forms_never_answer_the_question(
    kari: PageClient, session: Session, person: Person, town: Town
) -> None:
    path = make_draft(session, person, town)
    for _, address, form in (step for step in every_later_step(path) if step[0] == "POST"):
        ask(kari, "POST", address, {**form, "screening_answer": "no", "status": "sent"}, htmx=False)
    (draft,) = stored(session, Draft)
    assert (draft.answer, draft.chosen_at, draft.status) == (None, None, "open")


def test_database_refuses_an_appointment_without_nei(session: Session, town: Town, person: Person) -> None:
    """The last line of defence is a named constraint."""
    appointment = make_appointment(session, patient=person, town=town, starts_at=MONDAY_8)
    with pytest.raises(sa.exc.IntegrityError, match="ck_appointment_screened"):
        session.execute(
            sa.update(Appointment).where(Appointment.id == appointment.id).values(screening_answer="yes")
        )
    session.rollback()


# Counted, without identity


def tally(session: Session) -> list[tuple[str, int]]:
    return [(str(row.day), row.yes) for row in stored(session, ScreeningTally)]


def test_ja_is_counted_once_however_often_it_is_sent(kari: PageClient, session: Session) -> None:
    kari.get(STEP_1)
    kari.post(STEP_1, {"answer": "yes"}, htmx=True, expect=204)
    kari.post(STEP_1, {"answer": "yes"})
    kari.post(STEP_1, {"answer": "yes"}, htmx=True, expect=204)
    assert tally(session) == [("2026-11-20", 1)]


def test_ja_of_two_citizens_counts_two(kari: PageClient, session: Session, town: Town) -> None:
    """One after the other in the same browser, as on a library's machine."""
    kari.post(STEP_1, {"answer": "yes"})
    make_person(session, lives_in=town.municipality, name="Ola Nordmann")
    kari.click("Logg ut")
    kari.log_in("Ola Nordmann")
    kari.post(STEP_1, {"answer": "yes"})
    assert tally(session) == [("2026-11-20", 2)]


def test_ja_on_another_day_is_counted_on_its_day(kari: PageClient, session: Session, clock: Clock) -> None:
    """Half past midnight in Oslo is the next day, though it is still the first one in UTC."""
    kari.post(STEP_1, {"answer": "yes"})
    clock.now = oslo("2026-11-21 00.30")
    kari.log_in("Kari Nordmann")
    kari.post(STEP_1, {"answer": "yes"})
    assert sorted(tally(session)) == [("2026-11-20", 1), ("2026-11-21", 1)]


def test_nei_is_not_counted(kari: PageClient, session: Session) -> None:
    answer_no(kari)
    assert tally(session) == []


def test_count_holds_a_number_a_day_and_a_kommune_and_nothing_else(session: Session) -> None:
    columns = {column["name"] for column in sa.inspect(session.connection()).get_columns("screening_tally")}
    assert columns == {"service_id", "municipality_number", "day", "yes"}


def test_ja_leaves_no_answer_on_the_citizens_own_unfinished_bookings(kari: PageClient) -> None:
    kari.post(STEP_1, {"answer": "yes"})
    kari.get("/timeavtaler")
    assert "påbegynt" not in kari.page.text()


def test_answered_nei_leads_through_every_step(kari: PageClient) -> None:
    """The other side of all refusals above: the same requests work once the question is answered."""
    answer_no(kari)
    choose(kari, MONDAY_8)
    kari.submit(kari.page.find_form("Send"), reason=REASON)
    assert kari.page.path == f"{draft_path(kari)}/bekreftelse"
