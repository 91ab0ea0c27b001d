"""The table of a run: what was found, what was wanted, and whether anything was missed."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Table:
    """Lines are printed as they come, so that a long run can be followed."""

    missed: list[str] = field(default_factory=list)

    def heading(self, text: str) -> None:
        """A part of the run begins."""
        print(f"\n{text}", flush=True)

    def line(self, what: str, figure: float, unit: str, *, most: float | None = None, note: str = "") -> None:
        """One figure; ``most`` is the goal, if there is one."""
        verdict = ""
        if most is not None:
            verdict = f"{'ok' if figure <= most else 'MISSED'} (≤ {most:g})"
            if figure > most:
                self.missed.append(what)
        shown = f"{figure:,.0f}" if figure == int(figure) and abs(figure) >= 10 else f"{figure:,.3g}"
        print(f"  {what:<58} {shown:>9} {unit:<12} {verdict:<18} {note}".rstrip(), flush=True)

    def end(self) -> int:
        """0 when every goal is met, else 1."""
        print(f"\nmissed: {', '.join(self.missed)}" if self.missed else "\nevery goal met", flush=True)
        return 1 if self.missed else 0


def at(values: Sequence[float], percent: int) -> float:
    """A percentile, as one of the values; the largest for a hundred."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def middle(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)
