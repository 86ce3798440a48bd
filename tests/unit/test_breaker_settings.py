"""Refusing settings that cannot work, and changing them while running."""

import gc
import math
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from app.resilience import (
    CircuitBreaker,
    CircuitOpenError,
    CountWindow,
)
from tests.support.breakers import (
    CLOSED,
    FAILURE,
    OPEN,
    SUCCESS,
    half_opened,
    opened,
    put,
)
from tests.support.clock import FakeClock

BAD_NUMBERS = [math.nan, math.inf, -math.inf, True, -1, 0, "1", None, [], 1j]


@pytest.mark.parametrize("field", ["failure_threshold", "success_threshold", "half_open_max_concurrent"])
@pytest.mark.parametrize("value", [*BAD_NUMBERS, 1.0, 2.5])
def test_bad_counts_are_refused_by_name(field: str, value: object) -> None:
    """A count that is no whole number of at least 1 raises ValueError naming the field."""
    with pytest.raises(ValueError, match=field):
        CircuitBreaker(**{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value"),
    [("timeout", value) for value in BAD_NUMBERS]
    + [("probe_timeout", value) for value in (math.nan, -math.inf, True, -1, 0, "1")]
    + [("open_backoff_factor", value) for value in (math.nan, math.inf, True, 0.5, "2", None)]
    + [("open_timeout_max", value) for value in (math.nan, True, -1, 0, "1")]
    + [("window", value) for value in (5, CountWindow, "count")]
    + [("ignored", value) for value in (5, (OSError, 5), int, "OSError", None)]
    + [("clock", 5), ("listeners", [5]), ("listeners", 5), ("listeners", print), ("name", 5)],
)
def test_bad_settings_are_refused_by_name(field: str, value: Any) -> None:
    """Anything that cannot work raises ValueError naming the field, before a breaker exists."""
    with pytest.raises(ValueError, match=field):
        CircuitBreaker(**{field: value})


@pytest.mark.parametrize("changes", [{"timeout": -1}, {"failure_threshold": 0}, {"no_such_thing": 1}])
def test_configure_changes_all_or_nothing(
    make_breaker: Callable[..., CircuitBreaker], changes: dict[str, Any]
) -> None:
    """A bad value in a change leaves every setting as it was and is named."""
    breaker = make_breaker()
    with pytest.raises(ValueError, match=next(iter(changes))):
        breaker.configure(success_threshold=7, **changes)
    assert breaker.snapshot().success_threshold == 2


def test_configure_keeps_state_and_counts(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """A lower threshold acts at the next failure; counts and epoch stay."""
    breaker = make_breaker()
    put(breaker, FAILURE)
    breaker.configure(failure_threshold=2)
    seen = breaker.snapshot()
    assert (seen.epoch, seen.consecutive_failures, seen.failure_threshold) == (0, 1, 2)
    put(breaker, FAILURE)
    assert breaker.state is OPEN


def test_configure_changes_the_open_period_that_runs(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """A shorter timeout shortens the wait that is under way, with and without the lock."""
    breaker = opened(make_breaker(open_backoff_factor=3.0))
    clock.advance(4)
    breaker.configure(timeout=5.0)
    assert breaker.snapshot().retry_after == 1.0
    with pytest.raises(CircuitOpenError) as caught:
        breaker.call(int)
    assert caught.value.retry_after == 1.0
    clock.advance(1)
    assert breaker.acquire().probe


def test_configure_closes_a_half_open_circuit_with_enough_successes(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """Lowering the success threshold to what has been reached closes instead of waiting for ever."""
    breaker = make_breaker()
    breaker.record(half_opened(breaker, clock), SUCCESS)
    breaker.configure(success_threshold=1)
    assert (breaker.state, breaker.epoch, breaker.snapshot().trips) == (CLOSED, 3, 0)


def test_configure_from_two_threads_loses_nothing(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """Two threads that change different settings at once both succeed."""
    breaker = make_breaker()
    go = threading.Barrier(2)

    def change(field: str) -> None:
        go.wait()
        for value in range(1, 200):
            breaker.configure(**{field: value})

    threads = [threading.Thread(target=change, args=(name,)) for name in ("timeout", "success_threshold")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (breaker.snapshot().timeout, breaker.snapshot().success_threshold) == (199, 199)


def test_a_breaker_is_freed_without_the_garbage_collector(
    make_breaker: Callable[..., CircuitBreaker],
) -> None:
    """No reference cycle keeps a breaker, its permits or its rejections alive."""
    gc.disable()
    try:
        breaker = opened(make_breaker())
        with pytest.raises(CircuitOpenError):
            breaker.call(int)
        ghost = weakref.ref(breaker)
        del breaker
        assert ghost() is None
    finally:
        gc.enable()
