"""A certificate of our own making, for trying the product on a phone. Production's is the proxy's business."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=90)
RENEW_BEFORE = timedelta(days=14)
CLOCK_SKEW = timedelta(days=1)
"""A phone's clock may be behind."""
NAME = "Kommunal nettlege on this machine"
HERE = ("localhost", "127.0.0.1", "::1")


def certificate_for(addresses: Sequence[str], *, folder: Path, now: datetime) -> tuple[Path, Path]:
    """Files with a certificate for ``addresses`` and this machine, and with its key.

    The kept one serves as long as it names every address and lasts two weeks more: people accept a new one by hand.
    """
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    wanted = {*HERE, *addresses}
    if not (key.exists() and _still_serves(certificate, wanted, now)):
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(certificate, key, sorted(wanted), now)
    return certificate, key


def names_of(certificate: x509.Certificate) -> set[str]:
    """The names and addresses that a certificate is for."""
    told = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {
        *told.get_values_for_type(x509.DNSName),
        *(str(address) for address in told.get_values_for_type(x509.IPAddress)),
    }


def _still_serves(file: Path, wanted: set[str], now: datetime) -> bool:
    if not file.exists():
        return False
    try:
        kept = x509.load_pem_x509_certificate(file.read_bytes())
        named = names_of(kept)
    except (ValueError, x509.ExtensionNotFound):
        return False
    return wanted <= named and kept.not_valid_before_utc <= now < kept.not_valid_after_utc - RENEW_BEFORE


def _write_new(file: Path, key_file: Path, names: list[str], now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    oneself = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(oneself)
        .issuer_name(oneself)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        # Not an authority: whoever accepts it accepts this machine, and nothing that it might sign.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_file.unlink(missing_ok=True)
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
