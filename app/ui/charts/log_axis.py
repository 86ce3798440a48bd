"""A logarithmic axis of durations: places, round ticks, labels. Pure arithmetic, no painting."""

import math

from app.domain.values import dataclass

_STEPS = (1, 2, 5)
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
NBSP = "\u00a0"


@dataclass(frozen=True, slots=True)
class LogAxis:
    """From ``low`` to ``high`` seconds, both greater than 0."""

    low: float
    high: float

    @classmethod
    def around(cls, low: float, high: float) -> "LogAxis":
        """An axis with some air around the values; at least a factor of four long."""
        low, high = max(low, 1e-7) / 1.15, max(high, 1e-7) * 1.15
        if high / low < 4:
            middle = math.sqrt(low * high)
            low, high = middle / 2, middle * 2
        return cls(low, high)

    def share(self, seconds: float) -> float:
        """Where a duration lies, from 0 to 1; outside it is clamped."""
        span = math.log(self.high / self.low)
        return min(max(math.log(max(seconds, 1e-12) / self.low) / span, 0.0), 1.0)

    def ticks(self, most: int) -> list[float]:
        """Round durations inside, at most about ``most``: decades, or 1-2-5 where there is room."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        fine = [step * 10.0**power for power in range(first, last + 1) for step in _STEPS]
        inside = [tick for tick in fine if self.low <= tick <= self.high]
        if len(inside) <= most:
            return inside
        decades = [tick for tick in inside if _is_decade(tick)]
        if len(decades) <= most:
            return decades or inside[:: max(1, len(inside) // most)]
        return decades[:: math.ceil(len(decades) / most)]


def tick_label(seconds: float) -> str:
    """A round duration: "500 µs", "1 ms", "2 s"."""
    for unit, name in _UNITS:
        if seconds >= unit * 0.9999:
            return f"{seconds / unit:.6g}{NBSP}{name}"
    return f"{seconds * 1e9:.6g}{NBSP}ns"


def _is_decade(seconds: float) -> bool:
    return abs(math.log10(seconds) - round(math.log10(seconds))) < 1e-9
