"""Column shapes that several tables share."""

from enum import StrEnum

import sqlalchemy as sa

BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""A growing number as primary key; SQLite counts only in INTEGER."""


def one_of(column: str, words: type[StrEnum], name: str) -> sa.CheckConstraint:
    """CHECK that ``column`` holds one of the enumeration's words."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=name)
