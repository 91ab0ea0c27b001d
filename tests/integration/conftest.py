"""Every test that asks for ``database`` (or ``app``, or ``client``) runs on SQLite and on PostgreSQL.

Each gets a database of its own, migrated and empty: a copy of one that was migrated once, which costs 1 ms on SQLite
and 35 ms on PostgreSQL. PostgreSQL comes from tools/test_services.py; without it these tests fail.
"""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.orm import Session

from app import create_app
from booking.db import db
from booking.models import Person
from booking.web import current
from tests.factories import Town, log_in, make_person, make_town
from tests.page_client import PageClient
from tests.stage import Clock, let_go, migrate, settings_for
from tests.visits import log_in_doctor

TEMPLATE = "nettlege_template"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """``name`` is sqlite or postgresql; ``url`` is what NETTLEGE_DATABASE_URL would be."""

    name: str
    url: str


def _migrated(url: str) -> None:
    app = create_app(settings_for(url))
    migrate(app)
    let_go(app)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    _migrated(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.Engine]:
    """A connection to make and drop databases with."""
    url = os.environ.get("NETTLEGE_TEST_POSTGRES_URL")
    if not url:
        pytest.fail(
            "PostgreSQL is needed: `make test`, or `python tools/test_services.py pytest …`", pytrace=False
        )
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: sa.Engine) -> Iterator[str]:
    name = f"{TEMPLATE}_{os.getpid()}"
    with _postgres_database(postgres_server, name, "template0") as url:
        _migrated(url)
        yield name


@contextmanager
def _postgres_database(server: sa.Engine, name: str, template: str) -> Iterator[str]:
    with server.connect() as connection:
        # Copying files is quicker than copying through the log when nothing waits for the disk (PostgreSQL 15 on).
        strategy = "STRATEGY file_copy" if connection.dialect.server_version_info >= (15,) else ""
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template} {strategy}")
    try:
        yield server.url.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, make_database: Callable[..., Any], tmp_path: Path
) -> Iterator[Database]:
    """A migrated database without rows of ours, for this test alone."""
    with make_database(request, request.param, tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def make_database() -> Callable[..., AbstractContextManager[Database]]:
    """Makes a database that lives as long as the asker: ``make_database(request, "sqlite", folder)``."""
    return _fresh_database


@contextmanager
def _fresh_database(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[Database]:
    # Asked for by name, so that a run on one kind never needs the other.
    if kind == "sqlite":
        file = folder / "nettlege.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        yield Database("sqlite", f"sqlite:///{file}")
        return
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_template")
    with _postgres_database(server, f"nettlege_{os.getpid()}_{next(_numbers)}", template) as url:
        yield Database("postgresql", url)


@pytest.fixture
def clock() -> Clock:
    return Clock()


class CompiledTemplates(FileSystemBytecodeCache):
    """Templates compiled by one test serve all others: each app would compile its own anew, in each language."""

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return super().get_cache_key(f"{current.language()} {name}", filename)


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> CompiledTemplates:
    return CompiledTemplates(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def make_app(
    database: Database, clock: Clock, compiled_templates: CompiledTemplates
) -> Iterator[Callable[..., Flask]]:
    """Makes an app on the test's database: ``make_app(rate_limits=True)``."""
    made: list[Flask] = []

    def make(**changes: object) -> Flask:
        app = create_app(settings_for(database.url, **changes), clock)
        app.jinja_env.bytecode_cache = compiled_templates
        made.append(app)
        return app

    yield make
    for app in made:
        let_go(app)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session of the test's own, not the requests': commit what requests shall see."""
    with app.app_context():
        maker = db.sessionmaker
    with maker() as session:
        yield session


@pytest.fixture
def client(app: Flask) -> PageClient:
    return PageClient(app)


@pytest.fixture
def another_client(app: Flask) -> Callable[[], PageClient]:
    """Makes another person's browser."""
    return lambda: PageClient(app)


@pytest.fixture
def town(session: Session) -> Town:
    """Kristiansand with its service: one doctor, six visits each weekday morning."""
    return make_town(session)


@pytest.fixture
def person(session: Session, town: Town) -> Person:
    """Kari Nordmann of Kristiansand."""
    return make_person(session, lives_in=town.municipality)


@pytest.fixture
def kari(client: PageClient, person: Person) -> PageClient:
    """Kari's browser, logged in."""
    log_in(client, person)
    return client


@pytest.fixture
def doctor(another_client: Callable[[], PageClient], town: Town) -> PageClient:
    """The doctor's browser, logged in."""
    return log_in_doctor(another_client(), town.doctors[0])


@pytest.fixture
def ola(another_client: Callable[[], PageClient], session: Session, town: Town) -> PageClient:
    """Ola's browser, logged in; he lives where Kari does."""
    browser = another_client()
    log_in(browser, make_person(session, lives_in=town.municipality, name="Ola Nordmann"))
    return browser


@pytest.fixture
def said() -> Iterator[list[Any]]:
    """What the app has logged during the test."""
    with structlog.testing.capture_logs() as entries:
        yield entries
