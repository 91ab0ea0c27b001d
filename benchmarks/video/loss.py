"""Freezes, frames and sound of a visit on a line that loses packets: the whole product, two Chromium pages.

``python -m benchmarks.video.loss [--percent 3] [--seconds 30] [--lossy patient] [--runs 1]``

The goal is at most one freeze in 30 s at 3 %. ``--lossy`` says whose line it is, each way; with ``both``, nearly
twice as much is lost between two people. Chromium calls it a freeze when a picture stands at least 150 ms longer
than usual: on a machine that is busy with something else it counts that, too, hence the run at 0 % beside it.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.browser.video.conftest import RECORD_CONNECTIONS, Visitor, lose_packets
from tests.stage import settings_for
from tools.test_services import find_chromium

HERE = Path(__file__).resolve().parents[2]
WARM_UP = 5.0
PEOPLE = {"practitioner": "Astrid Sørlandslege", "patient": "Kari Nordmann"}
COUNTS = """
  () => connections.at(-1).getStats().then(all => {
    const sum = { freezes: 0, frozen: 0, frames: 0, concealed: 0, samples: 0, repaired: 0, fec: 0 };
    for (const one of all.values()) if (one.type === 'inbound-rtp') {
      sum.freezes += one.freezeCount ?? 0;
      sum.frozen += one.totalFreezesDuration ?? 0;
      sum.frames += one.framesDecoded ?? 0;
      sum.concealed += one.concealedSamples ?? 0;
      sum.samples += one.totalSamplesReceived ?? 0;
      sum.repaired += one.kind === 'video' ? one.retransmittedPacketsReceived ?? 0 : 0;
      sum.fec += one.fecPacketsReceived ?? 0;
    }
    return sum;
  })
"""


@contextmanager
def the_product() -> Iterator[str]:
    """`make run` on data of its own; the address."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
        one.close()
        fixed = settings_for(f"sqlite:///{folder}/nettlege.sqlite", port=port)
        names = (
            "environment",
            "database_url",
            "secret_key",
            "encryption_keys",
            "video_key",
            "rate_limits",
            "port",
        )
        environment = os.environ | {f"NETTLEGE_{name.upper()}": str(getattr(fixed, name)) for name in names}
        quiet: dict[str, Any] = {"cwd": HERE, "env": environment, "stderr": subprocess.DEVNULL}
        quiet["stdout"] = subprocess.DEVNULL
        for command in (["db", "upgrade"], ["seed"]):
            subprocess.run([sys.executable, "-m", "flask", "--app", "app", *command], check=True, **quiet)
        server = subprocess.Popen([sys.executable, "app.py"], **quiet)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/helse")
            yield address
        finally:
            server.terminate()
            server.wait()


def wait_for(address: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(address).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the product does not answer")


def visit(
    browser: Browser, address: str, lossy: dict[str, float], seconds: float
) -> Iterator[dict[str, Any]]:
    """One visit; what each of the two saw and heard in ``seconds``."""
    visitors = {}
    for seat, name in PEOPLE.items():
        context = browser.new_context(base_url=address, locale="nb-NO", permissions=["camera", "microphone"])
        context.add_init_script(RECORD_CONNECTIONS)
        visitors[seat] = Visitor(context.new_page())
        visitors[seat].log_in(name)
        if percent := lossy.get(seat):
            lose_packets(visitors[seat].page, percent)
    doctor, patient = visitors["practitioner"], visitors["patient"]
    patient.to_waiting_room()
    doctor.to_room()
    doctor.page.get_by_role("button", name="Slipp inn Kari").click()
    patient.page.wait_for_url(re.compile("/rom"))
    patient.sees("practitioner")
    doctor.sees("patient")
    time.sleep(WARM_UP)
    before = {seat: one.page.evaluate(COUNTS) for seat, one in visitors.items()}
    time.sleep(seconds)
    for seat, one in visitors.items():
        now = one.page.evaluate(COUNTS)
        got = {name: now[name] - before[seat][name] for name in now}
        height = one.size("patient" if seat == "practitioner" else "practitioner")[1]
        yield {
            "who looks": seat,
            "freezes": got["freezes"],
            "frozen s": round(got["frozen"], 2),
            "frames a second": round(got["frames"] / seconds, 1),
            "height": height,
            "sound made up": round(got["concealed"] / max(got["samples"], 1), 3),
            "repaired": got["repaired"],
            "sound repeated": got["fec"],
        }
    for one in visitors.values():
        one.page.context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--percent", type=float, nargs="+", default=[0, 3])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--lossy", choices=["patient", "practitioner", "both"], default="patient")
    parser.add_argument("--runs", type=int, default=1)
    given = parser.parse_args()
    seats = list(PEOPLE) if given.lossy == "both" else [given.lossy]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        for percent in given.percent * given.runs:
            lossy = dict.fromkeys(seats, percent)
            with the_product() as address:  # a fresh one: nobody has been let in yet
                load = os.getloadavg()[0]
                for figures in visit(browser, address, lossy, given.seconds):
                    told = {"lost %": percent, "lossy": given.lossy, "load": round(load, 1)} | figures
                    print(json.dumps(told, ensure_ascii=False), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
