"""The whole program, started and stopped two hundred times in one process: make cycles CYCLES=200."""

import gc
import os
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.support.leaks import live_threads, qt_leftovers
from tests.support.start_stop import open_files, resident, run_once

CYCLES = int(os.environ.get("CYCLES", "200"))
WARM_UP = min(20, CYCLES // 2)
GROWTH = 1.05  # of the memory after warm-up


@pytest.mark.soak
@pytest.mark.timeout(60 + 10 * CYCLES)
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors where Linux shows them")
def test_starts_and_stops_leave_nothing_and_cost_no_memory(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No thread, socket, file or window after the last cycle, and the memory of the twentieth."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    for _ in range(WARM_UP):
        run_once(qapp, qtbot)
    gc.collect()
    threads, files, memory = live_threads(), open_files(), resident()
    print(f"\n{WARM_UP} cycles: {memory:.1f} MB, {len(threads)} threads, {len(files)} descriptors")
    for number in range(WARM_UP + 1, CYCLES + 1):
        run_once(qapp, qtbot)
        if number % 20 == 0:
            gc.collect()
            now = f"{resident():.1f} MB, {len(live_threads())} threads, {len(open_files())} descriptors"
            print(f"{number} cycles: {now}, {len(gc.get_objects())} objects", flush=True)
    gc.collect()
    assert live_threads() - threads == set()
    assert len(open_files()) <= len(files), sorted(open_files().items() - files.items())
    assert list(temporary.iterdir()) == []
    assert qt_leftovers() == []
    assert resident() <= memory * GROWTH
