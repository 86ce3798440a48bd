"""Plays a script: applies its steps in time, sends its calls, tells where it is. No Qt, no wall clock.

The same player serves the window (real time, may be paused) and the command line (a conductor's time).
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from app.domain.cancel import CancelToken
from app.domain.events import LoadChanged, ScenarioProgress
from app.domain.lanes import Lane
from app.domain.streams import OrdersRequest
from app.operations.scenarios.agenda import Agenda, Arrival
from app.operations.scenarios.ports import Scene, Stage
from app.operations.scenarios.script import Force, Script, Step
from app.resilience.settings import PipelineSettings

MOST_IN_FLIGHT = 200  # calls on one lane; further ones are dropped and counted, never queued
DRAIN = 60.0  # seconds after the end that calls under way may still take
_LOOK = 0.25  # seconds between two looks at calls that drain
_INSTANT = 1e-6  # seconds; steps and arrivals are kept to the microsecond
_STOPPING = 3.0  # seconds that cancelled calls may take
_RESTORED = "What was set before is back."


class Player:
    """One performance of one script. ``play`` in a thread of its own; pause, step and stop from any."""

    def __init__(
        self,
        script: Script,
        stage: Stage,
        scene: Scene,
        *,
        most_in_flight: int = MOST_IN_FLIGHT,
        tick: float | None = None,
    ) -> None:
        """``tick``: tell the progress, and see that something was asked for, every so many seconds."""
        self.script = script
        self._stage = stage
        self._scene = scene
        self._most = most_in_flight
        self._tick = tick
        self._agenda = Agenda(script.steps)
        self._settings: dict[Lane, PipelineSettings] = dict(script.settings)
        self._caption = ""
        self._origin = 0.0
        self._lock = threading.Lock()
        self._wanted_step = False
        self._paused_at: float | None = None  # scenario seconds
        self._stopped = False
        self._calls = dict.fromkeys(script.lanes, 0)
        self._streams = 0
        self._tokens: dict[CancelToken, Lane] = {}
        self.dropped = dict.fromkeys(script.lanes, 0)

    def play(self, cancel: CancelToken | None = None) -> None:
        """Play to the end, then put back what was before. Blocks."""
        if cancel is not None:
            cancel.on_cancel(self.stop)
        before = self._scene.remember()
        try:
            self._prepare()
            self._perform()
            self._drain()
        finally:
            self._caption = _RESTORED if self._agenda.applied else ""
            self._tell_load(0.0)
            self._scene.restore(before)
            self._tell(running=False)

    @property
    def elapsed(self) -> float:
        """Scenario seconds so far; stands still while paused."""
        if self._paused_at is not None:
            return self._paused_at
        return self._stage.clock() - self._origin

    def pause(self) -> None:
        """Hold the script and its load, or go on. Calls under way are not held."""
        with self._lock:
            if self._paused_at is None:
                self._paused_at = self.elapsed
            else:
                self._origin = self._stage.clock() - self._paused_at
                self._paused_at = None
        self._tell()

    def step(self) -> None:
        """While paused: jump to the next step. The load between is left out."""
        with self._lock:
            self._wanted_step = self._paused_at is not None

    def stop(self) -> None:
        """End the script and cancel its calls."""
        with self._lock:
            self._stopped = True
            tokens = list(self._tokens)
        for token in tokens:
            token.cancel()

    # --- the performance ------------------------------------------------------------------------------

    def _prepare(self) -> None:
        self._origin = self._stage.clock()
        self._scene.reseed(self.script.seed)
        for lane in self.script.lanes:
            self._scene.apply_faults(lane, ())
            self._scene.apply_settings(lane, self._settings[lane])
            self._scene.force(lane, Force.RESET)
        self._tell()

    def _perform(self) -> None:
        while not self._stopped:
            due = self._agenda.next_at
            if due is None or due > self.script.duration:
                self._wait_until(self.script.duration)
                return
            if not self._wait_until(due):
                continue
            entry = self._agenda.take()
            if isinstance(entry, Arrival):
                # What falls on the very end is left out: twenty calls one a second are over after 20 s.
                if entry.at < self.script.duration:
                    self._send(entry.calls)
            else:
                self._apply(entry)

    def _wait_until(self, due: float) -> bool:
        """True at ``due``; False to look anew: the script was stopped, or has jumped to a step."""
        told = self.elapsed
        while not self._stopped:
            if self._wanted_step:
                self._jump()
                return False
            left = due - self.elapsed
            if left <= _INSTANT and self._paused_at is None:
                return True
            if self._tick is not None and abs(self.elapsed - told) >= self._tick:
                told = self.elapsed
                self._tell()
            self._stage.sleep(left if self._tick is None else max(0.001, min(left, self._tick)))
        return False

    def _jump(self) -> None:
        with self._lock:
            self._wanted_step = False
            step = self._agenda.next_step
            if step is None or self._paused_at is None:
                return
            self._paused_at = step.at
        self._agenda.arrivals.skip_until(step.at)
        self._apply(self._agenda.take_step())

    def _apply(self, step: Step) -> None:
        self._caption = step.caption or self._caption
        for lane in self.script.lanes:
            self._apply_to(lane, step)
        if step.load is not None:
            self._agenda.arrivals.change(step.load, step.at)
            self._tell_load(step.load.rate * step.load.burst)
        self._tell()
        if step.call:
            self._send(step.call)
        if step.stream is not None:
            self._follow(step.stream)

    def _apply_to(self, lane: Lane, step: Step) -> None:
        if step.clear:
            self._scene.apply_faults(lane, ())
        if step.faults is not None and lane in step.faults:
            self._scene.apply_faults(lane, step.faults[lane])
        if step.settings.get(lane):
            self._settings[lane] = replace(self._settings[lane], **step.settings[lane])
            self._scene.apply_settings(lane, self._settings[lane])
        if step.force is not None:
            self._scene.force(lane, step.force)

    # --- calls ----------------------------------------------------------------------------------------

    def _send(self, calls: int) -> None:
        for _ in range(calls):
            for lane in self.script.lanes:
                self._send_one(lane)

    def _send_one(self, lane: Lane) -> None:
        with self._lock:
            if self._stopped:
                return
            if sum(1 for each in self._tokens.values() if each is lane) >= self._most:
                self.dropped[lane] += 1
                return
            self._calls[lane] += 1
            token = CancelToken()
            self._tokens[token] = lane
        self._stage.start(partial(self._call, lane, self._calls[lane], token))

    def _follow(self, request: OrdersRequest) -> None:
        self._streams += 1
        for lane in self.script.lanes:
            with self._lock:
                if self._stopped:
                    return
                token = CancelToken()
                self._tokens[token] = lane
            follow = partial(self._scene.stream, lane, self._streams, request)
            self._stage.start(partial(self._beside, follow, token))

    def _call(self, lane: Lane, number: int, token: CancelToken, cancel: CancelToken) -> None:
        self._beside(partial(self._scene.call, lane, number), token, cancel)

    def _beside(self, job: Callable[[CancelToken], None], token: CancelToken, cancel: CancelToken) -> None:
        forget = cancel.on_cancel(token.cancel)
        try:
            job(token)
        finally:
            forget()
            with self._lock:
                self._tokens.pop(token, None)

    def _drain(self) -> None:
        self._await_calls(DRAIN)
        with self._lock:
            left = list(self._tokens)
        for token in left:
            token.cancel()
        self._await_calls(_STOPPING)

    def _await_calls(self, limit: float) -> None:
        started = self._stage.clock()
        while self._tokens and self._stage.clock() - started < (_STOPPING if self._stopped else limit):
            self._stage.sleep(_LOOK)

    # --- telling --------------------------------------------------------------------------------------

    def _tell(self, *, running: bool = True) -> None:
        script = self.script
        self._scene.publish(
            ScenarioProgress(
                at=self._stage.clock(),
                name=script.name,
                step=self._agenda.applied - 1,
                steps=len(script.steps),
                elapsed=min(round(self.elapsed, 6), script.duration),
                duration=script.duration,
                caption=self._caption,
                running=running,
                paused=running and self._paused_at is not None,
            )
        )

    def _tell_load(self, rate: float) -> None:
        lanes = self.script.lanes
        self._scene.publish(LoadChanged(at=self._stage.clock(), running=rate > 0.0, rate=rate, lanes=lanes))
