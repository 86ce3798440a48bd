"""The whole program, started and stopped again and again in one process: nothing may pile up."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.infrastructure.paths import user_paths
from backends.serving import ServerSettings
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


def test_a_start_removes_what_a_killed_one_left(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once its servers are up; what is needed for that is not asked to wait."""
    swept: list[bool] = []
    monkeypatch.setattr("app.bootstrap.desktop.sweep", lambda: swept.append(True))
    desktop = Desktop(qapp, ServerSettings(ephemeral=True), user_paths())
    with qtbot.waitSignal(desktop.models.backends.all_ready, timeout=20_000):
        desktop.window.show()
    qtbot.waitUntil(lambda: swept == [True])
    assert desktop.close()
