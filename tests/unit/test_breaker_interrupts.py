"""Ctrl-C between any two steps of the breaker costs a result at most, never the breaker."""

import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import pytest

from app.resilience import BreakerChange, ChangeKind, CircuitBreaker, CircuitOpenError
from tests.support.breakers import CLOSED, fail
from tests.support.clock import FakeClock
from tests.support.preemption import NoLock
from tests.support.stories import TRACED


def interrupted_at(number: int, action: Callable[[], None]) -> bool:
    """Run ``action`` with a KeyboardInterrupt before that opcode of the breaker; False when it has fewer."""
    left = number

    def step(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        left -= event == "opcode"
        if left == 0:
            raise KeyboardInterrupt
        return step

    def enter(frame: FrameType, _event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename not in TRACED or left <= 0:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        action()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return left <= 0


def use(breaker: CircuitBreaker, clock: FakeClock) -> None:
    """Open it, let it try again, close it."""
    for _ in range(2):
        with suppress(OSError):
            breaker.call(fail, OSError())
    with suppress(CircuitOpenError):
        breaker.call(int)
    clock.advance(10)
    breaker.call(int)
    breaker.call(int)


@pytest.mark.parametrize("listened", [False, True])
def test_an_interrupt_leaves_a_breaker_that_works(listened: bool) -> None:
    """Wherever it comes: afterwards successes close the circuit, and the next change is told."""
    number = 0
    while True:
        number += 5 if listened else 1
        clock, told = FakeClock(), list[BreakerChange]()
        breaker = CircuitBreaker(2, 10.0, 2, clock=clock, listeners=[told.append] * listened)
        breaker._lock = NoLock()  # the interpreter gives a real one back where no trace function looks
        if not interrupted_at(number, lambda it=breaker, time=clock: use(it, time)):  # type: ignore[misc]
            break
        for _ in range(4):  # a probe that was lost is overdue after ten seconds
            clock.advance(10)
            with suppress(CircuitOpenError):
                breaker.call(int)
                breaker.call(int)
        assert breaker.state is CLOSED, number
        told.clear()
        breaker.force_open()
        assert not listened or told[-1].kind is ChangeKind.TRANSITION, number
        with pytest.raises(CircuitOpenError):
            breaker.call(int)
    assert number > 300
