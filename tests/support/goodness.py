"""Whether a sample looks like its distribution. The seeds are fixed, so a test passes always or never."""

import math
from collections.abc import Callable, Sequence


def distance(sample: Sequence[float], share_below: Callable[[float], float]) -> float:
    """Kolmogorov and Smirnov's, times the root of the size: above 1.95 in one of a thousand right samples."""
    ordered, size = sorted(sample), len(sample)
    steps = ((share_below(value), rank) for rank, value in enumerate(ordered))
    return math.sqrt(size) * max(max((rank + 1) / size - share, share - rank / size) for share, rank in steps)


def uniform(low: float, high: float) -> Callable[[float], float]:
    """The share of an even spread that lies below a value."""
    return lambda value: min(1.0, max(0.0, (value - low) / (high - low)))


def correlation(seen: Sequence[bool], lag: int) -> float:
    """How much an event says about the one ``lag`` later: 1 everything, 0 nothing."""
    mean = sum(seen) / len(seen)
    pairs = zip(seen, seen[lag:], strict=False)
    return sum((a - mean) * (b - mean) for a, b in pairs) / len(seen) / (mean * (1 - mean))
