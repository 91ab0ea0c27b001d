"""Settings refuse an unsafe start, and say in a line what to mend."""

import base64
import os
import random
from pathlib import Path
from typing import Any

import pytest

from booking import settings as module
from booking.production import FEWEST_BYTES, is_guessable
from booking.settings import Settings, UnsafeSettings, fresh_secrets, load_settings

KEY = "1:" + base64.b64encode(b"k" * 32).decode()


def random_key() -> str:
    return base64.b64encode(bytes(range(7, 39))).decode()


def secret(seed: int) -> str:
    """As token_urlsafe makes them, but the same at every run."""
    return base64.urlsafe_b64encode(random.Random(seed).randbytes(36)).decode()


SAFE: dict[str, Any] = {
    "environment": "production",
    "test_login": False,
    "secret_key": secret(1),
    "encryption_keys": f"1:{random_key()}",
    "lookup_keys": base64.b64encode(bytes(range(99, 131))).decode(),
    "base_url": "https://nettlege.kommune.no",
    "database_url": "postgresql+psycopg://localhost/nettlege",
    "rate_limit_storage": "redis://10.0.0.9",
    "trusted_proxies": 1,
    "video_key": secret(2),
    "video_nodes": "1=http://10.0.0.5:8001",
}
ONE_NODE = {"single_node": True, "database_url": "sqlite:////srv/x.sqlite", "rate_limit_storage": "memory://"}
TURN = {"video_turn_urls": "turn:turn.kommune.no", "video_turn_secret": secret(3)}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        TURN,
        ONE_NODE,
        {"secret_key": f"{secret(4)},{secret(5)}"},
        {"video_key": f"{secret(6)}, {secret(7)}"},
    ],
)
def test_safe_production_settings_start(changes: dict[str, Any]) -> None:
    assert Settings(**(SAFE | changes)).https


UNSAFE: list[tuple[dict[str, Any], str]] = [
    ({"test_login": True}, "NETTLEGE_TEST_LOGIN"),
    ({"secret_key": ""}, "NETTLEGE_SECRET_KEY"),
    ({"secret_key": secret(1)[:31]}, "NETTLEGE_SECRET_KEY"),
    ({"secret_key": "s" * 64}, "NETTLEGE_SECRET_KEY"),
    ({"secret_key": "abababab" * 8}, "NETTLEGE_SECRET_KEY"),
    ({"secret_key": "only-in-tests-" + secret(1)}, "NETTLEGE_SECRET_KEY"),
    ({"secret_key": "change-me-" + secret(1)}, "NETTLEGE_SECRET_KEY"),
    ({"secret_key": f"{secret(1)},old"}, "NETTLEGE_SECRET_KEY"),
    ({"encryption_keys": ""}, "NETTLEGE_ENCRYPTION_KEYS"),
    ({"encryption_keys": KEY}, "NETTLEGE_ENCRYPTION_KEYS"),
    ({"encryption_keys": "1:" + "A" * 43 + "="}, "NETTLEGE_ENCRYPTION_KEYS"),
    ({"lookup_keys": ""}, "NETTLEGE_LOOKUP_KEYS"),
    ({"lookup_keys": KEY[2:]}, "NETTLEGE_LOOKUP_KEYS"),
    ({"lookup_keys": random_key()}, "NETTLEGE_ENCRYPTION_KEYS must not be the same as NETTLEGE_LOOKUP_KEYS"),
    ({"base_url": "http://nettlege.kommune.no"}, "NETTLEGE_BASE_URL"),
    ({"base_url": "https://localhost"}, "NETTLEGE_BASE_URL"),
    ({"base_url": "https://"}, "NETTLEGE_BASE_URL"),
    ({"trusted_proxies": 0}, "NETTLEGE_TRUSTED_PROXIES"),
    ({"database_url": "sqlite:///x.sqlite"}, "NETTLEGE_DATABASE_URL"),
    ({"database_url": "mysql://x/y"}, "NETTLEGE_DATABASE_URL"),
    ({"database_url": "postgresql+psycopg://postgres:postgres@db/x"}, "NETTLEGE_DATABASE_URL"),
    ({"rate_limits": False}, "NETTLEGE_RATE_LIMITS"),
    ({"rate_limit_storage": "memory://"}, "NETTLEGE_RATE_LIMIT_STORAGE"),
    ({"video_key": secret(2)[:31]}, "NETTLEGE_VIDEO_KEY"),
    ({"video_key": "v" * 40}, "NETTLEGE_VIDEO_KEY"),
    ({"video_key": secret(1)}, "NETTLEGE_VIDEO_KEY must not be the same as NETTLEGE_SECRET_KEY"),
    ({"video_nodes": "1="}, "NETTLEGE_VIDEO_NODES"),
    (TURN | {"video_turn_secret": ""}, "NETTLEGE_VIDEO_TURN_SECRET must be set"),
    (TURN | {"video_turn_secret": "t" * 40}, "NETTLEGE_VIDEO_TURN_SECRET"),
    (TURN | {"video_turn_secret": secret(2)}, "NETTLEGE_VIDEO_TURN_SECRET must not be the same"),
]


