"""Scenario time: one task at a time in one order, answers that take none or as long as was announced."""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled
from app.operations.scenarios import conductor as conductor_module
from app.operations.scenarios.conductor import Conductor, _Task

FAST = 1_000_000.0  # times real time: nothing here waits
LINES = int(os.environ.get("LINES_BETWEEN_STOPS", "7"))  # 1 tries every line, which takes ten seconds


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
        try:
            conductor.sleep(3600.0)
        finally:
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
    """A run of an hour ends at once, also for a task that hangs on the wire, and says that it was stopped."""
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
        try:
            conductor.sleep(3600.0)
        finally:
            ended.append("play")

    with pytest.raises(Cancelled):
        conductor.run(play)
    assert sorted(ended) == ["call", "play"]


class StoppedBeforeItsTurn(Conductor):
    """Is stopped when it has chosen its n-th task and not yet let it go."""

    def __init__(self, turn: int) -> None:
        super().__init__(speed=FAST)
        self.turns = turn

    def _resume(self, task: _Task) -> None:
        self.turns -= 1
        if self.turns == 0:
            self.stop()
        super()._resume(task)


@pytest.mark.parametrize("turn", [1, 2, 3, 4])
def test_a_task_that_was_chosen_when_all_was_stopped_is_let_go(turn: int) -> None:
    """One that had not begun never does; one that slept is told."""
    conductor = StoppedBeforeItsTurn(turn)
    begun: list[str] = []
    told: list[str] = []

    def task(name: str, cancel: CancelToken) -> None:
        begun.append(name)
        try:
            conductor.sleep(1.0)
        except Cancelled:
            told.append(name)
            raise

    def play(cancel: CancelToken) -> None:
        conductor.start(partial(task, "other"))
        task("play", cancel)

    with pytest.raises(Cancelled):
        conductor.run(play)
    assert begun == ["play", "other"][: turn - 1]
    # The third turn is that of the play, which is chosen while the other one sleeps.
    assert sorted(told) == {1: [], 2: ["play"], 3: ["other", "play"], 4: ["other"]}[turn]


def test_after_a_stop_nothing_begins() -> None:
    """Each way to wait or to begin says that all is over; a loop around it cannot go on forever."""
    conductor = Conductor(speed=FAST)
    refused: list[str] = []

    def play(cancel: CancelToken) -> None:
        conductor.stop()
        for name, begin in (
            ("sleep", lambda: conductor.sleep(0.0)),
            ("start", lambda: conductor.start(play)),
            ("wire", lambda: conductor.wire("a", None, None).__enter__()),
        ):
            with pytest.raises(Cancelled):
                begin()
            refused.append(name)

    with pytest.raises(Cancelled):
        conductor.run(play)
    assert refused == ["sleep", "start", "wire"]
    with pytest.raises(Cancelled):
        conductor.run(play)


class Interrupter:
    """Stops a conductor at the n-th line of its file that any thread of the play comes to."""

    def __init__(self, conductor: Conductor, line: int) -> None:
        self.left = line
        self._conductor = conductor
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._step if frame.f_code.co_filename == conductor_module.__file__ else None

    def _step(self, frame: FrameType, event: str, argument: Any) -> Any:
        with self._lock:
            self.left -= 1
            due = self.left == 0
        if due:
            # From another thread, as a signal's would be. Where the lock is held it has to wait for its turn.
            thread = threading.Thread(target=self._conductor.stop)
            thread.start()
            thread.join(0.002)
            self._threads.append(thread)
        return self._step

    def join(self) -> None:
        for thread in self._threads:
            thread.join(10.0)
            assert not thread.is_alive()


def _small_play(conductor: Conductor) -> Callable[[CancelToken], None]:
    """Two calls that are answered, one that hangs until its time is over, waits and tasks between."""

    def call(name: str, cancel: CancelToken) -> None:
        with conductor.wire(name, 5.0, cancel) as wire:
            conductor.slowed(name, float("inf") if name == "b" else 0.5)
            if name == "b":
                wire.token.wait(30.0)
        conductor.sleep(0.1)

    def play(cancel: CancelToken) -> None:
        for name in ("a", "b"):
            conductor.start(partial(call, name))
        conductor.sleep(0.2)
        conductor.start(partial(call, "c"))
        conductor.sleep(10.0)

    return play


def test_a_stop_at_any_line_of_the_play_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the conductor or a task is about to do: no thread is left, and none waited for a limit."""
    monkeypatch.setattr(conductor_module, "_STOP_LIMIT", 30.0)
    line, interrupted = 1, True
    while interrupted:
        conductor = Conductor(speed=FAST)
        interrupter = Interrupter(conductor, line)
        thread = threading.Thread(target=_play_quietly, args=(conductor,))
        threading.settrace(interrupter.enter)
        try:
            thread.start()
            thread.join(10.0)
        finally:
            threading.settrace(None)
        assert not thread.is_alive(), f"stopped at line {line} of the trace"
        interrupter.join()
        assert not any(task.thread and task.thread.is_alive() for task in conductor._tasks)
        interrupted = interrupter.left <= 0
        line += LINES


def _play_quietly(conductor: Conductor) -> None:
    with contextlib.suppress(Cancelled):
        conductor.run(_small_play(conductor))
