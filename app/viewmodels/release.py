"""Letting go of large values a little at a time. QtCore only.

Python frees half a million objects in one breath, in which the window does not answer for 200 ms. Here they
go in handfuls between two turns of the event loop.
"""

import sys
import time
from typing import Any

from PySide6.QtCore import QObject, QTimer, Slot

TURN = 0.001  # seconds of freeing between two turns of the event loop
HANDFUL = 100  # entries
_ALONE = 3  # references to a value that only this module knows: the list it came from, its name, the question
_PATIENCE = 100  # turns to wait for somebody else to let go, too


class SlowRelease(QObject):
    """Takes lists and dicts that nobody needs any more apart. GUI thread.

    What somebody else still holds is left as it is: whoever lets go last frees it.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[Any] = []
        self._turns_left = 0
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._work)

    @property
    def idle(self) -> bool:
        """Whether everything is gone."""
        return not self._waiting

    def let_go(self, value: Any) -> None:
        """Take over a value; the caller drops its own reference next."""
        if isinstance(value, list | dict) and value:
            self._waiting.append(value)
            self._turns_left = _PATIENCE
            self._timer.start()

    @Slot()
    def _work(self) -> None:
        deadline = time.perf_counter() + TURN
        while self._waiting and time.perf_counter() < deadline:
            container = self._waiting.pop()
            if sys.getrefcount(container) > 2:  # its name here, and the question
                if self._turns_left:
                    self._turns_left -= 1
                    self._waiting.insert(0, container)
                    return
                continue
            self._take_handful(container)
            if container:
                self._waiting.append(container)
        if not self._waiting:
            self._timer.stop()

    def _take_handful(self, container: Any) -> None:
        if isinstance(container, dict):
            taken = [container.popitem()[1] for _ in range(min(HANDFUL, len(container)))]
        else:
            taken = container[-HANDFUL:]
            del container[-HANDFUL:]
        while taken:
            part = taken.pop()
            if isinstance(part, list | dict) and part and sys.getrefcount(part) < _ALONE:
                self._waiting.append(part)
