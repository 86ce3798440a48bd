"""One large computation at a time: several would take the interpreter from the window's own thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.cancel import CancelToken


class Turn:
    """Whoever computes has it; the others wait. Any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = False

    @contextmanager
    def taken(self, cancel: CancelToken) -> Iterator[None]:
        """Wait for the turn and have it. Raises Cancelled, also while waiting."""
        forget = cancel.on_cancel(self._look_again)
        try:
            with self._changed:
                self._changed.wait_for(lambda: cancel.cancelled or not self._taken)
                cancel.raise_if_cancelled()
                self._taken = True
        finally:
            forget()
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()

    def _look_again(self) -> None:
        with self._changed:
            self._changed.notify_all()
