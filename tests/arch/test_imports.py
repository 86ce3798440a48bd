"""The import contracts of pyproject.toml, run as a test so that no one has to remember them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_imports_point_one_way() -> None:
    """Every contract is kept: rooms, backends apart, no Qt below the runtime."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as main; main()"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_the_command_line_starts_without_qt_or_servers() -> None:
    """``trilane --help`` answers at once, because nothing heavy is imported for it."""
    code = (
        "import sys; from app.cli.commands import cli\n"
        "heavy = {'PySide6', 'flask', 'grpc', 'graphene', 'sqlalchemy', 'requests', 'gql', 'pydantic'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
