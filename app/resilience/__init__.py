"""Policies against failing services: breaker, backoff, retry, budget, timeout, fallback, pipeline.

No Qt, no I/O, no thread of its own except the one that call_with_fallback and enforced timeouts need. Cheap
to import.
"""

from app.resilience.announce import announce_breaker
from app.resilience.backoff import Jitter, backoff_delay, backoff_envelope
from app.resilience.breaker import CircuitBreaker
from app.resilience.breaker_settings import BreakerSettings
from app.resilience.budget import RetryBudget
from app.resilience.classify import breaker_outcome, may_serve_stale, retryable
from app.resilience.fallback import StaleCopies, call_with_fallback
from app.resilience.hints import Hint, hint_of, pushback_seconds, retry_after_seconds
from app.resilience.pipeline import Attempt, Pipeline
from app.resilience.report import CallReport
from app.resilience.retry import RetryRecord, RetryWait, retry_with_backoff
from app.resilience.setting_specs import SETTINGS, SettingKind, SettingSpec, WindowKind
from app.resilience.settings import PipelineSettings
from app.resilience.snapshot import BreakerChange, BreakerSnapshot, ChangeKind
from app.resilience.states import CircuitOpenError, CircuitState, Outcome, Permit
from app.resilience.timeout import AttemptTimeoutError, call_with_timeout
from app.resilience.windows import CountWindow, TimeWindow, WindowCounts

__all__ = [
    "SETTINGS",
    "Attempt",
    "AttemptTimeoutError",
    "BreakerChange",
    "BreakerSettings",
    "BreakerSnapshot",
    "CallReport",
    "ChangeKind",
    "CircuitBreaker",
    "CircuitOpenError",
    "CircuitState",
    "CountWindow",
    "Hint",
    "Jitter",
    "Outcome",
    "Permit",
    "Pipeline",
    "PipelineSettings",
    "RetryBudget",
    "RetryRecord",
    "RetryWait",
    "SettingKind",
    "SettingSpec",
    "StaleCopies",
    "TimeWindow",
    "WindowCounts",
    "WindowKind",
    "announce_breaker",
    "backoff_delay",
    "backoff_envelope",
    "breaker_outcome",
    "call_with_fallback",
    "call_with_timeout",
    "hint_of",
    "may_serve_stale",
    "pushback_seconds",
    "retry_after_seconds",
    "retry_with_backoff",
    "retryable",
]
