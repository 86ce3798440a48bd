"""The breaker's rules while it is closed or open, in a thread and a time of the test's own."""

import pickle
from collections.abc import Callable

import pytest

from app.domain.errors import Cancelled
from app.resilience import CircuitBreaker, CircuitOpenError
from tests.support.breakers import CLOSED, FAILURE, IGNORED, OPEN, SUCCESS, fail, opened, put
from tests.support.clock import FakeClock


def test_a_new_breaker_is_closed_and_has_counted_nothing(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """A new breaker is closed in epoch 0 with every counter at zero."""
    seen = make_breaker().snapshot()
    assert (seen.state, seen.epoch, seen.trips, seen.rejected) == (CLOSED, 0, 0, 0)
    assert (seen.consecutive_failures, seen.in_flight, seen.stale_results) == (0, 0, 0)
    assert seen.retry_after is None


def test_call_passes_arguments_and_result_through(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """call() gives the function its arguments, even one named func or self, and returns its result."""

    def echo(*args: object, **kwargs: object) -> object:
        return args, kwargs

    assert make_breaker().call(echo, 1, func=2, self=3) == ((1,), {"func": 2, "self": 3})


@pytest.mark.parametrize("way", ["call", "permit"])
def test_failures_in_a_row_open_the_circuit(make_breaker: Callable[..., CircuitBreaker], way: str) -> None:
    """The circuit opens exactly at the threshold, and the caller gets the function's own exception object."""
    breaker = make_breaker()
    for count in (1, 2, 3):
        error = OSError(count)
        if way == "call":
            with pytest.raises(OSError, match=str(count)) as caught:
                breaker.call(fail, error)
            assert caught.value is error
        else:
            put(breaker, FAILURE)
        assert breaker.state is (OPEN if count == 3 else CLOSED)
    assert (breaker.epoch, breaker.snapshot().trips) == (1, 1)


@pytest.mark.parametrize("way", ["call", "permit"])
def test_a_success_starts_the_count_again(make_breaker: Callable[..., CircuitBreaker], way: str) -> None:
    """Two failures, a success and two failures do not open a circuit that needs three in a row."""
    breaker = make_breaker()
    put(breaker, FAILURE, FAILURE)
    if way == "call":
        breaker.call(int)
    else:
        put(breaker, SUCCESS)
    assert breaker.snapshot().consecutive_failures == 0
    put(breaker, FAILURE, FAILURE)
    assert breaker.state is CLOSED
    put(breaker, FAILURE)
    assert breaker.state is OPEN


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), SystemExit(), GeneratorExit(), Cancelled("x"), KeyError("x")]
)
def test_neutral_exceptions_count_nothing(
    make_breaker: Callable[..., CircuitBreaker], error: BaseException
) -> None:
    """Ignored types, a cancelled call and what is no Exception neither count nor reset."""
    breaker = make_breaker(ignored=(LookupError,))
    put(breaker, FAILURE, FAILURE)
    with pytest.raises(type(error)) as caught:
        breaker.call(fail, error)
    assert caught.value is error
    seen = breaker.snapshot()
    assert (seen.state, seen.consecutive_failures, seen.in_flight) == (CLOSED, 2, 0)


