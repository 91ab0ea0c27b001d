"""A whole visit by keyboard alone, for citizen and doctor; and what is read out to whoever sees neither."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP
from tests.browser.video.conftest import Visitor

MOST_TABS = 60
FOCUS = """() => {
  // A radio's whole cell is the target, and shows it.
  const { activeElement } = document;
  return [activeElement, activeElement.closest('.choice')].filter(Boolean).some(element => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
  });
}"""
LISTEN = """() => {
  window.heard = [];
  for (const region of document.querySelectorAll('[role=status], [role=alert]'))
    new MutationObserver(() => {
      if (region.checkVisibility()) window.heard.push(`${region.role}: ${region.innerText.trim()}`);
    }).observe(region, {childList: true, characterData: true, subtree: true});
}"""


def tab_to(page: Page, target: str) -> None:
    """Tab until ``target`` has focus, which must be seen."""
    wanted = page.locator(target).first
    expect(wanted).to_be_visible()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert page.evaluate(FOCUS), f"no focus is seen on {target}"
            return
    raise AssertionError(f"{target} is not reached by keyboard")


def press(page: Page, target: str) -> None:
    tab_to(page, target)
    page.keyboard.press("Enter")


def open_and_close(page: Page, button: str, panel: str) -> None:
    press(page, button)
    expect(page.locator(panel)).to_be_visible()
    assert page.locator(panel).evaluate("panel => panel.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(page.locator(panel)).to_be_hidden()
    expect(page.locator(button)).to_be_focused()


def test_a_visit_by_keyboard_alone(visitor: Callable[..., Visitor], doctor: Visitor) -> None:
    page = visitor("Kari Nordmann", viewport=DESKTOP).page
    lege = doctor.page
    page.goto("/timeavtaler")
    press(page, "a[href$=start-video]")
    page.wait_for_url(re.compile("/sjekk"))
    press(page, "#check-begin")
    expect(page.locator("#check-ok")).to_be_visible()
    press(page, "#check-continue")
    page.wait_for_url(re.compile("/venterom"))
    expect(page.locator("#waiting-known")).to_have_role("status")
    lege.goto("/lege")
    press(lege, "a:has-text('Gå til videorommet')")
    lege.wait_for_selector("#room[data-connection=connected]")
    lege.evaluate(LISTEN)
    press(lege, "button:has-text('Slipp inn Kari')")
    expect(page.locator("#waiting-admitted")).to_have_role("status")
    page.wait_for_url(re.compile("/rom"))
    page.wait_for_selector("#room[data-connection=connected]")
    page.evaluate(LISTEN)
    lege.wait_for_function("() => heard.includes('status: Kari Nordmann er kommet inn.')")

    for one in (page, lege):
        open_and_close(one, "#choose-devices", "#devices")
        open_and_close(one, "#toggle-people", "#people")
    press(page, "#toggle-chat")
    page.keyboard.type("Hei")
    page.keyboard.press("Enter")
    expect(lege.locator("#toggle-chat [data-part=count]")).to_have_text("1")
    page.keyboard.press("Escape")
    expect(page.locator("#toggle-chat")).to_be_focused()
    press(page, "#toggle-microphone")
    expect(page.locator("#toggle-microphone")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Space")
    expect(page.locator("#toggle-microphone")).to_have_attribute("aria-pressed", "true")

    press(lege, "#toggle-people")
    press(lege, "#people-list [data-seat=patient] [data-mute=audio]")
    page.wait_for_function(
        "() => heard.some(one => one.startsWith('alert: Astrid Sørlandslege har slått av'))"
    )
    page.evaluate("() => connections.at(-1).close()")
    page.wait_for_function("() => heard.some(one => one.startsWith('status: Forbindelsen er brutt'))")
    page.wait_for_selector("#room[data-connection=connected]")
    press(lege, "button:has-text('Avslutt for alle')")
    lege.wait_for_url(re.compile("/utfall"))
    page.wait_for_url(re.compile("/ferdig"))
    tab_to(lege, "input[name=outcome]")
    lege.keyboard.press("Space")
    press(lege, "button:has-text('Noter')")
    lege.wait_for_url(re.compile("/lege$"))
