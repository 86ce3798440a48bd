"""A retry budget: retries may be a share of the calls, not a multiple of them.

Without it, a service that fails under load gets its load multiplied by every client's retries.
"""

import threading
import time

from app.resilience import checks
from app.resilience.clock import Clock


class RetryBudget:
    """A bucket of retry tokens. Thread-safe.

    Each call puts ``ratio`` tokens in, time puts ``min_per_second`` in, each retry takes one out. It starts
    full at ``capacity`` tokens. The shape is that of Finagle's RetryBudget; the bucket that of gRFC A6.
    """

    __slots__ = ("_capacity", "_clock", "_lock", "_min_per_second", "_ratio", "_seen", "_tokens", "full")

    def __init__(
        self,
        ratio: float = 0.2,
        min_per_second: float = 10.0,
        *,
        capacity: float = 100.0,
        clock: Clock = time.monotonic,
    ) -> None:
        self._lock = threading.Lock()
        self._clock: Clock = checks.callable_("clock", clock)
        self._set(ratio, min_per_second, capacity)
        self._tokens = self._capacity
        self._seen = clock()
        self.full = True  # then a call's deposit changes nothing and needs no lock

    def configure(
        self,
        *,
        ratio: float | None = None,
        min_per_second: float | None = None,
        capacity: float | None = None,
    ) -> None:
        """Change settings while running. Tokens stay, as far as they fit."""
        now = self._clock()
        with self._lock:
            self._refill(now)
            self._set(
                self._ratio if ratio is None else ratio,
                self._min_per_second if min_per_second is None else min_per_second,
                self._capacity if capacity is None else capacity,
            )
            self._put(0.0)

    def deposit(self) -> None:
        """A call began."""
        if self.full:
            return
        now = self._clock()
        with self._lock:
            self._refill(now)
            self._put(self._ratio)

    def withdraw(self) -> bool:
        """Take the token of one retry. False, and nothing taken, when there is none."""
        now = self._clock()
        with self._lock:
            self._refill(now)
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            self.full = False
            return True

    @property
    def balance(self) -> float:
        """Tokens there now. Changes nothing."""
        now = self._clock()
        with self._lock:
            grown = self._tokens + max(0.0, now - self._seen) * self._min_per_second
            return min(self._capacity, grown)

    def _set(self, ratio: float, min_per_second: float, capacity: float) -> None:
        wanted = (
            checks.number("ratio", ratio),
            checks.number("min_per_second", min_per_second),
            checks.number("capacity", capacity, minimum=1.0),
        )
        self._ratio, self._min_per_second, self._capacity = wanted

    def _refill(self, now: float) -> None:
        if now > self._seen:
            self._put((now - self._seen) * self._min_per_second)
            self._seen = now

    def _put(self, tokens: float) -> None:
        self._tokens = min(self._capacity, self._tokens + tokens)
        self.full = self._tokens >= self._capacity
