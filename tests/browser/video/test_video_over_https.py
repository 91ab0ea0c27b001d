"""`make run HTTPS=1` as it is started, and a visit over this machine's own address on the local network."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509

from booking.certificate import names_of
from booking.settings import PROJECT
from tests.browser.conftest import DESKTOP
from tests.browser.video.conftest import Visitor
from tests.stage import settings_for

REMOTE_CANDIDATE = """
  () => connections.at(-1).getStats().then(all => {
    const pair = [...all.values()].find(one => one.type === 'candidate-pair' && one.nominated);
    return all.get(pair.remoteCandidateId).address;
  })
"""
ANSWERED_CANDIDATES = """
  () => connections.at(-1).remoteDescription.sdp.match(/^a=candidate:.*/gm).map(line => line.split(' ')[4])
"""


class OverHttps:
    """The process, its certificate and what it said."""

    def __init__(self, folder: Path, database: Path) -> None:
        self.certificates = folder / "https"
        self.said, self.log = folder / "said", folder / "log"
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = int(one.getsockname()[1])
        fixed = settings_for(f"sqlite:///{database}")
        named = ("environment", "database_url", "secret_key", "encryption_keys", "video_key", "rate_limits")
        settings = {name: str(getattr(fixed, name)) for name in named}
        settings |= {"port": str(self.port), "certificate_folder": str(self.certificates)}
        environment = os.environ | {f"NETTLEGE_{name.upper()}": value for name, value in settings.items()}
        with self.said.open("wb") as said, self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "app.py", "--https"], cwd=PROJECT, env=environment, stdout=said, stderr=log
            )

    def wait(self) -> None:
        """Until it answers, with its certificate trusted and nothing else."""
        end = time.monotonic() + 30
        while True:
            try:
                self.get("/helse")
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < end, self.log.read_text()
                time.sleep(0.1)
            else:
                return

    @property
    def certified(self) -> set[str]:
        """The names and addresses that the certificate is for."""
        return names_of(x509.load_pem_x509_certificate((self.certificates / "certificate.pem").read_bytes()))

    def get(self, path: str) -> tuple[int, list[str]]:
        """Status and cookies."""
        trusted = ssl.create_default_context(cafile=self.certificates / "certificate.pem")
        with urllib.request.urlopen(f"https://localhost:{self.port}{path}", context=trusted) as answer:
            return answer.status, answer.headers.get_all("Set-Cookie") or []

    @property
    def address(self) -> str:
        """What it tells people to open on the phone."""
        found = re.search(r"https://[\d.]+:\d+", self.said.read_text())
        assert found, self.said.read_text()
        return found[0]

    @property
    def host(self) -> str:
        """This machine's address on the local network."""
        return self.address.removeprefix("https://").partition(":")[0]

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


@pytest.fixture(scope="module")
def over_https(seeded_now: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OverHttps]:
    """Started once; the last test ends it."""
    folder = tmp_path_factory.mktemp("over-https")
    database = folder / "nettlege.sqlite"
    shutil.copyfile(seeded_now, database)
    server = OverHttps(folder, database)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture
def address(over_https: OverHttps) -> str:
    """In place of the tests' own server."""
    return over_https.address


def test_it_answers_under_a_certificate_for_its_address_with_cookies_for_https(over_https: OverHttps) -> None:
    assert over_https.get("/helse")[0] == 200
    (cookie,) = over_https.get("/")[1]
    assert cookie.startswith("__Host-nettlege=")
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= parts
    assert not any(part.startswith("Domain") for part in parts)
    assert over_https.host in over_https.certified
    assert "warns of a certificate" in over_https.said.read_text()


def test_a_visit_goes_over_the_local_network(over_https: OverHttps, visitor: Callable[..., Visitor]) -> None:
    """As on a phone: no exception that browsers make for localhost, but its own address and https."""
    citizen = visitor("Kari Nordmann", ignore_https_errors=True)
    doctor = visitor("Astrid Sørlandslege", viewport=DESKTOP, ignore_https_errors=True)
    citizen.to_waiting_room()
    doctor.to_room()
    doctor.page.get_by_role("button", name="Slipp inn Kari").click()
    citizen.page.wait_for_url(re.compile("/rom"))
    citizen.sees("practitioner")
    doctor.sees("patient")
    assert over_https.host in citizen.page.evaluate(ANSWERED_CANDIDATES)
    assert citizen.page.evaluate(REMOTE_CANDIDATE) in over_https.certified - {"127.0.0.1", "::1"}
    assert over_https.log.read_text().count('"event": "serving"') == 1
    over_https.stop()
    assert over_https.process.returncode == 0
    assert '"event": "stopped"' in over_https.log.read_text()
