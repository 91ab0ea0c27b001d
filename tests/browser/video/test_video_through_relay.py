"""A visit of two whose networks let no UDP out: everything goes by TCP through coturn."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import create_app
from tests.browser.conftest import DESKTOP
from tests.browser.video.conftest import RunningClock, VideoServer, Visitor
from tests.relay import SECRET, Relay, a_relay
from tests.stage import aside, let_go, settings_for
from video import relay as passwords

# Chromium gathers no other candidates then, so it sends no packet but by the relay; and that takes TCP only.
RELAY_ONLY = """
  const Recording = RTCPeerConnection;
  window.refusals = [];
  window.RTCPeerConnection = class extends Recording {
    constructor(configuration) {
      super({ ...configuration, iceTransportPolicy: "relay" });
      this.addEventListener("icecandidateerror", ({ errorCode }) => window.refusals.push(errorCode));
    }
  };
"""
LINE = """
  () => connections.at(-1).getStats().then(report => {
    const all = [...report.values()];
    const pair = report.get(all.find(one => one.type === 'transport').selectedCandidatePairId);
    const { candidateType, relayProtocol, url } = report.get(pair.localCandidateId);
    const picture = all.find(one => one.type === 'inbound-rtp' && one.kind === 'video' && one.framesDecoded);
    const kinds = all.filter(one => one.type === 'local-candidate').map(one => one.candidateType);
    return { candidateType, relayProtocol, url, kinds: [...new Set(kinds)], frames: picture?.framesDecoded ?? 0 };
  })
"""


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    with a_relay(tmp_path) as running:
        yield running


@pytest.fixture
def app(
    seeded_now: Path, tmp_path: Path, clock: RunningClock, video_server: VideoServer, relay: Relay
) -> Iterator[Flask]:
    """The tests' own, with a relay."""
    file = tmp_path / "nettlege.sqlite"
    shutil.copyfile(seeded_now, file)
    settings = settings_for(
        f"sqlite:///{file}",
        video_nodes=f"1=http://127.0.0.1:{video_server.port}",
        video_turn_urls=relay.url,
        video_turn_secret=SECRET,
    )
    app = aside(lambda: create_app(settings, clock))
    yield app
    aside(lambda: let_go(app))


@pytest.fixture
def doctor(visitor: Callable[..., Visitor]) -> Visitor:
    return visitor("Astrid Sørlandslege", viewport=DESKTOP, script=RELAY_ONLY)


@pytest.fixture
def citizen(visitor: Callable[..., Visitor]) -> Visitor:
    return visitor("Kari Nordmann", script=RELAY_ONLY)


def line(one: Visitor) -> dict[str, Any]:
    return dict(one.page.evaluate(LINE))


def test_both_see_each_other_by_relay_alone(visit: tuple[Visitor, Visitor], relay: Relay) -> None:
    for one in visit:
        before = line(one)
        assert before["kinds"] == ["relay"]
        assert (before["candidateType"], before["relayProtocol"], before["url"]) == (
            "relay",
            "tcp",
            relay.url,
        )
        end = time.monotonic() + 10
        while line(one)["frames"] < before["frames"] + 30:
            assert time.monotonic() < end, "no new pictures"
            one.page.wait_for_timeout(100)
    seats = set(re.findall(r"user <\d+:([a-z-]+)>", relay.said()))
    assert seats == {"patient", "practitioner"}


def test_a_password_that_has_run_out_opens_no_line(
    doctor: Visitor, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "LIFE", -60)
    doctor.page.goto("/lege")
    doctor.page.get_by_role("link", name="Gå til videorommet").first.click()
    doctor.page.wait_for_function("() => window.refusals?.includes(401)")
    doctor.page.wait_for_timeout(1000)
    assert doctor.page.get_attribute("#room", "data-connection") == "connecting"
    assert not doctor.page.evaluate(
        "() => connections.some(one => one.localDescription?.sdp.includes('a=candidate'))"
    )
    assert "ALLOCATE processed, success" not in relay.said()
    monkeypatch.undo()
    doctor.page.reload()
    doctor.connected()
    assert line(doctor)["candidateType"] == "relay"
