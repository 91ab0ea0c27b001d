"""How municipalities are written in addresses and found by typing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.municipalities import Match, names_in, rank, slug, spellings


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Vegårshei", "vegarshei"),
        ("Hå", "ha"),
        ("Sør-Varanger", "sor-varanger"),
        ("Nærøysund", "naeroysund"),
        ("Nore og Uvdal", "nore-og-uvdal"),
        ("Hábmer - Hamarøy", "habmer-hamaroy"),
        ("Kárášjohka", "karasjohka"),
        ("Evenášši", "evenassi"),
        ("Porsáŋgu", "porsangu"),
        ("đ ŧ č ž", "d-t-c-z"),
        ("TRÖMSÖ", "tromso"),
        ("  Kristiansand/../x ", "kristiansand-x"),
        ("4204", "4204"),
        ("«»", ""),
    ],
)
def test_a_name_becomes_its_slug(name: str, expected: str) -> None:
    assert slug(name) == expected


def test_a_letter_with_a_separate_accent_gives_the_same_slug() -> None:
    for name in ("Vegårshei", "Kárášjohka"):
        assert slug(unicodedata.normalize("NFD", name)) == slug(name)
        assert spellings(unicodedata.normalize("NFD", name)) == spellings(name)


@given(st.text(max_size=60))
def test_any_text_gives_a_slug_that_is_safe_in_an_address_and_stays_itself(text: str) -> None:
    made = slug(text)
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not made.startswith("-")
    assert not made.endswith("-")
    assert slug(made) == made


def test_an_official_name_may_hold_several_names() -> None:
    assert names_in("Storfjord - Omasvuotna - Omasvuono") == ("Storfjord", "Omasvuotna", "Omasvuono")
    assert names_in("Stor-Elvdal") == ("Stor-Elvdal",)


def test_spellings_hold_every_name_the_whole_and_the_doubled_letters() -> None:
    assert spellings("Vegårshei") == {"vegarshei", "vegaarshei"}
    assert spellings("Hábmer - Hamarøy") == {
        "habmer",
        "hamaroy",
        "hamaroey",
        "habmer-hamaroy",
        "habmer-hamaroey",
    }
    assert spellings("Åmot på Øy") >= {"amot-pa-oy", "aamot-paa-oey", "amot-pa-oey", "aamot-paa-oy"}


@pytest.mark.parametrize(
    ("query", "name", "number", "expected"),
    [
        ("Kristiansand", "Kristiansand", "4204", Match.WHOLE),
        ("kristiansand kommune", "Kristiansand", "4204", Match.WHOLE),
        ("HAMARØY", "Hábmer - Hamarøy", "1875", Match.WHOLE),
        ("4204", "Kristiansand", "4204", Match.WHOLE),
        ("haa", "Hå", "1119", Match.WHOLE),
        ("krist", "Kristiansand", "4204", Match.BEGINNING),
        ("vegaars", "Vegårshei", "4212", Match.BEGINNING),
        ("420", "Kristiansand", "4204", Match.BEGINNING),
        ("kara", "Kárášjohka - Karasjok", "5610", Match.BEGINNING),
        ("karasjok", "Kárášjohka - Karasjok", "5610", Match.WHOLE),
        ("follo", "Nordre Follo", "3207", Match.WORD),
        ("varang", "Sør-Varanger", "5605", Match.WORD),
        ("iansand", "Kristiansand", "4204", Match.INSIDE),
        ("kirstiansand", "Kristiansand", "4204", Match.TYPO),
        ("kristansand", "Kristiansand", "4204", Match.TYPO),
        ("kristiiansand", "Kristiansand", "4204", Match.TYPO),
        ("kristianzand", "Kristiansand", "4204", Match.TYPO),
        ("kristianss", "Kristiansand", "4204", Match.TYPO),
        ("arandel", "Arendal", "4203", None),
        ("204", "Kristiansand", "4204", None),
        ("osl0", "Oslo", "0301", Match.TYPO),
        ("ols", "Oslo", "0301", None),
        ("sand", "Sunndal", "1563", None),
        ("", "Oslo", "0301", None),
        (" - ", "Oslo", "0301", None),
        ("atlantis", "Oslo", "0301", None),
    ],
)
def test_a_query_is_ranked(query: str, name: str, number: str, expected: Match | None) -> None:
    assert rank(query, name, number) is expected


def test_better_matches_come_first() -> None:
    names = ["Øvre Sand", "Kristiansand", "Sandnes", "Sand"]
    assert sorted(names, key=lambda name: rank("sand", name) or 0) == [
        "Sand",
        "Sandnes",
        "Øvre Sand",
        "Kristiansand",
    ]


@given(st.text(max_size=80))
def test_any_query_is_answered_without_an_error(query: str) -> None:
    assert rank(query, "Gáivuotna - Kåfjord - Kaivuono", "5540") in {None, *Match}


@given(st.sampled_from(["kristiansand", "tvedestrand", "lindesnes"]), st.data())
def test_one_slip_of_the_finger_still_finds_the_place(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 2))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    slips = [
        name[:place] + name[place + 1 :],
        name[:place] + letter + name[place:],
        name[:place] + letter + name[place + 1 :],
        name[:place] + name[place + 1] + name[place] + name[place + 2 :],
    ]
    assert all(rank(slip, name) is not None for slip in slips)
