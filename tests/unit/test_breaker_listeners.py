"""What listeners are told, in which order, and that no foreign code runs under the lock."""

import logging
import threading
from collections.abc import Callable

import pytest

from app.resilience import (
    BreakerChange,
    ChangeKind,
    CircuitBreaker,
    CircuitOpenError,
    CircuitState,
)
from tests.support.breakers import CLOSED, FAILURE, HALF_OPEN, OPEN, SUCCESS, half_opened, opened, put
from tests.support.clock import FakeClock


def test_listeners_are_told_everything_in_order(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """Every admission, outcome, rejection and transition is told once, with the snapshot right after it."""
    told: list[BreakerChange] = []
    breaker = make_breaker(listeners=[told.append])
    probe = half_opened(breaker, clock)
    with pytest.raises(CircuitOpenError):
        breaker.acquire()
    breaker.record(probe, SUCCESS)
    put(breaker, SUCCESS)
    kinds = [change.kind.value for change in told]
    assert kinds == [
        *("admitted", "failure", "admitted", "failure", "admitted", "transition"),
        *("transition", "admitted", "rejected", "success", "admitted", "transition"),
    ]
    moves = [(each.before, each.after, each.reason) for each in told if each.kind is ChangeKind.TRANSITION]
    assert moves == [
        (CLOSED, OPEN, "3 failures in a row"),
        (OPEN, HALF_OPEN, "10 s passed"),
        (HALF_OPEN, CLOSED, "2 of 2 probes succeeded"),
    ]
    assert [each.snapshot.epoch for each in told] == [0] * 5 + [1] + [2] * 5 + [3]


def test_a_listener_may_skip_what_changes_nothing(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """With ``calm=False`` only calls that leave a closed circuit without failures are not told."""
    told: list[BreakerChange] = []
    breaker = make_breaker()
    breaker.subscribe(told.append, calm=False)
    put(breaker, SUCCESS)
    assert told == []
    half_opened(breaker, clock)
    kinds = [change.kind.value for change in told]
    assert kinds == [
        *("failure", "admitted", "failure", "admitted", "transition"),
        *("transition", "admitted"),
    ]


def test_a_late_result_is_told_and_changes_nothing_else(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """A stale record makes one event of its own."""
    told: list[BreakerChange] = []
    breaker = make_breaker()
    permit = breaker.acquire()
    opened(breaker)
    breaker.subscribe(told.append)
    breaker.record(permit, SUCCESS)
    breaker.record(permit, SUCCESS)
    assert [(each.kind, each.before, each.after) for each in told] == [(ChangeKind.STALE, OPEN, OPEN)]


@pytest.mark.expected_log
def test_a_broken_listener_is_logged_and_the_next_one_still_told(
    make_breaker: Callable[..., CircuitBreaker], caplog: pytest.LogCaptureFixture
) -> None:
    """What a listener raises reaches neither the caller nor the other listeners."""
    told: list[BreakerChange] = []
    breaker = make_breaker(listeners=[lambda _change: 1 / 0, told.append])
    with caplog.at_level(logging.ERROR):
        assert breaker.call(int) == 0
    assert len(told) == 2
    assert "listener failed" in caplog.text


def test_a_listener_may_read_and_command_the_breaker(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """A listener may read or reset the breaker, and what it causes is told afterwards."""
    told: list[tuple[CircuitState, CircuitState]] = []
    breaker = make_breaker()

    def listener(change: BreakerChange) -> None:
        if change.kind is ChangeKind.TRANSITION:
            if change.after is OPEN:
                assert breaker.state is OPEN
                breaker.reset()
            told.append((change.before, change.after))

    breaker.subscribe(listener)
    put(breaker, FAILURE, FAILURE, FAILURE)
    assert told == [(CLOSED, OPEN), (OPEN, CLOSED)]
    assert breaker.state is CLOSED


def test_unsubscribing_stops_the_telling(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """After unsubscribe, which may be repeated, a listener hears nothing more."""
    told: list[BreakerChange] = []
    breaker = make_breaker()
    stop = breaker.subscribe(told.append)
    breaker.force_open()
    stop()
    stop()
    breaker.reset()
    assert len(told) == 1


def test_events_of_many_threads_arrive_in_the_order_of_the_epochs(
    make_breaker: Callable[..., CircuitBreaker],
) -> None:
    """However many threads move the circuit, listeners see the epochs in order and each exactly once."""
    told: list[int] = []
    breaker = make_breaker(listeners=[lambda change: told.append(change.snapshot.epoch)])
    go = threading.Barrier(4)

    def push() -> None:
        go.wait()
        for _ in range(100):
            breaker.force_open()
            breaker.reset()

    threads = [threading.Thread(target=push) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == list(range(1, 801))


def test_a_listener_interrupted_by_the_keyboard_does_not_silence_the_rest(
    make_breaker: Callable[..., CircuitBreaker],
) -> None:
    """KeyboardInterrupt in a listener propagates, and the next event is told again."""
    told: list[BreakerChange] = []
    errors: list[BaseException] = [KeyboardInterrupt()]

    def listener(change: BreakerChange) -> None:
        if errors:
            raise errors.pop()
        told.append(change)

    breaker = make_breaker(listeners=[listener])
    with pytest.raises(KeyboardInterrupt):
        breaker.force_open()
    breaker.reset()
    assert [change.after for change in told] == [CLOSED]


def test_no_foreign_code_runs_under_the_lock(clock: FakeClock) -> None:
    """The protected call, the clock, the predicate and the listeners all run while the lock is free."""
    held: list[str] = []
    breaker: CircuitBreaker | None = None

    def note(who: str) -> None:
        if breaker is not None and breaker._lock.locked():
            held.append(who)

    def watched() -> float:
        note("clock")
        return clock()

    def predicate(_error: BaseException) -> bool:
        note("ignored")
        return False

    def protected() -> None:
        note("func")
        raise OSError

    breaker = CircuitBreaker(2, 10.0, ignored=predicate, clock=watched)
    stop = breaker.subscribe(lambda _change: note("listener"))
    for _ in range(2):
        for _ in range(4):
            with pytest.raises((OSError, CircuitOpenError)):
                breaker.call(protected)
        clock.advance(10)
        breaker.snapshot()
        breaker.configure(timeout=11.0)
        stop()
        breaker.reset()
    assert held == []
