"""Sliding windows over outcomes: the last N calls, or the last seconds.

A window given to a breaker is only a setting (frozen, shareable); each breaker keeps its own tally.
The tallies are not thread-safe: the breaker's lock guards them. Each update is O(1) amortised and the
figures are exact, not bucketed; a TimeWindow therefore holds one small tuple per call inside it.
"""

from collections import deque
from typing import Protocol

from app.domain.values import dataclass
from app.resilience import checks


@dataclass(frozen=True, slots=True)
class WindowCounts:
    """What a window holds now."""

    calls: int = 0
    failures: int = 0
    slow: int = 0


class Tally(Protocol):
    """The running counts of one breaker's window."""

    def add(self, now: float, failed: bool, slow: bool) -> WindowCounts:
        """Take one outcome in, let old ones go, return the counts."""

    def counts(self, now: float) -> WindowCounts:
        """The counts at ``now``. Changes nothing."""


@dataclass(frozen=True, slots=True)
class CountWindow:
    """The last ``size`` counted calls. Opens once ``minimum_calls`` are in and a rate reaches its limit.

    ``failure_rate`` and ``slow_rate`` are shares in (0, 1]; a call is slow when it took strictly longer
    than ``slow_after`` seconds (None: speed does not matter).
    """

    size: int
    minimum_calls: int
    failure_rate: float
    slow_after: float | None = None
    slow_rate: float = 1.0

    def __post_init__(self) -> None:
        checks.whole("size", self.size, minimum=1)
        _check_limits(self)
        if self.minimum_calls > self.size:
            raise ValueError(f"minimum_calls must be at most size ({self.size}), not {self.minimum_calls!r}")

    def tally(self) -> Tally:
        """Empty counts for one breaker."""
        return _CountTally(self.size)


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The calls recorded in the last ``seconds``; one exactly that old has left. Else as CountWindow."""

    seconds: float
    minimum_calls: int
    failure_rate: float
    slow_after: float | None = None
    slow_rate: float = 1.0

    def __post_init__(self) -> None:
        checks.number("seconds", self.seconds, above=True)
        _check_limits(self)

    def tally(self) -> Tally:
        """Empty counts for one breaker."""
        return _TimeTally(self.seconds)


Window = CountWindow | TimeWindow


def verdict(window: Window, counts: WindowCounts) -> str | None:
    """Why the circuit must open, in words; None while the counts allow it to stay closed."""
    if counts.calls < window.minimum_calls:
        return None
    # Division, not multiplication: 7 / 10 >= 0.7 is true in floats, 7 >= 0.7 * 10 need not be.
    if counts.failures / counts.calls >= window.failure_rate:
        return f"{counts.failures} of {counts.calls} calls failed"
    if window.slow_after is not None and counts.slow / counts.calls >= window.slow_rate:
        return f"{counts.slow} of {counts.calls} calls took longer than {window.slow_after:g} s"
    return None


def _check_limits(window: Window) -> None:
    checks.whole("minimum_calls", window.minimum_calls, minimum=1)
    checks.fraction("failure_rate", window.failure_rate)
    if window.slow_after is not None:
        checks.number("slow_after", window.slow_after)
    checks.fraction("slow_rate", window.slow_rate)


class _CountTally:
    """Counts over the last ``size`` outcomes."""

    __slots__ = ("_entries", "_failures", "_size", "_slow")

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: deque[tuple[bool, bool]] = deque()
        self._failures = 0
        self._slow = 0

    def add(self, now: float, failed: bool, slow: bool) -> WindowCounts:
        entries = self._entries
        if len(entries) == self._size:
            old_failed, old_slow = entries.popleft()
            self._failures -= old_failed
            self._slow -= old_slow
        entries.append((failed, slow))
        self._failures += failed
        self._slow += slow
        return self.counts(now)

    def counts(self, now: float) -> WindowCounts:
        return WindowCounts(len(self._entries), self._failures, self._slow)


class _TimeTally:
    """Counts over the outcomes of the last ``seconds``."""

    __slots__ = ("_entries", "_failures", "_seconds", "_slow")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._entries: deque[tuple[float, bool, bool]] = deque()
        self._failures = 0
        self._slow = 0

    def add(self, now: float, failed: bool, slow: bool) -> WindowCounts:
        entries = self._entries
        while entries and entries[0][0] + self._seconds <= now:
            _, old_failed, old_slow = entries.popleft()
            self._failures -= old_failed
            self._slow -= old_slow
        entries.append((now, failed, slow))
        self._failures += failed
        self._slow += slow
        return WindowCounts(len(entries), self._failures, self._slow)

    def counts(self, now: float) -> WindowCounts:
        calls, failures, slow = len(self._entries), self._failures, self._slow
        for at, failed, was_slow in self._entries:
            if at + self._seconds > now:
                break
            calls -= 1
            failures -= failed
            slow -= was_slow
        return WindowCounts(calls, failures, slow)
