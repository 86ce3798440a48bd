"""One quick check for each rule of the circuit breaker, for any implementation with the same names.

A check gets the names as attributes (CircuitBreaker, CountWindow, TimeWindow) and raises when a rule is
broken. They are few and fast, so that they can be run against dozens of mutants.
"""
# ruff: noqa: PT017  (used on mutants, where pytest would be slow)

from collections.abc import Callable
from typing import Any

from app.domain.errors import Cancelled
from app.resilience.states import CircuitOpenError, CircuitState, Outcome
from tests.support.clock import FakeClock

SUCCESS, FAILURE, IGNORED = Outcome.SUCCESS, Outcome.FAILURE, Outcome.IGNORED
CHECKS: list[Callable[[Any], None]] = []


def check(function: Callable[[Any], None]) -> Callable[[Any], None]:
    """Put a function into the list."""
    CHECKS.append(function)
    return function


class Rig:
    """A breaker with a clock and a record of what its listener heard."""

    def __init__(self, kit: Any, *, listen: bool = False, **settings: Any) -> None:
        self.clock = FakeClock()
        self.told: list[Any] = []
        given: dict[str, Any] = {"failure_threshold": 2, "timeout": 10.0, "success_threshold": 2}
        self.breaker = kit.CircuitBreaker(**(given | settings), clock=self.clock)
        if listen:
            self.breaker.subscribe(self.told.append)

    def put(self, *outcomes: Outcome) -> None:
        for outcome in outcomes:
            self.breaker.record(self.breaker.acquire(), outcome)

    def open(self, seconds: float = 0.0) -> None:
        self.put(FAILURE, FAILURE)
        self.clock.advance(seconds)

    def refused(self) -> tuple[CircuitState, float | None]:
        try:
            self.breaker.acquire()
        except CircuitOpenError as error:
            return error.state, error.retry_after
        raise AssertionError("admitted")

    @property
    def state(self) -> str:
        return str(self.breaker.state.value)

    @property
    def seen(self) -> Any:
        return self.breaker.snapshot()


def throw(error: BaseException) -> None:
    """Raise it."""
    raise error


def call_failing(rig: Rig, error: BaseException) -> None:
    """call() a function that raises ``error``, which must come out itself."""
    try:
        rig.breaker.call(throw, error)
    except BaseException as caught:  # noqa: BLE001  KeyboardInterrupt is among them
        assert caught is error


@check
def opens_at_the_threshold(kit: Any) -> None:
    for listen in (False, True):
        rig = Rig(kit, listen=listen)
        call_failing(rig, OSError())
        assert (rig.state, rig.seen.consecutive_failures) == ("closed", 1)
        call_failing(rig, OSError())
        assert (rig.state, rig.seen.epoch, rig.seen.trips) == ("open", 1, 1)


@check
def a_success_resets(kit: Any) -> None:
    for way in ("permit", "call"):
        rig = Rig(kit)
        rig.put(FAILURE)
        rig.put(SUCCESS) if way == "permit" else rig.breaker.call(int)
        rig.put(FAILURE)
        assert rig.state == "closed"


@check
def count_windows(kit: Any) -> None:
    rig = Rig(kit, window=kit.CountWindow(4, 3, 0.5))
    rig.put(FAILURE, SUCCESS, SUCCESS, SUCCESS, SUCCESS, FAILURE)
    assert rig.state == "closed"
    rig.put(FAILURE)
    assert rig.state == "open"
    rig = Rig(kit, window=kit.CountWindow(4, 3, 0.5))
    rig.put(FAILURE, FAILURE)
    assert rig.state == "closed"
    rig.put(SUCCESS)
    assert rig.state == "open"
    rig.breaker.reset()
    rig.put(FAILURE, FAILURE)
    assert rig.state == "closed"


@check
def time_windows(kit: Any) -> None:
    rig = Rig(kit, window=kit.TimeWindow(10, 2, 1.0))
    rig.put(FAILURE)
    rig.clock.advance(10)
    rig.put(FAILURE)
    assert rig.state == "closed"
    rig.clock.advance(9)
    rig.put(FAILURE)
    assert rig.state == "open"


