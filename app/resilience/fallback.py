"""What to give when the answer does not come: another function's answer, or the last good copy."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from app.resilience import checks
from app.resilience.classify import may_serve_stale
from app.resilience.clock import Clock
from app.resilience.timeout import call_with_timeout

T = TypeVar("T")


def call_with_fallback(
    primary: Callable[[], T], fallback: Callable[[], T], timeout_seconds: float = 5.0
) -> T:
    """``primary()``, or ``fallback()`` when that raises or takes longer than ``timeout_seconds`` (> 0).

    Works in any thread (primary runs in a thread of its own, fallback in the caller's). A result that comes
    after the timeout is dropped. Passed on instead of falling back: a cancelled call, a server that says that
    the request is at fault (AttemptFailed with a 4xx outcome), input that could not be sent, and everything
    that is no Exception. What ``fallback`` raises is raised, with the primary's error as its context.
    """
    checks.number("timeout_seconds", timeout_seconds, above=True)
    try:
        return call_with_timeout(primary, timeout_seconds)
    except Exception as error:
        if not may_serve_stale(error):
            raise
        return fallback()


class StaleCopies:
    """The last good value under each key, the least recently used forgotten first. Thread-safe."""

    __slots__ = ("_capacity", "_clock", "_copies", "_lock")

    def __init__(self, capacity: int = 64, *, clock: Clock = time.monotonic) -> None:
        self._capacity = checks.whole("capacity", capacity, minimum=1)
        self._clock: Clock = checks.callable_("clock", clock)
        self._copies: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def store(self, key: Hashable, value: Any) -> None:
        """Remember ``value`` as good now."""
        now = self._clock()
        with self._lock:
            self._copies[key] = (now, value)
            self._copies.move_to_end(key)
            if len(self._copies) > self._capacity:
                self._copies.popitem(last=False)

    def find(self, key: Hashable, *, max_age: float | None = None) -> tuple[Any, float] | None:
        """The value and its age in seconds; None without one, or when it is older than ``max_age``."""
        now = self._clock()
        with self._lock:
            found = self._copies.get(key)
            if found is None:
                return None
            age = max(0.0, now - found[0])
            if max_age is not None and age > max_age:
                return None
            self._copies.move_to_end(key)
            return found[1], age

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._copies.clear()

    def __len__(self) -> int:
        return len(self._copies)
