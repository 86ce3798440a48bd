"""Policies against failing services: breaker, backoff, retry, budget, timeout, fallback, pipeline.

No Qt, no I/O, no thread of its own except the one that call_with_fallback and enforced timeouts need. Cheap
to import.
"""

from app.resilience.backoff import Jitter, backoff_delay, backoff_envelope
from app.resilience.breaker import CircuitBreaker
from app.resilience.breaker_settings import BreakerSettings
from app.resilience.snapshot import BreakerChange, BreakerSnapshot, ChangeKind
from app.resilience.states import CircuitOpenError, CircuitState, Outcome, Permit
from app.resilience.windows import CountWindow, TimeWindow, WindowCounts

__all__ = [
    "BreakerChange",
    "BreakerSettings",
    "BreakerSnapshot",
    "ChangeKind",
    "CircuitBreaker",
    "CircuitOpenError",
    "CircuitState",
    "CountWindow",
    "Jitter",
    "Outcome",
    "Permit",
    "TimeWindow",
    "WindowCounts",
    "backoff_delay",
    "backoff_envelope",
]
