"""Draws the window into a file after real calls over its three servers: for the tour and the documentation.

A scene is a short play in real time. What it shows is what happened; only times and ports differ between two
pictures of it.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication, QTableView

from app.bootstrap.desktop import Desktop, make_application
from app.domain.errors import StartFailed
from app.domain.events import BackendState
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.infrastructure.paths import HOME_VARIABLE, Paths, user_paths
from app.lifecycle import end_process
from app.ui.widgets.late import LatePanel
from backends.temporary import OwnFolder

if TYPE_CHECKING:
    from backends.serving import ServerSettings

LIMIT_MS = 40_000
SETTLE_MS = 400  # pulses and fades end
BEST_COMPRESSION = 0  # of a PNG: Qt's "quality" counts downwards
ALL = tuple(Lane)
WELL = (Lane.REST, Lane.GRAPHQL)


class Scene(StrEnum):
    """What is to be seen."""

    CALL = "call"  # one call on every lane
    CALM = "calm"  # some seconds of healthy traffic
    OUTAGE = "outage"  # gRPC fails, is retried, opens its circuit and serves a stale copy; the others answer
    ORDERS = "orders"  # the same orders over three transports, one lane cut off half way
    REPEAT = "repeat"  # two measured runs, compared
    PROTOCOLS = "protocols"  # the measured lesson


class _Play(QObject):
    """Logs in, plays a scene and keeps its picture. GUI thread."""

    def __init__(self, app: QApplication, desktop: Desktop, file: Path, scene: Scene) -> None:
        super().__init__()
        self._app, self._desktop, self._models = app, desktop, desktop.models
        self._file = file
        self._scene = scene
        self.problem = "the servers or their answers did not come in time"
        self._models.backends.all_ready.connect(self._log_in)
        self._models.backends.status_changed.connect(self._watch_start)
        self._models.session.session_changed.connect(self._begin)
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.timeout.connect(app.quit)
        self._limit.start(LIMIT_MS)

    @Slot()
    def _log_in(self) -> None:
        self._models.operation.choose(OperationId.GET_ORDER)
        self._models.session.log_in("user@example.com", "password", 86_400)

    @Slot(object)
    def _watch_start(self, status: object) -> None:
        states = map(self._models.backends.status, Lane)
        failed = [each for each in states if each.state is BackendState.FAILED]
        if failed:
            self.problem = failed[0].message
            self._app.quit()

    @Slot()
    def _begin(self) -> None:
        match self._scene:
            case Scene.CALL:
                self._send()
                self._models.calls.in_flight_changed.connect(self._on_flight_changed)
            case Scene.CALM:
                self._perform((0.0, self._send), (0.4, self._traffic), (9.0, self._take))
            case Scene.OUTAGE:
                self._perform(
                    (0.0, self._send),
                    (0.4, self._traffic),
                    (3.0, self._break_grpc),
                    (3.2, self._fail),  # three failures and a stale copy
                    (6.2, self._send),  # two more open the circuit, which refuses the third attempt
                    (8.2, self._traffic_everywhere),
                    (10.4, self._take),
                )
            case Scene.ORDERS:
                self._models.orders.change_request(count=40, interval_ms=250)
                self._perform(
                    (0.0, self._watch), (5.0, self._cut_grpc), (11.2, self._choose_order), (11.6, self._take)
                )
            case Scene.REPEAT:
                self._models.operation.choose(OperationId.GET_PRODUCT)
                self._repeat()
            case Scene.PROTOCOLS:
                self._lesson()

    def _perform(self, *steps: tuple[float, Callable[[], None]]) -> None:
        for seconds, step in steps:
            timer = QTimer(self)
            timer.setTimerType(Qt.TimerType.PreciseTimer)  # a coarse one may come before its neighbour
            timer.setSingleShot(True)
            timer.timeout.connect(step)
            timer.start(round(seconds * 1000))

    @Slot()
    def _watch(self) -> None:
        self._show("stream", "orders")
        self._models.orders.start()

    @Slot()
    def _cut_grpc(self) -> None:
        self._models.orders.cancel(Lane.GRPC)

    @Slot()
    def _choose_order(self) -> None:
        table = self._desktop.window.docks["orders"].findChild(QTableView)
        if table is not None:
            table.selectRow(self._models.orders.table.rowCount() - 5)

    def _repeat(self) -> None:
        repeat = self._models.measuring.repeat
        self._show("measure", "repeat")
        repeat.change(count=2000, concurrency=1, warm_up=200)
        repeat.running_changed.connect(self._on_run_ended)
        repeat.comparison_changed.connect(self._on_compared)
        repeat.start()

    @Slot(bool)
    def _on_run_ended(self, running: bool) -> None:
        repeat = self._models.measuring.repeat
        if running:
            return
        if repeat.problem:
            self.problem = repeat.problem
            self._app.quit()
        elif len(repeat.runs) == 1:
            repeat.change(concurrency=4)
            QTimer.singleShot(0, repeat.start)
        else:
            repeat.compare_with(1)

    @Slot()
    def _on_compared(self) -> None:
        if self._models.measuring.repeat.comparison:
            QTimer.singleShot(SETTLE_MS, self._take)

    def _lesson(self) -> None:
        protocols = self._models.measuring.protocols
        self._show("measure", "protocols")
        protocols.running_changed.connect(self._on_lesson)
        protocols.start()

    @Slot(bool)
    def _on_lesson(self, running: bool) -> None:
        if not running:
            QTimer.singleShot(SETTLE_MS, self._take)

    def _show(self, workspace: str, dock: str) -> None:
        window = self._desktop.window
        window.workspaces.switch(workspace)
        window.docks[dock].take_focus()
        window.setFocus()  # no ring in a picture

    @Slot()
    def _send(self) -> None:
        self._models.operation.request_send()

    @Slot()
    def _fail(self) -> None:
        self._models.calls.send_drafts((Lane.GRPC,))

    @Slot()
    def _traffic(self) -> None:
        lanes = ALL if self._scene is Scene.CALM else WELL
        self._models.outage.set_load(running=True, rate=1.5, lanes=lanes)

    @Slot()
    def _traffic_everywhere(self) -> None:
        self._models.outage.set_load(running=True, rate=1.5, lanes=ALL)

    @Slot()
    def _break_grpc(self) -> None:
        self._models.resilience.change(Lane.GRPC, "max_retries", 2)
        self._models.resilience.change(Lane.GRPC, "initial_delay", 0.5)
        self._models.outage.change(Lane.GRPC, failure_rate=1.0)
        self._models.outage.send()

    @Slot(bool)
    def _on_flight_changed(self, in_flight: bool) -> None:
        if not in_flight:
            QTimer.singleShot(SETTLE_MS, self._take)

    @Slot()
    def _take(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        saved = self._desktop.window.grab().save(str(self._file), "PNG", BEST_COMPRESSION)
        self.problem = "" if saved else f"{self._file} cannot be written"
        self._app.quit()


def draw_picture(
    settings: "ServerSettings", file: Path, *, theme: str, size: tuple[int, int], scene: str = Scene.CALL
) -> None:
    """Save a PNG of the window. StartFailed when a server, a call or the file does not work out."""
    with OwnFolder() as home:
        paths = user_paths({HOME_VARIABLE: str(home.path)})
        problem, stopped = _draw(settings, paths, file, theme, size, Scene(scene))
    if problem:
        raise StartFailed(problem)
    if not stopped:
        end_process(0)


def _draw(
    settings: "ServerSettings", paths: Paths, file: Path, theme: str, size: tuple[int, int], scene: Scene
) -> tuple[str, bool]:
    """In a home of its own: nobody's settings are read or changed."""
    app = make_application()
    desktop = Desktop(app, settings, paths)
    desktop.models.appearance.set_mode(theme)
    desktop.window.resize(QSize(*size))
    desktop.window.workspaces.reset()
    play = _Play(app, desktop, file, scene)
    desktop.window.show()
    for late in desktop.window.findChildren(LatePanel):
        late.allow()  # nobody waits for this window: it may be complete at its first paint
    app.exec()
    return play.problem, desktop.close()
