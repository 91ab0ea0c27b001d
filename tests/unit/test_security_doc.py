"""docs/security.md: a row for each requirement of ASVS 5.0 at levels 1 and 2, and every proof it names is there."""

import re
from collections import Counter
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENT = (PROJECT / "docs" / "security.md").read_text()
ROW = re.compile(
    r"^\| (V\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| (yes|no|none here) \| ([^|]+) \|$", re.MULTILINE
)
PROOF = re.compile(
    r"`((?:booking|video|tests|templates|static|docs|tools|benchmarks|requirements)/[\w./-]+|app\.py|pyproject\.toml)(?:::(\w+))?`"
)


def test_every_requirement_has_one_row() -> None:
    listed = [
        line.split() for line in (PROJECT / "tests" / "asvs.txt").read_text().splitlines() if line[0] == "V"
    ]
    assert len(listed) == 253
    told = [[row[0], row[1]] for row in ROW.findall(DOCUMENT)]
    assert told == listed


def test_every_file_and_test_that_is_named_exists() -> None:
    found = PROOF.findall(DOCUMENT)
    assert len(found) > 200
    missing = [
        f"{file}::{test}" if test else file
        for file, test in found
        if not (PROJECT / file).exists() or (test and f"def {test}(" not in (PROJECT / file).read_text())
    ]
    assert not missing


def test_a_yes_names_its_proof_and_a_no_its_reason() -> None:
    for number, _level, _short, answer, proof in ROW.findall(DOCUMENT):
        if answer == "yes":
            assert PROOF.search(proof) or "below" in proof, number
        else:
            assert len(proof) > 5, number


def test_figures_are_those_of_the_rows() -> None:
    answers = Counter(row[3] for row in ROW.findall(DOCUMENT))
    told = re.search(r"(\d+) yes, (\d+) no, (\d+) that", DOCUMENT)
    assert told is not None
    assert [int(figure) for figure in told.groups()] == [answers["yes"], answers["no"], answers["none here"]]
