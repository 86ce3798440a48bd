"""Threads that are switched exactly where a test says, down to single opcodes of chosen modules.

Under the GIL a stress test proves little: switches come every few milliseconds, races need one within a
microsecond. Here only one thread runs at a time, and at each traced opcode a schedule decides who is next.
A schedule is a pure function, so a failing one can be run again.
"""

import random
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

Schedule = Callable[[int, int, list[int]], int]  # (step, thread now, threads that can run) -> thread next


class DeadlockError(Exception):
    """Every thread waits for a lock."""


def switch_at(steps: frozenset[int]) -> Schedule:
    """Go on to the next thread at the given steps, else stay."""

    def schedule(step: int, now: int, ready: list[int]) -> int:
        if step not in steps:
            return now
        later = [each for each in ready if each > now]
        return later[0] if later else ready[0]

    return schedule


def switch_randomly(seed: int, chance: float) -> Schedule:
    """Go on to any thread with the given chance at each step."""
    draw = random.Random(seed)

    def schedule(step: int, now: int, ready: list[int]) -> int:
        return draw.choice(ready) if draw.random() < chance else now

    return schedule


class Stage:
    """Runs jobs, one at a time in turns, and switches between them inside the files in ``traced``."""

    def __init__(self, schedule: Schedule, traced: frozenset[str]) -> None:
        self._schedule = schedule
        self._traced = traced
        self._turns: list[threading.Semaphore] = []
        self._waiting: dict[int, object] = {}  # thread -> the lock it waits for
        self._done: set[int] = set()
        self._ended = threading.Event()
        self._me = threading.local()
        self.steps = 0
        self.errors: list[BaseException] = []

    def run(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Run every job to its end, each in a thread; raise what one of them raised."""
        self._turns = [threading.Semaphore(0) for _ in jobs]
        threads = [threading.Thread(target=self._work, args=pair) for pair in enumerate(jobs)]
        for thread in threads:
            thread.start()
        self._turns[0].release()
        self._ended.wait(20)
        for thread in threads:
            thread.join(20)
        if self.errors:
            raise self.errors[0]

    def lock(self) -> "TurnLock":
        """A lock for the code under test: waiting for it passes the turn on."""
        return TurnLock(self)

    def wait_for(self, lock: object) -> None:
        """The running thread cannot go on until ``lock`` is released."""
        me: int = self._me.number
        self._waiting[me] = lock
        self._pass_on(me)

    def released(self, lock: object) -> None:
        """Threads that wait for ``lock`` may try again."""
        self._waiting = {each: wanted for each, wanted in self._waiting.items() if wanted is not lock}

    def _ready(self) -> list[int]:
        return [n for n in range(len(self._turns)) if n not in self._done and n not in self._waiting]

    def _pass_on(self, me: int) -> None:
        ready = self._ready()
        if not ready:
            self.errors.append(DeadlockError())
            self._waiting.clear()
            return
        later = [each for each in ready if each > me]
        self._hand_over(me, later[0] if later else ready[0])

    def _hand_over(self, me: int, target: int) -> None:
        self._turns[target].release()
        self._turns[me].acquire()

    def _work(self, me: int, job: Callable[[], None]) -> None:
        self._me.number = me
        self._turns[me].acquire()
        sys.settrace(self._enter)
        try:
            job()
        except BaseException as error:  # noqa: BLE001  carried over to the test's thread
            self.errors.append(error)
        finally:
            sys.settrace(None)
        self._done.add(me)
        ready = self._ready()
        if ready:
            self._turns[ready[0]].release()
        else:
            self._ended.set()

    def _enter(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename not in self._traced:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return self._step

    def _step(self, _frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "opcode":
            self.steps += 1
            me: int = self._me.number
            target = self._schedule(self.steps, me, self._ready())
            if target != me:
                self._hand_over(me, target)
        return self._step


class TurnLock:
    """A lock among the threads of one Stage. Outside of it, an ordinary flag."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._held = False

    def __enter__(self) -> None:
        while self._held:
            self._stage.wait_for(self)
        self._held = True

    def __exit__(self, *_error: object) -> None:
        self._held = False
        self._stage.released(self)


class NoLock:
    """What a lock is when somebody removed it."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_error: object) -> None:
        return None
