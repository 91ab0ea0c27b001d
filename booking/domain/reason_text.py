"""What the citizen writes about why: cleaned of what cannot be read, never of what was said.

The length counts code points after cleaning, as Python and PostgreSQL count.
"""

import re
import unicodedata

REASON_MAX = 500

_LINE_END = re.compile("\r\n|[\r\u2028\u2029]")
_BLANK_LINES = re.compile("\n{3,}")
# Embeddings, overrides and isolates can make the doctor read another text than was sent (CVE-2021-42574, «Trojan
# Source»). The marks LRM and RLM and the joiners stay: Persian, Arabic and emoji need them.
_TEXT_TURNERS = "\u202a-\u202e\u2066-\u2069"
# C0 but for the line end, DEL and C1; PostgreSQL stores no NUL. Lone surrogates cannot be written as UTF-8 at all.
_DROPPED = re.compile(f"[\x00-\x09\x0b-\x1f\x7f-\x9f{_TEXT_TURNERS}\ud800-\udfff]")
_INVISIBLE = {"Cf", "Cc", "Zs", "Zl", "Zp", "Mn", "Me"}


class ReasonMissing(ValueError):
    """There is nothing to read."""


class ReasonTooLong(ValueError):
    """The text is `over` code points longer than `REASON_MAX`."""

    def __init__(self, over: int) -> None:
        super().__init__(f"{over} characters too long")
        self.over = over


def clean_reason(text: str) -> str:
    r"""The text as it is kept and shown: composed letters (NFC), \n as line end, no control characters.

    >>> clean_reason("  Vondt i\tøret\r\n\r\n\r\nsiden i går\u202e.\x00 ")
    'Vondt i øret\n\nsiden i går.'
    """
    text = _LINE_END.sub("\n", text).replace("\t", " ")
    text = unicodedata.normalize("NFC", _DROPPED.sub("", text))
    # Line by line: a pattern for «blanks before a line end» takes quadratic time on a long row of blanks.
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", text).strip()


def check_reason(text: str) -> str:
    """The cleaned text. ReasonMissing when nothing in it can be read, ReasonTooLong above `REASON_MAX`."""
    cleaned = clean_reason(text)
    if all(unicodedata.category(letter) in _INVISIBLE for letter in cleaned):
        raise ReasonMissing
    if len(cleaned) > REASON_MAX:
        raise ReasonTooLong(over=len(cleaned) - REASON_MAX)
    return cleaned
