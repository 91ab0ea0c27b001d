"""Impatient thumbs, lost networks, old pages: nothing is booked twice, nothing typed is lost, no page lies."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, LocatorAssertions, Page, expect

from tests.browser import walk
from tests.browser.conftest import PHONE
from tests.browser.walk import log_in, press, see
from tests.stage import Clock

EVENING = "Vondt i øret siden i går kveld"


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def phone(request: pytest.FixtureRequest, open_browser: Callable[..., Page]) -> Page:
    """A phone, 390×844."""
    return open_browser(java_script_enabled=request.param)


def reason(page: Page) -> LocatorAssertions:
    return expect(page.get_by_label("Hva gjelder det?"))


def test_send_pressed_twice_is_one_booking(phone: Page, app: Flask) -> None:
    log_in(phone)
    walk.review(phone)
    phone.get_by_label("Hva gjelder det?").fill(walk.REASON)
    phone.get_by_role("button", name="Send", exact=True).dblclick()
    see(phone, "Timebestillingen er sendt")
    assert len(walk.booked(app)) == 1


def test_send_says_that_it_is_at_work(page: Page) -> None:
    log_in(page)
    walk.review(page)
    page.get_by_label("Hva gjelder det?").fill(walk.REASON)
    page.route("**/se-gjennom", lambda route: route.fulfill(status=204))  # no page comes, so this one stays
    press(page, "Send")
    waiting = page.get_by_role("button", name="Sender …")
    expect(waiting).to_have_attribute("aria-busy", "true")
    reason(page).to_have_value(walk.REASON)
    page.clock.fast_forward(8_000)  # then one may try again
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()


def test_going_back_after_booking_does_not_show_the_time_as_free(phone: Page) -> None:
    log_in(phone)
    walk.answer(phone)
    walk.open_day(phone)
    taken = walk.chosen_start(phone)
    walk.hold(phone)
    walk.send(phone)
    for _ in range(3):
        phone.go_back()
        expect(phone.locator(f"[value='{taken}']")).to_have_count(0)
        expect(phone.get_by_role("button", name="Send", exact=True)).to_have_count(0)
    phone.goto("/bestill/kristiansand")
    walk.answer(phone)
    walk.open_day(phone)
    expect(walk.times(phone).first).to_be_visible()


def test_going_back_among_days_asks_the_server_again(phone: Page, app: Flask) -> None:
    log_in(phone)
    walk.answer(phone)
    walk.open_day(phone, 0)
    said = walk.days(phone).nth(0).inner_text()
    start = walk.chosen_start(phone)
    walk.open_day(phone, 5)
    walk.somebody_else_books(app, start, "Solveig Fjordglimt")
    phone.go_back()
    expect(phone.locator("[aria-current=date]")).to_have_id("dato-2026-11-20")
    expect(walk.days(phone).nth(0)).not_to_have_text(said)


@pytest.fixture
def page_kept_in_memory(keeping_chromium: Browser, address: str, clock: Clock) -> Iterator[Page]:
    """A phone whose browser keeps pages for going back, as people's browsers do and the tests' does not."""
    context = keeping_chromium.new_context(
        base_url=address, viewport=PHONE, locale="nb-NO", timezone_id="Europe/Oslo"
    )
    yield context.new_page()
    context.close()


def test_a_page_kept_in_memory_is_fetched_again(page_kept_in_memory: Page, app: Flask) -> None:
    page = page_kept_in_memory
    page.goto("/k/kristiansand")
    first = page.get_by_text("Første ledige time:").inner_text()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.get_by_role("link", name="Informasjon og hjelp til videotimen").click()
    see(page, "Informasjon og hjelp")
    page.go_back()
    see(page, "Kommunal nettlege i Kristiansand")
    expect(page.get_by_text("Første ledige time:")).to_have_text(first)
    assert any(url.endswith("/k/kristiansand") for url in fetched)


def test_without_a_network_the_day_is_opened_as_a_plain_link(page: Page) -> None:
    """htmx cannot fetch it, so the browser tries, and says itself what is wrong; afterwards one goes on."""
    log_in(page)
    walk.answer(page)
    day = walk.days(page).nth(2)
    address = str(day.get_attribute("href"))
    page.route(
        f"**{address}",
        lambda route, request: route.abort() if "hx-request" in request.headers else route.continue_(),
    )
    day.click()
    page.wait_for_url(f"**{address}")
    expect(page.locator("#dag")).to_be_visible()
    expect(walk.times(page).first).to_be_visible()


def test_without_a_network_the_search_says_so_and_keeps_what_was_typed(page: Page) -> None:
    page.goto("/")
    page.context.set_offline(True)
    search = page.get_by_label("Hvilken kommune bor du i?")
    search.press_sequentially("Kris")
    expect(page.get_by_role("alert")).to_contain_text("Vi fikk ikke svar. Sjekk at du er på nett")
    expect(search).to_have_value("Kris")
    page.context.set_offline(False)
    search.press_sequentially("tiansand")
    expect(page.get_by_role("link", name=re.compile("Kristiansand"))).to_be_visible()
    expect(page.get_by_role("alert")).to_be_empty()


def test_without_a_network_the_text_stays_and_is_kept_when_it_is_back(page: Page) -> None:
    log_in(page)
    walk.review(page)
    page.context.set_offline(True)
    page.get_by_label("Hva gjelder det?").press_sequentially(EVENING)
    page.clock.fast_forward(1_500)
    expect(page.get_by_role("alert")).to_contain_text("Det du har skrevet, står her fortsatt.")
    reason(page).to_have_value(EVENING)
    page.context.set_offline(False)
    with page.expect_response("**/hva-det-gjelder"):
        page.get_by_label("Hva gjelder det?").press_sequentially(".")
        page.clock.fast_forward(1_500)
    page.reload()
    reason(page).to_have_value(f"{EVENING}.")


def test_what_is_typed_is_kept_while_it_is_typed(page: Page) -> None:
    log_in(page)
    walk.review(page)
    with page.expect_response("**/hva-det-gjelder") as kept:
        page.get_by_label("Hva gjelder det?").press_sequentially(EVENING)
        page.clock.fast_forward(1_500)
    assert kept.value.status == 204
    page.reload()
    reason(page).to_have_value(EVENING)


def test_the_counter_counts_as_people_do(page: Page) -> None:
    log_in(page)
    walk.review(page)
    counter = page.locator("#reason-count")
    expect(counter).to_have_text("500 tegn igjen")
    field = page.get_by_label("Hva gjelder det?")
    field.fill("😀")
    expect(counter).to_have_text("499 tegn igjen")
    field.fill("å" * 499)
    expect(counter).to_have_text("1 tegn igjen")
    field.fill("😀" * 501)
    expect(counter).to_have_text("1 tegn for mye")
    press(page, "Send")
    expect(page.get_by_role("link", name="Teksten er 1 tegn for lang")).to_be_visible()
    reason(page).to_have_value("😀" * 501)
    field.fill("😀" * 500)
    press(page, "Send")
    see(page, "Timebestillingen er sendt")


def test_a_login_that_runs_out_gives_the_text_back(phone: Page, clock: Clock) -> None:
    log_in(phone)
    time = walk.review(phone)
    phone.get_by_label("Hva gjelder det?").fill(EVENING)
    clock.forward(minutes=31)
    press(phone, "Send")
    see(phone, "Du er logget ut")
    expect(phone.get_by_text("Det du har skrevet, er tatt vare på.")).to_be_visible()
    phone.get_by_role("main").get_by_role("link", name="Logg inn").click()
    log_in(phone)
    see(phone, "Se gjennom og send")
    reason(phone).to_have_value(EVENING)
    press(phone, "Send")
    see(phone, "Timebestillingen er sendt")
    expect(walk.row(phone, "Tidspunkt")).to_contain_text(time)


def test_a_second_tab_changes_the_time_and_the_first_one_does_not_send_another_than_it_shows(
    phone: Page, app: Flask
) -> None:
    log_in(phone)
    first = walk.review(phone)
    path = walk.draft_path(phone)
    phone.get_by_label("Hva gjelder det?").fill(EVENING)
    with phone.context.new_page() as tab:
        tab.goto(f"{path}/tidspunkt")
        walk.open_day(tab, 4)
        second = walk.hold(tab, 3)
    assert first != second

    press(phone, "Send")
    see(phone, "Se gjennom og send")
    expect(walk.row(phone, "Tidspunkt")).to_contain_text(second)
    reason(phone).to_have_value(EVENING)
    assert not walk.booked(app)
    press(phone, "Send")
    see(phone, "Timebestillingen er sendt")
    expect(walk.row(phone, "Tidspunkt")).to_contain_text(second)


def test_a_time_that_somebody_else_was_given_costs_one_press_more(
    phone: Page, app: Flask, clock: Clock
) -> None:
    log_in(phone)
    walk.answer(phone)
    walk.open_day(phone, 0)  # so near that one doctor has it free
    start = walk.chosen_start(phone)
    walk.hold(phone)
    phone.get_by_label("Hva gjelder det?").fill(EVENING)
    clock.forward(minutes=11)
    walk.somebody_else_books(app, start, "Solveig Fjordglimt")
    press(phone, "Send")
    see(phone, "Noen andre rakk denne tiden")
    expect(phone.get_by_text("Det du har skrevet, er tatt vare på.")).to_be_visible()
    phone.get_by_role("main").get_by_role("listitem").get_by_role("button").first.click()
    see(phone, "Se gjennom og send")
    reason(phone).to_have_value(EVENING)
    press(phone, "Send")
    see(phone, "Timebestillingen er sendt")
