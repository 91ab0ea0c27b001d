"""The benchmark's tables, and whether the goals are met."""

from benchmarks.meter import Subject

GOALS = {"free times": ("floor", 2.0), "timeavtaler": ("floor", 2.0), "public free times": ("floor", 2.0)}
GOALS["send"] = ("floor insert", 2.5)
GROWTH = 1.10


def report(measured: dict[int, list[Subject]]) -> int:
    """Print medians and ratios; 0 when every goal is met, else 1."""
    missed = 0
    for size, subjects in measured.items():
        named = {subject.name: subject for subject in subjects}
        print(f"\n{size:>9,} appointments   server ms  database ms  together   x floor      bytes")
        for subject in subjects:
            floor, goal = GOALS.get(subject.name, (subject.name, 1.0))
            ratio = subject.total_ms / named[floor].total_ms
            missed += ratio > goal
            verdict = "" if floor == subject.name else f"{'ok' if ratio <= goal else 'MISSED'} (≤ {goal})"
            print(
                f"  {subject.name:<20} {subject.server_ms:>10.3f} {subject.database_ms:>12.3f} "
                f"{subject.total_ms:>9.3f} {ratio:>9.2f} {subject.answer_bytes:>10,}  {verdict}"
            )
    first, last = min(measured), max(measured)
    print(f"\ngrowth from {first:,} to {last:,} appointments")
    for small, large in zip(measured[first], measured[last], strict=True):
        growth = large.total_ms / small.total_ms
        missed += growth > GROWTH
        verdict = f"{'ok' if growth <= GROWTH else 'MISSED'} (≤ {GROWTH:.2f})"
        print(f"  {small.name:<20} {growth:>10.2f}  {verdict}")
    return 1 if missed else 0
