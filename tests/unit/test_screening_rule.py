"""The question that decides: only Nei leads on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.screening import Answer, leads_on


def test_nei_leads_on() -> None:
    assert leads_on("no")
    assert leads_on(Answer.NO)


@pytest.mark.parametrize(
    "answer", [None, "", "yes", Answer.YES, "NO", "No", "nei", "no\n", " no", "no\0", "0", "false"]
)
def test_nothing_else_does(answer: str | None) -> None:
    assert not leads_on(answer)


@given(st.text())
def test_no_other_text_does(answer: str) -> None:
    assert leads_on(answer) == (answer == "no")
