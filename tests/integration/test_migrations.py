"""Migrations from empty give exactly the tables that the models describe."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.db import Base
from tests.stage import engine_of

# Made by a migration alone, because the two databases have no common words for it.
BEYOND_MODELS = {"ex_slot_overlap"}


def described(engine: sa.Engine) -> dict[str, Any]:
    """What the database itself says of its tables, but for Alembic's own."""
    inspector = sa.inspect(engine)
    return {
        table: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], str(column["default"]))
                for column in inspector.get_columns(table)
            },
            "primary key": inspector.get_pk_constraint(table)["constrained_columns"],
            "foreign keys": by_name(inspector.get_foreign_keys(table)),
            "unique": by_name(inspector.get_unique_constraints(table)),
            "checks": {check["name"]: check["sqltext"] for check in inspector.get_check_constraints(table)},
            "indexes": by_name(inspector.get_indexes(table)),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def by_name(things: list[Any]) -> dict[str, Any]:
    return {thing["name"]: readable(thing) for thing in things if thing["name"] not in BEYOND_MODELS}


def readable(value: Any) -> Any:
    """SQL clauses as text, which can be compared."""
    if isinstance(value, dict):
        return {key: readable(part) for key, part in value.items()}
    return [readable(part) for part in value] if isinstance(value, list) else str(value)


@pytest.fixture
def migrated(app: Flask) -> dict[str, Any]:
    return described(engine_of(app))


def test_migrations_make_what_models_describe(app: Flask, migrated: dict[str, Any]) -> None:
    engine = engine_of(app)
    with engine.begin() as connection:
        kept = sa.MetaData()
        kept.reflect(connection)
        kept.drop_all(connection)
        Base.metadata.create_all(connection)
    modelled = described(engine)
    assert migrated.keys() == modelled.keys()
    for table, description in migrated.items():
        assert description == modelled[table], table


def test_alembic_sees_no_difference(app: Flask) -> None:
    with app.app_context():
        assert app.extensions["alembic"].compare_metadata() == []


def test_every_constraint_has_a_name(migrated: dict[str, Any]) -> None:
    """Errors are told apart by the constraint that refused."""
    for table, description in migrated.items():
        for kind in ("foreign keys", "unique", "checks"):
            assert None not in description[kind], f"{table}: {kind} without a name"


def test_migrations_run_twice_change_nothing(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    with app.app_context():
        app.extensions["alembic"].upgrade()
        assert app.extensions["alembic"].compare_metadata() == []
