"""Giving up in time and giving something else instead."""

import contextvars
import gc
import math
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from app.domain.errors import AttemptFailed, Cancelled, InvalidInput
from app.domain.results import Outcome, Reply
from app.resilience import (
    AttemptTimeoutError,
    CircuitOpenError,
    CircuitState,
    StaleCopies,
    call_with_fallback,
    call_with_timeout,
)
from tests.support.clock import FakeClock


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Holds slow functions until the test is over, then lets their threads end."""
    event = threading.Event()
    yield event
    event.set()
    for thread in threading.enumerate():
        if thread.name == "trilane-timeout":
            thread.join(5)


def throw(error: BaseException) -> Any:
    raise error


def test_the_primary_answer_is_preferred() -> None:
    """While the primary works the fallback is not called."""
    assert call_with_fallback(lambda: "fresh", pytest.fail) == "fresh"


def test_a_slow_primary_is_given_up_and_its_late_result_dropped(gate: threading.Event) -> None:
    """After the timeout the fallback answers, although the primary returns something later."""
    assert call_with_fallback(lambda: gate.wait(30), lambda: "stale", 0.01) == "stale"


@pytest.mark.parametrize(
    "error",
    [
        OSError("x"),
        KeyError("x"),
        AttemptFailed(Reply(outcome=Outcome.UNAVAILABLE)),
        AttemptFailed(Reply(outcome=Outcome.TIMEOUT)),
        CircuitOpenError("x", CircuitState.OPEN, 1.0, 1),
    ],
)
def test_a_failed_primary_is_replaced(error: Exception) -> None:
    """Transport errors, timeouts, 5xx, open circuits and plain exceptions lead to the fallback."""
    assert call_with_fallback(lambda: throw(error), lambda: "stale") == "stale"


@pytest.mark.parametrize(
    "error",
    [
        AttemptFailed(Reply(outcome=Outcome.NOT_FOUND)),
        AttemptFailed(Reply(outcome=Outcome.RATE_LIMITED)),
        Cancelled("x"),
        InvalidInput("id", "empty"),
        KeyboardInterrupt(),
    ],
)
def test_the_callers_own_fault_and_cancel_are_passed_on(error: BaseException) -> None:
    """A copy never hides a 4xx, a cancel, bad input or an interrupt: the same exception comes out."""
    with pytest.raises(type(error)) as caught:
        call_with_fallback(lambda: throw(error), pytest.fail)
    assert caught.value is error


def test_the_fallbacks_own_error_comes_out_with_the_primarys_as_context() -> None:
    """Both causes can be read when both fail."""
    first = OSError("first")
    with pytest.raises(KeyError) as caught:
        call_with_fallback(lambda: throw(first), lambda: throw(KeyError("second")))
    assert caught.value.__context__ is first


def test_it_works_in_any_thread() -> None:
    """No signal is involved, so a worker thread may use it too."""
    answers: list[str] = []
    thread = threading.Thread(
        target=lambda: answers.append(call_with_fallback(lambda: throw(OSError()), lambda: "stale"))
    )
    thread.start()
    thread.join(5)
    assert answers == ["stale"]


def test_the_timeout_says_how_long_it_was(gate: threading.Event) -> None:
    """AttemptTimeoutError is a TimeoutError with the seconds."""
    with pytest.raises(TimeoutError) as caught:
        call_with_timeout(lambda: gate.wait(30), 0.01)
    assert isinstance(caught.value, AttemptTimeoutError)
    assert caught.value.seconds == 0.01


def test_context_variables_reach_the_function() -> None:
    """The function sees the caller's context although it runs in another thread."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    variable.set("mine")
    assert call_with_timeout(variable.get, 5.0) == "mine"


def test_an_error_carried_over_leaves_no_cycle() -> None:
    """The exception from the other thread is freed without the garbage collector."""

    class Oops(Exception):
        pass

    def boom() -> None:
        raise Oops

    gc.disable()
    try:
        ghost = None
        try:
            call_with_timeout(boom, 5.0)
        except Oops as error:
            ghost = weakref.ref(error)
        for thread in threading.enumerate():
            if thread.name == "trilane-timeout":
                thread.join(5)
        assert ghost is not None
        assert ghost() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("seconds", [0, -1, math.nan, math.inf, True, "5", None])
def test_a_bad_timeout_is_refused_by_name(seconds: Any) -> None:
    """ValueError names timeout_seconds and nothing is called."""
    with pytest.raises(ValueError, match="timeout_seconds"):
        call_with_fallback(pytest.fail, pytest.fail, seconds)


def test_copies_know_their_age(clock: FakeClock) -> None:
    """A copy is found with the seconds since it was stored, and stored anew it is fresh again."""
    copies = StaleCopies(clock=clock)
    copies.store("a", 1)
    clock.advance(12)
    assert copies.find("a") == (1, 12.0)
    copies.store("a", 2)
    assert copies.find("a") == (2, 0.0)
    assert copies.find("b") is None


def test_a_copy_can_be_too_old(clock: FakeClock) -> None:
    """At max_age a copy is still served, beyond it not."""
    copies = StaleCopies(clock=clock)
    copies.store("a", 1)
    clock.advance(10)
    assert copies.find("a", max_age=10) == (1, 10.0)
    assert copies.find("a", max_age=9.9) is None


def test_the_least_recently_used_copy_is_forgotten_first(clock: FakeClock) -> None:
    """The store never holds more than its capacity; finding counts as using."""
    copies = StaleCopies(2, clock=clock)
    copies.store("a", 1)
    copies.store("b", 2)
    copies.find("a")
    copies.store("c", 3)
    assert len(copies) == 2
    assert copies.find("b") is None
    copies.clear()
    assert copies.find("a") is None
