"""A million generated inputs against parsers, rules, forms and token checks, in this process.

``nice python -m benchmarks.fuzz.in_process [--inputs 1000000] [--seed 7]``. Ends with status 1 when anything fell or
took longer than a second of work.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom

from benchmarks.fuzz import forms, rules
from benchmarks.fuzz.inputs import Inputs

LONGEST = 1.0
"""Seconds of this process's own work for one input; more is a hang, however busy the machine is."""
Target = Callable[[Inputs], None]


class Hung(Exception):
    """One input took more than LONGEST."""


@dataclass
class Report:
    """What came of a run. ``slowest`` is in milliseconds."""

    inputs: int = 0
    slowest: float = 0.0
    slowest_target: str = ""
    by_target: dict[str, int] = field(default_factory=dict)
    fell: list[str] = field(default_factory=list)


def run(targets: Sequence[Target], count: int, seed: int) -> Report:
    """``count`` inputs, spread over the targets. Every input has a seed of its own, so that one can be played again."""
    report = Report()
    before = signal.signal(signal.SIGVTALRM, _hung)
    try:
        for number in range(count):
            target = targets[number % len(targets)]
            _one(target, f"{seed}/{number}", report)
    finally:
        signal.signal(signal.SIGVTALRM, before)
    return report


def _one(target: Target, seed: str, report: Report) -> None:
    name = target.__name__
    begun = time.perf_counter()
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
    try:
        target(Inputs(seed))
    except Exception as error:  # noqa: BLE001 - whatever falls is what we look for
        place = traceback.extract_tb(error.__traceback__)[-1]
        report.fell.append(
            f"{name} seed {seed}: {type(error).__name__} {error} at {place.filename}:{place.lineno}"
        )
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    took = (time.perf_counter() - begun) * 1000
    if took > report.slowest:
        report.slowest, report.slowest_target = took, name
    report.inputs += 1
    report.by_target[name] = report.by_target.get(name, 0) + 1


def _hung(*_: object) -> None:
    raise Hung


def main() -> int:
    """Run and print."""
    from app import create_app
    from tests.stage import settings_for

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**9))
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings_for(f"sqlite:///{Path(folder) / 'fuzz.sqlite'}"))
        report = run((*rules.TARGETS, *forms.targets(app)), asked.inputs, asked.seed)
    told = {
        "inputs": report.inputs, "targets": len(report.by_target), "seconds": round(time.monotonic() - begun),
        "slowest_ms": round(report.slowest, 1), "slowest": report.slowest_target, "fell": len(report.fell),
    }  # fmt: skip
    print(json.dumps(told))
    print("\n".join(report.fell[:30]))
    return 1 if report.fell else 0


if __name__ == "__main__":
    sys.exit(main())
