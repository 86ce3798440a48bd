"""The whole program, started and stopped two hundred times in one process: make cycles CYCLES=200."""

import gc
import os
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.support.footprint import HAS_PROC, Footprint, footprint
from tests.support.leaks import qt_leftovers
from tests.support.start_stop import nothing_left, run_once

CYCLES = int(os.environ.get("CYCLES", "200"))
WARM_UP = min(20, CYCLES // 2)
GROWTH = 1.05  # of the memory after warm-up


@pytest.mark.soak
@pytest.mark.timeout(60 + 10 * CYCLES)
@pytest.mark.skipif(not HAS_PROC, reason="counts descriptors where Linux shows them")
def test_starts_and_stops_leave_nothing_and_cost_no_memory(
    qapp: QApplication, qtbot: QtBot, temporary: Path
) -> None:
    """No thread, socket, file or window after the last cycle, and the memory of the twentieth."""
    for _ in range(WARM_UP):
        run_once(qapp, qtbot)
    before = look(WARM_UP)
    with nothing_left(temporary):
        for number in range(WARM_UP + 1, CYCLES + 1):
            run_once(qapp, qtbot)
            if number % 20 == 0:
                look(number)
    assert qt_leftovers() == []
    assert footprint().memory <= before.memory * GROWTH


def look(number: int) -> Footprint:
    """What the process holds after so many cycles; printed, for who watches."""
    gc.collect()
    now = footprint()
    print(f"{number} cycles: {now}, {len(gc.get_objects())} objects", flush=True)
    return now
