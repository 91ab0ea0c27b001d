"""A visit on lines that lose packets, both ways on both sides: it lives on, and the page says how it is."""

import time
from typing import Any

import pytest

from tests.browser.video.conftest import Visitor, lose_packets

COUNTS = """
  () => connections.at(-1).getStats().then(all => {
    const sum = { frames: 0, concealed: 0, samples: 0, sounds: 0 };
    for (const one of all.values()) if (one.type === 'inbound-rtp') {
      sum.frames += one.framesDecoded ?? 0;
      sum.concealed += one.concealedSamples ?? 0;
      sum.samples += one.totalSamplesReceived ?? 0;
      sum.sounds += one.kind === 'audio' ? one.packetsReceived : 0;
    }
    return sum;
  })
"""
SECONDS = 8
POOR = "() => document.querySelector('#room').dataset.quality === 'poor'"


@pytest.fixture(params=[5, 20])
def percent(request: pytest.FixtureRequest, doctor: Visitor, citizen: Visitor) -> int:
    """Lost of a hundred, each way of each line. Asked for before ``visit``: later would not reach the connection."""
    for one in (doctor, citizen):
        lose_packets(one.page, request.param)
    return int(request.param)


def gained(one: Visitor, before: dict[str, Any]) -> dict[str, Any]:
    now = one.page.evaluate(COUNTS)
    return {name: now[name] - before[name] for name in before}


def test_pictures_and_sound_keep_coming(percent: int, visit: tuple[Visitor, Visitor]) -> None:
    # What was lost before it came to us and after adds up: of a fifth twice, 36 in a hundred.
    lost = 1 - (1 - percent / 100) ** 2
    before = [one.page.evaluate(COUNTS) for one in visit]
    visit[0].page.wait_for_timeout(SECONDS * 1000)
    for one, first in zip(visit, before, strict=True):
        got = gained(one, first)
        assert got["frames"] > SECONDS * 2, got
        assert got["sounds"] > SECONDS * 50 * (1 - lost) / 2, got
        assert got["concealed"] / got["samples"] < lost + 0.15, got
        assert one.page.get_attribute("#room", "data-connection") == "connected"
    if percent == 20:
        began = time.monotonic()
        for one in visit:
            one.page.wait_for_function(POOR)
            assert one.page.inner_text("#quality") == "Dårlig forbindelse"
        assert time.monotonic() - began < 10
