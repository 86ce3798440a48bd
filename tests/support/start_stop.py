"""One life of the whole program in this process, and what the process holds. Linux shows the latter."""

import os
from pathlib import Path

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.domain.events import BackendState
from app.domain.lanes import Lane
from app.infrastructure.paths import user_paths
from backends.serving import ServerSettings

_PAGE = os.sysconf("SC_PAGE_SIZE")


def open_files() -> dict[str, str]:
    """Descriptors that are sockets, pipes or files with a name, by number."""
    found = {}
    for link in Path("/proc/self/fd").iterdir():
        try:
            found[link.name] = str(link.readlink())
        except FileNotFoundError:  # the descriptor of this listing
            continue
    return found


def resident() -> float:
    """Memory of the process in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * _PAGE / 1e6


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
