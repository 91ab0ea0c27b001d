"""CPU time of our process and of the PostgreSQL process that serves us, request by request in batches."""

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from benchmarks.visitors import Request

WsgiApp = Callable[..., Any]


@dataclass
class Subject:
    """What is measured: an app, its database connection, its requests, and what the answers must say."""

    name: str
    app: WsgiApp
    engine: sa.Engine
    requests: Iterator[Request]
    status: str
    contains: bytes = b""
    floor: "Subject | None" = None
    between: Callable[[], None] | None = None
    server: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    answer_bytes: int = 0
    backend: int = 0

    def __post_init__(self) -> None:
        """Asked once: to ask again would end a transaction, and with it what psycopg and PostgreSQL have prepared."""
        with self.engine.connect() as connection:
            self.backend = int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())

    @property
    def total(self) -> list[float]:
        """Milliseconds a request, server and database together, of every batch."""
        return [s + d for s, d in zip(self.server, self.database, strict=True)]

    @property
    def ratio(self) -> float:
        """How many floors a request costs: the median over batches, each beside its own batch of the floor."""
        return median(self.ratios)


def cpu_ns_of(pid: int) -> int:
    """CPU time of a sleeping process in nanoseconds; /proc/<pid>/stat would count in hundredths of a second."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def measure_beside_floor(subject: Subject, size: int, *, keep: bool) -> None:
    """A batch of the floor and one of the subject, close together: a busy machine is as busy for both.

    ``keep`` is False for batches that warm up.
    """
    assert subject.floor is not None
    beside = _batch(subject.floor, size)
    own = _batch(subject, size)
    if keep:
        for measured, (server, database) in ((subject.floor, beside), (subject, own)):
            measured.server.append(server)
            measured.database.append(database)
        subject.ratios.append(sum(own) / sum(beside))


def _batch(subject: Subject, size: int) -> tuple[float, float]:
    """Milliseconds of CPU a request, of our process and of the database's, in ``size`` requests."""
    if subject.between:
        subject.between()
    requests = [next(subject.requests)() for _ in range(size)]
    gc.collect()  # what making the requests left behind is nobody's to pay for
    database, server = cpu_ns_of(subject.backend), time.process_time_ns()
    for request in requests:
        _answer(subject, request)
    server = time.process_time_ns() - server
    database = cpu_ns_of(subject.backend) - database
    return server / size / 1e6, database / size / 1e6


def _answer(subject: Subject, environment: dict[str, Any]) -> None:
    """Let the app answer one request, read to its end as a server would, and see that it is the right answer."""
    told: list[str] = []

    def start_response(status: str, _headers: list[tuple[str, str]], _error: Any = None) -> Any:
        told.append(status)

    body = subject.app(environment, start_response)
    content = b"".join(body)
    if close := getattr(body, "close", None):
        close()
    subject.answer_bytes = len(content)
    if not told[0].startswith(subject.status) or subject.contains not in content:
        raise SystemExit(f"{subject.name}: {told[0]} is not the answer that was to be measured")
