"""Recording calls while they are made: plain arrays of one thread each, merged at the end.

No lock and no object per call: what is measured must not wait for the measuring.
"""

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from types import MappingProxyType
from typing import TypeVar

from app.domain.lanes import Lane
from app.domain.results import Reply
from app.operations.latencies import summarise
from app.operations.repeat_results import LaneRun

T = TypeVar("T", int, float)
_UNKNOWN = math.nan


class Tally:
    """The calls that one thread made. Written by that thread; lengths may be read from any."""

    __slots__ = (
        "_end",
        "_first",
        "attempts",
        "bytes_down",
        "bytes_up",
        "ended",
        "errors",
        "failures",
        "first_bytes",
        "round_trips",
        "starts",
        "totals",
    )

    def __init__(self) -> None:
        self.starts = array("d")
        self.totals = array("d")
        self.first_bytes = array("d")
        self.failures = array("b")
        self.errors: Counter[str] = Counter()
        self.bytes_up: int | None = 0
        self.bytes_down: int | None = 0
        self.attempts = 0
        self.round_trips = 0
        self.ended = 0.0
        self._end: float | None = None  # of the last attempt: when its last byte came
        self._first = _UNKNOWN

    def attempt(self, reply: Reply, at: float) -> None:
        """One attempt of the call under way came back; ``at`` is when it began."""
        self.attempts += 1
        self._first = _UNKNOWN
        end: float | None = at
        for exchange in reply.exchanges:
            self.round_trips += 1
            phases = exchange.phases
            if phases.first_byte is not None and self._first != self._first:
                self._first = at + phases.first_byte
            end = None if end is None or phases.last_byte is None else end + phases.last_byte
            self.bytes_up = _sum(self.bytes_up, exchange.bytes_up)
            self.bytes_down = _sum(self.bytes_down, exchange.bytes_down)
        self._end = end if reply.exchanges else None

    def call(self, started: float, now: float, error: str = "") -> None:
        """The call is over; without a known last byte it ended ``now``."""
        end = now if self._end is None else self._end
        self.starts.append(started)
        self.totals.append(end - started)
        self.first_bytes.append(self._first - started)
        self.failures.append(1 if error else 0)
        if error:
            self.errors[error] += 1
        self._end, self._first = None, _UNKNOWN


def merge(lane: Lane, tallies: Sequence[Tally], began: float) -> LaneRun:
    """All threads' calls of one lane that began measuring at ``began``."""
    rows = sorted(
        row
        for tally in tallies
        for row in zip(tally.starts, tally.totals, tally.first_bytes, tally.failures, strict=True)
    )
    errors: Counter[str] = Counter()
    for tally in tallies:
        errors.update(tally.errors)
    failures = [row[3] for row in rows]
    firsts = [row[2] for row in rows if not row[3] and row[2] == row[2]]
    return LaneRun(
        lane=lane,
        duration=max((tally.ended for tally in tallies), default=began) - began,
        starts=_kept(array("d", (row[0] - began for row in rows))),
        totals=_kept(array("d", (row[1] for row in rows))),
        first_bytes=_kept(array("d", (row[2] for row in rows))),
        failures=_kept(array("b", failures)),
        errors=MappingProxyType(dict(errors.most_common())),
        bytes_up=_total([tally.bytes_up for tally in tallies]),
        bytes_down=_total([tally.bytes_down for tally in tallies]),
        attempts=sum(tally.attempts for tally in tallies),
        round_trips=sum(tally.round_trips for tally in tallies),
        latency=summarise([row[1] for row in rows if not row[3]]),
        first_byte=summarise(firsts),
    )


def _kept(values: "array[T]") -> Sequence[T]:
    return memoryview(values).toreadonly()


def _sum(total: int | None, more: int | None) -> int | None:
    return None if total is None or more is None else total + more


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
