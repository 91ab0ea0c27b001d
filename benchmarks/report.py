"""The benchmark's tables, and whether the goals are met."""

from statistics import median

from benchmarks.meter import Subject

PAGE, SEND, GROWTH = 2.0, 2.5, 1.10


def report(measured: dict[int, list[Subject]]) -> int:
    """Print medians and ratios; 0 when every goal is met, else 1."""
    missed = 0
    for size, subjects in measured.items():
        print(f"\n{size:>9,} appointments   server ms  database ms  together   x floor      bytes")
        for floor in dict.fromkeys(id(s.floor) for s in subjects):
            compared = [subject for subject in subjects if id(subject.floor) == floor]
            assert compared[0].floor is not None
            _line(compared[0].floor, "")
            for subject in compared:
                goal = SEND if subject.name == "send" else PAGE
                missed += subject.ratio > goal
                _line(
                    subject,
                    f"{subject.ratio:>9.2f} {subject.answer_bytes:>10,}  {_verdict(subject.ratio, goal)}",
                )
    first, last = min(measured), max(measured)
    print(f"\ngrowth from {first:,} to {last:,} appointments, in floors (the floor meets the same machine)")
    for small, large in zip(measured[first], measured[last], strict=True):
        growth = median(b / a for a, b in zip(small.ratios, large.ratios, strict=True))
        missed += growth > GROWTH
        print(f"  {small.name:<22} {growth:>8.2f}  {_verdict(growth, GROWTH)}")
    return 1 if missed else 0


def _line(subject: Subject, rest: str) -> None:
    server, database, together = map(median, (subject.server, subject.database, subject.total))
    print(f"  {subject.name:<22} {server:>8.3f} {database:>12.3f} {together:>9.3f} {rest}")


def _verdict(figure: float, goal: float) -> str:
    return f"{'ok' if figure <= goal else 'MISSED'} (≤ {goal:.2f})"
