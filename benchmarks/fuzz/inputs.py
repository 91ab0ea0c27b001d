"""What strangers send: texts, bytes, moments and spoilt copies of good ones, from one seed."""

import json
import string
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

ODD = (
    "", " ", "\0", "\r\n", "\ud800", "\u202e", "\ufeff", "\u2028", "é", "ø", "Å", "👩‍⚕️", "İ", "ß", "ﷺ", "Z͑ͫ̓ͪ",
    "-1", "0", "1e309", "NaN", "Infinity", "99999999999999999999", "0x10", "１２３", "٣", "²",
    "'", '"', "\\", "`", "' OR 1=1--", "'; DROP TABLE person;--", "$(id)", "`id`", "|id", ";id", "{{7*7}}", "${7*7}", "%s%n",
    "%(name)s", "{0.__class__}", "<script>alert(1)</script>", "\"><svg onload=alert(1)>", "javascript:alert(1)", "data:,x",
    "../../etc/passwd", "..\\..\\", "//evil.example", "/\\evil.example", "https://evil.example", "%00", "%2e%2e%2f", "%c0%af",
    "2026-11-26", "2026-02-30", "2026-11-26T07:20Z", "0000-00-00", "9999-12-31T23:59Z", "10000-01-01", "2026-11-26T07:20:00Z",
    "41234567", "+4741234567", "0047", "ABCD-EFGH", "no", "yes", "kristiansand", "4204", "null", "true", "[]", "{}",
    "nb", "nn", "en-GB;q=0.8", "*", "; ;", "=", "&", "?", "#", ",", "a" * 300, "x" * 5000, "(" * 200, "å" * 501,
)  # fmt: skip
LETTERS = string.printable + "æøåÆØÅáčđŋšŧž€…–«»\u0301\u200d\u202e\ud834\U0001f600\0\x7f\x85"


class Inputs:
    """Random inputs; the same seed gives the same ones."""

    def __init__(self, seed: int | str) -> None:
        self.random = Random(seed)

    def one_of(self, things: Sequence[T]) -> T:
        return self.random.choice(things)

    def text(self, longest: int = 60) -> str:
        """An odd text, a random one, or several together."""
        kind = self.random.random()
        if kind < 0.3:
            return self.one_of(ODD)
        if kind < 0.4:
            return "".join(self.one_of(ODD) for _ in range(self.random.randrange(4)))
        return "".join(self.random.choices(LETTERS, k=self.random.randrange(longest)))

    def data(self, longest: int = 80) -> bytes:
        return self.random.randbytes(self.random.randrange(longest))

    def number(self) -> int:
        return self.one_of((0, 1, -1, 2**31, 2**63, -(2**63) - 1, self.random.randrange(-5000, 5000)))

    def moment(self) -> datetime:
        """Some moment from 1990 to 2060, often near another one of these."""
        if self.random.random() < 0.5:
            return datetime(2026, 11, 20, 9, tzinfo=UTC) + timedelta(
                seconds=self.random.randrange(-90000, 90000)
            )
        return datetime(1990, 1, 1, tzinfo=UTC) + timedelta(seconds=self.random.randrange(2_200_000_000))

    def spoilt(self, good: str) -> str:
        """``good`` with something wrong in one or a few places."""
        text = good
        for _ in range(self.random.randrange(1, 4)):
            at = self.random.randrange(len(text) + 1)
            change: Callable[[], str] = self.one_of(
                (
                    lambda: text[:at] + text[at + 1 :],  # noqa: B023 - called before the next round
                    lambda: text[:at] + self.one_of(LETTERS) + text[at + 1 :],  # noqa: B023
                    lambda: text[:at] + self.one_of(ODD)[:40] + text[at:],  # noqa: B023
                    lambda: text[:at],  # noqa: B023
                    lambda: text + text[:at],  # noqa: B023
                    lambda: text.swapcase(),  # noqa: B023
                )
            )
            text = change()
        return text

    def spoilt_data(self, good: bytes) -> bytes:
        """``good`` with bytes changed, lost or added; never ``good`` itself."""
        changed = bytearray(good)
        while bytes(changed) == good:
            for _ in range(self.random.randrange(1, 4)):
                at = self.random.randrange(len(changed)) if changed else 0
                kind = self.random.randrange(4)
                if kind == 0 and changed:
                    changed[at] ^= 1 << self.random.randrange(8)
                elif kind == 1:
                    del changed[at:]
                elif kind == 2:
                    changed += self.data(20)
                else:
                    changed[at:at] = self.data(8)
        return bytes(changed)

    def json_value(self, depth: int = 0) -> Any:
        """Anything that JSON can hold."""
        kind = self.random.randrange(8 if depth < 3 else 5)
        if kind == 0:
            return self.number()
        if kind == 1:
            return self.one_of((True, False, None, 1.5, -0.0, 1e308))
        if kind < 5:
            return self.text(30)
        if kind == 5:
            return [self.json_value(depth + 1) for _ in range(self.random.randrange(4))]
        return {self.text(10): self.json_value(depth + 1) for _ in range(self.random.randrange(4))}

    def json_text(self, *known: str) -> str:
        """JSON with some of the ``known`` names in it, sometimes broken."""
        value = {name: self.json_value() for name in known if self.random.random() < 0.8}
        text = json.dumps(value if self.random.random() < 0.9 else self.json_value())
        return self.spoilt(text) if self.random.random() < 0.2 else text
