"""What integration and browser tests are played on: settings, a clock that tests turn, a migrated database."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask

from booking.db import db
from booking.settings import Settings

T = TypeVar("T")
A_FRIDAY_MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""10.00 in Oslo, in winter time. No test's outcome hangs on the day it is run."""


class Clock:
    """The app's clock, which stands still until a test turns it."""

    def __init__(self, now: datetime = A_FRIDAY_MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        """``forward(minutes=10)``: anything that timedelta takes."""
        self.now += timedelta(**duration)


def settings_for(database_url: str, **changes: Any) -> Settings:
    """Settings of the tests; ``changes`` for the one test that is about a setting."""
    fixed: dict[str, Any] = {
        "environment": "test",
        "database_url": database_url,
        "secret_key": "only-in-tests-" + "x" * 32,
        "encryption_keys": "1:" + base64.b64encode(b"only-in-tests".ljust(32, b"x")).decode(),
        "base_url": "http://localhost",
        "test_login": True,
        "rate_limits": False,
    }
    return Settings(**(fixed | changes))


def migrate(app: Flask) -> None:
    """Bring the app's database from wherever it is to the newest migration."""
    with app.app_context():
        app.extensions["alembic"].upgrade()


def engine_of(app: Flask) -> sa.Engine:
    with app.app_context():
        return db.engine


def let_go(app: Flask) -> None:
    """Close the app's connections, so that its database can be copied or dropped."""
    engine_of(app).dispose()


def aside(act: Callable[[], T]) -> T:
    """Do something with the app on a thread of its own.

    Playwright runs an event loop on the tests' thread, and Flask-SQLAlchemy-Lite needs a thread without one.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(act).result()
