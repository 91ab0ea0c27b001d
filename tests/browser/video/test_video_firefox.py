"""Firefox and Chromium in one visit. Firefox hides this machine's addresses behind names, as it does by default."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.video.conftest import RECORD_CONNECTIONS, VideoServer, Visitor
from tests.browser.video.firefox import Tab, a_firefox

HOSTS = """
  () => (connections.at(-1).localDescription.sdp.match(/^a=candidate:.* typ host/gm) ?? [])
    .map(line => line.split(' ')[4])
"""
PAINTED = "() => document.querySelector(`.tile[data-seat='practitioner'] video`)?.mozPaintedFrames"
DECODED = """
  () => connections.at(-1).getStats().then(all => [...all.values()]
    .filter(one => one.type === 'inbound-rtp' && one.kind === 'video')
    .reduce((sum, one) => sum + (one.framesDecoded ?? 0), 0))
"""
SOUND = """
  () => connections.at(-1).getStats().then(all => [...all.values()]
    .filter(one => one.type === 'inbound-rtp' && one.kind === 'audio')
    .reduce((sum, one) => sum + one.packetsReceived, 0))
"""


@pytest.fixture
def video_server(tmp_path: Path) -> Iterator[VideoServer]:
    """One that listens on all of this machine's addresses: Firefox does not send from them to 127.0.0.1."""
    server = VideoServer(tmp_path / "video.log", addresses="")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Tab]:
    program = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
    assert program, "Firefox is needed: `make test` installs it, or says how"
    folder = tmp_path / "firefox"
    folder.mkdir()
    with a_firefox(program, folder) as browser:
        yield browser.open(RECORD_CONNECTIONS)


def test_firefox_with_hidden_addresses_and_chromium_see_each_other(
    firefox: Tab, doctor: Visitor, address: str
) -> None:
    firefox.goto(f"{address}/logg-inn")
    firefox.press("Kari Nordmann")
    firefox.press("Start video")
    firefox.press("Til venterommet")
    firefox.wait_for("() => location.pathname.endsWith('/venterom')")
    doctor.to_room()
    doctor.page.get_by_role("button", name="Slipp inn Kari").click()
    firefox.wait_for("() => document.querySelector('#room')?.dataset.connection === 'connected'")
    doctor.sees("patient")
    began = time.monotonic()
    first = firefox.wait_for(PAINTED)
    for look in (firefox.evaluate, doctor.page.evaluate):
        frames, sound = look(DECODED), look(SOUND)
        while look(DECODED) < frames + 30 or look(SOUND) < sound + 50:
            assert time.monotonic() - began < 20, (frames, sound, look(DECODED), look(SOUND))
            doctor.page.wait_for_timeout(100)
    assert firefox.evaluate(PAINTED) > first
    hosts = firefox.evaluate(HOSTS)
    assert hosts, "Firefox has gathered no address of its own"
    assert all(host.endswith(".local") for host in hosts), hosts
    assert not firefox.evaluate("() => document.querySelector('.tile audio').paused")
