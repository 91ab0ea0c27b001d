"""What holds for every test: nothing is skipped, nobody talks to the world outside, two cores are shared fairly."""

import socket
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from tools import build_assets

HERE = {"127.0.0.1", "::1", "localhost"}

EARLY = ("tests/video/", "tests/integration/test_visit_nodes.py", "tests/browser/video/", "tests/browser/")
"""What takes longest begins first, so that nobody waits for it at the end. But before a process has had a browser comes
what runs an event loop of its own: Playwright's goes on in the main thread until the end.
"""
VISITS = "tests/browser/video/"


class ByFile(LoadFileScheduling):
    """A file's tests share what they set up; the video visits, with four browsers each, never meet each other."""

    def _split_scope(self, nodeid: str) -> str:
        return VISITS if nodeid.startswith(VISITS) else str(super()._split_scope(nodeid))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Translations are compiled and files compressed, once, before any worker asks for them."""
    if not hasattr(session.config, "workerinput"):
        build_assets.main()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Which worker runs what, when `make test` runs on several cores."""
    return ByFile(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In one process the quickest come first, as they are named in pyproject.toml; with workers the longest do."""
    if config.getoption("numprocesses", None) or hasattr(config, "workerinput"):
        items.sort(key=_how_soon)


def _how_soon(item: pytest.Item) -> int:
    return next((n for n, place in enumerate(EARLY) if item.nodeid.startswith(place)), len(EARLY))


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
