"""Who may log in and book: age to the day, and where one lives."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.access import age, check_may_book, may_log_in
from booking.domain.errors import NeedsConsent, NotResident

HERE = frozenset({"4204"})
TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        (date(2010, 11, 20), TODAY, 16),
        (date(2010, 11, 21), TODAY, 15),
        (date(2010, 11, 19), TODAY, 16),
        (date(2026, 11, 20), TODAY, 0),
        (date(2012, 2, 29), date(2028, 2, 28), 15),
        (date(2012, 2, 29), date(2028, 2, 29), 16),
        (date(2012, 2, 29), date(2027, 2, 28), 14),
        (date(2012, 2, 29), date(2027, 3, 1), 15),
        (date(1916, 1, 1), TODAY, 110),
        (date(2010, 12, 31), date(2026, 12, 31), 16),
        (date(2010, 12, 31), date(2027, 1, 1), 16),
    ],
)
def test_age_in_whole_years(born: date, today: date, years: int) -> None:
    assert age(born, today) == years


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(0, 40000))
def test_age_never_goes_back(born: date, days: int) -> None:
    later = date.fromordinal(born.toordinal() + days)
    tomorrow = date.fromordinal(later.toordinal() + 1)
    assert 0 <= age(born, tomorrow) - age(born, later) <= 1


def test_under_thirteen_nobody_logs_in_alone() -> None:
    assert not may_log_in(date(2013, 11, 21), TODAY)
    assert may_log_in(date(2013, 11, 20), TODAY)


def test_one_books_alone_on_the_sixteenth_birthday() -> None:
    check_may_book(date(2010, 11, 20), TODAY, residence="4204", served=HERE)
    with pytest.raises(NeedsConsent):
        check_may_book(date(2010, 11, 21), TODAY, residence="4204", served=HERE)


@pytest.mark.parametrize("served", [frozenset[str](), frozenset({"4203"}), frozenset({"04204", "420"})])
def test_residents_of_other_municipalities_are_refused(served: frozenset[str]) -> None:
    with pytest.raises(NotResident):
        check_may_book(date(1985, 4, 17), TODAY, residence="4204", served=served)


def test_where_one_lives_is_told_before_how_old_one_is() -> None:
    with pytest.raises(NotResident):
        check_may_book(date(2020, 1, 1), TODAY, residence="0301", served=HERE)


def test_a_service_for_several_municipalities_is_for_each_of_them() -> None:
    served = frozenset({"4203", "4214", "4202"})
    for residence in served:
        check_may_book(date(1985, 4, 17), TODAY, residence=residence, served=served)
