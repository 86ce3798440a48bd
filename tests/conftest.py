"""What every test gets: the offscreen platform, a home of its own, and the question what it left behind."""

import logging
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before anything imports Qt.
os.environ["QT_QPA_PLATFORM"] = os.environ.get("TRILANE_TEST_PLATFORM", "offscreen")

from tests.support.leaks import live_threads, qt_leftovers, thread_names

# A suite started in the background inherits an ignored Ctrl-C, and so would the programs it interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

_OFFSCREEN = "This plugin does not support"  # the offscreen platform has no window manager, and says so
PATIENCE = 2.0  # seconds that a thread told to end may take


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own files."""
    monkeypatch.setenv("TRILANE_HOME", str(tmp_path / "home"))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this process's temporary files, for this test alone; empty."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails the test that leaves a thread, a running QThread or timer, or a visible window."""
    before = live_threads()
    yield
    if request.node.get_closest_marker("leaves_threads"):
        return
    uses_qt = bool({"qapp", "qtbot"} & set(request.fixturenames))
    deadline = time.monotonic() + PATIENCE
    left: list[str] = []
    while time.monotonic() < deadline:
        threads = live_threads() - before
        left = thread_names(threads) + (qt_leftovers() if uses_qt else [])
        if not left:
            return
        for thread in threads:
            thread.join(0.1)
        if uses_qt:
            _let_qt_delete()
    pytest.fail(f"left behind: {', '.join(left)}")


@pytest.fixture(autouse=True)
def _quiet_log(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails the test in which anything was logged at WARNING or above, unless it is marked expected_log."""
    yield
    if request.node.get_closest_marker("expected_log"):
        return
    loud = [
        f"{record.name}: {record.getMessage()}"
        for phase in ("setup", "call")
        for record in caplog.get_records(phase)
        if record.levelno >= logging.WARNING and _OFFSCREEN not in record.getMessage()
    ]
    if loud:
        pytest.fail("unexpected in the log: " + "; ".join(loud))


def _let_qt_delete() -> None:
    """Run what deleteLater() has queued: a test that ends has no event loop to do it."""
    from PySide6.QtCore import QCoreApplication, QEvent

    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
