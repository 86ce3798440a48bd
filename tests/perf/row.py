"""One line of the benchmark table: a figure of ours beside its reference, both from the same run."""

from dataclasses import asdict, dataclass
from typing import Any, Self

_UNITS = {"s": (1.0, "s"), "ms": (1e3, "ms"), "us": (1e6, "µs"), "ns": (1e9, "ns")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A measured figure.

    ``ours`` and ``reference`` are in ``unit``: ``s`` (seconds; shown in the unit that fits), ``/s`` (a rate),
    ``MB`` or ``×``. ``reference_name`` is what it was measured against in the same run; empty where nothing
    comparable exists and the figure has a plain limit. ``goal`` is the sentence that is promised, empty where
    nothing is; ``kept`` says whether it held.
    """

    section: str
    what: str
    ours: float
    unit: str
    reference_name: str = ""
    reference: float | None = None
    goal: str = ""
    kept: bool | None = None

    @property
    def ratio(self) -> float | None:
        """Ours divided by the reference."""
        return self.ours / self.reference if self.reference else None

    def as_json(self) -> dict[str, Any]:
        """For the pipe between a section's process and the table."""
        return asdict(self)

    @classmethod
    def of(cls, found: dict[str, Any]) -> Self:
        """The inverse of ``as_json``."""
        return cls(**found)


def amount(value: float | None, unit: str) -> str:
    """A figure with its unit and three significant digits."""
    if value is None:
        return ""
    if unit == "s":
        factor, unit = next((scale for scale in _UNITS.values() if abs(value) * scale[0] >= 1), _UNITS["ns"])
        value *= factor
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}" if unit != "/s" else f"{value:,.{digits}f}/s"
