"""One life of the whole program in this process, and what the process holds. Linux shows the latter."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.domain.events import BackendState
from app.domain.lanes import Lane
from app.infrastructure.paths import user_paths
from backends.serving import ServerSettings
from tests.support.leaks import live_threads, thread_names


def open_files() -> dict[str, str]:
    """Descriptors that are sockets, pipes or files with a name, by number."""
    found = {}
    for link in Path("/proc/self/fd").iterdir():
        try:
            found[link.name] = str(link.readlink())
        except FileNotFoundError:  # the descriptor of this listing
            continue
    return found


@contextmanager
def nothing_left(temporary: Path) -> Iterator[None]:
    """At the end there is no thread or descriptor more than at the begin, and no temporary file."""
    threads, files = live_threads(), open_files()
    yield
    gc.collect()
    assert thread_names(live_threads() - threads) == []
    assert len(open_files()) <= len(files), sorted(open_files().items() - files.items())
    assert list(temporary.iterdir()) == []


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
