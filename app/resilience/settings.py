"""Every number of a pipeline. An instance never changes; a running pipeline is given another one.

The defaults are those of the single policies, except that a circuit stays open for 10 s: a person is
watching.
"""

from typing import Any

from app.domain.values import dataclass
from app.resilience.backoff import Jitter
from app.resilience.setting_specs import SETTINGS, WindowKind
from app.resilience.windows import CountWindow, TimeWindow, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSettings:
    """One consistent set. Times in seconds, rates as shares. Raises ValueError naming the field.

    Numbers in the type of their field; jitter and window may be given by their text, as files do.
    """

    failure_threshold: int = 5
    open_timeout: float = 10.0
    success_threshold: int = 2
    half_open_max_concurrent: int = 1
    probe_timeout: float | None = None
    open_backoff_factor: float = 1.0
    open_timeout_max: float | None = None
    window: WindowKind = WindowKind.CONSECUTIVE
    window_size: int = 20
    window_seconds: float = 10.0
    minimum_calls: int = 10
    failure_rate: float = 0.5
    slow_after: float | None = None
    slow_rate: float = 1.0
    max_retries: int = 3
    initial_delay: float = 1.0
    backoff_factor: float = 2.0
    max_delay: float = 60.0
    jitter: Jitter = Jitter.PROPORTIONAL
    retry_after_limit: float = 60.0
    retry_inside_breaker: bool = False
    budget: bool = True
    budget_ratio: float = 0.2
    budget_min_per_second: float = 10.0
    deadline: float | None = 30.0
    attempt_timeout: float | None = 5.0
    fallback: bool = True
    stale_max_age: float | None = None

    def __post_init__(self) -> None:
        for spec in SETTINGS:
            object.__setattr__(self, spec.name, spec.checked(getattr(self, spec.name)))

    def breaker(self) -> dict[str, Any]:
        """The arguments for CircuitBreaker.configure()."""
        return {
            "failure_threshold": self.failure_threshold,
            "timeout": self.open_timeout,
            "success_threshold": self.success_threshold,
            "half_open_max_concurrent": self.half_open_max_concurrent,
            "probe_timeout": self.probe_timeout,
            "open_backoff_factor": self.open_backoff_factor,
            "open_timeout_max": self.open_timeout_max,
            "window": self._window(),
        }

    def _window(self) -> Window | None:
        rates = (self.failure_rate, self.slow_after, self.slow_rate)
        match self.window:
            case WindowKind.CONSECUTIVE:
                return None
            case WindowKind.COUNT:  # two sliders that a person moves one after the other: no error between
                return CountWindow(self.window_size, min(self.minimum_calls, self.window_size), *rates)
            case WindowKind.TIME:
                return TimeWindow(self.window_seconds, self.minimum_calls, *rates)
