"""Sliding windows: when rates open a circuit, what leaves a window, and that the counts stay exact."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.resilience import CircuitBreaker, CountWindow, TimeWindow, WindowCounts
from tests.support.breakers import CLOSED, FAILURE, HALF_OPEN, IGNORED, OPEN, SUCCESS, put
from tests.support.clock import FakeClock


def test_a_count_window_opens_at_the_rate_and_not_before_the_minimum(
    make_breaker: Callable[..., CircuitBreaker],
) -> None:
    """Failures below the minimum number of calls do not open; then the share decides, limit included."""
    breaker = make_breaker(window=CountWindow(10, 4, 0.5))
    put(breaker, FAILURE, FAILURE, SUCCESS)
    assert breaker.state is CLOSED
    put(breaker, SUCCESS)
    assert breaker.state is OPEN


def test_the_rate_is_exact_where_floats_are_not(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """Seven failures in ten calls reach a limit of 0.7."""
    breaker = make_breaker(window=CountWindow(10, 10, 0.7))
    put(breaker, *[SUCCESS] * 3, *[FAILURE] * 6)
    assert breaker.state is CLOSED
    put(breaker, FAILURE)
    assert breaker.state is OPEN


def test_a_window_may_be_larger_than_any_memory(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """A size is a limit, not a reservation."""
    breaker = make_breaker(window=CountWindow(10**30, 2, 0.5))
    put(breaker, FAILURE, FAILURE)
    assert breaker.state is OPEN


def test_old_calls_leave_a_count_window(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """Only the last size calls count; failures in a row do not matter with a window."""
    breaker = make_breaker(failure_threshold=1, window=CountWindow(4, 4, 0.75))
    put(breaker, FAILURE, FAILURE, SUCCESS, SUCCESS, SUCCESS, FAILURE, FAILURE)
    counts = breaker.snapshot().window_counts
    assert (breaker.state, counts) == (CLOSED, WindowCounts(calls=4, failures=2, slow=0))
    assert breaker.snapshot().consecutive_failures == 0


def test_ignored_calls_do_not_enter_a_window(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """Neutral outcomes neither fill a window nor thin its failures out."""
    breaker = make_breaker(window=CountWindow(4, 2, 1.0))
    put(breaker, FAILURE, IGNORED, IGNORED)
    assert breaker.snapshot().window_counts == WindowCounts(1, 1, 0)
    put(breaker, FAILURE)
    assert breaker.state is OPEN


def test_a_time_window_forgets_calls_that_are_exactly_its_length_old(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """At its full age a call has left; a moment before it still counts."""
    for wait, state in ((5.0, CLOSED), (4.5, OPEN)):
        breaker = make_breaker(window=TimeWindow(5, 2, 1.0))
        put(breaker, FAILURE)
        clock.advance(wait)
        put(breaker, FAILURE)
        assert breaker.state is state


def test_slow_means_strictly_longer_and_opens_on_success_too(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """A call of exactly slow_after is not slow; enough slow successes open the circuit."""
    breaker = make_breaker(window=CountWindow(4, 2, 1.0, slow_after=2.0, slow_rate=0.5))
    breaker.call(clock.advance, 2.0)
    breaker.call(clock.advance, 2.0)
    assert breaker.state is CLOSED
    breaker.call(clock.advance, 2.5)
    assert breaker.state is CLOSED
    breaker.call(clock.advance, 2.5)
    assert breaker.state is OPEN


def test_a_slow_failure_counts_as_both(make_breaker: Callable[..., CircuitBreaker], clock: FakeClock) -> None:
    """Failing late is a failure and a slow call at once."""
    breaker = make_breaker(window=CountWindow(4, 4, 1.0, slow_after=1.0))
    permit = breaker.acquire()
    clock.advance(3)
    breaker.record(permit, FAILURE)
    assert breaker.snapshot().window_counts == WindowCounts(1, 1, 1)


def test_a_transition_empties_the_window(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """After the circuit closed again, failures from before the outage are gone."""
    breaker = make_breaker(window=CountWindow(4, 2, 1.0))
    put(breaker, FAILURE, FAILURE)
    clock.advance(10)
    put(breaker, SUCCESS, SUCCESS, FAILURE)
    assert (breaker.state, breaker.snapshot().window_counts) == (CLOSED, WindowCounts(1, 1, 0))


def test_probes_are_counted_one_by_one_also_with_a_window(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """In half-open a window plays no part: successes close, one failure opens."""
    breaker = make_breaker(window=CountWindow(4, 2, 1.0))
    put(breaker, FAILURE, FAILURE)
    clock.advance(10)
    put(breaker, SUCCESS)
    assert breaker.state is HALF_OPEN
    put(breaker, FAILURE)
    assert breaker.state is OPEN


def test_looking_at_a_time_window_does_not_change_it(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """A snapshot shows only the calls still inside, again and again."""
    breaker = make_breaker(window=TimeWindow(5, 4, 1.0))
    put(breaker, FAILURE)
    clock.advance(3)
    put(breaker, SUCCESS)
    clock.advance(2)
    assert [breaker.snapshot().window_counts for _ in range(2)] == [WindowCounts(1, 0, 0)] * 2


def test_configure_to_another_window_starts_it_empty(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """A new window starts from nothing; the same window given again keeps its counts."""
    breaker = make_breaker(window=CountWindow(4, 3, 1.0))
    put(breaker, FAILURE)
    breaker.configure(window=CountWindow(4, 3, 1.0))
    assert breaker.snapshot().window_counts == WindowCounts(1, 1, 0)
    breaker.configure(window=TimeWindow(9, 3, 1.0))
    assert breaker.snapshot().window_counts == WindowCounts(0, 0, 0)
    breaker.configure(window=None)
    assert breaker.snapshot().window_counts is None
    put(breaker, FAILURE, FAILURE, FAILURE)
    assert breaker.state is OPEN


def test_breakers_do_not_share_the_counts_of_one_window(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """A window is a setting: two breakers with the same object count for themselves."""
    window = CountWindow(4, 2, 1.0)
    first, second = make_breaker(window=window), make_breaker(window=window)
    put(first, FAILURE)
    put(second, FAILURE)
    assert (first.state, second.state) == (CLOSED, CLOSED)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=60))
def test_running_counts_equal_counting_anew(steps: list[tuple[int, bool, bool]]) -> None:
    """After any history, both tallies hold what going through the whole list would give."""
    by_count, by_time = CountWindow(5, 1, 1.0).tally(), TimeWindow(4, 1, 1.0).tally()
    history: list[tuple[int, bool, bool]] = []
    now = 0
    for passed, failed, slow in steps:
        now += passed
        history.append((now, failed, slow))
        got = [by_count.add(now, failed, slow), by_time.add(now, failed, slow)]
        inside = [history[-5:], [each for each in history if now - each[0] < 4]]
        wanted = [
            WindowCounts(len(each), sum(one[1] for one in each), sum(one[2] for one in each))
            for each in inside
        ]
        assert got == wanted == [by_count.counts(now), by_time.counts(now)]


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [(CountWindow, "size", value) for value in (0, -1, 1.5, True, None)]
    + [(TimeWindow, "seconds", value) for value in (0, -1, True, float("nan"), float("inf"), "1")]
    + [
        (kind, field, value)
        for kind in (CountWindow, TimeWindow)
        for field, values in {
            "minimum_calls": (0, 1.5, True, None),
            "failure_rate": (0, -0.1, 1.1, True, float("nan"), None),
            "slow_after": (-1, float("nan"), float("inf"), True, "1"),
            "slow_rate": (0, 1.1, True, None),
        }.items()
        for value in values
    ]
    + [(CountWindow, "minimum_calls", 11)],
)
def test_bad_windows_are_refused_by_name(kind: Any, field: str, value: object) -> None:
    """A window that cannot work raises ValueError naming the field; so does one that could never open."""
    good: dict[str, Any] = {"minimum_calls": 2, "failure_rate": 0.5}
    good["size" if kind is CountWindow else "seconds"] = 10
    with pytest.raises(ValueError, match=field):
        kind(**(good | {field: value}))
