"""Without a mouse: everything is reached, the focus is always seen, and goes to what has just changed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import walk
from tests.browser.walk import log_in, press, see

MOST_STOPS = 120
# What is focused: its name, and whether one sees it: on itself, or on the cell or label that stands for it.
FOCUSED = """() => {
  const focused = document.activeElement;
  if (focused === document.body) return null;
  const beside = focused.matches("input") ? focused.nextElementSibling : null;
  const stands = [focused, focused.closest(".choice"), beside];
  const seen = stands.filter(Boolean).some((element) => {
    const style = getComputedStyle(element);
    return style.opacity !== "0" && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  const box = focused.getBoundingClientRect();
  const label = focused.labels?.[0]?.innerText ?? focused.getAttribute("aria-label") ?? focused.innerText;
  const shown = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return { name: label.trim(), seen, shown };
}"""
# Too small: what is neither 44 px (controls) nor 24 px (anything else) each way; links within a sentence excepted.
SMALL_TARGETS = """() => {
  const faults = [];
  for (const element of document.querySelectorAll("a, button, summary, input:not([type=hidden]), textarea, select")) {
    if (element.closest(".ds-skip-link") || !element.checkVisibility()) continue;
    const target = element.matches("[type=radio]") ? element.closest("label") : element;
    const within = getComputedStyle(target).display === "inline" && target.matches("a");
    const spot = target.matches("summary") ? getComputedStyle(target, "::after") : null;
    let { width, height } = target.getBoundingClientRect();
    if (spot) [width, height] = [parseFloat(spot.width), parseFloat(spot.height)];
    const lesser = element.closest("article, dd, p") && !target.matches(".ds-button");
    const least = within ? 0 : lesser ? 24 : 44;
    if (width < least - 0.5 || height < least - 0.5)
      faults.push(`${target.innerText.trim().slice(0, 40)}: ${width} × ${height}, not ${least}`);
  }
  return faults;
}"""


@pytest.fixture
def citizen(page: Page) -> Page:
    """Ola's phone with a keyboard, logged in."""
    log_in(page)
    see(page, "Timeavtaler")
    return page


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until ``target`` has the focus; at every stop on the way the focus is seen."""
    expect(target).to_be_visible()
    for _ in range(MOST_STOPS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        assert stop is None or stop["seen"], f"the focus is not seen on «{stop['name']}»"
    raise AssertionError(f"Tab never reaches {target}")


def stops(page: Page) -> list[str]:
    """The names of all tab stops, in order; each shows that it has the focus and is on the screen."""
    names: list[str] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:  # round once: the browser's own controls are next
            break
        assert stop["seen"], f"the focus is not seen on «{stop['name']}»"
        assert stop["shown"], f"«{stop['name']}» has the focus outside the screen"
        names.append(stop["name"])
    return names


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("main").get_by_role("button", name=name, exact=True)


def link(page: Page, name: str) -> Locator:
    return page.get_by_role("main").get_by_role("link", name=name).first


def test_the_whole_booking_by_keyboard_alone(page: Page) -> None:
    page.goto("/k/kristiansand")
    tab_to(page, link(page, "Bestill time"))
    page.keyboard.press("Enter")
    see(page, "Logg inn")
    tab_to(page, button(page, "Ola Nordmann 43 år, Kristiansand"))
    page.keyboard.press("Enter")

    see(page, "Nyttig å vite før du bestiller time hos Kommunal nettlege")
    tab_to(page, page.locator("summary", has_text="Hva er egenandelen?"))
    page.keyboard.press("Space")
    expect(page.get_by_text("Egenandelen fastsettes av staten")).to_be_visible()
    tab_to(page, page.get_by_role("radio", name="Nei"))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text("For denne type hjelp må du kontakte fastlegen.")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="Nei")).to_be_checked()
    page.keyboard.press("Enter")

    see(page, "Velg tidspunkt")
    tab_to(page, walk.days(page).nth(3))
    page.keyboard.press("Enter")
    expect(page.locator("#dag")).to_be_focused()
    tab_to(page, walk.times(page).first)
    page.keyboard.press("ArrowRight")
    expect(walk.times(page).nth(1)).to_be_checked()
    tab_to(page, button(page, "Neste"))
    page.keyboard.press("Enter")

    see(page, "Se gjennom og send")
    tab_to(page, page.get_by_label("Hva gjelder det?"))
    page.keyboard.type(walk.REASON)
    tab_to(page, button(page, "Send"))
    page.keyboard.press("Space")
    see(page, "Timebestillingen er sendt")
    tab_to(page, link(page, "Til Timeavtaler"))
    page.keyboard.press("Enter")
    see(page, "Timeavtaler")


def test_the_focus_is_seen_at_every_stop_of_the_four_steps(citizen: Page) -> None:
    citizen.goto("/bestill/kristiansand")
    assert {"116 117", "113", "Neste", "English"} <= set(stops(citizen))
    walk.answer(citizen)
    walk.open_day(citizen)
    assert "Neste" in stops(citizen)
    walk.hold(citizen)
    assert {"Hva gjelder det?", "Send", "Forkast bestillingen"} <= set(stops(citizen))
    walk.send(citizen)
    assert {"Legg til i kalender", "Til Timeavtaler"} <= set(stops(citizen))


def test_the_skip_link_leads_past_the_header(citizen: Page) -> None:
    citizen.goto("/bestill")
    citizen.keyboard.press("Tab")
    skip = citizen.get_by_role("link", name="Hopp til hovedinnhold")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    citizen.keyboard.press("Enter")
    expect(citizen.get_by_role("main")).to_be_focused()
    citizen.keyboard.press("Tab")
    expect(link(citizen, "Kommunal nettlege")).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_focus_goes_to_the_errors_and_from_there_to_the_field(
    open_browser: Callable[..., Page], scripts: bool
) -> None:
    page = open_browser(java_script_enabled=scripts)
    log_in(page)
    page.goto("/bestill/kristiansand")
    leads_from_error(page, "Neste", "Velg én", page.get_by_role("radio", name="Nei"))
    page.get_by_role("radio", name="Nei").check()
    press(page, "Neste")
    walk.open_day(page)
    leads_from_error(page, "Neste", "Velg et tidspunkt", walk.times(page).first)
    walk.hold(page)
    leads_from_error(page, "Send", "Skriv kort hva timen gjelder", page.get_by_label("Hva gjelder det?"))


def leads_from_error(page: Page, send: str, message: str, field: Locator) -> None:
    """Send the form as it is: the summary has the focus, the title says so, and the message leads to the field."""
    press(page, send)
    expect(page.get_by_role("group", name="Du må rette noe før du kan gå videre")).to_be_focused()
    assert page.title().startswith("Feil: ")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=message)).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_be_in_viewport()
    page.keyboard.press("Tab" if not field.evaluate("field => field === document.activeElement") else "Shift")
    expect(field).to_be_focused()


def test_the_focus_goes_to_the_day_that_was_chosen(citizen: Page) -> None:
    walk.answer(citizen)
    walk.open_day(citizen)
    day = citizen.locator("#dag")
    expect(day).to_be_focused()
    expect(day).to_be_in_viewport()
    citizen.keyboard.press("Tab")
    expect(walk.times(citizen).first).to_be_focused()
    expect(citizen.locator("[aria-current=date]")).to_have_count(1)


def test_the_focus_goes_to_the_services_that_were_fetched(citizen: Page) -> None:
    citizen.goto("/")
    tab_to(citizen, link(citizen, "Vis flere tjenester"))
    citizen.keyboard.press("Enter")
    expect(link(citizen, "Helsekontakter")).to_be_visible()
    expect(link(citizen, "Timeavtaler")).to_be_focused()


def test_the_focus_stays_in_the_search_while_its_results_come(page: Page) -> None:
    page.goto("/")
    search = page.get_by_label("Hvilken kommune bor du i?")
    tab_to(page, search)
    page.keyboard.type("Kristians")
    expect(page.get_by_role("status").get_by_role("link", name="Kristiansand")).to_be_visible()
    expect(search).to_be_focused()


def test_what_one_presses_is_large_enough(citizen: Page) -> None:
    def enough() -> None:
        faults = citizen.evaluate(SMALL_TARGETS)
        assert not faults, f"{citizen.url}: {faults}"

    for path in ("/", "/timeavtaler", "/bestill", "/helsekontakter", "/k/risor", "/bestill/kristiansand"):
        citizen.goto(path)
        enough()
    walk.answer(citizen)
    walk.open_day(citizen)
    enough()
    citizen.set_viewport_size({"width": 320, "height": 640})
    enough()
    walk.hold(citizen)
    enough()
    walk.send(citizen)
    enough()
    press(citizen, "Til Timeavtaler")
    citizen.get_by_role("link", name="Videotime hos Kommunal nettlege").click()
    enough()
