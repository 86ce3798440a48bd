"""Notices when the GUI thread does not answer, says where it stands, and measures how late it usually is."""

import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

BEAT_MS = 50
LIMIT = 0.250  # seconds without an answer before the stack is taken
KEPT = 1200  # beats remembered: one minute
OnStall = Callable[[float, str], None]


class StallWatch(QObject):
    """A heartbeat on the GUI thread and a daemon thread that listens for it.

    ``on_stall(seconds, stack)`` is called on the daemon thread, once for each stall. A stall inside C code
    that holds the interpreter lock is seen only when it ends.
    """

    measured = Signal(float)  # p99 lateness of the last minute in seconds, once a second

    def __init__(self, on_stall: OnStall, parent: QObject | None = None, *, limit: float = LIMIT) -> None:
        super().__init__(parent)
        self._on_stall = on_stall
        self._limit = limit
        self._gui_thread = threading.get_ident()
        self._lateness: deque[float] = deque(maxlen=KEPT)
        self._last_beat = time.monotonic()
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._beats = 0

    def start(self) -> None:
        """Begin to beat and to listen."""
        self._stop.clear()
        self._last_beat = time.monotonic()
        self._timer.start()
        self._watcher = threading.Thread(target=self._watch, name="stall-watch", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """End both; returns when the daemon thread has ended."""
        self._timer.stop()
        self._stop.set()
        if self._watcher is not None:
            self._watcher.join(1)
            self._watcher = None

    def forget(self) -> None:
        """Measure anew from now: what the start cost says nothing about the window in use."""
        self._lateness.clear()
        self._last_beat = time.monotonic()

    def percentile(self, share: float) -> float:
        """Lateness in seconds that ``share`` (0..1) of the last minute's beats did not exceed; 0 at first."""
        ordered = sorted(self._lateness)
        if not ordered:
            return 0.0
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @Slot()
    def _beat(self) -> None:
        now = time.monotonic()
        self._lateness.append(max(0.0, now - self._last_beat - BEAT_MS / 1000))
        self._last_beat = now
        self._beats += 1
        if self._beats % (1000 // BEAT_MS) == 0:
            self.measured.emit(self.percentile(0.99))

    def _watch(self) -> None:
        told_of = None  # the beat after which a stall was told
        while not self._stop.wait(BEAT_MS / 1000):
            beat = self._last_beat
            late = time.monotonic() - beat - BEAT_MS / 1000
            if late > self._limit and beat != told_of:
                told_of = beat
                self._on_stall(late, self._gui_stack())

    def _gui_stack(self) -> str:
        frame = sys._current_frames().get(self._gui_thread)
        return "".join(traceback.format_stack(frame)) if frame is not None else "the GUI thread has ended"
