"""Fødselsnummer and D-nummer. The numbers here are built in the test or taken from public documentation."""

import contextlib
import dataclasses
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.no import fodselsnummer

from booking.domain.national_id import Fault, InvalidNationalId, control_digits, parse


def number(day_month_year: str, individual: str) -> str:
    digits = control_digits(day_month_year + individual)
    assert digits is not None
    return day_month_year + individual + digits


ORDINARY = "15108695088"  # the example of python-stdnum


def test_an_ordinary_number_tells_kind_and_birth_date() -> None:
    person = parse(ORDINARY, allow_synthetic=False)
    assert (person.value, person.kind, person.synthetic) == (ORDINARY, "fnr", False)
    assert person.birth_date == date(1986, 10, 15)


@pytest.mark.parametrize("text", ["151086 95088", "151086-95088", " 15108695088 "])
def test_a_number_may_be_written_in_two_groups(text: str) -> None:
    assert parse(text, allow_synthetic=False).value == ORDINARY


def test_a_d_number_is_told_apart_and_keeps_its_birth_date() -> None:
    person = parse(number("550185", "123"), allow_synthetic=False)
    assert (person.kind, person.birth_date) == ("dnr", date(1985, 1, 15))


@pytest.mark.parametrize("month", ["81", "66"])
def test_a_synthetic_number_is_read_where_it_is_allowed(month: str) -> None:
    person = parse(number(f"15{month}85", "123"), allow_synthetic=True)
    assert (person.synthetic, person.birth_date) == (True, date(1985, 1, 15))


def test_a_synthetic_d_number_is_both() -> None:
    person = parse(number("558185", "123"), allow_synthetic=True)
    assert (person.kind, person.synthetic, person.birth_date) == ("dnr", True, date(1985, 1, 15))


@pytest.mark.parametrize("month", ["81", "66"])
def test_a_synthetic_number_is_refused_in_production(month: str) -> None:
    with pytest.raises(InvalidNationalId) as refused:
        parse(number(f"15{month}85", "123"), allow_synthetic=False)
    assert refused.value.fault is Fault.SYNTHETIC


@pytest.mark.parametrize(
    ("short_year", "individual", "year"),
    [
        ("00", 0, 1900),
        ("99", 499, 1999),
        ("54", 500, 1854),
        ("99", 749, 1899),
        ("00", 500, 2000),
        ("39", 999, 2039),
        ("40", 900, 1940),
        ("99", 999, 1999),
    ],
)
def test_the_individual_digits_tell_the_century(short_year: str, individual: int, year: int) -> None:
    beginnings = [f"{day:02}06{short_year}" for day in range(1, 29)]
    digits = next(b for b in beginnings if control_digits(f"{b}{individual:03}"))
    assert parse(number(digits, f"{individual:03}"), allow_synthetic=False).birth_date.year == year


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.SHAPE),
        ("1510869508", Fault.SHAPE),
        ("151086950880", Fault.SHAPE),
        ("15.10.86 95088", Fault.SHAPE),
        ("١٥١٠٨٦٩٥٠٨٨", Fault.SHAPE),
        ("1510869508\x00", Fault.SHAPE),
        ("15108695089", Fault.CONTROL_DIGITS),
        ("15108695078", Fault.CONTROL_DIGITS),
        ("30028512345", Fault.DATE),
        ("00018512345", Fault.DATE),
        ("15138512345", Fault.DATE),
        ("15508512345", Fault.DATE),  # a hjelpenummer (month + 40) is no identity at ID-porten
        ("95018512345", Fault.DATE),  # an FH-nummer holds no birth date
        ("15014580012", Fault.CENTURY),
    ],
)
def test_a_wrong_number_is_refused_with_its_reason(text: str, fault: Fault) -> None:
    with pytest.raises(InvalidNationalId) as refused:
        parse(text, allow_synthetic=True)
    assert refused.value.fault is fault


def test_a_beginning_without_valid_control_digits_has_none() -> None:
    assert any(control_digits(f"010185{individual:03}") is None for individual in range(100))


def test_the_number_never_shows_in_texts_or_errors() -> None:
    person = parse(ORDINARY, allow_synthetic=False)
    shown = [repr(person), str(person), f"{person}", f"{[person]}"]
    assert all("95088" not in text for text in shown)
    assert str(person) == "151086*****"
    with pytest.raises(InvalidNationalId) as refused:
        parse("15108695089", allow_synthetic=False)
    assert not any(part in f"{refused.value!r} {refused.value}" for part in ("151086", "95089"))
    assert refused.value.__cause__ is None


def test_a_wrong_date_leaves_no_trace_of_the_digits() -> None:
    with pytest.raises(InvalidNationalId) as refused:
        parse("30028512345", allow_synthetic=False)
    assert refused.value.__suppress_context__


def test_a_checked_number_cannot_be_changed() -> None:
    person = parse(ORDINARY, allow_synthetic=False)
    with pytest.raises(dataclasses.FrozenInstanceError):
        person.value = "00000000000"  # type: ignore[misc]


BORN = st.dates(date(1854, 1, 1), date(2026, 1, 1))


@given(born=BORN, d_number=st.booleans(), individual=st.integers(0, 999))
def test_numbers_agree_with_an_independent_implementation(
    born: date, d_number: bool, individual: int
) -> None:
    day = born.day + (40 if d_number else 0)
    beginning = f"{day:02}{born:%m%y}"
    digits = control_digits(f"{beginning}{individual:03}")
    assume(digits is not None)
    text = f"{beginning}{individual:03}{digits}"
    try:
        ours = parse(text, allow_synthetic=False)
    except InvalidNationalId:
        assert not fodselsnummer.is_valid(text)
        return
    assert ours.birth_date == fodselsnummer.get_birth_date(text)
    # The other library asks today's date too; ours leaves that to the caller.
    assert fodselsnummer.is_valid(text) or ours.birth_date > date(2026, 1, 1)


@given(st.from_regex(r"\A[0-3]\d[01]\d{8}\Z"))
def test_control_digits_agree_with_an_independent_implementation(text: str) -> None:
    try:
        accepted = parse(text, allow_synthetic=False).value == text
    except InvalidNationalId:
        accepted = False
    if fodselsnummer.is_valid(text):
        assert accepted


@given(st.text(max_size=20))
def test_hostile_text_raises_nothing_but_the_named_error(text: str) -> None:
    with contextlib.suppress(InvalidNationalId):
        parse(text, allow_synthetic=True)
