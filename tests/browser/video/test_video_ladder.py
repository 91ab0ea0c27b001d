"""Step by step down: video, sound only, «legen ringer deg». And devices to choose, and a screen that stays alight."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.video.conftest import Visitor

Visit = tuple[Visitor, Visitor]
STATS = """() => {
  // What the browser would count on a line like this: a delay that grows, or pictures that stand still.
  window.line = {};
  const pair = {type: 'candidate-pair', nominated: true, state: 'succeeded'};
  RTCPeerConnection.prototype.getStats = async () => new Map([
    ['in', {type: 'inbound-rtp', packetsReceived: Date.now()}],
    ['pair', {...pair, currentRoundTripTime: window.line.delay ?? 0}],
  ]);
}"""
LATER = """() => {
  const real = performance.now.bind(performance);
  performance.now = () => real() + 13_000;
}"""


def test_a_poor_line_is_said_in_words_and_sound_only_is_offered(visit: Visit) -> None:
    doctor, citizen = visit
    page = citizen.page
    page.evaluate(STATS)
    expect(page.locator("#quality")).to_have_text("God forbindelse")
    page.evaluate("() => { line.delay = 0.5; }")
    expect(page.locator("#quality")).to_have_text("Ustabil forbindelse")
    expect(page.locator("#trouble")).to_be_hidden()
    page.evaluate("() => { line.delay = 1.2; }")
    expect(page.locator("#quality")).to_have_text("Dårlig forbindelse")
    expect(page.locator("#trouble")).to_be_visible(timeout=20_000)
    page.click("#sound-only")
    expect(page.locator("#trouble")).to_be_hidden()
    expect(page.locator("#room-status")).to_contain_text("bare lyd")
    expect(doctor.page.locator(".tile[data-seat=patient] .tile-placeholder")).to_be_visible()
    sending = "() => connections.at(-1).getTransceivers().map(one => one.currentDirection)"
    assert page.evaluate(sending)[:2] == ["sendonly", "inactive"]  # what comes, comes in the pairs


def test_when_nothing_connects_the_doctor_is_asked_to_telephone(visit: Visit) -> None:
    doctor, citizen = visit
    page = citizen.page
    page.route(re.compile("/tilbud$"), lambda route: route.abort())
    page.evaluate("() => connections.at(-1).close()")
    page.wait_for_selector("#room[data-connection=reconnecting]")
    page.evaluate(LATER)
    page.wait_for_selector("#room[data-connection=failed]")
    expect(page.locator("#room-status")).to_contain_text("Vi får ikke kontakt med videorommet")
    expect(page.locator("#trouble")).to_be_visible()
    page.get_by_role("link", name="Be legen ringe deg").click()
    page.fill("#phone", "412 34 567")
    page.get_by_role("button", name="Be legen ringe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Legen ringer deg")
    expect(doctor.page.locator("#doctor-panel")).to_contain_text("Vil bli ringt på 412 34 567")
    # That was no no-show, and video is tried again when it works again.
    page.unroute(re.compile("/tilbud$"))
    page.get_by_role("link", name="Prøv video igjen").click()
    page.wait_for_url(re.compile("/rom|/sjekk"))


def test_the_screen_stays_alight_and_only_choices_that_exist_are_offered(
    visitor: Callable[..., Visitor], doctor: Visitor
) -> None:
    script = """
      window.awake = [];
      navigator.wakeLock.request = async kind => { window.awake.push(kind); return {}; };
      delete HTMLMediaElement.prototype.setSinkId;
    """
    doctor.to_room()
    expect(doctor.page.locator("#share-screen")).to_be_visible()
    someone = visitor("Kari Nordmann", script=script)
    someone.to_waiting_room()
    doctor.page.get_by_role("button", name="Slipp inn Kari").click()
    someone.page.wait_for_url(re.compile("/rom"))
    someone.sees("practitioner")
    page = someone.page
    assert page.evaluate("() => awake") == ["screen"]
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate("() => awake") == ["screen", "screen"], "a phone takes it away in the background"
    page.click("#choose-devices")
    expect(page.locator("[data-field=speaker]")).to_be_hidden()
    expect(page.locator("[data-field=camera]")).to_be_hidden()  # there is only one
    expect(page.locator("#share-screen")).to_be_hidden()
    expect(page.locator("#switch-camera")).to_be_hidden()
    microphones = page.locator("#room-microphone option")
    values = [one.get_attribute("value") for one in microphones.all()]
    current = page.input_value("#room-microphone")
    other = next(value for value in values if value not in (current, None))
    page.select_option("#room-microphone", other)
    page.wait_for_function(
        "wanted => connections.at(-1).getSenders()[0].track?.getSettings().deviceId === wanted", arg=other
    )
    doctor.sees("patient")
