"""Trying again: how often, how long, when to stop, and what comes out."""

import gc
import math
import random
import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pytest

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled
from app.domain.events import RetryReason, StopReason
from app.resilience import (
    CircuitBreaker,
    CircuitOpenError,
    Jitter,
    RetryBudget,
    RetryWait,
    retry_with_backoff,
)
from tests.support.clock import FakeClock


class Flaky:
    """Raises what it is given, one after the other, then returns how often it was called."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.calls


def failing(count: int) -> Flaky:
    return Flaky(*[OSError(f"number {n}") for n in range(1, count + 1)])


Retry = Callable[..., Any]


@pytest.fixture
def retry(clock: FakeClock) -> Retry:
    """retry_with_backoff on the fake clock, without jitter."""

    def run(func: Callable[[], object], *args: Any, **settings: Any) -> Any:
        given: dict[str, Any] = {"clock": clock, "sleep": clock.sleep, "jitter": Jitter.NONE}
        return retry_with_backoff(func, *args, **(given | settings))

    return run


def stopped(retry: Retry, func: Callable[[], object], *args: Any, **settings: Any) -> Any:
    """The exception that ended it."""
    with pytest.raises(BaseException) as caught:  # noqa: PT011  looked at by the caller
        retry(func, *args, **settings)
    return caught.value


def test_it_returns_the_first_success(retry: Retry, clock: FakeClock) -> None:
    """Two failures, two waits of 1 and 2 seconds, then the third call's result."""
    assert retry(failing(2)) == 3
    assert clock.sleeps == [1.0, 2.0]


def test_it_gives_up_after_the_last_retry_with_the_original_error(retry: Retry, clock: FakeClock) -> None:
    """1 + max_retries calls; the last exception object comes out, with every attempt attached."""
    func = failing(9)
    last = func.errors[3]
    error: Any = stopped(retry, func)
    assert (error is last) is True
    assert (func.calls, clock.sleeps) == (4, [1.0, 2.0, 4.0])
    assert [each.error for each in error.retry_history] == [f"OSError: number {n}" for n in (1, 2, 3, 4)]
    assert [each.wait_after for each in error.retry_history] == [1.0, 2.0, 4.0, None]
    assert error.retry_stop is StopReason.ATTEMPTS
    assert "4 attempts" in error.__notes__[0]


def test_an_error_that_is_raised_again_carries_the_newest_history(retry: Retry) -> None:
    """One exception object in many calls tells of the last of them, and does not grow with each."""
    error: Any = OSError("the same")
    for retries in (1, 2, 2, 2):
        assert stopped(retry, Flaky(*[error] * 5), retries) is error
        assert len(error.retry_history) == 1 + retries
    assert len(error.__notes__) == 2


def test_arguments_by_position_follow_the_contract(retry: Retry, clock: FakeClock) -> None:
    """func, max_retries, initial_delay, max_delay, backoff_factor, exceptions."""
    error = stopped(retry, failing(9), 4, 0.5, 3.0, 3.0, (OSError,))
    assert clock.sleeps == [0.5, 1.5, 3.0, 3.0]
    assert isinstance(error, OSError)


def test_no_retries_means_one_call(retry: Retry, clock: FakeClock) -> None:
    """max_retries=0 calls once and never sleeps."""
    func = failing(2)
    stopped(retry, func, 0)
    assert (func.calls, clock.sleeps) == (1, [])


def test_other_exceptions_are_not_retried(retry: Retry) -> None:
    """What is not among ``exceptions`` ends the call at once, and says why."""
    func = Flaky(KeyError("x"))
    error = stopped(retry, func, exceptions=(OSError,))
    assert (func.calls, error.retry_stop) == (1, StopReason.NOT_RETRYABLE)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_what_is_no_exception_passes_untouched(retry: Retry, error: BaseException) -> None:
    """KeyboardInterrupt is neither retried nor decorated, unless somebody lists it."""
    assert stopped(retry, Flaky(error)) is error
    assert not hasattr(error, "retry_history")
    assert retry(Flaky(type(error)()), exceptions=(type(error),)) == 2


