"""Shorthand for tests of the circuit breaker."""

from app.resilience import CircuitBreaker, CircuitState, Outcome, Permit
from tests.support.clock import FakeClock

CLOSED, OPEN, HALF_OPEN = CircuitState.CLOSED, CircuitState.OPEN, CircuitState.HALF_OPEN
FORCED_OPEN, DISABLED = CircuitState.FORCED_OPEN, CircuitState.DISABLED
SUCCESS, FAILURE, IGNORED = Outcome.SUCCESS, Outcome.FAILURE, Outcome.IGNORED


def put(breaker: CircuitBreaker, *outcomes: Outcome) -> None:
    """One recorded call after the other."""
    for outcome in outcomes:
        breaker.record(breaker.acquire(), outcome)


def opened(breaker: CircuitBreaker) -> CircuitBreaker:
    """The breaker after three failures."""
    put(breaker, FAILURE, FAILURE, FAILURE)
    assert breaker.state is OPEN
    return breaker


def half_opened(breaker: CircuitBreaker, clock: FakeClock) -> Permit:
    """Open it, wait, and take the first probe."""
    opened(breaker)
    clock.advance(10)
    return breaker.acquire()


def fail(error: BaseException) -> None:
    """Raise ``error``."""
    raise error
