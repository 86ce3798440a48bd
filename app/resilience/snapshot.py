"""What can be seen of a breaker from outside: a picture at one moment, and what changed."""

from enum import StrEnum

from app.domain.values import dataclass
from app.resilience.states import CircuitState
from app.resilience.windows import Window, WindowCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSnapshot:
    """A breaker at one moment. ``state`` is what the next acquire() would meet, so it may show HALF_OPEN
    (due) or OPEN (a probe timed out) before the transition has happened; ``epoch`` and the counters are
    those of the machine itself.
    """

    state: CircuitState
    epoch: int  # transitions so far, manual ones too
    consecutive_failures: int  # 0 with a window
    half_open_successes: int
    in_flight: int  # permits of this epoch given and not yet recorded; 0 in DISABLED
    retry_after: float | None  # seconds until a probe may go; None unless state is OPEN
    open_for: float  # seconds: length of this open period, else of the last one; 0.0 before the first
    trips: int  # times opened since it was last closed
    rejected: int  # calls refused, ever
    stale_results: int  # records of permits from older epochs, ever
    name: str = ""
    at: float = 0.0  # breaker's clock
    failure_threshold: int = 5
    success_threshold: int = 2
    half_open_max_concurrent: int = 1
    timeout: float = 60.0
    window: Window | None = None
    window_counts: WindowCounts | None = None


class ChangeKind(StrEnum):
    """What a listener is told about."""

    TRANSITION = "transition"
    ADMITTED = "admitted"
    REJECTED = "rejected"
    SUCCESS = "success"
    FAILURE = "failure"
    IGNORED = "ignored"
    STALE = "stale"  # a late result; nothing else changed
    CONFIGURED = "configured"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerChange:
    """One thing that happened inside a breaker; ``snapshot`` is taken right after it, in the same step.

    An outcome that moves the circuit is told once, as the TRANSITION. Only then may ``before`` and
    ``after`` differ (a manual reset of a closed circuit is a transition to itself).
    """

    kind: ChangeKind
    at: float  # breaker's clock
    before: CircuitState
    after: CircuitState
    reason: str  # "5 failures in a row"; empty when nothing needs explaining
    snapshot: BreakerSnapshot
