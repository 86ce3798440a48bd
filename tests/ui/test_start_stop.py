"""The whole program, started and stopped again and again in one process: nothing may pile up."""

import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.support.leaks import live_threads
from tests.support.start_stop import open_files, run_once

TIMES = 20
WARM_UP = 2  # libraries open what they keep at the first use


@pytest.mark.timeout(120)
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors where Linux shows them")
def test_twenty_starts_and_stops_leave_nothing(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No thread, no socket, no file and no temporary folder is left after the twentieth time."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    for _ in range(WARM_UP):
        run_once(qapp, qtbot)
    threads, files = live_threads(), open_files()
    for _ in range(TIMES - WARM_UP):
        run_once(qapp, qtbot)
    left = live_threads() - threads
    assert left == set(), sorted(thread.name for thread in left)
    assert len(open_files()) <= len(files), sorted(open_files().items() - files.items())
    assert list(temporary.iterdir()) == []
    assert threading.active_count() < 100
