"""The window is closed, or told to end by a signal, while everything in it is busy."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.e2e.conftest import Finished, Program

End = Callable[["subprocess.Popen[str]"], None]


def close(process: "subprocess.Popen[str]") -> None:
    """Close the window."""
    assert process.stdin is not None
    process.stdin.write("close\n")
    process.stdin.flush()


def terminate(process: "subprocess.Popen[str]") -> None:
    """What a session manager does."""
    process.send_signal(signal.SIGTERM)


def interrupt(process: "subprocess.Popen[str]") -> None:
    """Ctrl-C."""
    process.send_signal(signal.SIGINT)


@dataclass
class Ended:
    """How a busy window ended."""

    seconds: float
    finished: Finished


def end_busy(program: Program, what: str, end: End) -> Ended:
    """Start a window, wait until it is busy, end it."""
    process = program.start_module("tests.support.closing_program", what, QT_QPA_PLATFORM="offscreen")
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said == "busy\n", process.communicate()[1]
    asked = time.monotonic()
    end(process)
    process.wait(timeout=20)
    seconds = time.monotonic() - asked
    out, err = process.communicate()
    return Ended(seconds, Finished(process.returncode, out, err))


@pytest.mark.parametrize(("what", "end"), [("measuring", close), ("playing", interrupt)])
def test_a_busy_window_ends_cleanly(program: Program, what: str, end: End) -> None:
    """Calls that hang, open streams, traffic, a repeat or a scenario: code 0, not a word, no file left."""
    ended = end_busy(program, what, end)
    assert (ended.finished.code, ended.finished.out, ended.finished.err) == (0, "", "")
    assert list(program.temporary.iterdir()) == []
    assert [file for file in program.home.rglob(".*") if file.is_file()] == []  # half-written settings
    assert not (program.home / "state" / "crash.log").exists()


@pytest.mark.kill
@pytest.mark.timeout(600)
@pytest.mark.parametrize("end", [close, terminate, interrupt])
@pytest.mark.parametrize("what", ["measuring", "playing"])
def test_a_busy_window_ends_within_three_seconds(program: Program, what: str, end: End) -> None:
    """Each way to end it, several times: within the bound that the program promises."""
    times = []
    for _ in range(int(os.environ.get("CLOSINGS", "5"))):
        ended = end_busy(program, what, end)
        assert (ended.finished.code, ended.finished.err) == (0, "")
        assert list(program.temporary.iterdir()) == []
        times.append(ended.seconds)
    sys.stdout.write(f"\n{what}, {end.__name__}: longest {max(times):.2f} s of {len(times)}\n")
    assert max(times) < 3.0
