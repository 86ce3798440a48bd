"""The whole program, started and stopped again and again in one process: nothing may pile up."""

import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.domain.events import BackendState
from app.domain.lanes import Lane
from app.infrastructure.paths import user_paths
from backends.serving import ServerSettings
from tests.support.leaks import live_threads

TIMES = 20
WARM_UP = 2  # libraries open what they keep at the first use


def open_files() -> dict[str, str]:
    """Descriptors that are sockets, pipes or files with a name, by number."""
    found = {}
    for link in Path("/proc/self/fd").iterdir():
        try:
            found[link.name] = str(link.readlink())
        except FileNotFoundError:  # the descriptor of this listing
            continue
    return found


def run_once(app: QApplication, qtbot: QtBot) -> None:
    """Start, send one call over three lanes, stop."""
    desktop = Desktop(app, ServerSettings(ephemeral=True), user_paths())
    models = desktop.models
    with qtbot.waitSignal(models.backends.all_ready, timeout=20_000):
        desktop.window.show()
    sent = models.calls.in_flight_changed
    with qtbot.waitSignal(sent, timeout=10_000, check_params_cb=lambda in_flight: not in_flight):
        models.operation.request_send()
    assert all(model.result is not None for model in models.lanes.values())
    assert desktop.close()
    assert all(models.backends.status(lane).state is BackendState.UP for lane in Lane)


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
