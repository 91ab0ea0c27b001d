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
    server: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)
    answer_bytes: int = 0
    backend: int = 0

    def __post_init__(self) -> None:
        """Asked once: to ask again would end a transaction, and with it what psycopg and PostgreSQL have prepared."""
        with self.engine.connect() as connection:
            self.backend = int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())

    @property
    def server_ms(self) -> float:
        return median(self.server)

    @property
    def database_ms(self) -> float:
        return median(self.database)

    @property
    def total_ms(self) -> float:
        """Server and database together: the median of the batches' sums, not the sum of medians."""
        return median(s + d for s, d in zip(self.server, self.database, strict=True))


def cpu_ns_of(pid: int) -> int:
    """CPU time of a sleeping process in nanoseconds; /proc/<pid>/stat would count in hundredths of a second."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def measure(subject: Subject, size: int, *, keep: bool) -> None:
    """One batch of ``size`` requests through the WSGI interface; ``keep`` is False for the ones that warm up."""
    requests = [next(subject.requests)() for _ in range(size)]
    gc.collect()  # what making the requests left behind is nobody's to pay for
    database, server = cpu_ns_of(subject.backend), time.process_time_ns()
    for request in requests:
        answer(subject, request)
    server = time.process_time_ns() - server
    database = cpu_ns_of(subject.backend) - database
    if keep:
        subject.server.append(server / size / 1e6)
        subject.database.append(database / size / 1e6)


def answer(subject: Subject, environment: dict[str, Any]) -> None:
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
