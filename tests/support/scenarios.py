"""Scenarios on fake time and fake ports: a minute takes no time, and everything asked for is written down."""

import heapq
from collections.abc import Callable, Sequence
from typing import Any

from app.domain.cancel import CancelToken
from app.domain.events import Event, ScenarioProgress
from app.domain.lanes import Lane
from app.domain.streams import OrdersRequest
from app.operations.scenarios.ports import Before
from app.operations.scenarios.reading import read_text
from app.operations.scenarios.script import Force, Rule, Script
from app.resilience.settings import PipelineSettings

Job = Callable[[CancelToken], object]


def accept(lane: Lane, rules: Sequence[Rule]) -> None:
    """Every rule is good."""


def script(text: str, name: str = "test") -> Script:
    """A script whose fault rules are not checked."""
    return read_text(text, accept, name=name)


class FakeStage:
    """Time that passes only in sleep(); what is planned for a moment happens on the way there."""

    def __init__(self, start: float = 500.0) -> None:
        self.now = start
        self.start_time = start
        self._plans: list[tuple[float, int, Callable[[], object]]] = []

    def at(self, seconds: float, act: Callable[[], object]) -> None:
        """Have ``act`` happen so many seconds after the start of the stage."""
        heapq.heappush(self._plans, (self.start_time + seconds, len(self._plans), act))

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        if self._plans and self._plans[0][0] <= until:
            self.now, _, act = heapq.heappop(self._plans)
            act()
        else:
            self.now = until

    def start(self, job: Job) -> None:
        job(CancelToken())


class FakeScene:
    """Writes down what is asked for, with the time since the start."""

    def __init__(self, stage: FakeStage) -> None:
        self._stage = stage
        self.log: list[tuple[Any, ...]] = []
        self.events: list[Event] = []
        self.before = Before(seed=7)
        self.on_call: Callable[[Lane, int, CancelToken], object] = lambda lane, number, cancel: None

    def note(self, *what: Any) -> None:
        self.log.append((round(self._stage.now - self._stage.start_time, 6), *what))

    def of(self, kind: str) -> list[tuple[Any, ...]]:
        """The lines of one kind, without the kind."""
        return [(at, *rest) for at, each, *rest in self.log if each == kind]

    @property
    def progress(self) -> list[ScenarioProgress]:
        return [event for event in self.events if isinstance(event, ScenarioProgress)]

    def remember(self) -> Before:
        return self.before

    def restore(self, before: Before) -> None:
        self.note("restore", before)

    def reseed(self, seed: int) -> None:
        self.note("seed", seed)

    def apply_faults(self, lane: Lane, rules: Sequence[Rule]) -> None:
        self.note("faults", lane, [dict(rule) for rule in rules])

    def apply_settings(self, lane: Lane, settings: PipelineSettings) -> None:
        self.note("settings", lane, settings)

    def force(self, lane: Lane, force: Force) -> None:
        self.note("force", lane, force)

    def call(self, lane: Lane, number: int, cancel: CancelToken) -> None:
        self.note("call", lane, number)
        self.on_call(lane, number, cancel)

    def stream(self, lane: Lane, number: int, request: OrdersRequest, cancel: CancelToken) -> None:
        self.note("stream", lane, number, request)

    def publish(self, event: Event) -> None:
        self.events.append(event)
