"""Counters and quantiles of a stream, in constant memory and a few operations for each message. Pure."""

import math
from collections import deque

from app.domain.streams import StreamFigures

_FINEST = 1e-6  # seconds: what is less counts as this
_GROWTH = math.log(1.05)  # a bucket is 5 % wider than the one before, so a quantile is right to 2.5 %
_BUCKETS = 440  # up to half an hour
_SLICE = 0.25  # seconds
_WINDOW = 20  # slices: the rate looks five seconds back
_FEW = 8  # messages


class LogHistogram:
    """How often each size of a positive quantity occurred, in buckets of equal ratio."""

    __slots__ = ("_counts", "count", "highest")

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self.count = 0
        self.highest = 0.0

    def add(self, value: float) -> None:
        """Count one value. A negative one, from a clock that runs ahead, counts as the smallest."""
        self.count += 1
        self.highest = max(self.highest, value)
        place = int(math.log(value / _FINEST) / _GROWTH) if value > _FINEST else 0
        self._counts[place if place < _BUCKETS else _BUCKETS - 1] += 1

    def quantile(self, share: float) -> float | None:
        """The value that ``share`` of all values do not exceed; None without any."""
        if not self.count:
            return None
        rank = max(1, math.ceil(share * self.count))
        seen = 0
        for place, count in enumerate(self._counts):
            seen += count
            if seen >= rank:
                middle = _FINEST * math.exp((place + 0.5) * _GROWTH)
                return min(middle, max(self.highest, _FINEST))
        raise AssertionError("the counts do not add up")


class _Rate:
    """Messages a second over the last few seconds, from counts in slices of time.

    So few that one more or less would show (one a second) are measured by the gaps between them.
    """

    __slots__ = ("_first", "_last", "_newest", "_slices")

    def __init__(self) -> None:
        self._slices = [0] * _WINDOW
        self._newest = 0
        self._first: float | None = None
        self._last: deque[float] = deque(maxlen=_FEW)

    def add(self, at: float) -> None:
        self._last.append(at)
        if self._first is None:
            self._first, self._newest = at, int(at / _SLICE)
        self._advance(at)
        self._slices[self._newest % _WINDOW] += 1

    def value(self, now: float) -> float | None:
        if self._first is None:
            return None
        self._advance(now)
        # The newest slice is not over: the window ends at ``now``, not at the end of the slice.
        span, count = now - (self._newest - _WINDOW + 1) * _SLICE, sum(self._slices)
        if now - self._first < span:
            span, count = now - self._first, count - 1  # the first message begins the span, it is not in it
        if span < _SLICE:
            return None
        return self._by_gaps(now) if 2 <= count < _FEW else count / span

    def _by_gaps(self, now: float) -> float:
        first, last, gaps = self._last[0], self._last[-1], len(self._last) - 1
        # A gap that is overdue counts as far as it has come: a silent stream slows down.
        overdue = now - last > 1.5 * (last - first) / gaps
        span = now - first if overdue else last - first
        return (gaps + overdue) / span if span > 0 else 0.0

    def _advance(self, at: float) -> None:
        slice_ = int(at / _SLICE)
        for passed in range(self._newest + 1, min(slice_, self._newest + _WINDOW) + 1):
            self._slices[passed % _WINDOW] = 0
        self._newest = max(self._newest, slice_)


class StreamStats:
    """What is known of one stream. Used by the thread that reads it."""

    __slots__ = ("_jitter", "_lag", "_last", "_rate", "dropped", "received")

    def __init__(self) -> None:
        self.received = 0
        self.dropped = 0  # by the server
        self._lag = LogHistogram()
        self._rate = _Rate()
        self._jitter: float | None = None
        self._last: float | None = None  # lag of the message before

    def add(self, arrived: float, published: float, dropped: int) -> None:
        """Count one message. Wall clocks in seconds; ``dropped`` is what the server lost just before it."""
        lag = arrived - published
        self.received += 1
        self.dropped += dropped
        self._lag.add(lag)
        self._rate.add(arrived)
        if self._last is not None:
            # RFC 3550, 6.4.1: the difference in lag, smoothed with a gain of 1/16.
            change = abs(lag - self._last)
            self._jitter = change if self._jitter is None else self._jitter + (change - self._jitter) / 16
        self._last = lag

    def new_connection(self) -> None:
        """The pause of a reconnect is no jitter."""
        self._last = None

    def figures(self, now: float) -> StreamFigures:
        """Everything measured, at a wall clock of ``now``."""
        return StreamFigures(
            received=self.received,
            dropped=self.dropped,
            rate=self._rate.value(now),
            lag_p50=self._lag.quantile(0.5),
            lag_p99=self._lag.quantile(0.99),
            lag_max=self._lag.highest if self.received else None,
            jitter=self._jitter,
        )