@pytest.mark.parametrize(("unsafe", "named"), UNSAFE)
def test_unsafe_production_setting_is_refused_by_name(unsafe: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named) as refused:
        Settings(**(SAFE | unsafe))
    told = str(refused.value).partition("[type=")[0]
    for value in filter(lambda value: isinstance(value, str) and len(value) > 30, unsafe.values()):
        assert value not in told, "a line for a log must not repeat a secret"


@pytest.mark.parametrize(
    ("variable", "value", "named", "settings"),
    [
        ("FLASK_DEBUG", "1", "FLASK_DEBUG", {}),
        ("FLASK_DEBUG", "True", "FLASK_DEBUG", {}),
        ("WEB_CONCURRENCY", "4", "NETTLEGE_SINGLE_NODE", ONE_NODE),
    ],
)
def test_what_flask_and_gunicorn_read_is_looked_at_too(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, named: str, settings: dict[str, Any]
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=named):
        Settings(**(SAFE | settings))
    monkeypatch.setenv(variable, "0" if variable == "FLASK_DEBUG" else "1")
    assert Settings(**(SAFE | settings))


def test_secrets_made_by_chance_are_never_called_guessable() -> None:
    made = [fresh_secrets()["secret_key"] for _ in range(2000)]
    assert not [text for text in made if is_guessable(text)]
    assert not [key for key in (os.urandom(32) for _ in range(20_000)) if len(set(key)) < FEWEST_BYTES]


def test_test_login_is_on_by_default_so_that_production_must_say_no() -> None:
    """Whoever forgets the setting does not get a test login in production, but no start."""
    without = {name: value for name, value in SAFE.items() if name != "test_login"}
    with pytest.raises(ValueError, match="NETTLEGE_TEST_LOGIN"):
        Settings(**without)


def test_every_fault_is_a_line_for_whoever_starts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETTLEGE_ENVIRONMENT", "production")
    monkeypatch.setenv("NETTLEGE_SECRET_KEY", "too short")
    with pytest.raises(UnsafeSettings) as refused:
        load_settings()
    lines = str(refused.value).splitlines()
    assert len(lines) == 10
    assert all(
        line.startswith("Will not start: NETTLEGE_") and line.count("NETTLEGE_") <= 2 for line in lines
    )
    assert "too short" not in str(refused.value)


@pytest.mark.parametrize("environment", ["prod", "PRODUCTION", "staging", ""])
def test_unknown_environment_is_no_development(monkeypatch: pytest.MonkeyPatch, environment: str) -> None:
    """A slip of the pen must not switch the test login on."""
    monkeypatch.setenv("NETTLEGE_ENVIRONMENT", environment)
    with pytest.raises(UnsafeSettings):
        load_settings()


@pytest.mark.parametrize(
    "keys",
    [
        "x",
        "1:",
        "1:kort",
        ":" + KEY[2:],
        "0" + KEY[1:],
        "x" + KEY[1:],
        KEY + ",",
        KEY + ",2:kort",
        "1:" + "A" * 40,
    ],
)
def test_malformed_encryption_key_is_refused_without_repeating_it(keys: str) -> None:
    with pytest.raises(UnsafeSettings) as refused:
        Settings(encryption_keys=keys).parsed_encryption_keys()
    assert "NETTLEGE_ENCRYPTION_KEYS" in str(refused.value)
    assert "kort" not in str(refused.value)


def test_newest_key_comes_first() -> None:
    newer = "2:" + base64.b64encode(b"n" * 32).decode()
    assert list(Settings(encryption_keys=f"{newer}, {KEY}").parsed_encryption_keys()) == [2, 1]


def test_secrets_of_a_laptop_are_made_once_and_readable_by_nobody_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "PROJECT", tmp_path)
    for name in ("NETTLEGE_SECRET_KEY", "NETTLEGE_ENCRYPTION_KEYS", "NETTLEGE_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    first, second = load_settings(), load_settings()
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert len(first.parsed_encryption_keys()[1]) == 32
    assert (tmp_path / "var" / "secrets.json").stat().st_mode & 0o077 == 0


def test_fresh_secrets_differ() -> None:
    assert fresh_secrets() != fresh_secrets()


@pytest.mark.parametrize(
    ("name", "value"), [("port", 0), ("port", 70000), ("threads", 0), ("trusted_proxies", -1)]
)
def test_number_out_of_range_is_refused(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=name):
        Settings(**{name: value})
