"""The heart of the product in one window: break a lane, watch its circuit open, mend it, watch it close.

Real pipelines and the real fault engine, put together without sockets; time is the test's own.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.domain.errors import AttemptFailed
from app.domain.events import CallFinished, CallStarted
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult, Outcome, Reply
from app.resilience.pipeline import Attempt, Pipeline
from app.resilience.snapshot import BreakerSnapshot
from app.runtime.event_bus import EventBus
from app.ui.charts.timeline import AttemptTimeline
from app.ui.diagram.breaker_diagram import BreakerDiagram
from app.ui.panels.outage import OutagePanel
from app.ui.theme import ThemeSource
from app.viewmodels.breakers import BreakersModel
from app.viewmodels.outage import OutageModel
from app.viewmodels.timeline import TimelineModel
from backends.faults.engine import FaultEngine
from tests.support.clock import FakeClock

ATTEMPT = 0.05  # seconds that an attempt takes


class Stage:
    """Three lanes, their faults and their pictures."""

    def __init__(self, themes: ThemeSource) -> None:
        self.clock = FakeClock()
        self.bus = EventBus(self._raise)
        self.engine = FaultEngine(seed=42, clock=self.clock)
        self.pipelines = {
            lane: Pipeline(
                lane=lane,
                publish=self.bus.publish,
                clock=self.clock,
                sleep=self.clock.sleep,
                random=lambda: 0.5,
            )
            for lane in Lane
        }
        self.outage = OutageModel(self.bus, self, self, clock=self.clock)
        self.panel = OutagePanel(self.outage)
        self.breakers = BreakersModel(self.bus, self.snapshot, self, clock=self.clock)
        self.diagram = BreakerDiagram(self.breakers, themes, still=True)
        self.model = TimelineModel(self.bus, clock=self.clock)
        self.timeline = AttemptTimeline(self.model, themes)
        self.calls = 0

    @staticmethod
    def _raise(error: Exception) -> None:
        raise error

    def apply_faults(self, lane: Lane, rules: Sequence[Mapping[str, Any]]) -> None:
        self.engine.configure(lane.value, rules)

    def reseed(self, seed: int) -> None:
        self.engine.reseed(seed)

    def set_load(self, running: bool, rate: float, lanes: tuple[Lane, ...]) -> None: ...

    def snapshot(self, lane: Lane) -> BreakerSnapshot:
        return self.pipelines[lane].breaker.snapshot()

    def force_open(self, lane: Lane) -> None:
        self.pipelines[lane].breaker.force_open()

    def disable(self, lane: Lane) -> None:
        self.pipelines[lane].breaker.disable()

    def reset(self, lane: Lane) -> None:
        self.pipelines[lane].breaker.reset()

    def send(self, lane: Lane) -> bool:
        """One call through the lane; whether its caller got a fresh answer."""
        self.calls += 1
        call_id = f"call-{self.calls}"
        self.bus.publish(
            CallStarted(at=self.clock(), call_id=call_id, lane=lane, operation=OperationId.GET_ORDER)
        )

        def attempt(_attempt: Attempt) -> Reply:
            injection = self.engine.decide(lane.value, "get-order")
            self.clock.advance(ATTEMPT)
            if injection is not None and injection.kind is not None:
                status = f"{injection.status} Service Unavailable"
                raise AttemptFailed(
                    Reply(outcome=Outcome.UNAVAILABLE, status=status, injected=injection.rule)
                )
            return Reply(outcome=Outcome.OK, status="200 OK")

        report = self.pipelines[lane].run(attempt, call_id=call_id, key="order 1")
        reply = Reply(outcome=Outcome.OK if report.error is None else Outcome.UNAVAILABLE)
        result = CallResult(
            call_id=call_id, lane=lane, operation=OperationId.GET_ORDER, reply=reply, stale=report.stale
        )
        self.bus.publish(
            CallFinished(at=self.clock(), call_id=call_id, lane=lane, result=result, stop=report.stop)
        )
        return report.error is None

    def says(self, lane: Lane) -> str:
        """What the diagram's mirror says about a lane."""
        return self.diagram.mirror_text().splitlines()[list(Lane).index(lane)]


@pytest.fixture
def stage(qtbot: QtBot, themes: ThemeSource) -> Iterator[Stage]:
    made = Stage(themes)
    widgets = (made.panel, made.diagram, made.timeline)
    for widget in widgets:
        qtbot.addWidget(widget)
        qtbot.addWidget(widget.header)
        widget.show()
        qtbot.waitExposed(widget)
    yield made
    for widget in widgets:
        widget.close()


def break_lane(qtbot: QtBot, stage: Stage, lane: Lane) -> None:
    """Push the failure rate to its right end with the keyboard."""
    slider = stage.panel.lanes[lane].rate
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: bool(stage.engine.rules(lane.value)))


def test_breaking_a_lane_opens_its_circuit_and_mending_it_closes_it(qtbot: QtBot, stage: Stage) -> None:
    """100 % failures open the circuit after five; cleared, it closes by two probes after its time."""
    assert stage.send(Lane.GRPC)
    break_lane(qtbot, stage, Lane.GRPC)
    while stage.snapshot(Lane.GRPC).state.value == "closed":
        assert not stage.send(Lane.GRPC)
    assert "gRPC circuit open" in stage.says(Lane.GRPC)
    qtbot.waitUntil(lambda: "5 failures in a row" in stage.says(Lane.GRPC))
    assert "REST circuit closed" in stage.says(Lane.REST)

    qtbot.mouseClick(stage.panel.clear, Qt.MouseButton.LeftButton)
    assert not stage.send(Lane.GRPC)  # still open: nobody has tried
    stage.clock.advance(10.0)
    assert "half-open" in stage.says(Lane.GRPC)
    assert stage.send(Lane.GRPC)
    assert "1 of 2 successes" in stage.says(Lane.GRPC)
    assert stage.send(Lane.GRPC)
    assert "gRPC circuit closed, 0 of 5 failures" in stage.says(Lane.GRPC)
    qtbot.waitUntil(lambda: len(stage.breakers.transitions(Lane.GRPC)) == 3)


def test_the_timeline_holds_the_whole_story(qtbot: QtBot, stage: Stage) -> None:
    """Attempts with the rule that broke them, waits as drawn by chance, rejections, copies, the band."""
    stage.send(Lane.GRPC)
    stage.clock.advance(1.0)
    break_lane(qtbot, stage, Lane.GRPC)
    stage.send(Lane.GRPC)
    stage.send(Lane.GRPC)
    stage.send(Lane.GRPC)
    qtbot.waitUntil(lambda: len(stage.model.store.view(Lane.GRPC, 0.0, 9e9).ends) == 4)
    view = stage.model.store.view(Lane.GRPC, 0.0, 9e9)
    assert [bar.failed for bar in view.attempts] == [False] + [True] * 5
    assert {bar.injected for bar in view.attempts if bar.failed} == {"UNAVAILABLE at 100 %"}
    assert [round(gap.delay, 2) for gap in view.waits[:3]] == [1.05, 2.1, 4.2]  # jitter of one half of 10 %
    assert [round(gap.envelope, 2) for gap in view.waits[:3]] == [1.1, 2.2, 4.4]
    assert [mark.after for mark in view.transitions] == ["OPEN"]
    assert view.rejections
    assert [call.cap for call in view.ends] == ["ok", "stale copy", "stale copy", "stale copy"]
    assert [band.summary for band in view.bands] == ["UNAVAILABLE at 100 %"]
    assert not stage.model.store.busy()
