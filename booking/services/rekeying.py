"""Seal old rows with the newest key, in small batches, while the product runs; it may be stopped and begun again."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from booking.crypto import keyring
from booking.db import Base, EncryptedText, in_transaction
from booking.models import Person

BATCH = 200
"""Rows in one transaction: a few milliseconds of locks."""

Column = sa.Column[Any]


def sealed_columns() -> list[Column]:
    """Every column that holds sealed text, in the order of tables' names."""
    tables = sorted(Base.metadata.tables.values(), key=lambda table: table.name)
    return [column for table in tables for column in table.columns if isinstance(column.type, EncryptedText)]


def left_to_seal(session: Session, column: Column) -> int:
    """How many rows of ``column`` an older key has sealed."""
    count = sa.select(sa.func.count()).select_from(column.table).where(_is_old(column))
    return session.scalar(count) or 0


def reseal() -> Iterator[tuple[str, int]]:
    """Seal anew what older keys have sealed; after each batch: the column, and how many rows were done."""
    for column in sealed_columns():
        while done := _reseal_batch(column=column):
            yield f"{column.table.name}.{column.name}", done


@in_transaction
def _reseal_batch(session: Session, *, column: Column) -> int:
    table, kept = column.table, sa.type_coerce(column, sa.LargeBinary)
    keys = list(table.primary_key.columns)
    rows = session.execute(sa.select(kept, *keys).where(_is_old(column)).order_by(*keys).limit(BATCH)).all()
    purpose = _purpose(column)
    for sealed, *identity in rows:
        # Only where it is still what was read: somebody may have written something newer meanwhile.
        same = [key == value for key, value in zip(keys, identity, strict=True)]
        anew = keyring().seal(keyring().open(sealed, purpose), purpose)
        session.execute(
            sa.update(table)
            .where(*same, kept == sealed)
            .values({column.name: sa.bindparam(None, anew, type_=sa.LargeBinary)})
        )
    return len(rows)


def _is_old(column: Column) -> sa.ColumnElement[bool]:
    beginning = sa.func.substr(sa.type_coerce(column, sa.LargeBinary), 1, 2, type_=sa.LargeBinary)
    return sa.and_(column.is_not(None), beginning != keyring().newest)


def _purpose(column: Column) -> str:
    assert isinstance(column.type, EncryptedText)
    return column.type.purpose


def redigest() -> Iterator[tuple[str, int]]:
    """Make every national number's digest with the newest look-up key; after each batch how many rows were looked at.

    Digests of guests' codes cannot be made anew: the codes are not kept. They are gone two days after their visit.
    """
    after = 0
    while batch := _redigest_batch(after=after):
        after, changed = batch
        yield "person.national_id_digest", changed


@in_transaction
def _redigest_batch(session: Session, *, after: int) -> tuple[int, int] | None:
    """The last id of the batch and how many digests were of an older key; None after the last batch."""
    wanted = sa.select(Person.id, Person.national_id, Person.national_id_digest)
    rows = session.execute(wanted.where(Person.id > after).order_by(Person.id).limit(BATCH)).all()
    changed = 0
    for person_id, number, kept in rows:
        digest = keyring().digest(number, "person.national_id")
        if digest != kept:
            changed += 1
            session.execute(sa.update(Person).where(Person.id == person_id).values(national_id_digest=digest))
    return (rows[-1][0], changed) if rows else None
