"""How many attempts ended how, counted where events are recorded. No Qt.

A picture of thousands of attempts asks for columns a few pixels wide, at any zoom and thirty times a second.
Its cost is that of the columns, never that of the attempts they stand for.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
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
    """The times of what ended, for each Part in order, and columns at the zoom that was asked for last.

    Adding costs O(1); only another zoom counts anew, from column to column.
    """

    __slots__ = ("_columns", "_per_second", "_times")

    def __init__(self) -> None:
        self._times: tuple[list[float], ...] = tuple([] for _ in Part)
        self._columns: Columns = {}
        self._per_second = 0.0  # columns; 0 until somebody asks

    def add(self, part: Part, at: float) -> None:
        """Count one more at that time."""
        times = self._times[part]
        if not times or at >= times[-1]:
            times.append(at)
        else:
            insort(times, at)
        if self._per_second:
            self._count(part, floor(at * self._per_second), 1)

    def forget(self, parts: Iterable[Part], before: float) -> None:
        """Count nothing of these parts any more that lies before a time."""
        for part in parts:
            times = self._times[part]
            end = bisect_left(times, before)
            if self._per_second:
                for column, count in self._runs(times, 0, end):
                    self._count(part, column, -count)
            del times[:end]

    def columns(self, first: float, last: float, per_second: float) -> Columns:
        """Counts of the columns from ``first`` to ``last``, ``per_second`` of them a second.

        Columns are numbered from time zero: they do not regroup as a picture scrolls. Empty ones are left
        out. The first is counted whole, the last up to ``last``. To be read only, before the next event.
        """
        if per_second != self._per_second:
            self._count_anew(per_second)
        known, newest = self._columns, floor(last * per_second)
        found = {
            column: known[column] for column in range(floor(first * per_second), newest) if column in known
        }
        counts = [self._between(times, newest / per_second, last) for times in self._times]
        if any(counts):
            found[newest] = counts
        return found

    @staticmethod
    def _between(times: list[float], first: float, last: float) -> int:
        return max(0, bisect_right(times, last) - bisect_left(times, first))

    def _count_anew(self, per_second: float) -> None:
        self._per_second = per_second
        self._columns = {}
        for part, times in zip(Part, self._times, strict=True):
            for column, count in self._runs(times, 0, len(times)):
                self._count(part, column, count)

    def _count(self, part: Part, column: int, count: int) -> None:
        counts = self._columns.get(column)
        if counts is None:
            counts = self._columns[column] = [0, 0, 0, 0]
        counts[part] += count
        if not any(counts):
            del self._columns[column]

    def _runs(self, times: list[float], at: int, end: int) -> Iterator[tuple[int, int]]:
        """Columns and how many of ``times`` lie in each, without looking at every one."""
        while at < end:
            column = floor(times[at] * self._per_second)
            # One at least: a border that is rounded down must not be found again. One that is rounded up
            # must not take what floor() puts into the next column.
            after = bisect_left(times, (column + 1) / self._per_second, at + 1, end)
            while after > at + 1 and floor(times[after - 1] * self._per_second) > column:
                after -= 1
            while after < end and floor(times[after] * self._per_second) == column:
                after += 1
            yield column, after - at
            at = after
