"""The numbers of one circuit breaker, checked once and then trusted."""

import math
from collections.abc import Callable
from typing import Any

from app.domain.errors import Cancelled
from app.domain.values import dataclass
from app.resilience import checks
from app.resilience.states import Outcome
from app.resilience.windows import CountWindow, TimeWindow, Window

Ignored = type[BaseException] | tuple[type[BaseException], ...] | Callable[[BaseException], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """One consistent set of a breaker's settings. Raises ValueError naming the field. Times in seconds."""

    failure_threshold: int = 5
    timeout: float = 60.0  # more than 0: with 0 every probe would be too old at once
    success_threshold: int = 2
    half_open_max_concurrent: int = 1
    probe_timeout: float | None = None  # None: as long as timeout; math.inf: never
    open_backoff_factor: float = 1.0
    open_timeout_max: float | None = None  # None: no limit
    window: Window | None = None  # replaces the count of consecutive failures
    ignored: Ignored = ()

    def __post_init__(self) -> None:
        checks.whole("failure_threshold", self.failure_threshold, minimum=1)
        checks.number("timeout", self.timeout, above=True)
        checks.whole("success_threshold", self.success_threshold, minimum=1)
        checks.whole("half_open_max_concurrent", self.half_open_max_concurrent, minimum=1)
        if self.probe_timeout is not None:
            checks.number("probe_timeout", self.probe_timeout, above=True, infinite=True)
        checks.number("open_backoff_factor", self.open_backoff_factor, minimum=1.0)
        if self.open_timeout_max is not None:
            checks.number("open_timeout_max", self.open_timeout_max, above=True, infinite=True)
        if self.window is not None and not isinstance(self.window, (CountWindow, TimeWindow)):
            raise ValueError(f"window must be a CountWindow, a TimeWindow or None, not {self.window!r}")
        _check_ignored(self.ignored)

    def open_for(self, trips: int) -> float:
        """Seconds to stay open after ``trips`` earlier openings without a close between."""
        longest = math.inf if self.open_timeout_max is None else float(self.open_timeout_max)
        try:
            wanted = float(self.timeout) * float(self.open_backoff_factor) ** trips
        except OverflowError:
            wanted = math.inf
        return min(longest, wanted)

    @property
    def probe_limit(self) -> float:
        """Seconds after which an unanswered probe counts as failed."""
        return self.timeout if self.probe_timeout is None else self.probe_timeout

    def outcome_of(self, error: BaseException) -> Outcome:
        """What an exception means. Runs foreign code when ``ignored`` is a predicate: never under a lock."""
        if not isinstance(error, Exception) or isinstance(error, Cancelled):
            return Outcome.IGNORED
        ignored: Any = self.ignored
        if isinstance(ignored, (tuple, type)):
            return Outcome.IGNORED if isinstance(error, ignored) else Outcome.FAILURE
        return Outcome.IGNORED if ignored(error) else Outcome.FAILURE


def _check_ignored(ignored: Any) -> None:
    kinds = ignored if isinstance(ignored, tuple) else (ignored,)
    if all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds):
        return
    if isinstance(ignored, (tuple, type)) or not callable(ignored):
        raise ValueError(f"ignored must be exception types or a predicate over an exception, not {ignored!r}")