def test_ignored_may_be_one_type_or_a_predicate(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """ignored takes a type, a tuple of types, or a function that looks at the exception."""
    by_type = make_breaker(failure_threshold=1, ignored=ValueError)
    by_predicate = make_breaker(failure_threshold=1, ignored=lambda error: "fine" in str(error))
    for breaker, neutral, bad in (
        (by_type, ValueError("x"), OSError("x")),
        (by_predicate, OSError("fine"), OSError("bad")),
    ):
        with pytest.raises(type(neutral)):
            breaker.call(fail, neutral)
        assert breaker.state is CLOSED
        with pytest.raises(type(bad)):
            breaker.call(fail, bad)
        assert breaker.state is OPEN


@pytest.mark.expected_log
def test_a_broken_predicate_counts_as_failure_and_is_logged(
    make_breaker: Callable[..., CircuitBreaker], caplog: pytest.LogCaptureFixture
) -> None:
    """When the predicate itself raises, the caller still gets its own error and the permit comes back."""
    breaker = make_breaker(failure_threshold=1, ignored=lambda _error: 1 / 0)
    with pytest.raises(OSError, match="mine"):
        breaker.call(fail, OSError("mine"))
    assert breaker.state is OPEN
    assert "'ignored' failed" in caplog.text


def test_in_flight_counts_permits_and_running_calls(make_breaker: Callable[..., CircuitBreaker]) -> None:
    """in_flight is the number of calls admitted in this epoch that have not come back."""
    breaker = make_breaker()
    permit = breaker.acquire()
    assert breaker.call(lambda: breaker.snapshot().in_flight) == 2
    breaker.record(permit, IGNORED)
    assert breaker.snapshot().in_flight == 0


@pytest.mark.parametrize("way", ["call", "permit"])
def test_an_open_circuit_rejects_with_the_remainder(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock, way: str
) -> None:
    """A rejection names the circuit, its state, epoch and the seconds left; the function is not called."""
    breaker = opened(make_breaker(name="rest"))
    clock.advance(4)
    with pytest.raises(CircuitOpenError) as caught:
        breaker.call(pytest.fail, "called") if way == "call" else breaker.acquire()
    error = caught.value
    assert (error.name, error.state, error.retry_after, error.epoch) == ("rest", OPEN, 6.0, 1)
    assert "6 s left" in str(error)
    assert breaker.snapshot().rejected == 1


def test_each_rejection_is_a_new_object_that_survives_pickling(
    make_breaker: Callable[..., CircuitBreaker],
) -> None:
    """Rejections never share a traceback, and can cross a process boundary."""
    breaker = opened(make_breaker())
    errors = []
    for _ in range(2):
        with pytest.raises(CircuitOpenError) as caught:
            breaker.acquire()
        errors.append(caught.value)
    assert errors[0] is not errors[1]
    copy = pickle.loads(pickle.dumps(errors[0]))
    assert (copy.state, copy.retry_after, copy.epoch) == (OPEN, 10.0, 1)
    assert CircuitOpenError(name="x", state=OPEN, retry_after=None, epoch=3).args == ("x", OPEN, None, 3)


def test_the_open_time_is_inclusive(make_breaker: Callable[..., CircuitBreaker], clock: FakeClock) -> None:
    """One moment before the timeout is a rejection, the timeout itself is a probe."""
    breaker = opened(make_breaker())
    clock.advance(9.999)
    with pytest.raises(CircuitOpenError):
        breaker.acquire()
    clock.advance(0.001)
    assert breaker.acquire().probe
    assert breaker.epoch == 2


@pytest.mark.parametrize("timeout", [0.1, 0.05, 0.7, 1 / 3])
def test_waiting_the_announced_time_is_always_enough(timeout: float) -> None:
    """Whatever floats do to clock differences, the timeout and retry_after lead to a probe exactly."""
    for start in (0.8, 1000.0, 123456.789):
        clock = FakeClock(start)
        breaker = CircuitBreaker(1, timeout, clock=clock)
        put(breaker, FAILURE)
        clock.advance(timeout)
        assert breaker.acquire().probe
        breaker.reset()
        put(breaker, FAILURE)
        clock.advance(timeout / 3)
        left = breaker.snapshot().retry_after
        assert left is not None
        clock.advance(left)
        assert breaker.acquire().probe


def test_rejections_are_counted_however_they_are_made(
    make_breaker: Callable[..., CircuitBreaker], clock: FakeClock
) -> None:
    """Open, forced, half-open, by call or permit, listened to or not: every rejection counts once."""
    breaker = opened(make_breaker())
    for _ in range(3):
        with pytest.raises(CircuitOpenError):
            breaker.call(int)
        breaker.snapshot()
    clock.advance(10)
    breaker.acquire()
    with pytest.raises(CircuitOpenError):
        breaker.acquire()
    breaker.force_open()
    breaker.subscribe(lambda _change: None)
    with pytest.raises(CircuitOpenError):
        breaker.call(int)
    assert [breaker.snapshot().rejected for _ in range(2)] == [5, 5]
