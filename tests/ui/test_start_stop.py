"""The whole program, started and stopped again and again in one process: nothing may pile up."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.support.footprint import HAS_PROC
from tests.support.start_stop import nothing_left, run_once

TIMES = 20
WARM_UP = 2  # libraries open what they keep at the first use


@pytest.mark.timeout(120)
@pytest.mark.skipif(not HAS_PROC, reason="counts descriptors where Linux shows them")
def test_twenty_starts_and_stops_leave_nothing(qapp: QApplication, qtbot: QtBot, temporary: Path) -> None:
    """No thread, no socket, no file and no temporary folder is left after the twentieth time."""
    for _ in range(WARM_UP):
        run_once(qapp, qtbot)
    with nothing_left(temporary):
        for _ in range(TIMES - WARM_UP):
            run_once(qapp, qtbot)