def test_a_rejection_by_the_breaker_is_never_retried_by_default(retry: Retry, clock: FakeClock) -> None:
    """CircuitOpenError stops a retry over Exception; naming it in ``exceptions`` retries it."""
    breaker = CircuitBreaker(1, 4.0, clock=clock)
    func = failing(1)

    def guarded() -> object:
        return breaker.call(func)

    error = stopped(retry, guarded)
    assert isinstance(error, CircuitOpenError)
    assert func.calls == 1
    clock.sleeps.clear()
    assert retry(guarded, exceptions=(CircuitOpenError,)) == 2
    assert clock.sleeps == [1.0, 2.0]


def test_a_cancelled_call_is_not_retried(retry: Retry) -> None:
    """Cancelled is no failure, although it is an Exception."""
    func = Flaky(Cancelled("x"))
    stopped(retry, func)
    assert func.calls == 1


@pytest.mark.parametrize(("deadline", "waits"), [(7.0, [1, 2, 4]), (6.99, [1, 2]), (2.9, [1]), (0, [])])
def test_no_wait_that_ends_after_the_deadline_is_begun(
    retry: Retry, clock: FakeClock, deadline: float, waits: Sequence[float]
) -> None:
    """A wait may end exactly at the deadline; one that would end later is not even started."""
    error = stopped(retry, failing(9), 5, deadline=deadline)
    assert clock.sleeps == waits
    assert error.retry_stop is StopReason.DEADLINE


def test_the_deadline_counts_the_time_of_the_attempts_too(retry: Retry, clock: FakeClock) -> None:
    """Ten seconds are over after three attempts of 2.5 seconds and two waits."""

    def slow() -> None:
        clock.advance(2.5)
        raise OSError

    error = stopped(retry, slow, 9, deadline=10.0)
    assert clock.sleeps == [1.0, 2.0]
    assert [each.duration for each in error.retry_history] == [2.5, 2.5, 2.5]


def test_an_empty_budget_stops(retry: Retry, clock: FakeClock) -> None:
    """Retries take tokens; without one left the call ends."""
    budget = RetryBudget(0.0, 0.0, capacity=2.0, clock=clock)
    error = stopped(retry, failing(9), 9, budget=budget)
    assert (clock.sleeps, error.retry_stop) == ([1.0, 2.0], StopReason.BUDGET)


def test_only_a_retry_that_is_made_takes_a_token(retry: Retry, clock: FakeClock) -> None:
    """An error that is not retried leaves the budget alone."""
    budget = RetryBudget(0.0, 0.0, capacity=2.0, clock=clock)
    stopped(retry, Flaky(KeyError("x")), exceptions=(OSError,), budget=budget)
    stopped(retry, failing(1), deadline=0.5, budget=budget)
    assert budget.balance == 2.0


def test_the_order_of_reasons_is_the_contract(retry: Retry, clock: FakeClock) -> None:
    """attempts, deadline, budget, cancelled, not retryable: the first that holds is the one that is said."""
    token = CancelToken()
    empty = RetryBudget(0.0, 0.0, capacity=1.0, clock=clock)
    empty.withdraw()
    holding: dict[str, Any] = {"max_retries": 0, "deadline": 0.5, "budget": empty, "cancel": token}

    def fail_and_cancel() -> None:
        token.cancel()
        raise KeyError

    reasons = []
    for lifted in (None, "max_retries", "deadline", "budget", "cancel"):
        if lifted is not None:
            del holding[lifted]
        token = CancelToken()
        if "cancel" in holding:
            holding["cancel"] = token
        reasons.append(stopped(retry, fail_and_cancel, exceptions=(OSError,), **holding).retry_stop)
    assert reasons == [
        StopReason.ATTEMPTS,
        StopReason.DEADLINE,
        StopReason.BUDGET,
        StopReason.CANCELLED,
        StopReason.NOT_RETRYABLE,
    ]


