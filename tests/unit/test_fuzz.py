"""The short form of benchmarks/fuzz/in_process.py: what reads others' input neither falls nor hangs."""

import pytest

from benchmarks.fuzz.in_process import run
from benchmarks.fuzz.inputs import Inputs
from benchmarks.fuzz.rules import TARGETS

EACH = 600


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.__name__)
def test_generated_inputs_do_not_break_it(target: object) -> None:
    report = run([target], EACH, seed=4)  # type: ignore[list-item]
    assert report.inputs == EACH
    assert not report.fell, "\n".join(report.fell[:5])


def test_a_fault_and_a_hang_are_found() -> None:
    """A run that finds nothing proves something only if it finds what is there."""

    def falls(inputs: Inputs) -> None:
        assert "'" not in inputs.text()

    def hangs(inputs: Inputs) -> None:
        while inputs.random.random() >= 0:
            pass

    found = run([falls], 200, seed=1).fell
    assert found
    assert "falls seed 1/" in found[0]
    assert "Hung" in run([hangs], 1, seed=1).fell[0]


def test_an_input_can_be_made_again_from_its_seed() -> None:
    assert Inputs("4/17").json_text("a", "b") == Inputs("4/17").json_text("a", "b")
