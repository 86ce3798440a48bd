"""What a settings panel must know about every number of a pipeline: meaning, unit, range, default.

Pure data. The values themselves are PipelineSettings, which checks itself against this table.
"""

from enum import StrEnum
from typing import Any

from app.domain.values import dataclass
from app.resilience import checks
from app.resilience.backoff import Jitter


class WindowKind(StrEnum):
    """What decides that a closed circuit opens."""

    CONSECUTIVE = "failures in a row"
    COUNT = "share of the last calls"
    TIME = "share of the last seconds"


class SettingKind(StrEnum):
    """Which control fits a setting."""

    SWITCH = "switch"
    CHOICE = "choice"
    INTEGER = "integer"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingSpec:
    """How to show and check one field of PipelineSettings."""

    name: str
    group: str
    label: str
    meaning: str  # one sentence
    kind: SettingKind
    default: Any
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    none_means: str = ""  # what None says, in words; empty: None is not allowed

    def checked(self, value: Any) -> Any:
        """``value`` in its own type, or ValueError naming the field."""
        if value is None and self.none_means:
            return None
        match self.kind:
            case SettingKind.SWITCH:
                if not isinstance(value, bool):
                    raise ValueError(f"{self.name} must be true or false, not {value!r}")
                return value
            case SettingKind.CHOICE:
                if value not in self.choices:
                    raise ValueError(f"{self.name} must be one of {', '.join(self.choices)}, not {value!r}")
                return type(self.default)(value)
            case SettingKind.INTEGER:
                result: float = checks.whole(self.name, value, minimum=int(self.minimum or 0))
            case SettingKind.NUMBER:
                result = checks.number(self.name, value, minimum=self.minimum or 0.0)
        if self.maximum is not None and result > self.maximum:
            raise ValueError(f"{self.name} must be at most {self.maximum:g}, not {value!r}")
        return result


_SHORTEST, _LONGEST = 0.001, 86_400.0


def _switch(name: str, default: Any, group: str, label: str, meaning: str) -> SettingSpec:
    return SettingSpec(
        name=name,
        group=group,
        label=label,
        meaning=meaning,
        kind=SettingKind.SWITCH,
        default=default,
    )


def _choice(
    name: str, default: Any, group: str, label: str, meaning: str, choices: type[StrEnum]
) -> SettingSpec:
    return SettingSpec(
        name=name,
        group=group,
        label=label,
        meaning=meaning,
        kind=SettingKind.CHOICE,
        default=default,
        choices=tuple(choice.value for choice in choices),
    )


def _whole(
    name: str, default: Any, group: str, label: str, meaning: str, unit: str, low: int, high: int
) -> SettingSpec:
    return SettingSpec(
        name=name,
        group=group,
        label=label,
        meaning=meaning,
        kind=SettingKind.INTEGER,
        default=default,
        unit=unit,
        minimum=low,
        maximum=high,
    )


def _number(
    name: str,
    default: Any,
    group: str,
    label: str,
    meaning: str,
    unit: str = "s",
    low: float = _SHORTEST,
    high: float = _LONGEST,
    none_means: str = "",
) -> SettingSpec:
    return SettingSpec(
        name=name,
        group=group,
        label=label,
        meaning=meaning,
        kind=SettingKind.NUMBER,
        default=default,
        unit=unit,
        minimum=low,
        maximum=high,
        none_means=none_means,
    )


_BREAKER, _RETRY, _BUDGET, _TIME, _FALLBACK = "Circuit breaker", "Retry", "Retry budget", "Time", "Fallback"

