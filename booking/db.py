"""The database: engine, session, one transaction a use case, and the column types that keep times and secrets right."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from flask import g, has_request_context
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm import DeclarativeBase, Session

from booking.crypto import keyring

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}

DEADLOCKS = ("40P01", "40001")
"""PostgreSQL's deadlock_detected and serialization_failure: nothing happened, try again."""


PATIENCE = "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s -c random_page_cost=1.1"
"""Nobody waits longer than this for a row that somebody holds: the web layer answers 503, and one may ask again. And a
row is found by its index, not by reading the whole table: disks of today need not turn round to get at it.
"""


class Overtaken(Exception):
    """What was read has changed before it was written; nothing happened, try again."""


NO_ANSWER = (OperationalError, NoConnectionFree, Overtaken)
"""The database could not be asked, did not answer in time, or others were first each time we tried."""


class Database(SQLAlchemy):
    """Flask-SQLAlchemy-Lite's extension; what a request reads outside transaction() is read statement by statement.

    A transaction around reads gains nothing at READ COMMITTED, and to end one costs more than its two round trips:
    psycopg forgets its prepared statements at every ROLLBACK, so PostgreSQL would plan each of them anew.
    """

    def get_session(self, name: str = "default") -> Session:
        """The session of this request, or one with transactions as usual for whoever is not in a request."""
        sessions: dict[str, Session] = g.setdefault("_sqlalchemy_sessions", {})
        if name not in sessions:
            reading = {"bind": self.get_engine(name)} if has_request_context() else {}
            sessions[name] = self.sessionmaker(**reading)
        return sessions[name]


db = Database(session_options={"expire_on_commit": False, "autoflush": False})


class Base(DeclarativeBase):
    """Parent of every table; every constraint gets a name, because errors are read by name."""

    metadata = sa.MetaData(naming_convention=NAMING)


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware UTC datetime. A naive one is refused: it has no meaning here."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: times are stored in UTC, give an aware one")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EncryptedText(sa.TypeDecorator[str]):
    """Text sealed with the keyring; ``purpose`` (table.column) is authenticated with it."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, purpose: str) -> None:
        super().__init__()
        self.purpose = purpose

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> bytes | None:
        return None if value is None else keyring().seal(value, self.purpose)

    def process_result_value(self, value: bytes | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else keyring().open(value, self.purpose)


@contextmanager
def transaction() -> Iterator[Session]:
    """One use case, one transaction: committed when the block ends, rolled back when it raises.

    On SQLite the write lock is taken first (BEGIN IMMEDIATE), so that two writers queue instead of failing half-way;
    what the request read before is let go, so nothing decides on an old snapshot.
    """
    session = db.session
    if each_statement_stands_alone():
        # In a request each statement stood for itself; psycopg ends this transaction like one that it began.
        session.connection().exec_driver_sql("BEGIN")
    else:
        session.commit()
        session.connection(execution_options={"write": True})
    session.expire_all()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


DIVIDED_BY_NOUGHT = "22012"
"""PostgreSQL's division_by_zero."""


def write_all(
    session: Session, statements: tuple[sa.Insert | sa.Update, ...], values: dict[str, Any]
) -> None:
    """Run the writes, each of which has to change one row, with ``values`` for their parameters.

    PostgreSQL takes them as one statement, all or none. Raises Overtaken when one finds no row to change.
    """
    if session.get_bind().dialect.name == "postgresql":
        try:
            session.connection().execute(_as_one(statements), values)
        except DataError as error:
            if getattr(error.orig, "sqlstate", None) == DIVIDED_BY_NOUGHT:
                raise Overtaken from None
            raise
        return
    for statement in statements:
        if session.execute(statement, values).rowcount != 1:  # type: ignore[attr-defined]
            raise Overtaken


@lru_cache(maxsize=32)
def _as_one(statements: tuple[sa.Insert | sa.Update, ...]) -> sa.Select[Any]:
    """``WITH write_0 AS (INSERT …), write_1 AS (UPDATE …) SELECT 1 / (each update found its row)``.

    An error is the only way for a statement to undo itself, so one that finds no row divides by nought.
    """
    one: sa.Label[int] = sa.literal_column("1").label("row")
    inserts = [each.cte(f"write_{n}") for n, each in enumerate(statements) if isinstance(each, sa.Insert)]
    updates = [
        each.returning(one).cte(f"write_{n}")
        for n, each in enumerate(statements)
        if isinstance(each, sa.Update)
    ]
    found = (sa.exists(sa.select(sa.literal_column("1")).select_from(update)) for update in updates)
    every = sa.cast(sa.and_(sa.true(), *found), sa.Integer)
    return sa.select(sa.literal_column("1").op("/")(every)).add_cte(*inserts)


P = ParamSpec("P")
R = TypeVar("R")
TRIES = 8


def in_transaction(use_case: Callable[Concatenate[Session, P], R]) -> Callable[P, R]:
    """Run a use case in one transaction, and again when it was overtaken or the database ended it to break a deadlock.

    The use case gets the session first; it must not have effects outside the database.
    """

    @wraps(use_case)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        def attempt() -> R:
            with transaction() as session:
                return use_case(session, *args, **kwargs)

        return until_done(attempt)

    return run


def until_done(attempt: Callable[[], R]) -> R:
    """What ``attempt`` returns, tried again while it is overtaken or ended by a deadlock, a few times at most."""
    for number in range(1, TRIES + 1):
        try:
            return attempt()
        except Overtaken:
            if number == TRIES:
                raise
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in DEADLOCKS or number == TRIES:
                raise
    raise AssertionError("unreachable")


def each_statement_stands_alone() -> bool:
    """Whether this request's statements outside transaction() commit by themselves, each all or none."""
    return db.session.bind is db.engine and db.engine.dialect.name == "postgresql"


def violated(error: IntegrityError, *constraints: str) -> bool:
    """Whether one of the named constraints refused; SQLite names columns of unique constraints instead."""
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None:
        return diagnostics.constraint_name in constraints
    text = str(error.orig)
    columns = re.findall(r"(\w+)\.(\w+)", text.partition("UNIQUE constraint failed: ")[2])
    sqlite_name = f"uq_{columns[0][0]}_" + "_".join(column for _, column in columns) if columns else text
    return any(name == sqlite_name or name in text for name in constraints)


def engine_options(url: str, pool: int) -> dict[str, Any]:
    """Engine options for the kind of database in ``url``; ``pool`` connections at most.

    PostgreSQL's connections commit each statement, for the sake of reading (see Database), until told otherwise.
    """
    if url.startswith("sqlite"):
        return {"url": url, "connect_args": {"timeout": 30, "check_same_thread": False}}
    options: dict[str, Any] = {
        "url": url,
        "isolation_level": "AUTOCOMMIT",
        "connect_args": {"options": PATIENCE},
    }
    return options | {"pool_size": pool, "max_overflow": 0, "pool_timeout": 30, "pool_recycle": 1800}


def with_transactions(engine: sa.Engine) -> sa.Engine:
    """The same connections with transactions as usual: for migrations, commands and tests."""
    on_sqlite = engine.dialect.name == "sqlite"
    return engine if on_sqlite else engine.execution_options(isolation_level="READ COMMITTED")


def prepare_sqlite(engine: sa.Engine) -> None:
    """WAL, foreign keys, and our own BEGIN, as SQLAlchemy's documentation on pysqlite's transactions advises."""

    @sa.event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}").close()

    @sa.event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
