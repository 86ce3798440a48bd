"""What many durations say together: percentiles, log buckets, and whether two runs really differ. Pure.

Everything is exact, from kept samples. Percentiles are nearest-rank: the smallest measured value that at
least that share of the samples does not exceed, so each is a time that some call really took.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

BUCKETS_PER_DECADE = 20  # a bucket is 12 % wide, on the same edges for every run
_BLOCKS = 20  # consecutive pieces that a run is cut into for compare_medians()
_RESAMPLES = 2000
_LEAST = 2 * _BLOCKS  # fewer samples say nothing about noise
_SHORTEST = 1e-9  # seconds: a clock that did not move still has a bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencySummary:
    """Figures of one set of durations, in seconds."""

    count: int
    minimum: float
    p50: float
    p90: float
    p95: float
    p99: float
    maximum: float
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How a median compares with a base median.

    ``low`` and ``high`` are a 95 % interval of the ratio; None when there are too few samples for one.
    """

    value: float
    low: float | None
    high: float | None

    @property
    def beyond_noise(self) -> bool | None:
        """Whether the interval leaves 1 out; None when nothing can be said."""
        if self.low is None or self.high is None:
            return None
        return self.low > 1 or self.high < 1


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of sorted, non-empty values; ``share`` is 0 to 1."""
    if not 0 <= share <= 1:
        raise ValueError(f"share: {share} is not between 0 and 1")
    # The product is rounded first: 0.95 × 100 is 95.00000000000001 to a float's eye on other numbers.
    rank = math.ceil(round(share * len(ordered), 9))
    return ordered[max(rank, 1) - 1]


def summarise(samples: Sequence[float]) -> LatencySummary | None:
    """The figures of ``samples``; None without any. Sorts once."""
    if not samples:
        return None
    ordered = sorted(samples)
    return LatencySummary(
        count=len(ordered),
        minimum=ordered[0],
        p50=percentile(ordered, 0.5),
        p90=percentile(ordered, 0.9),
        p95=percentile(ordered, 0.95),
        p99=percentile(ordered, 0.99),
        maximum=ordered[-1],
        mean=math.fsum(ordered) / len(ordered),
    )


def bucket_of(seconds: float) -> int:
    """The bucket of a duration; bucket b spans from bucket_start(b) up to bucket_start(b + 1)."""
    bucket = math.floor(math.log10(max(seconds, _SHORTEST)) * BUCKETS_PER_DECADE)
    # The logarithm may fall on the wrong side of an edge by one unit in the last place.
    if seconds >= bucket_start(bucket + 1):
        return bucket + 1
    return bucket - 1 if _SHORTEST < seconds < bucket_start(bucket) else bucket


def bucket_start(bucket: int) -> float:
    """The lower edge of a bucket, in seconds."""
    return math.pow(10.0, bucket / BUCKETS_PER_DECADE)


def histogram(samples: Sequence[float]) -> Mapping[int, int]:
    """How many samples fell into each bucket, in order; empty buckets are absent."""
    counts: dict[int, int] = {}
    for value in samples:
        bucket = bucket_of(value)
        counts[bucket] = counts.get(bucket, 0) + 1
    return MappingProxyType(dict(sorted(counts.items())))


def compare_medians(base: Sequence[float], other: Sequence[float], *, seed: int = 42) -> Ratio | None:
    """The median of ``other`` over that of ``base``, both in the order in which they were measured.

    Neighbouring calls share their weather, so single samples would claim a certainty that is not there. Each
    run is cut into 20 consecutive pieces instead; how much the medians of the pieces scatter is the noise.
    The interval is a bootstrap over those pieces (2 000 resamples, seeded). It cannot know about weather that
    lasted a whole run: repeat both when it matters. None when either is empty.
    """
    if not base or not other:
        return None
    value = _median(other) / max(_median(base), _SHORTEST)
    if min(len(base), len(other)) < _LEAST:
        return Ratio(value=value, low=None, high=None)
    ours, theirs = _block_medians(base), _block_medians(other)
    draw = random.Random(seed)
    ratios = sorted(
        _mean(draw.choices(theirs, k=_BLOCKS)) / max(_mean(draw.choices(ours, k=_BLOCKS)), _SHORTEST)
        for _ in range(_RESAMPLES)
    )
    return Ratio(value=value, low=percentile(ratios, 0.025), high=percentile(ratios, 0.975))


def _median(samples: Sequence[float]) -> float:
    return percentile(sorted(samples), 0.5)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _block_medians(samples: Sequence[float]) -> list[float]:
    edges = [len(samples) * number // _BLOCKS for number in range(_BLOCKS + 1)]
    return [
        _median(samples[start:end])
        for start, end in zip(edges, edges[1:], strict=False)  # noqa: RUF007
    ]
