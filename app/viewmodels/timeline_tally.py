"""How many attempts ended how, counted where events are recorded. No Qt.

A picture of thousands of attempts asks for columns a few pixels wide, at any zoom and thirty times a second.
Its cost is that of the columns, never that of the attempts they stand for.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from enum import IntEnum
from math import floor

Columns = dict[int, list[int]]  # number of a column → how many of each Part


class Part(IntEnum):
    """The layers of a column, from the bottom."""

    ANSWERED = 0
    FAILED = 1
    LATE = 2
    REJECTED = 3


class Tally:
    """The times of what ended, for each Part in order. Adding costs O(1), a column O(log n)."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: tuple[list[float], ...] = tuple([] for _ in Part)

    def add(self, part: Part, at: float) -> None:
        """Count one more at that time."""
        times = self._times[part]
        if not times or at >= times[-1]:
            times.append(at)
        else:
            insort(times, at)

    def forget(self, parts: Iterable[Part], before: float) -> None:
        """Count nothing of these parts any more that lies before a time."""
        for part in parts:
            times = self._times[part]
            del times[: bisect_left(times, before)]

    def columns(self, first: float, last: float, per_second: float) -> Columns:
        """Counts of the columns from ``first`` to ``last``, ``per_second`` of them a second.

        Columns are numbered from time zero: they do not regroup as a picture scrolls. Empty ones are
        left out. The first is counted whole, the last up to ``last``.
        """
        found: Columns = {}
        begin = floor(first * per_second) / per_second
        for part, times in enumerate(self._times):
            at = bisect_left(times, begin)
            stop = bisect_right(times, last, at)
            while at < stop:
                column = floor(times[at] * per_second)
                # One at least: a border that is rounded down must not be found again.
                after = bisect_left(times, (column + 1) / per_second, at + 1, stop)
                found.setdefault(column, [0, 0, 0, 0])[part] += after - at
                at = after
        return found
