"""A repeat asked for and measured: plan, progress, figures. Frozen; seconds and bytes throughout. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from types import MappingProxyType

from app.domain.errors import InvalidInput
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.values import dataclass
from app.operations.latencies import LatencySummary, Ratio, compare_medians, compare_tails

MOST_CALLS = 100_000  # on each lane: every sample is kept, so that every percentile is exact
MOST_CONCURRENT = 64  # on each lane
MOST_WARM_UP = 10_000
CALL_LIMIT = 10.0  # seconds that one attempt may take

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "calls": "Calls measured on this lane; those of the warm-up are not among them.",
        "errors": "Calls that brought no fresh answer, a stale copy too. Their times are not in the "
        "percentiles: a refusal that comes at once would make a lane look fast.",
        "rate": "Calls that ended, per second of this lane's own measuring time.",
        "p50": "Half of the answered calls took no longer, to the last byte of the last response. With "
        "retries, waits and failed attempts count.",
        "p90": "Nine of ten answered calls took no longer.",
        "p95": "19 of 20 answered calls took no longer.",
        "p99": "99 of 100 answered calls took no longer: what one user in a hundred waits.",
        "max": "The slowest answered call.",
        "mean": "The average. It hides the tail: read it beside p99.",
        "first_byte": "Median time to the first byte of the response. gRPC's library does not tell it.",
        "bytes_up": "Bytes sent per call. REST and GraphQL: counted at the socket, headers too. gRPC: the"
        " message and its 5-byte frame; the library does not show HTTP/2 headers.",
        "bytes_down": "Bytes received per call, counted as the bytes sent are. gRPC's refusals come in"
        " HTTP/2 headers alone: they are left out of the sum, so with errors more came than is shown.",
        "attempts": "Retry amplification: attempts that went out per call. 1 without retries.",
        "round_trips": "Requests on the wire per call, over all its attempts.",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatPlan:
    """What to repeat, how often and how. InvalidInput names what cannot be."""

    operation: OperationId
    params: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    lanes: tuple[Lane, ...] = tuple(Lane)
    count: int = 200  # calls on each lane
    concurrency: int = 1  # calls at the same time on each lane
    warm_up: int = 20  # calls on each lane before the clock counts
    together: bool = False  # all lanes at the same time instead of one after the other
    resilient: bool = False  # through retries and a circuit breaker; without, the protocol alone is measured

    def __post_init__(self) -> None:
        """Check the numbers."""
        _within("calls", self.count, 1, MOST_CALLS)
        _within("calls at once", self.concurrency, 1, MOST_CONCURRENT)
        _within("warm-up", self.warm_up, 0, MOST_WARM_UP)
        if not self.lanes:
            raise InvalidInput("lanes", "choose at least one")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatProgress:
    """How far a run is; calls of the warm-up count as a phase of their own."""

    lane: Lane | None  # None while all run together
    warming_up: bool
    done: int  # calls measured so far, over all lanes
    total: int
    failed: int
    rate: float  # calls a second since the measuring began


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRun:
    """What one lane did. The sequences belong together, one entry for each call, in order of their starts."""

    lane: Lane
    duration: float  # from the first measured call to the end of the last
    starts: Sequence[float]  # seconds since this lane's measuring began
    totals: Sequence[float]  # to the last byte
    first_bytes: Sequence[float]  # NaN where the library does not tell
    failures: Sequence[int]  # 1 where the call brought no fresh answer
    errors: Mapping[str, int]  # by reason
    bytes_up: int | None  # of the round trips whose bytes were seen; None when none was
    bytes_down: int | None
    attempts: int
    round_trips: int
    latency: LatencySummary | None  # of the answered calls
    first_byte: LatencySummary | None
    unseen_up: int = 0  # round trips that are missing in bytes_up
    unseen_down: int = 0

    @property
    def calls(self) -> int:
        """Calls that ended."""
        return len(self.totals)

    @property
    def failed(self) -> int:
        """Calls without a fresh answer."""
        return sum(self.errors.values())

    @property
    def rate(self) -> float:
        """Calls per second."""
        return self.calls / self.duration if self.duration > 0 else 0.0

    @property
    def answered(self) -> list[float]:
        """The times of the answered calls, in order of their starts."""
        return [total for total, failed in zip(self.totals, self.failures, strict=True) if not failed]

    def per_call(self, number: int | None) -> float | None:
        """A sum of this lane, spread over its calls."""
        return None if number is None or not self.calls else number / self.calls


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatRun:
    """One finished or cancelled repeat."""

    plan: RepeatPlan
    started_at: float  # wall clock
    lanes: tuple[LaneRun, ...]
    skipped: Mapping[Lane, str] = field(default_factory=dict)  # why a lane was not measured
    cancelled: bool = False
    addresses: Mapping[Lane, str] = field(default_factory=dict)  # servers elsewhere; absent: embedded

    def lane(self, lane: Lane) -> LaneRun | None:
        """The figures of one lane, None when it was not measured."""
        return next((each for each in self.lanes if each.lane is lane), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneComparison:
    """One lane in two runs, as ratios of the other to the base. None without samples on both sides."""

    lane: Lane
    p50: Ratio | None
    p99: Ratio | None
    rate: float | None


def compare_runs(base: RepeatRun, other: RepeatRun) -> tuple[LaneComparison, ...]:
    """Every lane that both runs measured. Up to a second for runs of 100 000 calls."""
    found = []
    for theirs in other.lanes:
        ours = base.lane(theirs.lane)
        if ours is None:
            continue
        rate = theirs.rate / ours.rate if ours.rate else None
        samples = ours.answered, theirs.answered
        p50, p99 = compare_medians(*samples), compare_tails(*samples)
        found.append(LaneComparison(lane=theirs.lane, p50=p50, p99=p99, rate=rate))
    return tuple(found)


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise InvalidInput(name, f"must be between {low:,} and {high:,}".replace(",", " "))
