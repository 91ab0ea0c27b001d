"""The invented people, their doctors and their synthetic numbers."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.national_id import Fault, InvalidNationalId, parse
from booking.seed.synthetic import birth_date_at_age, make_synthetic

SEED = Path(__file__).parents[2] / "booking" / "seed"
TODAY = date(2026, 11, 20)


def table(name: str) -> list[dict[str, str]]:
    with (SEED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


PEOPLE = table("people.csv")
PRACTITIONERS = table("practitioners.csv")


def birth_date(person: dict[str, str]) -> date:
    if person["age_years"]:
        return birth_date_at_age(int(person["age_years"]), TODAY)
    return date.fromisoformat(person["birth_date"])


def age_on(day: date, born: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@given(st.dates(date(1900, 1, 1), date(2039, 12, 31)), st.integers(0, 480))
def test_a_synthetic_number_is_valid_and_tells_the_birth_date(born: date, offset: int) -> None:
    number = make_synthetic(born, offset if born.year < 2000 else 500 + offset)
    person = parse(number, allow_synthetic=True)
    assert (person.synthetic, person.kind, person.birth_date) == (True, "fnr", born)


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 400))
def test_the_serial_is_used_or_the_next_that_is_valid(born: date, serial: int) -> None:
    assert serial <= int(make_synthetic(born, serial)[6:9]) < serial + 12


def test_a_synthetic_number_is_refused_in_production() -> None:
    with pytest.raises(InvalidNationalId) as refused:
        parse(make_synthetic(date(1985, 1, 15), 123), allow_synthetic=False)
    assert refused.value.fault is Fault.SYNTHETIC


@pytest.mark.parametrize(
    ("born", "serial"),
    [
        (date(1985, 1, 15), 500),
        (date(2005, 1, 15), 100),
        (date(2005, 1, 15), 1000),
        (date(2045, 1, 15), 500),
    ],
)
def test_a_serial_of_another_century_is_refused(born: date, serial: int) -> None:
    with pytest.raises(ValueError, match="century"):
        make_synthetic(born, serial)


@given(st.integers(0, 110), st.dates(date(2024, 1, 1), date(2032, 12, 31)))
def test_an_age_relative_to_today_holds_for_half_a_year(age: int, today: date) -> None:
    born = birth_date_at_age(age, today)
    assert {age_on(today + timedelta(days=days), born) for days in range(0, 183, 7)} == {age}


def test_the_first_person_is_kari_nordmann_of_kristiansand() -> None:
    first = PEOPLE[0]
    assert (first["name"], first["kommunenummer"], birth_date(first).year) == ("Kari Nordmann", "4204", 1985)


def test_every_person_has_a_key_a_name_and_a_number_of_their_own() -> None:
    numbers = {make_synthetic(birth_date(person), int(person["serial"])) for person in PEOPLE}
    for column in ("key", "name"):
        assert len({person[column] for person in PEOPLE}) == len(PEOPLE)
    assert len(numbers) == len(PEOPLE) >= 14


def test_every_person_has_either_a_birth_date_or_an_age() -> None:
    assert all(bool(person["birth_date"]) != bool(person["age_years"]) for person in PEOPLE)


def test_the_people_live_where_the_rules_are_to_be_tried() -> None:
    places = [person["kommunenummer"] for person in PEOPLE]
    assert set(places) == {"4204", "4203", "4214", "4202", "4201", "4217", "0301"}
    assert places.count("0301") == 1


def test_there_are_two_children_and_one_protected_address() -> None:
    assert sorted(person["age_years"] for person in PEOPLE if person["age_years"]) == ["14", "9"]
    (protected,) = [person for person in PEOPLE if person["protected"] == "1"]
    assert protected["kommunenummer"] == "4203"


def test_every_language_is_somebodys() -> None:
    assert {person["language"] for person in PEOPLE} == {"nb", "nn", "en"}


def test_practitioners_have_numbers_of_an_invented_range() -> None:
    numbers = {practitioner["hpr_number"] for practitioner in PRACTITIONERS}
    assert len(numbers) == len(PRACTITIONERS)
    assert all(len(number) == 7 and number.startswith("99000") for number in numbers)


def test_each_service_has_its_practitioners() -> None:
    services = [practitioner["service_slug"] for practitioner in PRACTITIONERS]
    assert (services.count("kristiansand"), services.count("arendal"), len(services)) == (3, 2, 5)
