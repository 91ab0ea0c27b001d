"""The tables of municipalities, their spellings and counties agree with each other."""

import csv
from pathlib import Path

import pytest

from booking.domain.municipalities import names_in, slug, spellings

DATA = Path(__file__).parents[2] / "booking" / "data"


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


MUNICIPALITIES = table("municipalities.csv")
SPELLINGS = {row["slug"]: row["kommunenummer"].split(" ") for row in table("municipality_spellings.csv")}
NUMBERS = {row["kommunenummer"] for row in MUNICIPALITIES}
SLUGS = {row["slug"]: row["kommunenummer"] for row in MUNICIPALITIES}


def test_there_are_357_municipalities_with_a_slug_each() -> None:
    assert (len(NUMBERS), len(SLUGS), len(MUNICIPALITIES)) == (357, 357, 357)


def test_a_slug_is_one_of_the_names_with_the_county_where_two_share_it() -> None:
    counties = {row["number"]: slug(row["name"]) for row in table("counties.csv")}
    for row in MUNICIPALITIES:
        own = {slug(name) for name in names_in(row["navn"])}
        county = counties[row["kommunenummer"][:2]]
        assert row["slug"] in own | {f"{name}-{county}" for name in own}


def test_every_municipality_lies_in_one_of_the_fifteen_counties() -> None:
    counties = {row["number"] for row in table("counties.csv")}
    assert len(counties) == 15
    assert {number[:2] for number in NUMBERS} == counties


def test_spellings_are_slugs_listed_once() -> None:
    assert len(SPELLINGS) == len(table("municipality_spellings.csv"))
    assert all(spelling == slug(spelling) for spelling in SPELLINGS)


def test_no_spelling_shadows_an_address_or_a_number_in_use() -> None:
    assert not SPELLINGS.keys() & (SLUGS.keys() | NUMBERS)


def test_spellings_lead_only_to_municipalities_that_exist() -> None:
    assert {number for numbers in SPELLINGS.values() for number in numbers} <= NUMBERS


def test_every_spelling_of_every_official_name_leads_to_it() -> None:
    for row in MUNICIPALITIES:
        for spelling in spellings(row["navn"]):
            found = [SLUGS[spelling]] if spelling in SLUGS else SPELLINGS[spelling]
            assert row["kommunenummer"] in found


def test_names_that_two_municipalities_share_offer_both() -> None:
    assert SPELLINGS["heroy"] == SPELLINGS["heroey"] == ["1515", "1818"]
    assert SPELLINGS["valer"] == SPELLINGS["vaaler"] == ["3114", "3419"]


def test_a_municipality_that_was_divided_offers_its_parts() -> None:
    assert SPELLINGS["tysfjord"] == SPELLINGS["1850"] == ["1806", "1875"]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1001", "4204"),
        ("1018", "4204"),
        ("sogne", "4204"),
        ("songdalen", "4204"),
        ("krsand", "4204"),
        ("0906", "4203"),
        ("0904", "4202"),
        ("0901", "4201"),
        ("0911", "4211"),
        ("0912", "4212"),
        ("vegaarshei", "4212"),
        ("0914", "4213"),
        ("0919", "4214"),
        ("0929", "4217"),
        ("aamli", "4217"),
        ("mandal", "4205"),
        ("nedre-eiker", "3301"),
        ("oppegard", "3207"),
        ("3020", "3207"),
        ("forde", "4647"),
        ("karasjohka", "5610"),
    ],
)
def test_former_names_and_numbers_lead_to_todays_municipality(written: str, number: str) -> None:
    assert SPELLINGS[written] == [number]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("risor", "4201"),
        ("grimstad", "4202"),
        ("arendal", "4203"),
        ("kristiansand", "4204"),
        ("gjerstad", "4211"),
        ("vegarshei", "4212"),
        ("tvedestrand", "4213"),
        ("froland", "4214"),
        ("amli", "4217"),
    ],
)
def test_the_connected_municipalities_have_the_expected_addresses(written: str, number: str) -> None:
    assert SLUGS[written] == number
