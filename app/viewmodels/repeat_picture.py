"""A measured run made ready for drawing: log buckets, and at most a few hundred columns of time. Pure.

A column keeps the fastest, the median and the slowest of its calls: nothing slow disappears in a mean.
"""

import math
from collections.abc import Mapping, Sequence

from app.domain.lanes import Lane
from app.domain.values import dataclass
from app.operations.latencies import LatencySummary, histogram, percentile
from app.operations.repeat_results import LaneRun, RepeatRun

MOST_COLUMNS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesColumn:
    """The answered calls that began in one slice of a run; times in seconds."""

    start: float
    calls: int
    fastest: float
    median: float
    slowest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LanePicture:
    """One lane's part of both charts."""

    lane: Lane
    summary: LatencySummary | None
    buckets: Mapping[int, int]
    columns: tuple[SeriesColumn, ...]
    failures: tuple[tuple[float, int], ...]  # start of a slice, failed calls in it
    duration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPicture:
    """Everything that the charts draw of one run."""

    lanes: tuple[LanePicture, ...]

    @property
    def duration(self) -> float:
        """Seconds of the longest lane."""
        return max((lane.duration for lane in self.lanes), default=0.0)

    @property
    def range(self) -> tuple[float, float] | None:
        """The fastest and the slowest answered call, in seconds; None without any."""
        found = [lane.summary for lane in self.lanes if lane.summary is not None]
        if not found:
            return None
        return min(each.minimum for each in found), max(each.maximum for each in found)

    @property
    def most(self) -> int:
        """The highest bucket."""
        return max((count for lane in self.lanes for count in lane.buckets.values()), default=0)


def picture_of(run: RepeatRun) -> RunPicture:
    """The run's picture. Takes about a second for 100 000 calls on each lane."""
    return RunPicture(lanes=tuple(_lane(lane) for lane in run.lanes))


def _lane(lane: LaneRun) -> LanePicture:
    slices = _slices(lane)
    return LanePicture(
        lane=lane.lane,
        summary=lane.latency,
        buckets=histogram(lane.answered),
        columns=tuple(column for column in (_column(*one) for one in slices) if column is not None),
        failures=tuple(
            (start, len(calls) - len(good)) for start, calls, good in slices if len(calls) > len(good)
        ),
        duration=lane.duration,
    )


_Slice = tuple[float, Sequence[float], Sequence[float]]  # start, all totals, answered totals


def _slices(lane: LaneRun) -> list[_Slice]:
    """Each call by itself while they are few; slices of equal time otherwise."""
    rows = list(zip(lane.starts, lane.totals, lane.failures, strict=True))
    if len(rows) <= MOST_COLUMNS:
        return [(start, [total], [] if failed else [total]) for start, total, failed in rows]
    width = max(lane.duration / MOST_COLUMNS, 1e-9)
    found: dict[int, tuple[list[float], list[float]]] = {}
    for start, total, failed in rows:
        everyone, good = found.setdefault(math.floor(start / width), ([], []))
        everyone.append(total)
        if not failed:
            good.append(total)
    return [(number * width, everyone, good) for number, (everyone, good) in found.items()]


def _column(start: float, calls: Sequence[float], good: Sequence[float]) -> SeriesColumn | None:
    if not good:
        return None
    ordered = sorted(good)
    return SeriesColumn(
        start=start,
        calls=len(ordered),
        fastest=ordered[0],
        median=percentile(ordered, 0.5),
        slowest=ordered[-1],
    )
