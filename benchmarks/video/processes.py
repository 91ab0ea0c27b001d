"""Servers and load clients as processes of their own, and what the kernel says of them."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.video.tickets_for_tests import KEY

HERE = Path(__file__).resolve().parents[2]
START_WITHIN = 20.0
"""Seconds."""


@dataclass(frozen=True)
class Server:
    """A server that answers; ``name`` is how the load client speaks to it."""

    name: str
    base: str
    pid: int
    log: Path

    def cpu(self) -> float:
        """CPU seconds of all its threads, those that ended among them: the kernel's clock of that process."""
        return time.clock_gettime_ns((~self.pid << 3) | 2) / 1e9

    def waited(self) -> float:
        """Seconds that its first thread was ready and had to wait for a core: how busy the machine is with others."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9

    def resident(self) -> float:
        """Memory in use, MB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def holds(self) -> dict[str, int]:
        """Descriptors, threads and UDP ports that are open now."""
        links = []
        for one in Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                links.append(str(one.readlink()))
            except FileNotFoundError:
                continue  # closed meanwhile
        udp = {
            f"socket:[{line.split()[9]}]"
            for table in ("udp", "udp6")
            for line in Path(f"/proc/{self.pid}/net/{table}").read_text().splitlines()[1:]
        }
        return {
            "descriptors": len(links),
            "UDP ports": len(udp.intersection(links)),
            "threads": len(list(Path(f"/proc/{self.pid}/task").iterdir())),
        }


def free_port() -> int:
    """A TCP port that nobody has now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(
    name: str, command: Sequence[str], *, port: int, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Start, wait until ``port`` answers, and end it in any case. Raises SystemExit with the log's end."""
    with tempfile.TemporaryDirectory(prefix="nettlege-bench-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                command, cwd=HERE, env=os.environ | (environment or {}), stdout=file, stderr=file
            )
        try:
            _wait_for(port, process, log)
            yield Server(name, f"http://127.0.0.1:{port}", process.pid, log)
        finally:
            process.kill()
            process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + START_WITHIN
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"{process.args} does not answer\n{log.read_text(errors='replace')[-2000:]}")


@contextmanager
def ours(*, forward: str = "bytes", **more: str) -> Iterator[Server]:
    """``python -m video`` as production runs it."""
    port = free_port()
    environment = {
        "NETTLEGE_VIDEO_KEY": KEY,
        "NETTLEGE_VIDEO_PORT": str(port),
        "NETTLEGE_VIDEO_ADDRESSES": "127.0.0.1",
        "NETTLEGE_VIDEO_FORWARD": forward,
        "NETTLEGE_VIDEO_OFFERS_PER_MINUTE": "1000000",
        "NETTLEGE_VIDEO_MAX_ROOMS": "1000",
    } | {f"NETTLEGE_VIDEO_{name.upper()}": value for name, value in more.items()}
    with running("ours", [sys.executable, "-m", "video"], port=port, environment=environment) as server:
        yield server


@contextmanager
def stock() -> Iterator[Server]:
    """aiortc's MediaRelay."""
    port = free_port()
    with running("stock", [sys.executable, "-m", "benchmarks.video.stock", str(port)], port=port) as server:
        yield server


class Worker:
    """A load client in a process of its own, told what to do line by line."""

    def __init__(self, **order: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.video.worker", json.dumps(order)],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, word: str) -> None:
        """Send an order; its answer is fetched by ``answer``."""
        assert self._process.stdin
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """What it says. Raises SystemExit when it has ended."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a load client has ended")
        found: dict[str, Any] = json.loads(line)
        return found

    def end(self) -> None:
        """In any case."""
        self._process.kill()
        self._process.communicate()


class Load:
    """Rooms of two on one server: one room is the probe, the others share one process."""

    def __init__(self, server: Server, rooms: int, played: str) -> None:
        self.server = server
        self.rooms = rooms
        common = {"server": server.name, "base": server.base, "played": played}
        # The probe writes over the end of each packet: nothing for a server that decodes.
        self._workers = [Worker(**common, first=1, count=1, probe=server.name != "stock")]
        if rooms > 1:
            self._workers.append(Worker(**common, first=2, count=rooms - 1, probe=False))
        try:
            for worker in self._workers:
                worker.answer()
        except BaseException:
            self.end()
            raise

    def tell(self, word: str) -> list[dict[str, Any]]:
        """Send an order to both; their answers, the probe's first."""
        for worker in self._workers:
            worker.tell(word)
        return [worker.answer() for worker in self._workers]

    def count(self) -> dict[str, float]:
        """Sums of both as of now."""
        answers = self.tell("count")
        return {key: sum(answer[key] for answer in answers) for key in ("sent", "received", "bad", "cpu")}

    def end(self) -> None:
        """Stop the processes."""
        for worker in self._workers:
            worker.end()

    def __enter__(self) -> "Load":
        return self

    def __exit__(self, *_error: object) -> None:
        self.end()
