"""What happened, ordered by time: the records behind the attempt timeline. No Qt, no drawing.

Built from events alone. Every list is kept in time order and bounded, so that adding an event and asking
for what is in view cost the size of the answer, not of the history.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import field
from enum import StrEnum
from typing import Generic, TypeVar

from app.domain.lanes import Lane
from app.domain.results import Outcome
from app.domain.values import dataclass

T = TypeVar("T")


class Cap(StrEnum):
    """How a call ended for its caller."""

    OK = "ok"
    ERROR = "error"
    STALE = "stale copy"
    CANCELLED = "cancelled"


@dataclass(slots=True, kw_only=True, eq=False)
class CallRecord:
    """One call. ``row`` is the lowest sub-row that was free when it began."""

    call_id: str
    lane: Lane
    operation: str
    start: float
    row: int
    end: float | None = None
    cap: Cap | None = None
    stop: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class AttemptBar:
    """One attempt; ``end`` is None while it runs."""

    call: CallRecord
    number: int
    start: float
    probe: bool = False
    end: float | None = None
    outcome: Outcome | None = None
    status: str = ""
    message: str = ""
    injected: str | None = None
    late: bool = False
    failed: bool = False  # ended in anything but an answer


@dataclass(slots=True, kw_only=True, eq=False)
class WaitGap:
    """The wait after a failed attempt. Seconds; ``end`` moves forward when the call ends before it does."""

    call: CallRecord
    attempt: int
    start: float
    delay: float
    envelope: float
    reason: str
    end: float


@dataclass(slots=True, kw_only=True, eq=False)
class RejectionMark:
    """The open circuit refused an attempt."""

    call: CallRecord
    at: float
    attempt: int
    retry_after: float | None


@dataclass(slots=True, kw_only=True, eq=False)
class StaleMark:
    """A stored copy was served."""

    call: CallRecord
    at: float
    age: float
    reason: str


@dataclass(slots=True, kw_only=True, eq=False)
class TransitionMark:
    """The circuit changed its state. States in upper case with a hyphen: CLOSED, OPEN, HALF-OPEN."""

    lane: Lane
    at: float
    before: str
    after: str
    reason: str


@dataclass(slots=True, kw_only=True, eq=False)
class FaultBand:
    """An outage that was in force; ``end`` is None while it is."""

    lane: Lane
    start: float
    summary: str
    end: float | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class LoadBand:
    """Background traffic; ``end`` is None while it runs."""

    start: float
    rate: float
    lanes: tuple[Lane, ...]
    end: float | None = None


ANSWERS = frozenset(
    {
        Outcome.OK,
        Outcome.PARTIAL,
        Outcome.INVALID,
        Outcome.UNAUTHENTICATED,
        Outcome.FORBIDDEN,
        Outcome.NOT_FOUND,
        Outcome.CONFLICT,
        Outcome.UNSUPPORTED,
    }
)


class TimeRing(Generic[T]):
    """Items ordered by a time, at least the newest ``limit`` of them. Adding in order costs O(1)."""

    __slots__ = ("_items", "_keys", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._keys: list[float] = []
        self._items: list[T] = []

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def add(self, at: float, item: T) -> list[T]:
        """Put ``item`` where its time belongs. Returns the items that were dropped to make room."""
        if not self._keys or at >= self._keys[-1]:
            self._keys.append(at)
            self._items.append(item)
        else:  # two threads may publish within microseconds in the other order
            index = bisect_right(self._keys, at)
            self._keys.insert(index, at)
            self._items.insert(index, item)
        return self._trim()

    def between(self, first: float, last: float) -> list[T]:
        """Items whose time lies in ``first`` … ``last``, oldest first."""
        return self._items[bisect_left(self._keys, first) : bisect_right(self._keys, last)]

    def count(self, first: float, last: float) -> int:
        """How many items lie in ``first`` … ``last``, without looking at them."""
        return bisect_right(self._keys, last) - bisect_left(self._keys, first)

    def first(self, count: int) -> list[T]:
        """The oldest ``count`` items."""
        return self._items[:count]

    @property
    def oldest(self) -> float | None:
        """Time of the first item kept."""
        return self._keys[0] if self._keys else None

    def _trim(self) -> list[T]:
        # In blocks, which keeps the cost of dropping small, and in small ones: the surplus is memory.
        block = max(1, self._limit // 8)
        if len(self._items) < self._limit + block:
            return []
        dropped = self._items[:block]
        del self._items[:block]
        del self._keys[:block]
        return dropped


@dataclass(slots=True, kw_only=True)
class LaneView:
    """What one lane shows between two times, oldest first; in outline without single attempts."""

    attempts: list[AttemptBar] = field(default_factory=list)
    waits: list[WaitGap] = field(default_factory=list)
    rejections: list[RejectionMark] = field(default_factory=list)
    stales: list[StaleMark] = field(default_factory=list)
    ends: list[CallRecord] = field(default_factory=list)
    transitions: list[TransitionMark]
    bands: list[FaultBand]

    @property
    def rows(self) -> int:
        """Sub-rows needed so that concurrent calls do not cover one another; at least 1."""
        attempts = max((bar.call.row for bar in self.attempts), default=0)
        waits = max((gap.call.row for gap in self.waits), default=0)
        return 1 + max(attempts, waits, max((mark.call.row for mark in self.rejections), default=0))
