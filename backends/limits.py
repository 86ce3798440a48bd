"""How often somebody may do something. One sliding window for all three servers; no protocol in here."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

ACCEPTED = "This endpoint answers a few times a minute."  # what every lane says, so that they compare equal
_KEYS_MAX = 10_000  # beyond this the keys without recent hits are dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to one hit, with what the usual headers want to know."""

    allowed: bool
    limit: int
    remaining: int
    reset_after: float  # seconds until the window is empty again
    retry_after: float  # seconds until a hit is allowed; 0 if this one was


class RateLimiter:
    """At most ``limit`` hits in any ``window`` seconds, counted per key. Any thread."""

    def __init__(
        self, limit: int, window: float = 60.0, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if limit < 1 or window <= 0:
            raise ValueError("limit must be at least 1 and window positive")
        self.limit = limit
        self.window = window
        self._clock = clock
        self._lock = threading.Lock()
        self._hits: dict[str, deque[float]] = {}

    def hit(self, key: str) -> Verdict:
        """Count a hit, unless the limit is reached: a refused hit does not prolong the wait."""
        with self._lock:
            now = self._clock()
            hits = self._recent(key, now)
            allowed = len(hits) < self.limit
            if allowed:
                hits.append(now)
            return Verdict(
                allowed=allowed,
                limit=self.limit,
                remaining=self.limit - len(hits),
                reset_after=hits[-1] + self.window - now,
                retry_after=0.0 if allowed else hits[0] + self.window - now,
            )

    def forgive(self, key: str) -> None:
        """Take the last hit back: what it guarded against did not happen."""
        with self._lock:
            hits = self._hits.get(key)
            if hits:
                hits.pop()

    def reset(self) -> None:
        """Forget all hits."""
        with self._lock:
            self._hits.clear()

    def _recent(self, key: str, now: float) -> deque[float]:
        if key not in self._hits and len(self._hits) >= _KEYS_MAX:
            self._hits = {name: hits for name, hits in self._hits.items() if hits and self._live(hits, now)}
        hits = self._hits.setdefault(key, deque())
        while hits and hits[0] + self.window <= now:
            hits.popleft()
        return hits

    def _live(self, hits: deque[float], now: float) -> bool:
        return hits[-1] + self.window > now
