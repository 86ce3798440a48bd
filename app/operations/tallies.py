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
        "unseen_down",
        "unseen_up",
    )

    def __init__(self) -> None:
        self.starts = array("d")
        self.totals = array("d")
        self.first_bytes = array("d")
        self.failures = array("b")
        self.errors: Counter[str] = Counter()
        self.bytes_up = 0
        self.bytes_down = 0
        self.unseen_up = 0  # round trips whose bytes are in no sum, because nobody could see them
        self.unseen_down = 0
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
            if exchange.bytes_up is None:
                self.unseen_up += 1
            else:
                self.bytes_up += exchange.bytes_up
            if exchange.bytes_down is None:
                self.unseen_down += 1
            else:
                self.bytes_down += exchange.bytes_down
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
    trips = sum(tally.round_trips for tally in tallies)
    unseen_up = sum(tally.unseen_up for tally in tallies)
    unseen_down = sum(tally.unseen_down for tally in tallies)
    firsts = [row[2] for row in rows if not row[3] and row[2] == row[2]]
    return LaneRun(
        lane=lane,
        duration=max((tally.ended for tally in tallies), default=began) - began,
        starts=_kept(array("d", (row[0] - began for row in rows))),
        totals=_kept(array("d", (row[1] for row in rows))),
        first_bytes=_kept(array("d", (row[2] for row in rows))),
        failures=_kept(array("b", failures)),
        errors=MappingProxyType(dict(errors.most_common())),
        bytes_up=_seen(sum(tally.bytes_up for tally in tallies), unseen_up, trips),
        bytes_down=_seen(sum(tally.bytes_down for tally in tallies), unseen_down, trips),
        unseen_up=unseen_up,
        unseen_down=unseen_down,
        attempts=sum(tally.attempts for tally in tallies),
        round_trips=trips,
        latency=summarise([row[1] for row in rows if not row[3]]),
        first_byte=summarise(firsts),
    )


def _kept(values: "array[T]") -> Sequence[T]:
    return memoryview(values).toreadonly()


def _seen(total: int, unseen: int, trips: int) -> int | None:
    """The sum, unless not one of the round trips could be seen."""
    return None if unseen and unseen == trips else total
