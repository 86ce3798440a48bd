"""Something costly that is opened by whichever thread needs it first, while the others wait. Knows not what.

An opening may hang for ever: a database server that accepts and does not answer, a disk that is gone. No
thread can be ended, so an opening can only be given up: who asks a second time while still waiting does that
to one which has not reached its goal yet. One that is at work there is slow and not lost, and a second one
beside it would do the same work into the same place.
"""

import threading
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")


class GivenUp(Exception):
    """Another opening has taken this one's place, or nobody needs what it opens any more."""


class _Opening:
    """One try."""

    def __init__(self) -> None:
        self.reached = False  # what is to be opened answers


class FirstUse(Generic[T]):
    """Opens at most once at a time and keeps what came of it. Any thread."""

    def __init__(self, make: Callable[[Callable[[], None]], T], end: Callable[[T], None]) -> None:
        """``make`` opens and may raise; ``end`` closes what it made. Neither is called under a lock.

        ``make`` is given a function to call as soon as what it opens answers; that may raise GivenUp.
        """
        self._make = make
        self._end = end
        self._changed = threading.Condition()
        self._askers: list[str] = []  # who opens or waits
        self._opening: _Opening | None = None  # the one that counts
        self._made: T | None = None
        self._closed = False

    def get(self, asker: str | None = None) -> T:
        """What was opened. The first to ask opens it, and raises what that raises; then the next one tries.

        Without a name nobody can ask again. RuntimeError after close().
        """
        if asker is None:
            return self._get()
        with self._changed:
            if asker in self._askers and self._opening is not None and not self._opening.reached:
                self._settle()
            self._askers.append(asker)
        try:
            return self._get()
        finally:
            with self._changed:
                self._askers.remove(asker)

    def close(self) -> None:
        """End what was opened, now or, if an opening is under way, as soon as it is. Idempotent."""
        with self._changed:
            self._closed = True
            made, self._made = self._made, None
            self._settle()
        if made is not None:
            self._end(made)

    def _get(self) -> T:
        while True:
            with self._changed:
                while self._opening is not None:
                    self._changed.wait()
                if self._closed:
                    raise RuntimeError("closed")
                if self._made is not None:
                    return self._made
                self._opening = opening = _Opening()
            self._open(opening)

    def _open(self, opening: _Opening) -> None:
        """Keep what is made, unless the opening was given up meanwhile."""
        try:
            made = self._make(partial(self._go_on, opening))
        except BaseException:
            with self._changed:
                if self._opening is not opening:
                    return  # of no interest to anybody
                self._settle()
            raise
        with self._changed:
            if self._opening is opening:
                self._made = made
                self._settle()
                return
        self._end(made)

    def _go_on(self, opening: _Opening) -> None:
        with self._changed:
            if self._opening is not opening:
                raise GivenUp
            opening.reached = True

    def _settle(self) -> None:
        """No opening counts: whoever waits looks again."""
        self._opening = None
        self._changed.notify_all()
