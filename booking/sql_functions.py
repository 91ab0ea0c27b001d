"""What PostgreSQL and SQLite say in different words: minutes, and the texts of a group as one.

The database turns a month of times into a few lines of numbers much faster than Python makes a datetime of each.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles


class minutes_since_1970(sa.sql.functions.FunctionElement[int]):  # noqa: N801  named as SQL functions are
    """A time as whole minutes UTC."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(minutes_since_1970, "postgresql")
def _minutes_in_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    # The cast rounds to the nearest number: half a minute less makes that the minute which has begun.
    return f"((date_part('epoch', {compiler.process(element.clauses, **kw)}) - 29.5) / 60)::int"


@compiles(minutes_since_1970, "sqlite")
def _minutes_in_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **kw)}) AS INTEGER) / 60"


class time_between(sa.sql.functions.FunctionElement[Any]):  # noqa: N801
    """The time from the first to the second, for grouping: whatever the database compares quickest."""

    inherit_cache = True


@compiles(time_between, "postgresql")
def _between_in_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    start, end = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({end} - {start})"


@compiles(time_between, "sqlite")
def _between_in_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    start, end = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(CAST(strftime('%s', {end}) AS INTEGER) - CAST(strftime('%s', {start}) AS INTEGER))"


class whole_minutes(sa.sql.functions.FunctionElement[int]):  # noqa: N801
    """A time_between in minutes, rounded up."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(whole_minutes, "postgresql")
def _whole_in_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"ceil(date_part('epoch', {compiler.process(element.clauses, **kw)}) / 60)::int"


@compiles(whole_minutes, "sqlite")
def _whole_in_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)} + 59) / 60"


class joined(sa.sql.functions.FunctionElement[str]):  # noqa: N801  named as SQL functions are
    """The texts of a group as one, with «;» or what is given between. SQLAlchemy's own writes its separator anew for
    each execution.
    """

    type = sa.String()
    inherit_cache = True

    def __init__(self, text: Any, between: str = ";") -> None:
        super().__init__(text, sa.literal_column(f"'{between}'"))


@compiles(joined, "postgresql")
def _joined_in_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **kw)})"


@compiles(joined, "sqlite")
def _joined_in_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **kw)})"
