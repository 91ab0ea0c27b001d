"""Everything that is promised of the video room, measured in one run; status 1 when a goal is missed.

``python -m benchmarks.video [--quick] [--only load coming first-frame fuzz] [--without ...]``
"""

import argparse
import logging
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import structlog
import uvloop

from benchmarks.video import coming, first_frame, leaks, load, media
from benchmarks.video.processes import HERE
from benchmarks.video.table import Table

PARTS = ("load", "coming", "first-frame", "fuzz")


def measure_load(table: Table, *, quick: bool) -> None:
    """CPU, delay and loss, with pictures and sound encoded ahead."""
    with tempfile.NamedTemporaryFile() as played:
        pictures, sounds = media.video(), media.audio()
        played.write(pickle.dumps((pictures, sounds)))
        played.flush()
        octets = sum(len(payload) for picture in pictures for payload in picture)
        seconds = media.FRAMES / media.FPS
        packets = sum(map(len, pictures)) / seconds
        print(f"each sends {octets * 8 / seconds / 1e6:.2f} Mbit/s in {packets:.0f} + 50 packets a second")
        load.report(table, played.name, packets + 50, quick=quick)


def measure_fuzz(table: Table, *, quick: bool) -> None:
    """In a process of its own: it counts every object there is."""
    inputs = "10000" if quick else "100000"
    command = [sys.executable, "-m", "benchmarks.video.fuzz", "--inputs", inputs]
    if subprocess.run(command, cwd=HERE, check=False).returncode:
        table.missed.append("fuzz")


def silent() -> None:
    """A server in this process does not write its log between the lines of the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def main() -> int:
    """Run the parts that are wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter, fewer: under two minutes")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--without", nargs="+", choices=PARTS, default=())
    given = parser.parse_args()
    # Told to stop, it stops what it started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    table, began = Table(), time.monotonic()
    print(f"load of the machine: {Path('/proc/loadavg').read_text().split()[0]}", flush=True)
    for part in given.only:
        if part in given.without:
            continue
        match part:
            case "load":
                measure_load(table, quick=given.quick)
            case "coming":
                uvloop.run(coming.run(table, quick=given.quick))
                silent()
                uvloop.run(leaks.run(table, quick=given.quick))
            case "first-frame":
                first_frame.report(table, quick=given.quick)
            case _:
                measure_fuzz(table, quick=given.quick)
    print(f"\n{time.monotonic() - began:.0f} s")
    return table.end()


if __name__ == "__main__":
    raise SystemExit(main())
