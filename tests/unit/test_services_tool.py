"""What `make test` installs, and that installing starts nothing."""

import stat
from pathlib import Path

import pytest

from tools import test_services as tool


def test_no_service_starts_while_packages_are_installed(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with tool.no_service_starts(policy):
        assert "exit 101" in policy.read_text()
        assert stat.S_IMODE(policy.stat().st_mode) == 0o755
    assert not policy.exists()


def test_a_policy_that_is_there_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("somebody's own")
    with tool.no_service_starts(policy):
        assert policy.read_text() == "somebody's own"
    assert policy.read_text() == "somebody's own"


def test_what_is_missing_is_named_to_who_may_not_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(tool, "NEEDED", {"coturn": lambda: None, "chromium": lambda: "/usr/bin/chromium"})
    with pytest.raises(tool.Missing, match="Not found: coturn"):
        tool.install_missing()
