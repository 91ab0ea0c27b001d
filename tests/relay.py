"""Debian's coturn as docs/operations.md sets it up, in a process of its own: who cannot send UDP goes through it."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SECRET = "only-in-tests-relay"


@dataclass(frozen=True, slots=True)
class Relay:
    """A running coturn that takes TCP from browsers and sends UDP on, to this machine only."""

    port: int
    log: Path
    ports: range

    @property
    def url(self) -> str:
        return f"turn:127.0.0.1:{self.port}?transport=tcp"

    def said(self) -> str:
        return self.log.read_text(errors="replace")


@contextmanager
def a_relay(folder: Path) -> Iterator[Relay]:
    """Started, answering, and ended afterwards."""
    program = shutil.which("turnserver")
    assert program, "coturn is needed: `make test` installs it, or says how"
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    ports = range(49200, 49400)
    log = folder / "coturn.log"
    options = {
        "listening-ip": "127.0.0.1", "listening-port": port, "relay-ip": "127.0.0.1",
        "min-port": ports.start, "max-port": ports.stop - 1, "realm": "nettlege.example",
        "static-auth-secret": SECRET, "userdb": folder / "coturn.db", "pidfile": folder / "coturn.pid",
        "denied-peer-ip": "0.0.0.0-255.255.255.255", "allowed-peer-ip": "127.0.0.1", "log-file": "stdout",
    }  # fmt: skip
    switches = ("use-auth-secret", "allow-loopback-peers", "no-udp", "no-tls", "no-dtls", "no-tcp-relay",
                "no-cli", "no-multicast-peers", "verbose")  # fmt: skip
    named = [f"--{name}={value}" for name, value in options.items()] + [f"--{name}" for name in switches]
    named.append("--denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
    with log.open("wb") as output:
        process = subprocess.Popen([program, "-n", *named], stdout=output, stderr=output, cwd=folder)
    try:
        end = time.monotonic() + 20
        while not _listens(port):
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < end, log.read_text(errors="replace")
            time.sleep(0.05)
        yield Relay(port, log, ports)
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
