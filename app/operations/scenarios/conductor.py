"""Scenario time for a run without a window: real threads, real sockets, and yet the same order every time.

Wall time decides nothing here. A task (a call, or the player) runs alone until it sleeps, goes on the wire or
ends; then the next one in the order (scenario time, kind of wake-up, number of the task) runs. While a task
is on the wire, scenario time stands still in front of the earliest moment at which its answer may come:

- A server that was not told to be slow answers at once, so an answer takes no scenario time, however long the
  machine needed for it.
- A server that was told to be slow says so in the moment of its decision (``slowed``), and the call then
  lasts exactly so long, or until its timeout.

So a slow machine makes a run longer, never different. Scenario time also keeps pace with real time: it is
never ahead of ``real * speed``.

A stop may come at any moment. It is one flag, read and written under the one lock: whoever finds it set
starts nothing, waits for nothing and is told so by Cancelled, so no loop of a task outlives it. Only the
conducting thread must not be the one that Python runs signal handlers in: an exception that comes out of
nowhere may leave any of these steps half done.
"""

import heapq
import math
import threading
import time
from collections.abc import Callable
from typing import Self

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled

Job = Callable[[CancelToken], object]

PATIENCE = 1.0  # real seconds that a prompt answer may take at least, however high the speed
_GRID = 0.05  # real seconds to which a duration that nobody can foretell is rounded down
_STOP_LIMIT = 5.0  # real seconds for all threads to end
_OVER = "the play was stopped"
_ENDED, _WOKEN, _NEW = range(3)  # what goes first at one moment: answers, then waits that end, then new tasks


class _Task:
    __slots__ = ("go", "job", "number", "thread", "token")

    def __init__(self, number: int, job: Job) -> None:
        self.number = number
        self.job = job
        self.token = CancelToken()
        self.go = threading.Event()  # its turn has come, or all is over
        self.thread: threading.Thread | None = None


class Wire:
    """One request on its way. Used as a context around sending it, by the task that sends."""

    def __init__(self, conductor: "Conductor", request_id: str, timeout: float | None) -> None:
        self.request_id = request_id
        self.token = CancelToken()  # ends the sending: by the caller's wish, or because its time is over
        self.timeout = timeout  # scenario seconds
        self.began = conductor.clock()
        self.number = 0  # of the task
        self.delay = 0.0  # scenario seconds that the server was told to wait
        self.rough = False  # it takes its time in a way that nobody can foretell
        self.gave_up = False
        self.sent_at = 0.0  # real seconds
        self._conductor = conductor

    @property
    def real_timeout(self) -> float | None:
        """Real seconds that the client may wait."""
        return None if self.timeout is None else max(self.timeout / self._conductor.speed, PATIENCE)

    @property
    def doomed(self) -> bool:
        """Whether the server waits for longer than the client does."""
        return self.timeout is not None and self.delay >= self.timeout

    def bound(self, real: float) -> float:
        """The earliest scenario time at which this may be over."""
        passed = self.delay
        if self.rough:
            step = _GRID * self._conductor.speed
            passed = max(passed, math.floor((real - self.sent_at) * self._conductor.speed / step) * step)
        return self.began + (passed if self.timeout is None else min(passed, self.timeout))

    def __enter__(self) -> Self:
        self._conductor._depart(self)
        return self

    def __exit__(self, *failure: object) -> None:
        self._conductor._arrive(self)


