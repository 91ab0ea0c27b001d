"""House rules that no linter knows: what the repository may hold, and how its files are called."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# Made, fetched or kept on one machine: not ours to judge.
NOT_OURS = {"var", "node_modules", "vendor", "__pycache__"}
HIDDEN_OURS = {".ci", ".github", ".gitignore", ".editorconfig", ".pre-commit-config.yaml"}
TEXT = {
    ".py",
    ".html",
    ".md",
    ".toml",
    ".txt",
    ".cfg",
    ".css",
    ".js",
    ".json",
    ".yaml",
    ".yml",
    ".po",
    ".sh",
    ".svg",
    "",
}
ATTICS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
LICENCES = ("LICENSE*", "LICENCE*", "COPYING*", "OFL*")
# Words that this file has to know and nobody else may use.
LEFT_FOR_LATER = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
REGISTRY = re.compile(
    r"(https?://|@)[\w.-]*(pypi|pythonhosted|npmjs|yarnpkg|registry|unpkg|jsdelivr)[\w.-]*", re.IGNORECASE
)
SOMEBODYS_MACHINE = re.compile(r"(?<![\w./:>-])/(home|root|Users|work|workspace)/\w+")
OUTSIDE = re.compile(r"(?<![\w.])(?:\.\./)+[\w.-]+")
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")


def files(folder: Path = PROJECT) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in NOT_OURS or (path.name.startswith(".") and path.name not in HIDDEN_OURS):
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def lines() -> Iterator[tuple[Path, int, str]]:
    """Every line of our texts, save this file's."""
    for path in files():
        if path.suffix in TEXT and path != Path(__file__).resolve():
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                yield path, number, line


def places(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(PROJECT)}:{number}: {match[0]}"
        for path, number, line in lines()
        if (match := pattern.search(line))
    ]


def test_nothing_is_left_for_later() -> None:
    assert not places(LEFT_FOR_LATER)


def test_no_registry_is_named() -> None:
    """Where packages come from is for whoever installs them to say: a mirror is as good."""
    assert not places(REGISTRY)


def test_nothing_points_to_somebodys_machine() -> None:
    assert not places(SOMEBODYS_MACHINE)


def test_relative_paths_stay_in_the_repository() -> None:
    """Read from the file that names it, or from the top. Tests and fuzzing may name any path: some are bad input."""
    faults = [
        f"{path.relative_to(PROJECT)}:{number}: {match}"
        for path, number, line in lines()
        if not any(path.is_relative_to(PROJECT / folder) for folder in ("tests", "benchmarks/fuzz"))
        for match in OUTSIDE.findall(line)
        if leads_out(path.parent / match) or ((PROJECT / match).exists() and leads_out(PROJECT / match))
    ]
    assert not faults, "\n".join(faults)


def leads_out(path: Path) -> bool:
    return not path.resolve().is_relative_to(PROJECT)


def test_links_between_documents_lead_somewhere() -> None:
    faults = [
        f"{path.relative_to(PROJECT)}:{number}: {target}"
        for path, number, line in lines()
        if path.suffix == ".md"
        for target in LINK.findall(line)
        if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists()
    ]
    assert not faults, "\n".join(faults)


def test_files_are_named_for_what_they_do() -> None:
    assert not [str(path.relative_to(PROJECT)) for path in files() if path.stem.lower() in ATTICS]


def test_everything_vendored_has_its_licence_and_version() -> None:
    folders = [path for path in (PROJECT / "static" / "vendor").glob("*") if path.is_dir()]
    assert folders, "static/vendor is empty: has it moved?"
    unlicensed = [path.name for path in folders if not any(any(path.rglob(name)) for name in LICENCES)]
    assert not unlicensed
    assert not [path.name for path in folders if not re.search(r"@?\d+\.\d+", path.name)]


def test_templates_hold_no_style_and_no_script() -> None:
    """The content security policy would refuse them, and only in the browser of whoever meets the page."""
    inline = re.compile(r"\sstyle\s*=|<style\b|<script(?![^>]*\ssrc=)|\son[a-z]+\s*=|\shx-on", re.IGNORECASE)
    faults = [
        f"{path.relative_to(PROJECT)}: {match[0].strip()}"
        for path in sorted((PROJECT / "templates").rglob("*.html"))
        for match in inline.finditer(re.sub(r"{#.*?#}", "", path.read_text(), flags=re.DOTALL))
    ]
    assert not faults, "\n".join(faults)


def pins(name: str) -> dict[str, str]:
    text = (PROJECT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", text, re.MULTILINE))


def test_locks_hold_what_pyproject_pins() -> None:
    wanted = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    for name, requirements in (
        ("run", wanted["project"]["dependencies"]),
        ("dev", wanted["dependency-groups"]["dev"]),
    ):
        locked = pins(name)
        for requirement in requirements:
            package, _, version = re.sub(r"\[[^]]*\]", "", requirement).partition("==")
            assert locked.get(package.lower()) == version, (
                f"requirements/{name}.txt: run make lock ({requirement})"
            )


def test_packages_for_tests_hold_those_of_the_product() -> None:
    """Tests prove the versions that run."""
    assert pins("run").items() <= pins("dev").items()
