"""All benchmarks in one table: ``make bench``, or ``python -m tests.perf.table --only calls``.

Every section runs in a process of its own, one after the other, so that none meets the caches, threads or
garbage of another. Nothing is asserted here: what misses its goal is marked in the table, and the exit status
is 1. A section that cannot run here (a tool is missing) leaves one line that says so.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from tests.perf.row import Row, amount
from tests.perf.sections import SECTIONS

ROOT = Path(__file__).resolve().parents[2]
SECTION_LIMIT = 1800.0  # seconds
_HEAD = ("| what | ours | reference | | ratio | goal |", "|---|--:|---|--:|--:|---|")


def measure(section: str) -> tuple[list[Row], str]:
    """The rows of a section from its own process, and why there are none."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.perf.table", "--here", section],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "proto")))},
        stdout=subprocess.PIPE,
        text=True,
        timeout=SECTION_LIMIT,
        check=False,
    )
    if done.returncode:
        return [], f"did not run to its end (exit status {done.returncode})"
    return [Row.of(each) for each in json.loads(done.stdout.splitlines()[-1])], ""


def machine() -> str:
    """What the figures belong to, without anything that names a person or a place."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in _lines(Path("/proc/cpuinfo"))
            if line.startswith("model name")
        ),
        platform.processor() or platform.machine(),
    )
    libraries = ", ".join(f"{name} {version(name)}" for name in ("PySide6-Essentials", "grpcio", "Flask"))
    return (
        f"{os.cpu_count()} cores ({model}), {platform.system()} {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}, {libraries}"
    )


def _lines(file: Path) -> list[str]:
    return file.read_text(errors="replace").splitlines() if file.exists() else []


def markdown(rows: Iterable[Row], missing: dict[str, str], took: float) -> str:
    """The whole document."""
    parts = [
        "# Benchmarks",
        "",
        f"Made by `make bench` on {time.strftime('%Y-%m-%d')} in {took / 60:.0f} minutes.",
        f"{machine()}.",
        "",
        "Each figure stands beside a reference that was measured in the same run, taking turns with it;",
        "*ratio* is ours divided by it. Absolute times belong to the machine, ratios mostly do not.",
        "Times and rates are medians unless a line says otherwise. A goal in **bold** was missed here.",
    ]
    for section, group in groupby(rows, key=lambda row: row.section):
        parts += [
            "",
            f"## {section}",
            "",
            "| what | ours | reference | | ratio | goal |",
            "|---|--:|---|--:|--:|---|",
        ]
        parts += [_line(row) for row in group]
    for section, why in missing.items():
        parts += ["", f"*{section}*: {why}."]
    return "\n".join(parts) + "\n"


def _line(row: Row) -> str:
    goal = f"**{row.goal}**" if row.kept is False else row.goal
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    cells = (
        row.what,
        amount(row.ours, row.unit),
        row.reference_name,
        amount(row.reference, row.unit),
        ratio,
        goal,
    )
    return "| " + " | ".join(cells) + " |"


def main() -> int:
    """Measure, print, write. 1 when a goal was missed or a section failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="these sections")
    parser.add_argument("--write", type=Path, help="also write the document to this file")
    parser.add_argument("--here", choices=SECTIONS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        rows = SECTIONS[given.here]()
        sys.stdout.write("\n" + json.dumps([row.as_json() for row in rows]) + "\n")
        return 0
    began, found, missing = time.monotonic(), [], {}
    for section in given.only:
        sys.stderr.write(f"bench: {section}\n")
        rows, why = measure(section)
        found += rows
        if why:
            missing[section] = why
    text = markdown(found, missing, time.monotonic() - began)
    sys.stdout.write(text)
    if given.write:
        given.write.write_text(text)
    return int(bool(missing) or any(row.kept is False for row in found))


if __name__ == "__main__":
    sys.exit(main())
