"""Scenario time: one task at a time in one order, answers that take none or as long as was announced."""

import threading
import time

import pytest

from app.domain.cancel import CancelToken
from app.operations.scenarios.conductor import Conductor

FAST = 1_000_000.0  # times real time: nothing here waits


def test_tasks_run_alone_and_in_the_order_of_time_then_number() -> None:
    """Twenty tasks that sleep differently always leave the same trace, and no two run at once."""
    trace: list[tuple[float, int]] = []
    inside = threading.Lock()

    def play() -> None:
        conductor = Conductor(speed=FAST)

        def task(number: int, cancel: CancelToken) -> None:
            for _ in range(3):
                assert inside.acquire(blocking=False)
                trace.append((conductor.clock(), number))
                inside.release()
                conductor.sleep(0.01 + (number % 5) * 0.1)

        def begin(cancel: CancelToken) -> None:
            for number in range(20):
                conductor.start(lambda token, number=number: task(number, token))  # type: ignore[misc]

        conductor.run(begin)

    play()
    first = list(trace)
    trace.clear()
    play()
    assert trace == first
    assert first == sorted(first, key=lambda each: each[0])
    assert [number for at, number in first[:20]] == list(range(20))


def test_a_prompt_answer_takes_no_time_however_long_the_machine_needed() -> None:
    """Scenario time stands still in front of a call that nobody has called slow."""
    conductor = Conductor(speed=FAST)
    trace: list[str] = []
    answer = threading.Event()

    def call(cancel: CancelToken) -> None:
        with conductor.wire("a", 5.0, None):
            threading.Timer(0.03, answer.set).start()
            answer.wait()
        trace.append(f"answer at {conductor.clock():g}")

    def play(cancel: CancelToken) -> None:
        conductor.start(call)
        conductor.sleep(1e-6)
        trace.append("later")

    conductor.run(play)
    assert trace == ["answer at 0", "later"]


def test_an_announced_delay_takes_exactly_so_long() -> None:
    """Whoever waits beside it goes on at its own time, and the answer comes at its own."""
    conductor = Conductor(speed=FAST)
    trace: list[tuple[str, float]] = []

    def call(cancel: CancelToken) -> None:
        with conductor.wire("a", 5.0, None):
            conductor.slowed("a", 2.5)
            conductor.slowed("unknown", 9.0)
        trace.append(("answer", conductor.clock()))

    def play(cancel: CancelToken) -> None:
        conductor.start(call)
        for _ in range(3):
            conductor.sleep(1.0)
            trace.append(("tick", conductor.clock()))

    conductor.run(play)
    assert trace == [("tick", 1.0), ("tick", 2.0), ("answer", 2.5), ("tick", 3.0)]


def test_a_call_is_given_up_when_its_time_is_over() -> None:
    """A server that hangs costs the caller its timeout, in scenario time, and the client is woken for it."""
    conductor = Conductor(speed=100.0)
    ended: list[tuple[float, bool, bool]] = []

    def call(cancel: CancelToken) -> None:
        with conductor.wire("a", 2.0, None) as wire:
            conductor.slowed("a", float("inf"))
            woken = wire.token.wait(10.0)
        ended.append((conductor.clock(), woken, wire.doomed))

    conductor.run(call)
    assert ended == [(2.0, True, True)]


def test_time_is_never_ahead_of_the_pace() -> None:
    """At twenty times the speed, two scenario seconds last a tenth of a real one."""
    conductor = Conductor(speed=20.0)
    began = time.monotonic()
    conductor.run(lambda cancel: conductor.sleep(2.0))
    assert time.monotonic() - began >= 0.1


def test_a_task_that_fails_ends_the_run_with_its_exception() -> None:
    """The others are woken and cancelled; none is left behind."""
    conductor = Conductor(speed=1.0)
    left: list[bool] = []

    def sleeper(cancel: CancelToken) -> None:
        conductor.sleep(3600.0)
        left.append(cancel.cancelled)

    def play(cancel: CancelToken) -> None:
        conductor.start(sleeper)
        conductor.sleep(0.0)
        conductor.sleep(0.01)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        conductor.run(play)
    assert left == [True]


def test_a_stop_from_outside_ends_everything() -> None:
    """A run of an hour ends at once, also for a task that hangs on the wire."""
    conductor = Conductor(speed=1.0)
    ended: list[str] = []

    def call(cancel: CancelToken) -> None:
        with conductor.wire("a", None, cancel) as wire:
            conductor.slowed("a", float("inf"))
            threading.Timer(0.02, conductor.stop).start()
            wire.token.wait(10.0)
        ended.append("call")

    def play(cancel: CancelToken) -> None:
        conductor.start(call)
        conductor.sleep(3600.0)
        ended.append("play")

    conductor.run(play)
    assert sorted(ended) == ["call", "play"]
