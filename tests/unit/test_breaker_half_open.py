"""Probes: how many, what they decide, and what happens when one does not come back."""

import math
from collections.abc import Callable

import pytest

from app.resilience import CircuitBreaker, CircuitOpenError, Outcome
from tests.support.breakers import (
    CLOSED,
    FAILURE,
    HALF_OPEN,
    IGNORED,
    OPEN,
    SUCCESS,
    half_opened,
    opened,
    put,
)
from tests.support.clock import FakeClock


def test_half_open_admits_only_as_many_probes_as_allowed(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """With one probe allowed at once the second caller is rejected without a time."""
    breaker = make_breaker()
    probe = half_opened(breaker, clock)
    with pytest.raises(CircuitOpenError) as caught:
        breaker.acquire()
    assert (caught.value.state, caught.value.retry_after) == (HALF_OPEN, None)
    breaker.record(probe, SUCCESS)
    assert breaker.acquire().probe


def test_no_more_probes_than_successes_needed(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """successes + probes in flight never exceed the success threshold, whatever the concurrency allows."""
    breaker = make_breaker(half_open_max_concurrent=10, success_threshold=3)
    first = half_opened(breaker, clock)
    breaker.acquire()
    breaker.acquire()
    with pytest.raises(CircuitOpenError):
        breaker.acquire()
    breaker.record(first, SUCCESS)
    with pytest.raises(CircuitOpenError):
        breaker.acquire()


def test_a_neutral_probe_makes_room_for_another(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """An ignored outcome in half-open gives the permit back and counts nothing."""
    breaker = make_breaker()
    breaker.record(half_opened(breaker, clock), IGNORED)
    seen = breaker.snapshot()
    assert (seen.state, seen.half_open_successes, seen.in_flight) == (HALF_OPEN, 0, 0)
    assert breaker.acquire().probe


def test_enough_successful_probes_close_the_circuit(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """The last needed success closes the circuit, forgets the trips, and normal counting begins anew."""
    breaker = make_breaker()
    breaker.record(half_opened(breaker, clock), SUCCESS)
    assert breaker.snapshot().half_open_successes == 1
    breaker.call(int)
    seen = breaker.snapshot()
    assert (seen.state, seen.epoch, seen.trips, seen.consecutive_failures) == (CLOSED, 3, 0, 0)


def test_successes_are_not_kept_across_half_open_periods(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """A success before a failed probe is worth nothing in the next half-open period."""
    breaker = make_breaker()
    breaker.record(half_opened(breaker, clock), SUCCESS)
    put(breaker, FAILURE)
    assert breaker.state is OPEN
    clock.advance(10)
    put(breaker, SUCCESS)
    assert breaker.state is HALF_OPEN


def test_the_first_failed_probe_opens_and_makes_the_others_stale(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """After one probe failed, the other's success is a late result."""
    breaker = make_breaker(half_open_max_concurrent=2)
    first, second = half_opened(breaker, clock), breaker.acquire()
    assert breaker.record(first, FAILURE) is True
    assert breaker.record(second, SUCCESS) is False
    seen = breaker.snapshot()
    assert (seen.state, seen.trips, seen.stale_results, seen.retry_after) == (OPEN, 2, 1, 10.0)


def test_open_times_grow_up_to_the_limit_and_start_again_after_a_close(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """Openings last timeout × factor^trips, at most the maximum; a close starts at timeout again."""
    breaker = opened(make_breaker(open_backoff_factor=3.0, open_timeout_max=60.0))
    lengths = [breaker.snapshot().open_for]
    for _ in range(3):
        clock.advance(breaker.snapshot().open_for)
        put(breaker, FAILURE)
        lengths.append(breaker.snapshot().open_for)
    assert lengths == [10.0, 30.0, 60.0, 60.0]
    clock.advance(60)
    put(breaker, SUCCESS, SUCCESS)
    assert opened(breaker).snapshot().open_for == 10.0


def test_open_times_cannot_overflow(clock: FakeClock) -> None:
    """A thousand trips at factor ten end at the maximum instead of an OverflowError."""
    breaker = CircuitBreaker(1, 1.0, open_backoff_factor=10.0, open_timeout_max=50.0, clock=clock)
    for _ in range(1000):
        clock.advance(50)
        put(breaker, FAILURE)
    assert (breaker.snapshot().trips, breaker.snapshot().open_for) == (1000, 50.0)


def test_an_overdue_probe_opens_at_the_next_acquire(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """A probe as old as probe_timeout counts as failed when somebody next asks; the asker is rejected."""
    breaker = make_breaker(probe_timeout=4.0, open_backoff_factor=2.0)
    probe = half_opened(breaker, clock)
    clock.advance(3.999)
    with pytest.raises(CircuitOpenError) as caught:
        breaker.acquire()
    assert caught.value.state is HALF_OPEN
    clock.advance(0.001)
    with pytest.raises(CircuitOpenError) as caught:
        breaker.acquire()
    assert (caught.value.state, caught.value.retry_after, breaker.epoch) == (OPEN, 20.0, 3)
    assert breaker.record(probe, SUCCESS) is False
    assert breaker.snapshot().stale_results == 1


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_overdue_probe_opens_at_its_own_record(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock, outcome: Outcome
) -> None:
    """A probe that comes back too late is a late result, whatever it says."""
    breaker = make_breaker(probe_timeout=4.0)
    probe = half_opened(breaker, clock)
    clock.advance(4)
    assert breaker.record(probe, outcome) is False
    seen = breaker.snapshot()
    assert (seen.state, seen.epoch, seen.trips, seen.stale_results) == (OPEN, 3, 2, 1)


def test_the_oldest_probe_decides(make_breaker: Callable[..., CircuitBreaker], clock: FakeClock) -> None:
    """A younger probe's success does not count once the oldest is overdue, but does when that came back."""
    for return_first, state in ((False, OPEN), (True, HALF_OPEN)):
        breaker = make_breaker(probe_timeout=4.0, half_open_max_concurrent=2, success_threshold=3)
        first = half_opened(breaker, clock)
        clock.advance(2)
        second = breaker.acquire()
        if return_first:
            breaker.record(first, IGNORED)
        clock.advance(2)
        breaker.record(second, SUCCESS)
        assert breaker.state is state


def test_a_late_result_of_another_epoch_also_acts_on_an_overdue_probe(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """Any record notices an overdue probe; the late result itself changes nothing more."""
    breaker = make_breaker(probe_timeout=4.0)
    late = breaker.acquire()
    half_opened(breaker, clock)
    clock.advance(4)
    breaker.record(late, SUCCESS)
    seen = breaker.snapshot()
    assert (seen.state, seen.epoch, seen.stale_results) == (OPEN, 3, 1)


def test_a_read_only_shows_that_a_probe_is_overdue(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """state and snapshot show OPEN with the time it would take, and leave the machine half-open."""
    breaker = make_breaker(probe_timeout=4.0, open_backoff_factor=2.0)
    half_opened(breaker, clock)
    clock.advance(4)
    seen = breaker.snapshot()
    assert (seen.state, seen.retry_after, seen.open_for, seen.epoch, seen.trips) == (OPEN, 20.0, 20.0, 2, 1)
    assert (breaker.state, breaker.epoch) == (OPEN, 2)


def test_probe_timeout_is_timeout_unless_given_and_can_be_never(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """None means as long as timeout; infinity means that a probe is waited for without end."""
    default, never = opened(make_breaker()), opened(make_breaker(probe_timeout=math.inf))
    clock.advance(10)
    assert default.acquire().probe
    assert never.acquire().probe
    clock.advance(9.999)
    assert default.state is HALF_OPEN
    clock.advance(1e9)
    assert (default.state, never.state) == (OPEN, HALF_OPEN)


def test_an_idle_half_open_circuit_never_expires(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """Without a probe in flight half-open lasts for as long as nobody calls."""
    breaker = make_breaker()
    breaker.record(half_opened(breaker, clock), SUCCESS)
    clock.advance(1e9)
    assert breaker.acquire().probe
    assert breaker.epoch == 2
