"""Starting in stages and stopping within a bound. Knows the order, not what the parts are for.

Start: the window is painted first; only then servers, garbage guard and stall watch begin.
Stop: the window goes at once; then calls are cancelled, connections closed, servers stopped, threads joined.
Calls go before servers, because a server waits for the streams that are still open to it.
"""

import logging
import os
import sys
import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.domain.cancel import CancelToken
from app.domain.values import dataclass
from app.runtime.backend_thread import BackendThreads
from app.runtime.event_bus import EventBus
from app.runtime.gc_guard import GcGuard
from app.runtime.stall_watch import StallWatch
from app.runtime.thread_turns import QuickTurns
from app.runtime.workers import Workers

_log = logging.getLogger(__name__)
CALLS_LIMIT = 1.0  # seconds for calls to notice that they are cancelled
SERVERS_LIMIT = 1.5  # seconds for all servers together
SERVERS_GRACE = 0.3  # seconds that a server may wait for requests under way
QUIET_MS = 3000  # without garbage collection: what is made while servers start is there to stay
WARM = 8  # worker threads started when the servers are up; further ones start when they are needed
SAVE_MS = 2000  # what was typed is saved this long after the last change, at the latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What has to be started and stopped."""

    bus: EventBus
    workers: Workers
    servers: BackendThreads
    close_lanes: Callable[[], None]  # connections of all clients
    close_servers: Callable[[], None]  # the catalog, after its servers
    save: Callable[[], None]  # settings


class FirstPaint(QObject):
    """Emits ``painted`` once, when a window has shown itself for the first time. GUI thread."""

    painted = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook; lets everything through."""
        if watched is self._window and event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            # The zero timer lets this paint reach the screen before anything else is begun.
            QTimer.singleShot(0, self.painted.emit)
        return False


class Lifecycle(QObject):
    """Starts and stops the parts. GUI thread."""

    started = Signal()  # servers are on their way
    lateness_measured = Signal(float)  # p99 of the window's lateness, in seconds

    def __init__(self, parts: Parts, on_stall: Callable[[float, str], None]) -> None:
        super().__init__()
        self._parts = parts
        self._gc_guard = GcGuard(self)
        self._turns = QuickTurns()
        self._stalls = StallWatch(on_stall, self)
        self._stalls.measured.connect(self.lateness_measured)
        self._saving = QTimer(self)
        self._saving.setInterval(SAVE_MS)
        self._saving.timeout.connect(self._save)
        self._stopped = False

    @Slot()
    def start(self) -> None:
        """After the first paint: start the servers, then watch over the window."""
        self._gc_guard.start(quiet_ms=QUIET_MS)
        self._parts.servers.start()
        self._stalls.start()
        self._saving.start()
        self.started.emit()

    @Slot()
    def settle(self) -> None:
        """Everything that is imported and built at the start is there: the collector may leave it alone."""
        if not self._stopped:
            self._gc_guard.freeze()
            self._turns.start()  # not sooner: while servers import, each turn is one more that they wait
            self._parts.workers.warm(WARM)
            self._parts.workers.submit(_import_late)
            self._stalls.forget()

    def stop(self) -> bool:
        """Stop everything, in about a second at most three. True when nothing is left running. Idempotent."""
        if self._stopped:
            return True
        self._stopped = True
        began = time.monotonic()
        self._saving.stop()
        self._save()
        self._stalls.stop()
        calls_ended = self._parts.workers.stop(CALLS_LIMIT)
        self._parts.close_lanes()
        left = self._parts.servers.stop(grace=SERVERS_GRACE, timeout=SERVERS_LIMIT)
        self._parts.bus.close()
        if not left:
            self._parts.close_servers()
        self._gc_guard.stop()
        self._turns.stop()
        _log.info("stopped in %.2f s; left: %s", time.monotonic() - began, left or "nothing")
        return calls_ended and not left

    @Slot()
    def _save(self) -> None:
        self._parts.save()


def _import_late(_cancel: CancelToken) -> None:
    """What the first save would import on the GUI thread, in 40 ms."""
    import tomlkit  # noqa: F401


def end_process(code: int) -> None:
    """End without waiting for threads that would not stop: the promise is three seconds."""
    sys.stdout.flush()
    sys.stderr.flush()
    logging.shutdown()
    os._exit(code)