class Conductor:
    """Runs tasks one at a time in scenario time. ``run`` in one thread; the rest as each method says."""

    def __init__(self, *, speed: float = 1.0, real: Callable[[], float] = time.monotonic) -> None:
        self.speed = speed
        self._real = real
        self._changed = threading.Condition()
        self._now = 0.0
        self._origin = 0.0
        self._queue: list[tuple[float, int, int, _Task]] = []
        self._running: _Task | None = None
        self._wires: dict[str, tuple[Wire, _Task]] = {}
        self._tasks: list[_Task] = []
        self._count = 0
        self._stopped = False
        self._failure: BaseException | None = None
        self._here = threading.local()

    def clock(self) -> float:
        """Scenario seconds. Any thread."""
        return self._now

    def start(self, job: Job) -> None:
        """Have ``job`` run as a task of its own, at this moment but after the tasks that are waiting for it.

        From a task, or before run(). Raises Cancelled after stop().
        """
        with self._changed:
            self._go_on()
            self._count += 1
            self._push(self._now, _NEW, _Task(self._count, job))

    def sleep(self, seconds: float) -> None:
        """Wait in scenario time. From a task. Raises Cancelled after stop(), also while it waits."""
        task: _Task = self._here.task
        with self._changed:
            self._go_on()
            self._push(self._now + max(0.0, seconds), _WOKEN, task)
        if not self._yield(task):
            raise Cancelled(_OVER)

    def wire(self, request_id: str, timeout: float | None, cancel: CancelToken | None) -> Wire:
        """A context for sending one request that ``slowed`` knows as ``request_id``. From a task.

        Entering it raises Cancelled after stop().
        """
        wire = Wire(self, request_id, timeout)
        if cancel is not None:
            cancel.on_cancel(wire.token.cancel)
        return wire

    def slowed(self, request_id: str, seconds: float, *, rough: bool = False) -> None:
        """A server has decided to wait ``seconds`` of scenario time before it answers. Any thread."""
        with self._changed:
            if request_id in self._wires:
                wire = self._wires[request_id][0]
                wire.delay += seconds
                wire.rough = wire.rough or rough
                self._changed.notify_all()

    def run(self, job: Job) -> None:
        """Run ``job`` and every task that comes of it, to their ends. Once, and not in the main thread if
        that may be interrupted.

        Raises what the first task raised, and Cancelled when stop() came before the end.
        """
        self.start(job)
        self._origin = self._real()
        try:
            while (task := self._next()) is not None:
                self._resume(task)
            stopped = self._stopped
        finally:
            self.stop()
            self._join()
        if self._failure is not None:
            raise self._failure
        if stopped:
            raise Cancelled(_OVER)

    def stop(self) -> None:
        """End all waiting at once and cancel every task. Any thread, at any moment; idempotent."""
        with self._changed:
            self._stopped = True
            self._queue.clear()
            wires = [wire for wire, _ in self._wires.values()]
            tasks = list(self._tasks)
            for task in tasks:
                task.go.set()
            self._changed.notify_all()
        # Without the lock: what wakes a client is foreign code.
        for task in tasks:
            task.token.cancel()
        for wire in wires:
            wire.token.cancel()

    # --- inside ---------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """With the lock held: whoever wants to begin something is told that all is over."""
        if self._stopped:
            raise Cancelled(_OVER)

    def _next(self) -> _Task | None:
        """Whose turn it is; waits until that is certain and due. None when all have ended."""
        with self._changed:
            while not self._stopped and self._failure is None:
                if self._running is not None:
                    self._changed.wait()
                    continue
                if not self._queue and not self._wires:
                    return None
                pause = self._obstacle()
                if pause is None:
                    at, _, _, task = heapq.heappop(self._queue)
                    self._now = max(self._now, at)
                    self._running = task
                    return task
                self._changed.wait(None if math.isinf(pause) else max(0.0, pause))
            return None

    def _obstacle(self) -> float | None:
        """Real seconds after which to look again, None when the first of the queue may go now."""
        real = self._real()
        due = self._queue[0][0] if self._queue else math.inf
        holding = [wire for wire, _ in self._wires.values() if wire.bound(real) <= due]
        if not holding:
            return self._early(due, real)
        pause = math.inf
        for wire in holding:
            if wire.rough:
                pause = min(pause, _GRID / 4)
            elif wire.doomed and not wire.gave_up and wire.timeout is not None:
                left = wire.sent_at + wire.timeout / self.speed - real
                pause = min(pause, left)
                if left <= 0.0:
                    wire.gave_up = True
                    # In a thread of its own: what wakes a client is foreign code, and the lock is held here.
                    threading.Thread(target=wire.token.cancel, name="trilane-give-up", daemon=True).start()
                    pause = math.inf
        return pause

    def _early(self, due: float, real: float) -> float | None:
        left = self._origin + due / self.speed - real
        return left if left > 0.0 else None

    def _resume(self, task: _Task) -> None:
        with self._changed:
            if self._stopped:
                return  # it has been let go, or is never begun
            if task.thread is not None:
                task.go.set()
                return
            task.thread = threading.Thread(target=self._live, args=(task,), name=f"scenario-{task.number}")
            task.thread.start()
            self._tasks = [each for each in self._tasks if each.thread and each.thread.is_alive()]
            self._tasks.append(task)

    def _live(self, task: _Task) -> None:
        self._here.task = task
        try:
            task.job(task.token)
        except BaseException as error:  # noqa: BLE001  boundary of the thread: raised by run()
            with self._changed:
                if self._failure is None and not self._stopped:
                    self._failure = error
        self._release(task)

    def _release(self, task: _Task) -> None:
        with self._changed:
            if self._running is task:
                self._running = None
            self._changed.notify_all()

    def _yield(self, task: _Task) -> bool:
        """Let the others go on until it is this task's turn. False when all is over instead."""
        self._release(task)
        task.go.wait()
        with self._changed:
            if not self._stopped:
                task.go.clear()
            return not self._stopped

    def _push(self, at: float, kind: int, task: _Task) -> None:
        # To the microsecond: a sum of tenths must meet the schedule that was multiplied.
        heapq.heappush(self._queue, (round(at, 6), kind, task.number, task))

    def _depart(self, wire: Wire) -> None:
        task: _Task = self._here.task
        wire.number = task.number
        with self._changed:
            self._go_on()
            wire.sent_at = self._real()
            self._wires[wire.request_id] = (wire, task)
        self._release(task)

    def _arrive(self, wire: Wire) -> None:
        task: _Task = self._here.task
        with self._changed:
            del self._wires[wire.request_id]
            if self._stopped:
                return
            at = max(self._now, self._arrival(wire))
            self._push(at, _ENDED, task)
        self._yield(task)

    def _arrival(self, wire: Wire) -> float:
        real = self._real()
        slow = wire.real_timeout is not None and real - wire.sent_at >= wire.real_timeout * 0.99
        if wire.timeout is not None and (slow or wire.gave_up):
            return wire.began + wire.timeout
        if wire.token.cancelled:
            return self._now
        return wire.bound(real)

    def _join(self) -> None:
        deadline = time.monotonic() + _STOP_LIMIT
        for task in self._tasks:
            if task.thread is not None:
                task.thread.join(max(0.0, deadline - time.monotonic()))