@check
def slow_calls(kit: Any) -> None:
    for seconds, state in ((2.0, "closed"), (2.5, "open")):
        rig = Rig(kit, window=kit.CountWindow(2, 2, 1.0, slow_after=2.0, slow_rate=0.5))
        rig.put(SUCCESS)
        rig.breaker.call(rig.clock.advance, seconds)
        assert rig.state == state


@check
def neutral_outcomes(kit: Any) -> None:
    rig = Rig(kit)
    rig.put(FAILURE, IGNORED)
    for error in (KeyboardInterrupt(), Cancelled("x")):
        call_failing(rig, error)
    assert (rig.state, rig.seen.consecutive_failures, rig.seen.in_flight) == ("closed", 1, 0)


@check
def rejections(kit: Any) -> None:
    for listen in (False, True):
        rig = Rig(kit, listen=listen)
        rig.open(4)
        assert rig.refused() == (CircuitState.OPEN, 6.0)
        rig.clock.advance(6)
        assert rig.breaker.acquire().probe
        assert rig.refused() == (CircuitState.HALF_OPEN, None)
        assert rig.seen.rejected == 2


@check
def probes_at_once(kit: Any) -> None:
    rig = Rig(kit, half_open_max_concurrent=2, success_threshold=5)
    rig.open(10)
    rig.breaker.acquire()
    rig.breaker.acquire()
    rig.refused()


@check
def probes_needed(kit: Any) -> None:
    rig = Rig(kit, half_open_max_concurrent=5)
    rig.open(10)
    first = rig.breaker.acquire()
    rig.breaker.acquire()
    rig.refused()
    rig.breaker.record(first, SUCCESS)
    assert rig.state == "half_open"
    rig.refused()


@check
def closing(kit: Any) -> None:
    rig = Rig(kit, open_backoff_factor=2.0)
    rig.open(10)
    rig.put(SUCCESS, SUCCESS)
    assert (rig.state, rig.seen.trips, rig.seen.epoch) == ("closed", 0, 3)


@check
def successes_are_not_kept(kit: Any) -> None:
    rig = Rig(kit)
    rig.open(10)
    rig.put(SUCCESS, FAILURE)
    assert rig.state == "open"
    rig.clock.advance(10)
    rig.put(SUCCESS)
    assert rig.state == "half_open"


@check
def growing_open_times(kit: Any) -> None:
    rig = Rig(kit, open_backoff_factor=2.0, open_timeout_max=30.0, probe_timeout=float("inf"))
    rig.open()
    lengths = [rig.seen.open_for]
    for _ in range(2):
        rig.clock.advance(lengths[-1])
        rig.put(FAILURE)
        lengths.append(rig.seen.open_for)
    assert lengths == [10.0, 20.0, 30.0]
    rig = Rig(kit, open_backoff_factor=1e300, open_timeout_max=30.0)
    rig.open(10)
    rig.put(FAILURE)
    rig.clock.advance(30)
    rig.put(FAILURE)
    assert rig.seen.open_for == 30.0


@check
def overdue_probes(kit: Any) -> None:
    rig = Rig(kit)
    rig.open(10)
    probe = rig.breaker.acquire()
    rig.clock.advance(10)
    assert (rig.state, rig.breaker.epoch) == ("open", 2)
    assert rig.refused() == (CircuitState.OPEN, 10.0)
    assert not rig.breaker.record(probe, SUCCESS)
    rig.clock.advance(10)
    probe = rig.breaker.acquire()
    rig.clock.advance(10)
    rig.breaker.record(probe, IGNORED)
    assert (rig.seen.epoch, rig.seen.stale_results) == (5, 2)


@check
def the_oldest_probe_counts(kit: Any) -> None:
    rig = Rig(kit, half_open_max_concurrent=2)
    rig.open(10)
    rig.breaker.acquire()
    rig.clock.advance(6)
    rig.breaker.acquire()
    rig.clock.advance(6)
    assert rig.state == "open"


@check
def idle_half_open(kit: Any) -> None:
    rig = Rig(kit)
    rig.open(10)
    rig.put(SUCCESS)
    rig.clock.advance(1e6)
    assert rig.breaker.acquire().probe


