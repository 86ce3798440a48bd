"""What many durations say together: percentiles, log buckets, and whether two runs really differ. Pure.

Everything is exact, from kept samples. Percentiles are nearest-rank: the smallest measured value that at
least that share of the samples does not exceed, so each is a time that some call really took.
"""

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from app.domain.values import dataclass

BUCKETS_PER_DECADE = 20  # a bucket is 12 % wide, on the same edges for every run
_BLOCKS = 20  # consecutive pieces that a run is cut into for compare_medians()
_RESAMPLES = 2000
_LEAST = 2 * _BLOCKS  # fewer samples say nothing about noise
_SPREAD = 1.96  # standard deviations to each side that hold 95 %
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
    """How a percentile compares with the same one of a base.

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


def compare_tails(base: Sequence[float], other: Sequence[float], share: float = 0.99) -> Ratio | None:
    """A high percentile of ``other`` over that of ``base``, both in the order in which they were measured.

    Each percentile's interval is the one between order statistics: the ranks that a binomial count would
    reach in 95 of 100 runs. Slow calls come in clusters, so its variance is widened by how much more unevenly
    they lie over 20 consecutive pieces than chance would have it. The two intervals are joined on a
    logarithmic scale (Donner and Zou, 2012). Without enough samples above the percentile there is no upper
    end, and no interval: 380 are the least for a p99. None when either is empty.
    """
    if not base or not other:
        return None
    ours, theirs = _ranked(base, share), _ranked(other, share)
    value = theirs[1] / ours[1]
    if ours[2] is None or theirs[2] is None:
        return Ratio(value=value, low=None, high=None)
    down = math.hypot(math.log(theirs[1] / theirs[0]), math.log(ours[2] / ours[1]))
    up = math.hypot(math.log(theirs[2] / theirs[1]), math.log(ours[1] / ours[0]))
    return Ratio(value=value, low=value * math.exp(-down), high=value * math.exp(up))


def _ranked(samples: Sequence[float], share: float) -> tuple[float, float, float | None]:
    """A percentile between the ends of its interval; the upper one is None when it lies above all samples."""
    ordered = [max(value, _SHORTEST) for value in sorted(samples)]
    value, number = percentile(ordered, share), len(ordered)
    half = _SPREAD * math.sqrt(number * share * (1 - share) * _clustering(samples, value))
    low, high = math.floor(number * share - half), math.ceil(number * share + half)
    return ordered[max(low, 1) - 1], value, ordered[high - 1] if high <= number else None


def _clustering(samples: Sequence[float], limit: float) -> float:
    """How much the numbers of samples above ``limit`` vary between pieces, against chance; at least 1."""
    counts = [sum(value > limit for value in piece) for piece in _pieces(samples)]
    mean = _mean(counts)
    if mean == 0:
        return 1.0
    variance = math.fsum((count - mean) ** 2 for count in counts) / (len(counts) - 1)
    return max(1.0, variance / mean)


def _median(samples: Sequence[float]) -> float:
    return percentile(sorted(samples), 0.5)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _block_medians(samples: Sequence[float]) -> list[float]:
    return [_median(piece) for piece in _pieces(samples)]


def _pieces(samples: Sequence[float]) -> list[Sequence[float]]:
    edges = [len(samples) * number // _BLOCKS for number in range(_BLOCKS + 1)]
    return [samples[start:end] for start, end in itertools.pairwise(edges)]
