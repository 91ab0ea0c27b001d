"""Unit tests are about rules: no application, no database. Whoever needs them belongs in tests/integration."""

import sqlite3
from typing import Any, NoReturn

import flask
import psycopg
import pytest
import sqlalchemy as sa


@pytest.fixture(autouse=True)
def only_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every way to an application or a database."""

    def refuse(*_args: Any, **_named: Any) -> NoReturn:
        pytest.fail("a unit test may not make an app or reach a database: move it to tests/integration")

    monkeypatch.setattr(flask.Flask, "__init__", refuse)
    monkeypatch.setattr(sa.Engine, "connect", refuse)
    monkeypatch.setattr(sa.Engine, "raw_connection", refuse)
    monkeypatch.setattr(sqlite3, "connect", refuse)
    monkeypatch.setattr(psycopg.Connection, "connect", refuse)