@pytest.mark.parametrize("make", [CancelToken, threading.Event])
def test_cancelling_wakes_a_wait_at_once(make: Callable[[], Any]) -> None:
    """A wait of an hour ends when another thread cancels, and the last error comes out."""
    cancel = make()
    waiting = threading.Event()
    caught: list[BaseException] = []

    def run() -> None:
        try:
            retry_with_backoff(
                failing(9), 5, 3600.0, 3600.0, cancel=cancel, on_retry=lambda _wait: waiting.set()
            )
        except OSError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert waiting.wait(10)
    cancel.cancel() if isinstance(cancel, CancelToken) else cancel.set()
    thread.join(10)
    assert not thread.is_alive()
    assert caught[0].retry_stop is StopReason.CANCELLED  # type: ignore[attr-defined]


def test_a_call_that_is_cancelled_from_the_start_is_not_made(retry: Retry) -> None:
    """With the token already set, func is never called."""
    token = CancelToken()
    token.cancel()
    func = failing(0)
    with pytest.raises(Cancelled):
        retry(func, cancel=token)
    assert func.calls == 0


def test_on_retry_hears_of_each_wait_as_it_begins(retry: Retry, clock: FakeClock) -> None:
    """The observer gets attempt, delay, envelope, reason and error before the sleep."""
    heard: list[tuple[RetryWait, float]] = []
    retry(
        failing(2),
        jitter=Jitter.PROPORTIONAL,
        random=lambda: 0.5,
        on_retry=lambda wait: heard.append((wait, clock())),
    )
    waits = [each for each, _ in heard]
    assert [(each.attempt, each.delay) for each in waits] == [(1, 1.05), (2, 2.1)]
    assert [each.envelope for each in waits] == [pytest.approx(1.1), pytest.approx(2.2)]
    assert {each.reason for each in waits} == {RetryReason.BACKOFF}
    assert [at for _, at in heard] == [1000.0, 1001.05]


@pytest.mark.expected_log
def test_a_broken_observer_does_not_fail_the_call(retry: Retry, caplog: pytest.LogCaptureFixture) -> None:
    """What on_retry raises is logged."""
    assert retry(failing(1), on_retry=lambda _wait: 1 / 0) == 2
    assert "on_retry failed" in caplog.text


def test_the_same_seed_gives_the_same_waits(clock: FakeClock) -> None:
    """All chance comes from the argument."""
    runs = []
    for _ in range(2):
        clock.sleeps.clear()
        retry_with_backoff(
            failing(3),
            jitter=Jitter.DECORRELATED,
            clock=clock,
            sleep=clock.sleep,
            random=random.Random(7).random,
        )
        runs.append(list(clock.sleeps))
    assert runs[0] == runs[1]
    assert len(set(runs[0])) == 3


def test_retries_leave_no_reference_cycle(retry: Retry) -> None:
    """Every exception of a failed call is freed without the garbage collector."""

    class Oops(Exception):
        pass

    ghosts: list[weakref.ref[Oops]] = []

    def boom() -> None:
        ghosts.append(weakref.ref(fresh := Oops()))
        try:
            raise fresh
        finally:
            del fresh

    gc.disable()
    try:
        with suppress(Oops):
            retry(boom)
        assert [ghost() for ghost in ghosts] == [None] * 4
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("field", "value"),
    [("max_retries", value) for value in (-1, 1.5, True, "3", None)]
    + [("initial_delay", -1), ("max_delay", math.inf), ("backoff_factor", 0), ("jitter", "some")]
    + [("deadline", value) for value in (-1, math.nan, "1")]
    + [("exceptions", value) for value in (5, ("OSError",), (int,))],
)
def test_bad_settings_are_refused_before_the_first_call(retry: Retry, field: str, value: object) -> None:
    """A value that cannot work raises ValueError naming the field, and func is not called."""
    func = failing(0)
    with pytest.raises(ValueError, match=field):
        retry(func, **{field: value})
    assert func.calls == 0
