"""Citizen and doctor meet: from the waiting room to goodbye."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.video.conftest import Visitor

Visit = tuple[Visitor, Visitor]
Check = Callable[[Page], None]
HD = [1280, 720]


def test_they_see_and_hear_each_other(visit: Visit, check_page: Check) -> None:
    doctor, citizen = visit
    for one, seat in ((citizen, "practitioner"), (doctor, "patient")):
        one.sees(seat)
        assert not one.page.eval_on_selector(f".tile[data-seat={seat}] audio", "audio => audio.paused")
        assert one.page.evaluate(
            "() => connections.at(-1).getStats().then(all => [...all.values()]"
            ".filter(one => one.type === 'inbound-rtp' && one.kind === 'audio')"
            ".some(one => one.packetsReceived > 10))"
        )
        check_page(one.page)
    expect(citizen.page.locator("#stage .tile")).to_have_count(1)
    expect(citizen.page.locator("#stage")).to_contain_text("Astrid Sørlandslege")
    end = time.monotonic() + 10
    while citizen.size("practitioner") != HD and time.monotonic() < end:
        citizen.page.wait_for_timeout(200)
    assert citizen.size("practitioner") == HD


def test_both_are_told_how_their_picture_arrives(visit: Visit) -> None:
    """Without reports a browser neither grows its picture nor spares a narrow line, and nobody sees why."""
    for one in visit:
        one.page.wait_for_function(
            "() => connections.at(-1).getStats().then(all => [...all.values()].some(one =>"
            " one.type === 'remote-inbound-rtp' && one.kind === 'video' && one.roundTripTimeMeasurements > 2))"
        )


def test_microphone_and_camera_are_turned_off_and_on(visit: Visit) -> None:
    doctor, citizen = visit
    tile = doctor.page.locator(".tile[data-seat=patient]")
    citizen.page.click("#toggle-microphone")
    expect(tile.locator("[data-part=muted]")).to_be_visible()
    expect(citizen.page.locator("#toggle-microphone")).to_have_attribute("aria-pressed", "false")
    citizen.page.click("#toggle-camera")
    expect(tile.locator(".tile-placeholder")).to_have_text("KN")
    assert citizen.page.evaluate("() => document.querySelector('#self-picture').srcObject") is None
    citizen.page.click("#toggle-camera")
    expect(tile.locator("video")).to_be_visible()
    doctor.sees("patient")


def test_the_doctor_turns_a_microphone_off(visit: Visit) -> None:
    doctor, citizen = visit
    doctor.page.click("#toggle-people")
    doctor.page.locator("#people-list [data-seat=patient] [data-mute=audio]").click()
    expect(citizen.page.locator("#room-alert")).to_contain_text(
        "Astrid Sørlandslege har slått av mikrofonen din. Du kan slå den på igjen."
    )
    expect(citizen.page.locator("#toggle-microphone")).to_have_attribute("aria-pressed", "false")
    assert not citizen.page.evaluate("() => connections.at(-1).getSenders()[0].track.enabled")
    expect(doctor.page.locator(".tile[data-seat=patient] [data-part=muted]")).to_be_visible()
    citizen.page.click("#toggle-microphone")
    expect(doctor.page.locator(".tile[data-seat=patient] [data-part=muted]")).to_be_hidden()


def test_chat_reaches_the_other_and_waits_unread(visit: Visit, check_page: Check) -> None:
    doctor, citizen = visit
    citizen.page.click("#toggle-chat")
    citizen.page.fill("#chat-text", "<b>Hei</b> 👋")
    citizen.page.keyboard.press("Enter")
    expect(doctor.page.locator("#toggle-chat [data-part=count]")).to_have_text("1")
    doctor.page.keyboard.press("Alt+c")
    expect(doctor.page.locator("#chat-lines")).to_contain_text("<b>Hei</b> 👋")
    expect(doctor.page.locator("#chat-text")).to_be_focused()
    check_page(doctor.page)
    doctor.page.keyboard.press("Escape")
    expect(doctor.page.locator("#toggle-chat")).to_be_focused()
    expect(doctor.page.locator("#chat")).to_be_hidden()


def test_a_shared_screen_goes_in_place_of_the_camera(visit: Visit) -> None:
    doctor, citizen = visit
    # A canvas stands for the screen: a browser without a display has none to choose.
    doctor.page.evaluate("""() => {
      const canvas = Object.assign(document.createElement('canvas'), {width: 800, height: 600});
      setInterval(() => {
        canvas.getContext('2d').fillStyle = `hsl(${Date.now() / 20 % 360} 80% 50%)`;
        canvas.getContext('2d').fillRect(0, 0, 800, 600);
      }, 100);
      navigator.mediaDevices.getDisplayMedia = async () => canvas.captureStream(10);
    }""")
    doctor.page.click("#share-screen")
    expect(citizen.page.locator(".tile.is-screen")).to_contain_text("deler skjermen")
    end = time.monotonic() + 10
    while citizen.size("practitioner") != [800, 600]:
        assert time.monotonic() < end, citizen.size("practitioner")
        citizen.page.wait_for_timeout(100)
    doctor.page.click("#share-screen")
    expect(citizen.page.locator(".tile.is-screen")).to_have_count(0)
    citizen.sees("practitioner")


def test_who_is_in_the_room_is_confirmed(visit: Visit) -> None:
    _, citizen = visit
    citizen.page.click("#confirm-alone")
    expect(citizen.page.locator("#confirmed")).to_be_visible()
    citizen.page.reload()
    citizen.connected()
    expect(citizen.page.locator("#confirm-people")).to_be_hidden()


def test_the_doctor_ends_for_all(visit: Visit) -> None:
    doctor, citizen = visit
    doctor.page.get_by_role("button", name="Avslutt for alle").click()
    citizen.page.wait_for_url(re.compile("/ferdig"))
    expect(citizen.page.get_by_role("heading", level=1)).to_have_text("Timen er over")
    doctor.page.wait_for_url(re.compile("/utfall"))


def test_the_citizen_leaves_and_comes_back(visit: Visit) -> None:
    doctor, citizen = visit
    citizen.page.click("#leave")
    citizen.page.wait_for_url(re.compile("/ferdig"))
    expect(doctor.page.locator("#room-status")).to_contain_text("har gått ut")
    citizen.page.get_by_role("link", name="Gå inn igjen").click()
    citizen.sees("practitioner")
    doctor.sees("patient")


def test_four_are_in_the_room(visit: Visit, visitor: Callable[..., Visitor]) -> None:
    doctor, citizen = visit
    for name in ("Tolk Tolkesen", "Ola Pårørende"):
        doctor.page.eval_on_selector("#invite-answer", "answer => answer.replaceChildren()")
        doctor.page.fill("#panel-name", name)
        doctor.page.get_by_role("button", name="Lag kode").click()
        code = doctor.page.locator("#invite-answer .code").inner_text()
        guest = visitor()
        guest.page.goto("/video/gjest")
        guest.page.fill("#code", code)
        guest.page.get_by_role("button", name="Gå videre").click()
        guest.page.get_by_role("link", name="Til venterommet").click()
        doctor.page.get_by_role("button", name=f"Slipp inn {name}").click()
        guest.page.wait_for_url(re.compile("/rom"))
        guest.sees("patient", more=3)
        guest.sees("practitioner", more=3)
    expect(citizen.page.locator(".tile")).to_have_count(3)
    citizen.sees("guest-1", more=3)
    citizen.sees("guest-2", more=3)
    doctor.page.get_by_role("button", name="Fjern Tolk Tolkesen").click()
    expect(citizen.page.locator(".tile")).to_have_count(2)