@check
def late_results(kit: Any) -> None:
    for listen in (False, True):
        rig = Rig(kit, listen=listen)
        late = [rig.breaker.acquire() for _ in range(2)]
        rig.open()
        told = len(rig.told)
        assert not rig.breaker.record(late[0], SUCCESS)
        assert len(rig.told) - told == listen
        assert (rig.state, rig.seen.stale_results, rig.seen.epoch) == ("open", 1, 1)
        rig.breaker.reset()
        rig.put(FAILURE)
        rig.breaker.record(late[1], FAILURE)
        assert (rig.state, rig.seen.stale_results) == ("closed", 2)


@check
def late_calls(kit: Any) -> None:
    rig = Rig(kit)
    rig.breaker.call(rig.open)
    assert (rig.state, rig.seen.stale_results) == ("open", 1)


@check
def second_records(kit: Any) -> None:
    rig = Rig(kit)
    permit = rig.breaker.acquire()
    rig.breaker.record(permit, FAILURE)
    rig.breaker.record(permit, FAILURE)
    assert rig.state == "closed"
    rig.breaker.force_open()
    rig.breaker.record(permit, FAILURE)
    assert rig.seen.stale_results == 0


@check
def by_hand(kit: Any) -> None:
    rig = Rig(kit, open_backoff_factor=2.0)
    rig.open()
    rig.breaker.force_open()
    rig.clock.advance(1e6)
    for _ in range(2):
        assert rig.refused() == (CircuitState.FORCED_OPEN, None)
    rig.breaker.subscribe(rig.told.append)
    assert rig.refused() == (CircuitState.FORCED_OPEN, None)
    rig.breaker.disable()
    rig.put(FAILURE, FAILURE, FAILURE)
    assert (rig.state, rig.seen.epoch) == ("disabled", 3)
    rig.breaker.reset()
    rig.open()
    assert rig.seen.open_for == 10.0


@check
def reading(kit: Any) -> None:
    rig = Rig(kit)
    rig.open(10)
    assert (rig.state, rig.seen.state.value, rig.breaker.epoch) == ("half_open", "half_open", 1)


@check
def telling(kit: Any) -> None:
    rig = Rig(kit)
    order: list[str] = []

    def first(change: Any) -> None:
        order.append(change.after.value)
        if change.after is CircuitState.FORCED_OPEN:
            rig.breaker.reset()
            raise OSError

    rig.breaker.subscribe(first)
    rig.breaker.subscribe(rig.told.append)
    import logging

    logging.disable(logging.CRITICAL)
    try:
        rig.breaker.force_open()
    finally:
        logging.disable(logging.NOTSET)
    assert order == ["forced_open", "closed"]
    assert [change.after.value for change in rig.told] == ["forced_open", "closed"]
    rig.put(SUCCESS)
    assert [change.kind.value for change in rig.told[2:]] == ["admitted", "success"]


@check
def foreign_permits(kit: Any) -> None:
    rig, other = Rig(kit), Rig(kit)
    try:
        rig.breaker.record(other.breaker.acquire(), FAILURE)
    except ValueError:
        return
    raise AssertionError("a foreign permit was taken")


@check
def a_clock_that_steps_back(kit: Any) -> None:
    for listen in (False, True):
        now = [5.0]
        told: list[Any] = []
        breaker = kit.CircuitBreaker(1, 10.0, clock=lambda now=now: now[0], listeners=[told.append] * listen)
        breaker.record(breaker.acquire(), FAILURE)
        now[0] = 3.0
        try:
            breaker.acquire()
        except CircuitOpenError as error:
            assert error.retry_after == 10.0
        else:
            raise AssertionError("admitted")
        assert breaker.snapshot().at == 5.0
        assert {change.at for change in told} <= {5.0}


@check
def no_wait_longer_than_the_open_time(kit: Any) -> None:
    for listen in (False, True):
        breaker = kit.CircuitBreaker(1, 0.1, clock=FakeClock(), listeners=[lambda _change: None] * listen)
        breaker.record(breaker.acquire(), FAILURE)
        assert breaker.snapshot().retry_after == 0.1  # though (1000 + 0.1) - 1000 is a little more
        try:
            breaker.acquire()
        except CircuitOpenError as error:
            assert error.retry_after == 0.1
