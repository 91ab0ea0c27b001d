"""Typed settings from the environment (prefix ``NETTLEGE_``); an incomplete or unsafe start is refused here."""

import base64
import json
import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from booking import production

PROJECT = Path(__file__).resolve().parent.parent


class UnsafeSettings(SystemExit):
    """The process must not start; the message says which setting to mend, one line each."""


class Settings(BaseSettings):
    """Everything that differs between a laptop, the tests and a municipality's production.

    ``encryption_keys`` is ``version:base64`` pairs joined by commas, newest first: the first encrypts, all of them
    decrypt, so a key is rotated by putting a new one in front. ``secret_key``, ``lookup_keys`` (base64, for digests
    that find national numbers) and ``video_key`` take several in the same way. ``single_node`` says that one process
    serves everybody, which production needs to hear before it runs on SQLite.

    ``video_nodes`` is ``name=address`` pairs joined by commas, one a video server; empty means that `python app.py`
    starts one of its own on ``video_port``. ``video_key`` is the secret shared with them. ``video_turn_urls`` (joined
    by commas) and ``video_turn_secret`` are for browsers that cannot send UDP. ``certificate_folder`` keeps the
    certificate of `make run HTTPS=1`.
    """

    model_config = SettingsConfigDict(env_prefix="NETTLEGE_", frozen=True)

    environment: Literal["development", "test", "production"] = "development"
    database_url: str = f"sqlite:///{PROJECT / 'var' / 'nettlege.sqlite'}"
    secret_key: str = ""
    encryption_keys: str = ""
    lookup_keys: str = ""
    base_url: str = "http://localhost:8000"
    test_login: bool = True
    single_node: bool = False
    rate_limits: bool = True
    rate_limit_storage: str = "memory://"
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    threads: int = Field(default=8, ge=1, le=64)
    video_nodes: str = ""
    video_port: int = Field(default=8001, ge=1, le=65535)
    video_key: str = ""
    video_turn_urls: str = ""
    video_turn_secret: str = ""
    certificate_folder: str = str(PROJECT / "var" / "https")
    database_pool: int = Field(default=10, ge=1, le=100)
    max_body_bytes: int = 64 * 1024

    @property
    def https(self) -> bool:
        """Whether people reach us by https; decides ``__Host-`` cookies and HSTS."""
        return self.base_url.startswith("https://")

    @model_validator(mode="after")
    def _safe_in_production(self) -> "Settings":
        if self.environment == "production" and (lines := production.faults(self)):
            raise ValueError("; ".join(lines))
        return self

    def parsed_secret_keys(self) -> list[str]:
        """The secrets that signed what may still be out there, newest first: the first signs, all are believed."""
        return [key.strip() for key in self.secret_key.split(",")]

    def parsed_lookup_keys(self) -> list[bytes]:
        """The keys of look-up digests, newest first; none means that they hang on the oldest encryption key."""
        keys = []
        for text in filter(None, self.lookup_keys.split(",")):
            try:
                keys.append(base64.b64decode(text.strip(), validate=True))
            except ValueError:
                keys.append(b"")
        if any(len(key) != 32 for key in keys):
            raise UnsafeSettings("NETTLEGE_LOOKUP_KEYS: each must be base64 of 32 bytes")
        return keys

    def parsed_encryption_keys(self) -> dict[int, bytes]:
        """``{version: 32 bytes}``, newest first. Raises UnsafeSettings when a key is malformed."""
        keys: dict[int, bytes] = {}
        for pair in self.encryption_keys.split(","):
            version, _, text = pair.strip().partition(":")
            try:
                key = base64.b64decode(text, validate=True)
                number = int(version)
            except ValueError:
                key, number = b"", 0
            if len(key) != 32 or number < 1:
                raise UnsafeSettings(
                    "NETTLEGE_ENCRYPTION_KEYS: each must be a number from 1, a colon and base64 of 32 bytes"
                )
            keys[number] = key
        return keys

    def parsed_video_nodes(self) -> dict[str, str]:
        """``{name: address}`` of the video servers, in the order given. A pair without both parts is left out."""
        pairs = (pair.strip().partition("=") for pair in self.video_nodes.split(","))
        return {name: address.rstrip("/") for name, _, address in pairs if name and address}


def load_settings() -> Settings:
    """Settings from the environment; on a laptop, secrets are made once and kept in ``var/secrets.json``.

    Raises UnsafeSettings with one line for each fault.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        lines = [
            line.strip()
            for e in error.errors()
            for line in str(e["msg"]).removeprefix("Value error, ").split(";")
        ]
        raise UnsafeSettings("\n".join(f"Will not start: {line}" for line in lines)) from None
    if settings.environment == "development":
        kept = _laptop_secrets(PROJECT / "var" / "secrets.json")
        return settings.model_copy(update={name: kept[name] for name in kept if not getattr(settings, name)})
    return settings


def fresh_secrets() -> dict[str, str]:
    """New random secrets in the form that Settings takes."""
    return {
        "secret_key": secrets.token_urlsafe(48),
        "encryption_keys": "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "video_key": secrets.token_urlsafe(48),
    }


def _laptop_secrets(file: Path) -> dict[str, str]:
    """The secrets of this laptop; one that an older version did not know of is added."""
    kept = dict(json.loads(file.read_text())) if file.exists() else {}
    wanted = fresh_secrets() | kept
    if wanted != kept:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(json.dumps(wanted))
    return wanted
