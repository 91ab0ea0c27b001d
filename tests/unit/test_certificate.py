"""The certificate of `make run HTTPS=1`: for which addresses, how long, and when a new one is made."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from booking.certificate import LIFE, RENEW_BEFORE, certificate_for, names_of
from booking.local_network import NoNetwork, in_order

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HOME = ["192.168.1.7", "2001:db8::7"]


def read(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def test_it_names_every_address_and_this_machine(tmp_path: Path) -> None:
    file, _ = certificate_for(HOME, folder=tmp_path / "https", now=NOW)
    assert names_of(read(file)) == {*HOME, "localhost", "127.0.0.1", "::1"}
    assert read(file).not_valid_after_utc == NOW + LIFE


def test_it_can_sign_nothing_and_its_key_is_for_nobody_else(tmp_path: Path) -> None:
    file, key = certificate_for(HOME, folder=tmp_path, now=NOW)
    assert not read(file).extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("addresses", "later", "kept"),
    [
        (HOME, timedelta(), True),
        (HOME[:1], timedelta(), True),
        (HOME, LIFE - RENEW_BEFORE - timedelta(seconds=1), True),
        (HOME, LIFE - RENEW_BEFORE, False),
        (["192.168.1.8"], timedelta(), False),
        (HOME, -timedelta(days=2), False),
    ],
)
def test_a_new_one_is_made_only_when_it_must(
    tmp_path: Path, addresses: list[str], later: timedelta, kept: bool
) -> None:
    """People accept each new one by hand."""
    file, key = certificate_for(HOME, folder=tmp_path, now=NOW)
    before = file.read_bytes(), key.read_bytes()
    certificate_for(addresses, folder=tmp_path, now=NOW + later)
    assert ((file.read_bytes(), key.read_bytes()) == before) is kept


@pytest.mark.parametrize("spoilt", ["certificate.pem", "key.pem"])
def test_what_was_lost_or_spoilt_is_made_anew(tmp_path: Path, spoilt: str) -> None:
    file, key = certificate_for(HOME, folder=tmp_path, now=NOW)
    before = file.read_bytes()
    if spoilt == "key.pem":
        key.unlink()
    else:
        file.write_text("no certificate")
    certificate_for(HOME, folder=tmp_path, now=NOW)
    assert file.read_bytes() != before
    assert key.exists()


def test_the_way_out_comes_first_and_ipv4_before_ipv6() -> None:
    found = ["::1", "2001:db8::7", "172.17.0.1", "192.168.1.7", "192.168.1.7", "169.254.3.4"]
    assert in_order(found, towards_outside="192.168.1.7") == ["192.168.1.7", "172.17.0.1", "2001:db8::7"]
    assert in_order(found, towards_outside=None) == ["172.17.0.1", "192.168.1.7", "2001:db8::7"]


@pytest.mark.parametrize("found", [["127.0.0.1", "::1"], [], ["2001:db8::7"]])
def test_without_a_network_it_says_so(found: list[str]) -> None:
    with pytest.raises(NoNetwork, match="on no network"):
        in_order(found, towards_outside=None)
