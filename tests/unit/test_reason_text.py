"""What the citizen writes about why. Odd characters are written as escapes so that this file can be read."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.reason_text import REASON_MAX, ReasonMissing, ReasonTooLong, check_reason, clean_reason

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ANY_TEXT = st.text(
    st.one_of(st.characters(), st.sampled_from("\r\n\t \x00\x85\u200f\u202e\u2069\u2028\ud800\u0301å")),
    max_size=200,
)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Vondt i øret", "Vondt i øret"),
        (" \n Vondt \n\t", "Vondt"),
        ("en\r\nto\rtre\nfire", "en\nto\ntre\nfire"),
        ("en\u2028to\u2029tre", "en\nto\ntre"),
        ("en\tto", "en to"),
        ("en\n\n\n\n\nto", "en\n\nto"),
        ("en\n \n\t\n \nto", "en\n\nto"),
        ("en   \nto", "en\nto"),
        ("en  to", "en  to"),
        ("e\x00n\x1b[31m\x7f\x9b", "en[31m"),
        ("a\u030a", "å"),
        ("a\x00\u030a", "å"),
        ("ikke \u202efarlig\u202c \u2066nå\u2069", "ikke farlig nå"),
        ("syk\ud83d", "syk"),
        (f"barna {FAMILY}", f"barna {FAMILY}"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("\u200eA\u200fB", "\u200eA\u200fB"),
        ("", ""),
    ],
)
def test_a_text_is_cleaned(written: str, kept: str) -> None:
    assert clean_reason(written) == kept


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean_reason(text)
    assert clean_reason(once) == once


@given(ANY_TEXT)
def test_cleaning_never_makes_the_composed_text_longer(text: str) -> None:
    # A few letters (U+0958) are two code points in NFC: the comparison is with the composed text.
    assert len(clean_reason(text)) <= len(unicodedata.normalize("NFC", text))


@given(ANY_TEXT)
def test_no_control_or_surrogate_or_text_turner_is_left(text: str) -> None:
    kept = clean_reason(text)
    assert all(letter == "\n" or unicodedata.category(letter) not in {"Cc", "Cs"} for letter in kept)
    assert not set(kept) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert "\n\n\n" not in kept
    assert kept == kept.strip()
    kept.encode("utf-8")


@given(st.text("abcæøå ABC.,!?", max_size=100))
def test_ordinary_words_are_kept(text: str) -> None:
    assert clean_reason(text) == text.strip()


@pytest.mark.parametrize("text", ["", "\n", "\u200d", "\u200e\u200f", "\u0301", "\u00a0\u2003"])
def test_a_text_without_anything_to_read_is_missing(text: str) -> None:
    with pytest.raises(ReasonMissing):
        check_reason(text)


@pytest.mark.parametrize("text", ["?", "å" * REASON_MAX, "\U0001f912" * REASON_MAX, "\u75db"])
def test_a_text_up_to_the_limit_is_accepted(text: str) -> None:
    check_reason(text)


def test_an_accepted_text_comes_back_cleaned() -> None:
    assert check_reason(" Vondt i\tøret\r\n") == "Vondt i øret"


@pytest.mark.parametrize("over", [1, 700])
def test_a_text_over_the_limit_says_how_much(over: int) -> None:
    with pytest.raises(ReasonTooLong) as refused:
        check_reason("å" * (REASON_MAX + over))
    assert refused.value.over == over


def test_line_ends_from_a_form_count_once() -> None:
    text = "a\r\n" * 249 + "ab"
    assert len(text) > REASON_MAX
    check_reason(text)


def test_the_error_does_not_hold_the_text() -> None:
    with pytest.raises(ReasonTooLong) as refused:
        check_reason("hemmelig" * 100)
    assert "hemmelig" not in f"{refused.value!r} {refused.value}"


@pytest.mark.parametrize("piece", [" ", "\n", "\r\n", " \n", "\x00", "\u202e"])
def test_a_very_long_row_of_blanks_is_cleaned_quickly(piece: str) -> None:
    began = time.process_time()
    assert clean_reason(piece * 300_000 + "x") == "x"
    assert time.process_time() - began < 2
