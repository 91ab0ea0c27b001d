"""Settings refuse an unsafe start, and say in a line what to mend."""

import base64
from pathlib import Path
from typing import Any

import pytest

from booking import settings as module
from booking.settings import Settings, UnsafeSettings, fresh_secrets, load_settings

KEY = "1:" + base64.b64encode(b"k" * 32).decode()
SAFE: dict[str, Any] = {
    "environment": "production",
    "test_login": False,
    "secret_key": "s" * 32,
    "encryption_keys": KEY,
    "base_url": "https://nettlege.example",
    "database_url": "postgresql+psycopg://localhost/nettlege",
    "video_key": "v" * 32,
    "video_nodes": "1=http://10.0.0.5:8001",
}


def test_safe_production_settings_start() -> None:
    assert Settings(**SAFE).https


@pytest.mark.parametrize(
    ("unsafe", "named"),
    [
        ({"test_login": True}, "NETTLEGE_TEST_LOGIN"),
        ({"secret_key": ""}, "NETTLEGE_SECRET_KEY"),
        ({"secret_key": "s" * 31}, "NETTLEGE_SECRET_KEY"),
        ({"encryption_keys": ""}, "NETTLEGE_ENCRYPTION_KEYS"),
        ({"base_url": "http://nettlege.example"}, "NETTLEGE_BASE_URL"),
        ({"database_url": "sqlite:///x.sqlite"}, "NETTLEGE_DATABASE_URL"),
        ({"video_key": "v" * 31}, "NETTLEGE_VIDEO_KEY"),
        ({"video_nodes": "1="}, "NETTLEGE_VIDEO_NODES"),
    ],
)
def test_unsafe_production_setting_is_refused_by_name(unsafe: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Settings(**(SAFE | unsafe))


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
    assert len(lines) == 7
    assert all(line.startswith("Will not start: NETTLEGE_") for line in lines)
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
