"""How a municipality's name is written in an address, and how somebody finds it by typing.

Official names may hold several languages: «Hábmer - Hamarøy», «Gáivuotna - Kåfjord - Kaivuono».
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache

_NAME_SEPARATOR = re.compile(r"\s+-\s+")
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
# Letters that are no letter with an accent to Unicode; the others (å, á, č, š, ž, ä, ö) lose their accent.
_FOLDED = str.maketrans({"ø": "o", "æ": "ae", "đ": "d", "ŧ": "t", "ŋ": "n"})
_SHORTEST_TYPO = 4
_SHORTEST_UNFINISHED_TYPO = 6


class Match(IntEnum):
    """How well a name answers a query; the lower the better."""

    WHOLE = 0
    BEGINNING = 1
    WORD = 2
    INSIDE = 3
    TYPO = 4


def slug(text: str) -> str:
    """The text as it stands in an address: a-z, 0-9 and single hyphens; may be empty.

    >>> [slug(name) for name in ("Vegårshei", "Hå", "Nore og Uvdal", "Hábmer - Hamarøy", "Porsáŋgu")]
    ['vegarshei', 'ha', 'nore-og-uvdal', 'habmer-hamaroy', 'porsangu']
    """
    decomposed = unicodedata.normalize("NFD", text.lower().translate(_FOLDED))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _NOT_IN_SLUG.sub("-", plain).strip("-")


def names_in(official_name: str) -> tuple[str, ...]:
    """The names that an official name holds, in its order.

    >>> names_in("Gáivuotna - Kåfjord - Kaivuono")
    ('Gáivuotna', 'Kåfjord', 'Kaivuono')
    """
    return tuple(_NAME_SEPARATOR.split(official_name.strip()))


@lru_cache(maxsize=1024)
def spellings(official_name: str) -> frozenset[str]:
    """Every slug for the name: the whole and each of its names, also with aa for å and oe for ø.

    >>> sorted(spellings("Hå"))
    ['ha', 'haa']
    >>> sorted(spellings("Evenes - Evenášši"))
    ['evenassi', 'evenes', 'evenes-evenassi']
    """
    written = {official_name, *names_in(official_name)}
    return frozenset(slug(form) for name in written for form in _without_norwegian_letters(name))


def rank(query: str, official_name: str, number: str = "") -> Match | None:
    """How well the municipality answers what somebody has typed so far; None when not at all.

    Accents, case and the word «kommune» do not matter. The beginning of the kommunenummer counts as a
    beginning. One letter wrong, missing, too many or swapped is forgiven from four letters, in an unfinished
    word from six.

    >>> rank("kristians", "Kristiansand", "4204"), rank("42", "Kristiansand", "4204")
    (<Match.BEGINNING: 1>, <Match.BEGINNING: 1>)
    >>> rank("hamarøy", "Hábmer - Hamarøy"), rank("follo", "Nordre Follo"), rank("odlo", "Oslo")
    (<Match.WHOLE: 0>, <Match.WORD: 2>, <Match.TYPO: 4>)
    """
    wanted = slug(query).removesuffix("-kommune")
    if not wanted:
        return None
    forms = {number, *spellings(official_name)}
    if wanted in forms:
        return Match.WHOLE
    if any(form.startswith(wanted) for form in forms):
        return Match.BEGINNING
    names = forms - {number}
    if any(f"-{wanted}" in name for name in names):
        return Match.WORD
    if any(wanted in name for name in names):
        return Match.INSIDE
    if len(wanted) >= _SHORTEST_TYPO and any(_typo(wanted, name) for name in names):
        return Match.TYPO
    return None


def _without_norwegian_letters(name: str) -> Iterator[str]:
    composed = unicodedata.normalize("NFC", name.lower())
    for a in ("a", "aa"):
        for o in ("o", "oe"):
            yield composed.replace("å", a).replace("ø", o)


def _typo(wanted: str, name: str) -> bool:
    if _one_slip_apart(wanted, name):
        return True
    if len(wanted) < _SHORTEST_UNFINISHED_TYPO:
        return False
    return any(_one_slip_apart(wanted, name[: len(wanted) + more]) for more in (-1, 0, 1))


def _one_slip_apart(one: str, other: str) -> bool:
    """Whether one letter changed, dropped, added, or two neighbours swapped, makes one into the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    rest, other_rest = one[same:], other[same:]
    swapped = other_rest[1:2] + other_rest[:1] + other_rest[2:]
    return rest[1:] == other_rest[1:] or rest[1:] == other_rest or rest == other_rest[1:] or rest == swapped
