"""Long computations in slices: between two of them a cancelled job ends, and the window goes first.

While a worker computes, each return of the window's thread from Qt waits for the interpreter, and a repaint
has a hundred of them. So whoever walks through megabytes asks here several times a millisecond. Outside of
a job, and in the window's own thread, asking does nothing.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from app.domain.cancel import CancelToken

T = TypeVar("T")

PATIENCE = 0.02  # seconds that a slice waits for the window: it may be busy for ever
RECENT = 0.05  # seconds since the last slice for which the window still says that it works
ENTRIES = 32  # of a list between two questions


class Slices:
    """Who computes, and whether the window wants to. Any thread."""

    def __init__(self) -> None:
        self._jobs = threading.local()
        self._free = threading.Event()
        self._free.set()
        self._held = False
        self._asked = -RECENT  # when a job stood between two slices

    @contextmanager
    def job(self, cancel: CancelToken) -> Iterator[None]:
        """What this thread computes inside ends when it is cancelled and steps aside for the window."""
        self._jobs.cancel = cancel
        try:
            yield
        finally:
            self._jobs.cancel = None

    def between(self) -> None:
        """One slice is done. Raises Cancelled; waits while the window works, at most PATIENCE seconds."""
        cancel: CancelToken | None = getattr(self._jobs, "cancel", None)
        if cancel is None:
            return
        cancel.raise_if_cancelled()
        if self._held:
            self._free.wait(PATIENCE)
        self._asked = time.monotonic()

    def hold(self) -> bool:
        """The window begins to work. Whether it has to say when it is done: some job computes."""
        if self._held or time.monotonic() - self._asked > RECENT:
            return False
        self._held = True
        self._free.clear()
        return True

    def let_go(self) -> None:
        """The window has nothing more to do now."""
        self._held = False
        self._free.set()


SLICES = Slices()  # of the process: there is one interpreter and one window


def sliced(entries: Iterable[T], every: int = ENTRIES) -> Iterator[T]:
    """The same entries, with a question after each few. Raises Cancelled."""
    left = every
    for entry in entries:
        yield entry
        left -= 1
        if not left:
            left = every
            SLICES.between()
