"""Draws the window into a file after one real call on every lane: for the tour and the documentation."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.bootstrap.desktop import Desktop, make_application
from app.domain.errors import StartFailed
from app.domain.events import BackendState
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.infrastructure.paths import user_paths
from app.lifecycle import end_process

if TYPE_CHECKING:
    from backends.serving import ServerSettings

LIMIT_MS = 30_000
SETTLE_MS = 400  # pulses and fades end


class _Photographer(QObject):
    """Walks the window through login and one call, then keeps its picture. GUI thread."""

    def __init__(self, app: QApplication, desktop: Desktop, file: Path) -> None:
        super().__init__()
        self._app = app
        self._desktop = desktop
        self._file = file
        self.problem = "the servers or their answers did not come in time"
        models = desktop.models
        models.backends.all_ready.connect(self._log_in)
        models.backends.status_changed.connect(self._watch_start)
        models.session.session_changed.connect(self._send)
        models.calls.in_flight_changed.connect(self._on_flight_changed)
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.timeout.connect(app.quit)
        self._limit.start(LIMIT_MS)

    @Slot()
    def _log_in(self) -> None:
        self._desktop.models.operation.choose(OperationId.GET_ORDER)
        self._desktop.models.session.log_in("user@example.com", "password", 86_400)

    @Slot(object)
    def _watch_start(self, status: object) -> None:
        failed = [
            status
            for status in map(self._desktop.models.backends.status, Lane)
            if status.state is BackendState.FAILED
        ]
        if failed:
            self.problem = failed[0].message
            self._app.quit()

    @Slot()
    def _send(self) -> None:
        self._desktop.models.operation.request_send()

    @Slot(bool)
    def _on_flight_changed(self, in_flight: bool) -> None:
        if not in_flight:
            QTimer.singleShot(SETTLE_MS, self._take)

    @Slot()
    def _take(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        saved = self._desktop.window.grab().save(str(self._file))
        self.problem = "" if saved else f"{self._file} cannot be written"
        self._app.quit()


def draw_picture(settings: "ServerSettings", file: Path, *, theme: str, size: tuple[int, int]) -> None:
    """Save a PNG of the window. StartFailed when a server, a call or the file does not work out."""
    app = make_application()
    desktop = Desktop(app, settings, user_paths())
    desktop.models.appearance.set_mode(theme)
    desktop.window.resize(QSize(*size))
    photographer = _Photographer(app, desktop, file)
    desktop.window.show()
    app.exec()
    problem = photographer.problem
    stopped = desktop.close()
    if problem:
        raise StartFailed(problem)
    if not stopped:
        end_process(0)
