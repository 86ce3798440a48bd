"""Runs the program as a person does: a process with a home and a temporary folder of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Finished:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


class Program:
    """Starts ``trilane`` with arguments; ends what is still running."""

    def __init__(self, home: Path) -> None:
        self.home = home / "home"
        self.temporary = home / "tmp"
        self.temporary.mkdir()
        self._running: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        return self.start_module("app", *arguments, **environment)

    def start_module(self, module: str, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """Another module with the same home; its standard input stays open."""
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            env=self._environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._running.append(process)
        return process

    def run(self, *arguments: str, **environment: str) -> Finished:
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=60)
        return Finished(process.returncode, out, err)

    def close(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
        inherited = {name: value for name, value in os.environ.items() if name not in hidden}
        own = {"TRILANE_HOME": str(self.home), "TMPDIR": str(self.temporary)}
        path = os.pathsep.join([str(ROOT / "proto"), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
        return {**inherited, **own, "PYTHONPATH": path, **more}


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path)
    yield program
    program.close()


def addresses_of(process: "subprocess.Popen[str]") -> dict[str, str]:
    """The one line that ``serve`` prints."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.stderr.read() if process.stderr else ""
    found: dict[str, str] = json.loads(line)
    return found


def stop(process: "subprocess.Popen[str]", number: signal.Signals) -> tuple[float, Finished]:
    """Send a signal; seconds until the end, and what was printed after the first line."""
    asked = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=10)
    return time.monotonic() - asked, Finished(process.returncode, out, err)
