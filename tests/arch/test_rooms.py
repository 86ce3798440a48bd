"""What the import contracts cannot see: Qt's upper half in lower rooms, blocking calls, local traces."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
QT_CORE_ROOMS = ("viewmodels", "itemmodels", "runtime")
UPPER_QT = {"QtWidgets", "QtGui", "QtSvg", "QtOpenGL", "QtOpenGLWidgets", "QtQuick", "QtQml"}


def sources(*folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]


def imported(file: Path) -> Iterator[str]:
    """Dotted names that ``file`` imports anywhere, also inside functions."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def called(file: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of each call of a name or attribute."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def shown(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", sources(*(f"app/{room}" for room in QT_CORE_ROOMS)), ids=shown)
def test_rooms_below_the_widgets_use_qtcore_only(file: Path) -> None:
    """View-models, item models and the runtime can run without a graphics system."""
    upper = [name for name in imported(file) if UPPER_QT & set(name.split("."))]
    assert upper == []


def test_no_room_below_runtime_imports_qt() -> None:
    """Domain, policies, clients, use cases, files and the command line know nothing of Qt."""
    rooms = ("domain", "resilience", "clients", "operations", "infrastructure", "cli")
    found = [
        f"{shown(file)}: {name}"
        for file in sources(*(f"app/{room}" for room in rooms), "backends")
        for name in imported(file)
        if name.split(".")[0] in {"PySide6", "shiboken6"}
    ]
    assert found == []


@pytest.mark.parametrize("banned", ["time.sleep", "processEvents", "asyncio.sleep"])
def test_nothing_in_the_program_sleeps_or_pumps_events(banned: str) -> None:
    """Waits are waits on a token or an event; only Qt's one loop turns events."""
    found = [
        f"{shown(file)}:{line}"
        for file in sources("app")
        for line, name in called(file)
        if name == banned or name.endswith(f".{banned}")
    ]
    assert found == []


def test_only_the_boot_runs_an_event_loop() -> None:
    """Dialogs and menus open without a nested exec(), so that no slot waits for a person."""
    allowed = {"app/bootstrap/desktop.py", "app/bootstrap/picture.py"}
    found = [
        f"{shown(file)}:{line} {name}"
        for file in sources("app")
        if shown(file) not in allowed
        for line, name in called(file)
        if name.endswith((".exec", ".exec_"))
    ]
    assert found == []


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def test_the_tree_names_no_registry_and_no_path_of_one_machine() -> None:
    """Lock files and sources work wherever packages come from and wherever the clone is."""
    trace = re.compile(
        rb"files\.pythonhosted|pypi\.org|index-url|find-links|(?<![\w.])/(?:home|work|Users)/\w"
    )
    found = [
        f"{shown(file)}: {match.group().decode()}"
        for file in tracked()
        if file.suffix not in {".png", ".svg", ".ico"} and file != Path(__file__).resolve()
        for match in trace.finditer(file.read_bytes())
    ]
    assert found == []


def test_every_module_says_why_it_exists() -> None:
    """Each file with code begins with a docstring."""
    silent = [
        shown(file)
        for file in sources("app", "backends")
        if file.read_text(encoding="utf-8").strip() and "_pb2" not in file.name
        if ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []
