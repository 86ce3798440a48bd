"""What the outage, breaker and resilience panels act on: fault engine, pipelines, background traffic."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer, Slot

from app.bootstrap.core import Core
from app.domain.cancel import CancelToken
from app.domain.errors import TrilaneError
from app.domain.events import FaultsChanged, LoadChanged
from app.domain.lanes import Lane
from app.operations.log_in import Question
from app.resilience.pipeline import Pipeline
from app.resilience.settings import PipelineSettings


class Faults:
    """Sets the embedded servers' faults and says so on the bus. GUI thread; takes no longer than a lock."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def apply_faults(self, lane: Lane, rules: Sequence[Mapping[str, Any]]) -> None:
        """Replace the rules of one lane."""
        engine = self._core.backends.faults
        engine.configure(lane.value, rules)
        summary = ", ".join(rule.summary for rule in engine.rules(lane.value))
        self._core.bus.publish(
            FaultsChanged(at=time.monotonic(), lane=lane, summary=summary, settings={"rules": tuple(rules)})
        )

    def reseed(self, seed: int) -> None:
        """Begin the random draws anew."""
        self._core.backends.faults.reseed(seed)


class Policies:
    """Each lane's breaker and settings. Never blocks."""

    def __init__(self, pipelines: Mapping[Lane, Pipeline]) -> None:
        self._pipelines = pipelines

    def apply_settings(self, lane: Lane, settings: PipelineSettings) -> None:
        """From the next call on."""
        self._pipelines[lane].configure(settings)

    def force_open(self, lane: Lane) -> None:
        """Reject everything until reset."""
        self._pipelines[lane].breaker.force_open()

    def disable(self, lane: Lane) -> None:
        """Admit everything, count nothing."""
        self._pipelines[lane].breaker.disable()

    def reset(self, lane: Lane) -> None:
        """Close and count anew."""
        self._pipelines[lane].breaker.reset()


class Traffic(QObject):
    """Background calls of the chosen operation at a steady rate, through the same pipelines. GUI thread."""

    def __init__(
        self, core: Core, question: Callable[[], Question], token: Callable[[], str | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._core = core
        self._question = question
        self._token = token
        self._lanes: tuple[Lane, ...] = ()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._send)

    def set_load(self, running: bool, rate: float, lanes: tuple[Lane, ...]) -> None:
        """Start, change or stop; ``rate`` is calls a second on each lane."""
        self._lanes = lanes
        if running:
            self._timer.start(max(1, round(1000 / rate)))
        else:
            self._timer.stop()
        self._core.bus.publish(LoadChanged(at=time.monotonic(), running=running, rate=rate, lanes=lanes))

    @Slot()
    def _send(self) -> None:
        # When every worker is taken by calls that hang, further ones would only queue up behind them.
        if self._core.workers.active >= self._core.workers.size:
            return
        question, token, now = self._question(), self._token(), time.monotonic()
        for lane in self._lanes:
            self._core.workers.submit(partial(self._call, lane, question, token, now))

    def _call(
        self, lane: Lane, question: Question, token: str | None, asked: float, cancel: CancelToken
    ) -> None:
        runner = self._core.lanes.runner(lane)
        if runner is None:
            return
        try:
            client = self._core.lanes.client(lane)
            draft = client.draft(question.operation, question.params, question.fields, token=token)
        except TrilaneError:  # the lane has no counterpart, or the form holds something half typed
            return
        runner.run(
            draft,
            question.operation,
            fields=tuple(question.fields),
            call_id=f"load-{uuid.uuid4().hex[:12]}",
            cancel=cancel,
            submitted_at=asked,
        )
