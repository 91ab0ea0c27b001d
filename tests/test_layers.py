"""Who may import whom, and how long things may get. docs/architecture follows from these tests, not the other way.

web → services → domain / queries / models / integrations; the domain knows the standard library and itself.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
CODE = ("app.py", "booking", "video", "tools", "tests", "benchmarks", "migrations")
LONGEST_MODULE = 400
LONGEST_TEMPLATE = 100
LONGEST_VIEW = 25
ROUTES = {"get", "post", "put", "patch", "delete", "route"}

# What each layer may not import. A name stands for the module and everything in it.
WEB = ("booking.web", "flask", "wtforms", "flask_wtf", "flask_babel", "werkzeug", "htmx_flask", "jinja2")
FORBIDDEN: dict[str, tuple[str, ...]] = {
    "booking/models": (*WEB, "booking.services", "booking.queries", "booking.integrations", "booking.seed"),
    "booking/queries": (*WEB, "booking.services", "booking.integrations", "booking.seed"),
    "booking/services": (*WEB, "booking.seed"),
    "booking/integrations": ("booking.web", "booking.services", "booking.queries", "booking.models"),
    "booking/web": ("sqlalchemy", "flask_sqlalchemy_lite", "booking.models", "booking.seed", "alembic"),
    "booking": ("video", "tests", "app"),
    "video": ("booking", "tests", "app"),
}
# The small door through which the video room asks booking who may enter; its rules build on booking's pure ones, and
# its pages (video/web*.py) are pages of the house. The video server itself (python -m video) imports none of it.
PAGES = ("booking.clock", "booking.settings", "booking.integrations.video_node", "booking.web")
ALLOWED = {"video": ("booking.services.video_door", "booking.domain", *PAGES)}
VIDEO_PAGES = ("video.web", "video.web_room", "video.web_entry", "video.web_guest", "video.web_answers")
NOT_FOR_SERVER = ("booking", "flask", "video.rules", *VIDEO_PAGES)


def modules(*folders: str) -> list[Path]:
    found = [path for name in folders for path in sorted((PROJECT / name).rglob("*.py"))]
    return found + [PROJECT / name for name in folders if name.endswith(".py")]


def short(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{short(path)}:{node.lineno}: imports are written in full"
            # `from booking import models` imports booking.models.
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def is_within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("layer", FORBIDDEN)
def test_layer_imports_nothing_above_it(layer: str) -> None:
    faults = [
        f"{short(path)}:{line} imports {name}"
        for path in modules(layer)
        for line, name in imports(path)
        if is_within(name, FORBIDDEN[layer]) and not is_within(name, ALLOWED.get(layer, ()))
    ]
    assert not faults, "\n".join(faults)


def test_the_video_server_knows_nothing_of_booking() -> None:
    faults = [
        f"{short(path)}:{line} imports {name}"
        for path in modules("video")
        if not path.stem.startswith(("web", "rules"))
        for line, name in imports(path)
        if is_within(name, NOT_FOR_SERVER)
    ]
    assert not faults, "\n".join(faults)


def test_domain_is_pure() -> None:
    own = (*sys.stdlib_module_names, "booking.domain")
    # It neither looks at a clock nor at the machine: what it needs are arguments.
    impure = ("os", "time", "random", "secrets", "socket", "subprocess", "logging", "sqlite3", "pathlib")
    faults = [
        f"{short(path)}:{line} imports {name}"
        for path in modules("booking/domain")
        for line, name in imports(path)
        if not is_within(name, own) or is_within(name, impure)
    ]
    assert not faults, "\n".join(faults)


def test_nobody_but_the_edge_reads_the_clock() -> None:
    """`now` is an argument below the web: so tests choose it, and one request has one."""
    faults = [
        f"{short(path)}:{node.lineno} calls {node.func.attr}()"
        for path in modules("booking/domain", "booking/services", "booking/queries", "booking/models")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today"}
        and isinstance(node.func.value, ast.Name | ast.Attribute)
        and ast.unparse(node.func.value).split(".")[-1] in {"datetime", "date"}
    ]
    assert not faults, "\n".join(faults)


def test_modules_and_templates_stay_short() -> None:
    lengths = [(path, LONGEST_MODULE) for path in modules(*CODE)]
    lengths += [(path, LONGEST_TEMPLATE) for path in sorted((PROJECT / "templates").rglob("*.html"))]
    faults = [
        f"{short(path)}: {count} lines, at most {limit}"
        for path, limit in lengths
        if (count := len(path.read_text().splitlines())) > limit
    ]
    assert not faults, "\n".join(faults)


def is_view(node: ast.FunctionDef) -> bool:
    return any(
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in ROUTES
        for decorator in node.decorator_list
    )


def test_views_are_short() -> None:
    faults = [
        f"{short(path)}:{node.lineno} {node.name}: {length} lines, at most {LONGEST_VIEW}"
        for path in modules("booking/web", "video")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and is_view(node) and node.end_lineno
        if (length := node.end_lineno - node.lineno + 1) > LONGEST_VIEW
    ]
    assert not faults, "\n".join(faults)
