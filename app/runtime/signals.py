"""Turns SIGINT and SIGTERM into a Qt signal.

Qt's event loop sits in C, where Python's handlers never get their turn; the wake-up socket brings it back.
"""

import contextlib
import os
import signal
import socket
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, Signal, Slot


class StopSignals(QObject):
    """Emits ``stop_requested`` at the first signal and ends the process at the second. GUI (main) thread."""

    stop_requested = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked = False
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_wakeup)
        self._old_fd = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._old = {
            number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)
        }

    def close(self) -> None:
        """Give the signals back as they were."""
        self._notifier.setEnabled(False)
        for number, handler in self._old.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_fd)
        self._read.close()
        self._write.close()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            os._exit(128 + number)
        self._asked = True
        self.stop_requested.emit()

    @Slot()
    def _on_wakeup(self) -> None:
        # Nothing to do with the bytes: entering this slot gave the interpreter the turn it runs handlers in.
        with contextlib.suppress(BlockingIOError):
            self._read.recv(4096)
