"""A command beside the main thread: what it returns, what it raises, and how an interrupt reaches it."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from app.cli.attended import attended
from app.domain.cancel import CancelToken
from app.domain.errors import StartFailed

ROOT = Path(__file__).resolve().parents[2]


def test_a_command_returns_and_raises_as_if_it_were_called() -> None:
    """Values and exceptions pass through, and the handlers are those from before."""
    before = signal.getsignal(signal.SIGINT)
    assert attended(lambda cancel: 7) == 7

    def fail(cancel: CancelToken) -> None:
        raise StartFailed("no")

    with pytest.raises(StartFailed, match="no"):
        attended(fail)
    assert signal.getsignal(signal.SIGINT) is before


SUMMARY = """
import os, sys
from app.cli.attended import attended
number = int(sys.argv[1])
def job(cancel):
    os.kill(os.getpid(), number)
    return "summary" if cancel.wait(30.0) else "no signal came"
print(attended(job))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_and_what_the_command_then_has_to_say_is_returned(number: signal.Signals) -> None:
    """A command that ends well although it was interrupted goes on to its own exit code.

    In a process of its own: an interrupted one waits for all its threads, and ends without those of a test.
    """
    command = [sys.executable, "-c", SUMMARY, str(int(number))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "summary\n", "")


def test_temporary_files_go_with_the_command() -> None:
    """What a command forgets in the temporary folder is removed, and the folder is the usual one again."""
    before = tempfile.gettempdir()
    made = attended(lambda cancel: tempfile.mkdtemp())
    assert Path(made).parent.parent == Path(before)
    assert not Path(made).parent.exists()
    assert tempfile.gettempdir() == before


ENDINGS = """
import os, signal, sys, tempfile, threading, time
from app.cli import attended as module
from app.domain.errors import Cancelled
how, number = sys.argv[1], int(sys.argv[2])
module.LIMIT = 0.1 if how == "stuck" else 30.0
def job(cancel):
    print(tempfile.mkdtemp(), flush=True)
    os.kill(os.getpid(), number)
    if how == "stuck":
        threading.Event().wait()
    cancel.wait(30)
    if how == "twice":
        os.kill(os.getpid(), number)
        threading.Event().wait()
    raise Cancelled("interrupted")
module.attended(job, code=0 if how == "served" else None)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("how", ["soon", "stuck", "twice", "served"])
def test_an_interrupted_command_ends_the_process(how: str, number: signal.Signals) -> None:
    """With 128 and the signal, or the code it was given; also when it does not react, or at a second one.

    Nothing is left in the temporary folder.
    """
    command = [sys.executable, "-c", ENDINGS, how, str(int(number))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0 if how == "served" else 128 + number, "")
    assert not Path(done.stdout.strip()).parent.exists()
