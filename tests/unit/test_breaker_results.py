"""Late and repeated results, commands by hand, and reading without consequences."""

from collections.abc import Callable

import pytest

from app.resilience import BreakerChange, CircuitBreaker, CircuitOpenError, Outcome
from tests.support.breakers import (
    CLOSED,
    DISABLED,
    FAILURE,
    FORCED_OPEN,
    HALF_OPEN,
    OPEN,
    SUCCESS,
    fail,
    half_opened,
    opened,
    put,
)
from tests.support.clock import FakeClock


@pytest.mark.parametrize("way", ["call", "permit"])
def test_late_success_leaves_an_open_circuit_open(
    make_breaker: Callable[..., CircuitBreaker], way: str
) -> None:
    """A call admitted before the circuit opened cannot close it by succeeding afterwards."""
    breaker = make_breaker()
    if way == "call":
        breaker.call(opened, breaker)
    else:
        permit = breaker.acquire()
        opened(breaker)
        assert breaker.record(permit, SUCCESS) is False
    seen = breaker.snapshot()
    assert (seen.state, seen.epoch, seen.stale_results) == (OPEN, 1, 1)


def test_late_results_do_not_count_in_the_next_closed_period(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """Failures of calls from before the outage do not open the circuit after it closed again."""
    breaker = make_breaker()
    old = [breaker.acquire() for _ in range(3)]
    half_opened(breaker, clock)
    breaker.reset()
    for permit in old:
        breaker.record(permit, FAILURE)
    seen = breaker.snapshot()
    assert (seen.state, seen.consecutive_failures, seen.stale_results) == (CLOSED, 0, 3)


@pytest.mark.parametrize("first", list(Outcome))
@pytest.mark.parametrize("second", list(Outcome))
def test_a_second_record_has_no_effect(
    make_breaker: Callable[..., CircuitBreaker], first: Outcome, second: Outcome
) -> None:
    """Only the first record of a permit counts, also when it was late."""
    breaker = make_breaker()
    put(breaker, FAILURE)
    permit = breaker.acquire()
    breaker.record(permit, first)
    before = breaker.snapshot()
    assert breaker.record(permit, second) is False
    assert breaker.snapshot() == before
    late = breaker.acquire()
    breaker.force_open()
    breaker.record(late, first)
    breaker.record(late, second)
    assert breaker.snapshot().stale_results == 1


def test_a_permit_of_another_breaker_is_refused(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """Recording a foreign permit or something that is no outcome raises ValueError and counts nothing."""
    breaker, other = make_breaker(), make_breaker()
    put(breaker, FAILURE)
    with pytest.raises(ValueError, match="permit"):
        breaker.record(other.acquire(), SUCCESS)
    with pytest.raises(ValueError, match="outcome"):
        breaker.record(breaker.acquire(), "success")  # type: ignore[arg-type]
    assert breaker.snapshot().consecutive_failures == 1


def test_forced_open_never_times_out(make_breaker: Callable[..., CircuitBreaker], clock: FakeClock) -> None:
    """A circuit forced open rejects for ever, without a time, until it is reset."""
    breaker = make_breaker()
    breaker.force_open()
    clock.advance(1e9)
    with pytest.raises(CircuitOpenError) as caught:
        breaker.call(int)
    assert (caught.value.state, caught.value.retry_after) == (FORCED_OPEN, None)
    assert (breaker.state, breaker.snapshot().retry_after) == (FORCED_OPEN, None)
    breaker.reset()
    assert breaker.call(int) == 0


def test_disabled_admits_and_counts_nothing(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """A disabled circuit lets everything through whatever comes back."""
    breaker = make_breaker()
    breaker.disable()
    before = breaker.snapshot()
    for _ in range(10):
        with pytest.raises(OSError, match="x"):
            breaker.call(fail, OSError("x"))
    breaker.acquire()
    after = breaker.snapshot()
    assert (after.state, after.epoch) == (DISABLED, 1)
    assert after == before


@pytest.mark.parametrize("start", ["closed", "open", "half-open", "forced", "disabled"])
@pytest.mark.parametrize("command", ["force_open", "disable", "reset"])
def test_each_command_is_a_transition_from_everywhere(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock, start: str, command: str
) -> None:
    """By hand too, a transition adds one epoch, clears the counters and makes permits stale."""
    breaker = make_breaker(half_open_max_concurrent=2, success_threshold=5)
    match start:
        case "open":
            opened(breaker)
        case "half-open":
            breaker.record(half_opened(breaker, clock), SUCCESS)
            breaker.acquire()
        case "forced":
            breaker.force_open()
        case "disabled":
            breaker.disable()
        case _:
            put(breaker, FAILURE)
            breaker.acquire()
    epoch = breaker.epoch
    getattr(breaker, command)()
    seen = breaker.snapshot()
    expected = {"force_open": FORCED_OPEN, "disable": DISABLED, "reset": CLOSED}[command]
    assert (seen.state, seen.epoch) == (expected, epoch + 1)
    assert (seen.consecutive_failures, seen.half_open_successes, seen.in_flight) == (0, 0, 0)


def test_reset_forgets_trips_but_not_the_totals(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """After a reset the next opening lasts timeout again; rejected and late results are totals and stay."""
    breaker = opened(make_breaker(open_backoff_factor=4.0))
    with pytest.raises(CircuitOpenError):
        breaker.acquire()
    breaker.reset()
    seen = breaker.snapshot()
    assert (seen.trips, seen.rejected) == (0, 1)
    assert opened(breaker).snapshot().open_for == 10.0


def test_reading_shows_half_open_when_due_and_changes_nothing(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """A picture at 30 Hz never drives the machine: no transition, no event, no epoch."""
    told: list[BreakerChange] = []
    breaker = opened(make_breaker())
    breaker.subscribe(told.append)
    clock.advance(10)
    for _ in range(30):
        assert breaker.state is HALF_OPEN
        assert breaker.snapshot().state is HALF_OPEN
    assert (breaker.epoch, breaker.snapshot().retry_after, told) == (1, None, [])


def test_the_snapshot_counts_down(make_breaker: Callable[..., CircuitBreaker], clock: FakeClock) -> None:
    """retry_after is what is left of open_for."""
    breaker = opened(make_breaker())
    left = []
    for _ in range(3):
        left.append(breaker.snapshot().retry_after)
        clock.advance(2.5)
    assert left == [10.0, 7.5, 5.0]
    assert breaker.snapshot().open_for == 10.0
