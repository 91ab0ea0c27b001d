"""Encryption at rest: AES-256-GCM with a key version, and keyed digests for look-up. No database, no web."""

import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

NONCE_BYTES = 12


class Keyring:
    """Seals with the newest key, opens with whichever sealed.

    A sealed value is: version (2 bytes, big endian) + nonce (12) + ciphertext and tag. ``purpose`` is authenticated
    (AAD), so a value copied from one column into another does not open.
    """

    def __init__(self, keys: dict[int, bytes], lookup_keys: Sequence[bytes] = ()) -> None:
        """``keys`` are 32 bytes by version, newest first. ``lookup_keys``, newest first, are keys of their own because
        digests must stay when encryption keys go; without any, digests hang on the oldest encryption key.
        """
        self._newest = next(iter(keys))
        self._ciphers = {version: AESGCM(key) for version, key in keys.items()}
        self._digest_keys = [
            HKDFExpand(SHA256(), 32, b"lookup digest").derive(key) for key in lookup_keys or [keys[min(keys)]]
        ]

    @property
    def newest(self) -> bytes:
        """How everything begins that the newest key has sealed."""
        return self._newest.to_bytes(2, "big")

    def seal(self, text: str, purpose: str) -> bytes:
        """Encrypt ``text`` (any Unicode) for ``purpose`` such as ``appointment.reason``."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, text.encode(), purpose.encode())
        return self.newest + nonce + sealed

    def open(self, sealed: bytes, purpose: str) -> str:
        """The text again. Raises KeyError for an unknown key version and InvalidTag for anything altered."""
        cipher = self._ciphers[int.from_bytes(sealed[:2], "big")]
        return cipher.decrypt(
            sealed[2 : 2 + NONCE_BYTES], sealed[2 + NONCE_BYTES :], purpose.encode()
        ).decode()

    def digest(self, text: str, purpose: str) -> bytes:
        """32 bytes that are the same for the same text; without the key nobody can try numbers against them."""
        return self.digests(text, purpose)[0]

    def digests(self, text: str, purpose: str) -> list[bytes]:
        """The digest by every look-up key, newest first: what to look for while keys change."""
        said = f"{purpose}\0{text}".encode()
        return [hmac.new(key, said, hashlib.sha256).digest() for key in self._digest_keys]


_ring: Keyring | None = None


def install(ring: Keyring) -> None:
    """Make ``ring`` the process's keyring; create_app does this once from the settings."""
    global _ring
    _ring = ring


def keyring() -> Keyring:
    """The process's keyring. Raises RuntimeError before create_app has installed one."""
    if _ring is None:
        raise RuntimeError("no keyring: create_app() installs it from NETTLEGE_ENCRYPTION_KEYS")
    return _ring
