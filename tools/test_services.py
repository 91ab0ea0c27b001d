"""Run a command with what the tests stand on: a private PostgreSQL, Chromium and Firefox, coturn.

    python tools/test_services.py .venv/bin/pytest tests/integration

What is missing is installed when we are root on a machine with apt-get; otherwise one line says what to install. No
service that a package brings along is started. PostgreSQL gets its own data folder, listens on a unix socket in it and
on no network port, and is gone when the command ends, however it ends. Two runs at a time do not meet.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

FONTS = "fonts-liberation"  # a bare server has none, and Chromium would measure boxes instead of letters
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FIREFOX_NAMES = ("firefox-esr", "firefox")
START_POLICY = Path("/usr/sbin/policy-rc.d")
START_SECONDS = 30
# Nothing here has to survive a crash, so nothing waits for the disk.
POSTGRES_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
}


class Missing(Exception):
    """What the tests need and this machine has not; the message is for whoever runs them."""


def find_postgres() -> Path | None:
    """The folder with initdb and postgres: Debian keeps them off PATH, one folder a version."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


def find_chromium() -> str | None:
    """Chromium's path: $CHROMIUM, or the first known name on PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def find_firefox() -> str | None:
    """Firefox's path: $FIREFOX, or the first known name on PATH."""
    return os.environ.get("FIREFOX") or next(filter(None, map(shutil.which, FIREFOX_NAMES)), None)


def find_relay() -> str | None:
    """coturn's path."""
    return shutil.which("turnserver")


NEEDED: dict[str, Callable[[], Path | str | None]] = {
    "postgresql": find_postgres,
    "chromium": find_chromium,
    "firefox-esr": find_firefox,
    "coturn": find_relay,
}
"""Debian's packages and how each is found."""


def install_missing() -> None:
    """Whatever is NEEDED is there afterwards, installed first when that can be done. Raises Missing."""
    lacking = [package for package, find in NEEDED.items() if not find()]
    if lacking and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing what the tests need:", *lacking, flush=True)
        with no_service_starts():
            _apt_get("update")
            _apt_get("install", "--yes", "--no-install-recommends", *lacking, FONTS)
        lacking = [package for package, find in NEEDED.items() if not find()]
    if lacking:
        raise Missing(f"Not found: {' and '.join(lacking)}. On Debian: apt-get install {' '.join(lacking)}")


def _apt_get(*step: str) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(["apt-get", "-qq", *step], env=quiet, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise Missing(f"apt-get {step[0]} failed; see above.")


@contextmanager
def no_service_starts(policy: Path = START_POLICY) -> Iterator[None]:
    """Packages start their services when they are installed, unless this file says no (101); one that is there stays.

    A relay or a database that nobody asked for has no business on a machine that only runs tests.
    """
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def _as_database_owner() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as the user that its package made."""
    if os.geteuid() != 0:
        return {}
    try:
        owner = pwd.getpwnam("postgres")
    except KeyError:
        raise Missing("PostgreSQL does not run as root and there is no user named postgres.") from None
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


@contextmanager
def private_postgres(programs: Path, settings: Mapping[str, str] = POSTGRES_OPTIONS) -> Iterator[str]:
    """A PostgreSQL of our own while the block runs; yields its SQLAlchemy address. Raises Missing if none starts."""
    owner = _as_database_owner()
    # Root's own folder for temporary files may be closed to the database's user.
    folder = Path(tempfile.mkdtemp(prefix="nettlege-postgres-", dir="/tmp" if owner else None))
    data, log = folder / "data", folder / "log"
    try:
        if owner:
            os.chown(folder, owner["user"], owner["group"])
        # Trust is safe: only whoever may enter this folder (mode 700) reaches the socket in it.
        subprocess.run(
            [programs / "initdb", "--pgdata", data, "--username=postgres", "--auth=trust", "--encoding=UTF8",
             "--no-locale", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd=folder, **owner,
        )  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with log.open("w") as output:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", folder, *options],
                stdout=output, stderr=output, cwd=folder, start_new_session=True, **owner,
            )  # fmt: skip
        try:
            _wait_until_ready(server, data / "postmaster.pid", log)
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: the data are thrown away
            server.wait(timeout=START_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(server: subprocess.Popen[bytes], status_file: Path, log: Path) -> None:
    """Return when the eighth line of postmaster.pid says ready, as pg_ctl does. Raises Missing with the log's end."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        if status_file.exists() and status_file.read_text().splitlines()[7:8] == ["ready   "]:
            return
        time.sleep(0.05)
    raise Missing("PostgreSQL did not start: " + " ".join(log.read_text().splitlines()[-3:]))


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """End by an exception, so that every ``finally`` above is reached."""
    raise SystemExit(130)


def main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    try:
        install_missing()
        programs = find_postgres()
        assert programs, "install_missing has seen to it"
        with private_postgres(programs) as address:
            browsers = {"CHROMIUM": str(find_chromium()), "FIREFOX": str(find_firefox())}
            environment = {**os.environ, **browsers, "NETTLEGE_TEST_POSTGRES_URL": address}
            return _run(command, environment)
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1


def _run(command: list[str], environment: dict[str, str]) -> int:
    """The command's exit status. Ctrl-C reaches the command as well; it is given time to end by itself."""
    process = subprocess.Popen(command, env=environment)
    try:
        try:
            status = process.wait()
        except KeyboardInterrupt:
            status = process.wait()
        return status if status >= 0 else 128 - status  # as shells tell that a signal ended it
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