SETTINGS: tuple[SettingSpec, ...] = (
    _choice(
        "window",
        WindowKind.CONSECUTIVE,
        _BREAKER,
        "Opens on",
        "What a closed circuit counts to decide that it must open.",
        WindowKind,
    ),
    _whole(
        "failure_threshold",
        5,
        _BREAKER,
        "Failures to open",
        "So many failures in a row open the circuit.",
        "failures",
        1,
        1000,
    ),
    _whole(
        "window_size",
        20,
        _BREAKER,
        "Window",
        "The share of failures is taken over so many last calls.",
        "calls",
        1,
        10_000,
    ),
    _number(
        "window_seconds",
        10.0,
        _BREAKER,
        "Window",
        "The share of failures is taken over the calls of so many last seconds.",
        high=3600.0,
    ),
    _whole(
        "minimum_calls",
        10,
        _BREAKER,
        "At least",
        "With fewer calls than this in the window the circuit stays closed.",
        "calls",
        1,
        10_000,
    ),
    _number(
        "failure_rate",
        0.5,
        _BREAKER,
        "Failure share to open",
        "The circuit opens when this share of the calls in the window failed.",
        "share",
        0.01,
        1.0,
    ),
    _number(
        "slow_after",
        None,
        _BREAKER,
        "Slow after",
        "A call that takes longer than this counts as slow.",
        low=0.0,
        high=3600.0,
        none_means="speed does not matter",
    ),
    _number(
        "slow_rate",
        1.0,
        _BREAKER,
        "Slow share to open",
        "The circuit opens when this share of the calls in the window was slow.",
        "share",
        0.01,
        1.0,
    ),
    _number(
        "open_timeout",
        10.0,
        _BREAKER,
        "Stays open for",
        "An open circuit refuses calls for so long before it lets a probe through.",
        low=0.05,
    ),
    _number(
        "open_backoff_factor",
        1.0,
        _BREAKER,
        "Longer each time",
        "Each opening without a close between lasts this many times longer.",
        "×",
        1.0,
        10.0,
    ),
    _number(
        "open_timeout_max",
        None,
        _BREAKER,
        "But at most",
        "No opening lasts longer than this.",
        low=0.05,
        none_means="no limit",
    ),
    _whole(
        "success_threshold",
        2,
        _BREAKER,
        "Successes to close",
        "So many successful probes close a half-open circuit.",
        "successes",
        1,
        100,
    ),
    _whole(
        "half_open_max_concurrent",
        1,
        _BREAKER,
        "Probes at once",
        "So many probes may be under way at the same time.",
        "probes",
        1,
        100,
    ),
    _number(
        "probe_timeout",
        None,
        _BREAKER,
        "Probe gives up after",
        "A probe without an answer for so long opens the circuit again.",
        low=0.05,
        none_means="as long as the circuit stays open",
    ),
    _whole(
        "max_retries",
        3,
        _RETRY,
        "Retries",
        "A call is tried again at most so many times; 0 turns retrying off.",
        "retries",
        0,
        100,
    ),
    _number(
        "initial_delay",
        1.0,
        _RETRY,
        "First wait",
        "So long is the wait before the first retry.",
        low=0.0,
        high=3600.0,
    ),
    _number(
        "backoff_factor",
        2.0,
        _RETRY,
        "Longer each time",
        "Each further wait is this many times longer than the one before.",
        "×",
        1.0,
        10.0,
    ),
    _number(
        "max_delay",
        60.0,
        _RETRY,
        "But at most",
        "No wait is longer than this, before jitter.",
        low=0.0,
        high=3600.0,
    ),
    _choice(
        "jitter",
        Jitter.PROPORTIONAL,
        _RETRY,
        "Jitter",
        "How chance spreads the waits, so that many clients do not retry at once.",
        Jitter,
    ),
    _number(
        "retry_after_limit",
        60.0,
        _RETRY,
        "Longest Retry-After",
        "When a server asks for a longer wait than this, the call is not retried.",
        low=0.0,
    ),
    _switch(
        "retry_inside_breaker",
        False,
        _RETRY,
        "Retry inside the breaker",
        "The breaker then sees a call with all its retries as one, and opens much later.",
    ),
    _switch(
        "budget",
        True,
        _BUDGET,
        "Limit retries",
        "Retries may only be a share of the calls, so that they do not multiply the load of an outage.",
    ),
    _number(
        "budget_ratio",
        0.2,
        _BUDGET,
        "Retries per call",
        "Each call earns this share of a retry.",
        "share",
        0.0,
        10.0,
    ),
    _number(
        "budget_min_per_second",
        10.0,
        _BUDGET,
        "And always",
        "So many retries a second are earned without any call.",
        "per s",
        0.0,
        1000.0,
    ),
    _number(
        "attempt_timeout",
        5.0,
        _TIME,
        "One attempt",
        "An attempt without an answer for so long has failed.",
        low=0.01,
        high=3600.0,
        none_means="no limit",
    ),
    _number(
        "deadline",
        30.0,
        _TIME,
        "Whole call",
        "A call with all its attempts and waits takes no longer than this.",
        low=0.01,
        high=3600.0,
        none_means="no limit",
    ),
    _switch(
        "fallback",
        True,
        _FALLBACK,
        "Serve a stale copy",
        "When the service fails, the last good answer to the same request is shown, marked as stale.",
    ),
    _number(
        "stale_max_age",
        None,
        _FALLBACK,
        "Not older than",
        "An older copy is not served.",
        low=0.0,
        none_means="any age",
    ),
)
