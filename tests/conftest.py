"""What holds for every test: nothing is skipped, and nobody talks to the world outside."""

import socket
from collections.abc import Generator, Iterator
from typing import Any

import pytest

HERE = {"127.0.0.1", "::1", "localhost"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """A skipped test is a failed one: silence would look like proof."""
    report = yield
    return _not_skipped(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """The same for a whole module that wants to be skipped."""
    report = yield
    return _not_skipped(report)


def _not_skipped(report: Any) -> Any:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"Nothing may be skipped. {reason}"
    return report


@pytest.fixture(autouse=True, scope="session")
def no_world_outside() -> Iterator[None]:
    """Refuse sockets and name look-ups for anything but this machine."""

    def guarded(name: str) -> Any:
        real = getattr(socket.socket, name)

        def call(self: socket.socket, address: Any, *rest: Any) -> Any:
            target = rest[-1] if name == "sendto" and rest else address
            if self.family != socket.AF_UNIX and target[0] not in HERE:
                raise OSError(f"tests may not talk to {target[0]}: use a stand-in")
            return real(self, address, *rest)

        return call

    real_look_up = socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **named: Any) -> Any:
        if host not in HERE and host is not None:
            raise OSError(f"tests may not look up {host}: use a stand-in")
        return real_look_up(host, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, guarded(name))
        patch.setattr(socket, "getaddrinfo", look_up)
        yield
