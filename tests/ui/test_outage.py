"""The outage panel: dragging sliders, pressing buttons, reading what it says and what it asks for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.domain.errors import InvalidInput
from app.domain.events import AttemptFinished, Event, FaultsChanged, LoadChanged, ScenarioProgress
from app.domain.lanes import Lane
from app.domain.results import Outcome
from app.runtime.event_bus import EventBus
from app.ui.panels.outage import OutagePanel
from app.ui.panels.outage_lane import delay_at, delay_step
from app.ui.stylesheet import StyleKeeper
from app.viewmodels.outage import OutageModel, ScenarioChoice
from app.viewmodels.outage_rules import FailureKind, StreamFault
from tests.support.clock import FakeClock


class Ports:
    """Takes what the panel asks for."""

    def __init__(self) -> None:
        self.applied: list[tuple[Lane, tuple[Mapping[str, Any], ...]]] = []
        self.seeds: list[int] = []
        self.loads: list[tuple[bool, float, tuple[Lane, ...]]] = []
        self.played: list[str] = []

    def apply_faults(self, lane: Lane, rules: Sequence[Mapping[str, Any]]) -> None:
        self.applied.append((lane, tuple(rules)))

    def reseed(self, seed: int) -> None:
        self.seeds.append(seed)

    def set_load(self, running: bool, rate: float, lanes: tuple[Lane, ...]) -> None:
        self.loads.append((running, rate, lanes))

    def choices(self) -> Sequence[ScenarioChoice]:
        return (
            ScenarioChoice(name="brown-out", title="A brown-out", about="Ten seconds of failures."),
            ScenarioChoice(name="flaky-twice", title="Fails twice", about="Then works."),
            ScenarioChoice(name="mine", title="mine", problem="mine.toml, line 3: at is missing"),
        )

    def open(self, path: str) -> ScenarioChoice:
        raise InvalidInput(f"{path}, line 2", "duration is missing")

    def run(self, name: str) -> None:
        self.played.append(f"run {name}")

    def pause(self) -> None:
        self.played.append("pause")

    def step(self) -> None:
        self.played.append("step")

    def stop(self) -> None:
        self.played.append("stop")

    @property
    def reported(self) -> str:
        return "brown-out" if "run brown-out" in self.played else ""

    def save_report(self, file: str) -> str:
        self.played.append(f"save {file}")
        return "" if file.startswith("/tmp/") else "Permission denied"

    def last(self, lane: Lane) -> tuple[Mapping[str, Any], ...]:
        return [rules for each, rules in self.applied if each is lane][-1]


class Bus(EventBus):
    """Remembers what was published."""

    def __init__(self) -> None:
        super().__init__(self._raise)
        self.published: list[Event] = []

    def publish(self, event: Event) -> None:
        self.published.append(event)
        super().publish(event)

    def summaries(self, lane: Lane) -> list[str]:
        found = [event for event in self.published if isinstance(event, FaultsChanged)]
        return [event.summary for event in found if event.lane is lane]

    @staticmethod
    def _raise(error: Exception) -> None:
        raise error


@pytest.fixture
def ports() -> Ports:
    return Ports()


@pytest.fixture
def bus(qtbot: QtBot) -> Bus:
    return Bus()


@pytest.fixture
def model(bus: Bus, ports: Ports) -> OutageModel:
    return OutageModel(bus, ports, ports, scenarios=ports, clock=FakeClock())


@pytest.fixture
def panel(qtbot: QtBot, model: OutageModel, styled: StyleKeeper) -> Iterator[OutagePanel]:
    made = OutagePanel(model)
    qtbot.addWidget(made)
    qtbot.addWidget(made.header)
    made.resize(268, 600)
    made.show()
    qtbot.waitExposed(made)
    yield made
    model.send()
    made.close()


def drag(qtbot: QtBot, slider: QSlider, value: int) -> None:
    """Drag the handle with the mouse to a value."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    style = slider.style()
    control = QStyle.ComplexControl.CC_Slider
    handle = style.subControlRect(control, option, QStyle.SubControl.SC_SliderHandle, slider)
    start = handle.center()
    room = slider.width() - handle.width()
    share = value / (slider.maximum() - slider.minimum())
    target = QPoint(round(handle.width() / 2 + room * share), start.y())
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(slider, target)
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=target)


def test_dragging_a_failure_rate_breaks_that_lane(
    qtbot: QtBot, panel: OutagePanel, ports: Ports, bus: Bus
) -> None:
    """At the right end everything fails: the number, the words, the rule and the event all say so."""
    section = panel.lanes[Lane.GRPC]
    drag(qtbot, section.rate, 100)
    qtbot.waitUntil(lambda: bool(ports.applied))
    assert section.rate_text.text() == "100 %"
    assert section.status.full_text == "UNAVAILABLE"  # the number stands beside the slider
    assert ports.last(Lane.GRPC) == ({"kind": "error", "rate": 1.0, "code": "UNAVAILABLE"},)
    assert bus.summaries(Lane.GRPC)[-1] == "UNAVAILABLE at 100 %"
    assert panel.lanes[Lane.REST].status.full_text == "healthy"


def test_a_drag_is_one_change(qtbot: QtBot, panel: OutagePanel, ports: Ports) -> None:
    """While the slider moves nothing is sent; letting it go sends the last value at once."""
    slider = panel.lanes[Lane.REST].rate
    for value in range(10, 71):
        slider.setValue(value)
    assert ports.applied == []
    slider.sliderReleased.emit()
    assert [rules[0]["rate"] for _lane, rules in ports.applied] == [0.7]


def test_a_change_by_key_settles_by_itself(qtbot: QtBot, panel: OutagePanel, ports: Ports) -> None:
    """Arrow keys have no release: the change is sent a moment later."""
    slider = panel.lanes[Lane.REST].delay
    slider.setFocus()
    for _ in range(5):
        qtbot.keyClick(slider, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: bool(ports.applied))
    assert ports.last(Lane.REST)[0]["ms"] == delay_at(5) == 25
    assert panel.lanes[Lane.REST].delay_text.text() == "25 ms"


def test_all_lanes_together(qtbot: QtBot, panel: OutagePanel, model: OutageModel, ports: Ports) -> None:
    """With the switch on a change of one lane is a change of all, each in its own words."""
    panel.together.click()
    panel.lanes[Lane.REST].rate.setValue(70)
    model.send()
    assert [lane for lane, _rules in ports.applied] == list(Lane)
    assert [section.rate_text.text() for section in panel.lanes.values()] == ["70 %"] * 3
    assert ports.last(Lane.REST)[0]["status"] == 503
    assert ports.last(Lane.GRAPHQL)[0]["code"] == "SERVICE_UNAVAILABLE"


def test_one_button_clears_everything(qtbot: QtBot, panel: OutagePanel, ports: Ports, bus: Bus) -> None:
    """After it no lane has a rule, every lane says healthy, and the timeline is told."""
    panel.presets.setCurrentIndex(3)
    panel.presets.activated.emit(3)
    assert all(rules for _lane, rules in ports.applied)
    qtbot.mouseClick(panel.clear, Qt.MouseButton.LeftButton)
    assert [rules for _lane, rules in ports.applied[-3:]] == [(), (), ()]
    assert {section.status.full_text for section in panel.lanes.values()} == {"healthy"}
    assert panel.presets.currentIndex() == 0
    assert all(bus.summaries(lane)[-1] == "" for lane in Lane)


def test_a_delay_that_varies_is_about_its_middle(panel: OutagePanel) -> None:
    """Beside the slider stands the middle, marked as such; the spread is in the tooltip."""
    panel.presets.setCurrentIndex(4)
    panel.presets.activated.emit(4)
    text = panel.lanes[Lane.GRPC].delay_text
    assert (text.text(), text.toolTip()) == ("≈ 800 ms", "800 ± 700 ms")


def test_a_preset_stays_chosen_until_something_is_changed(
    qtbot: QtBot, panel: OutagePanel, model: OutageModel
) -> None:
    """The list names the outage in force, and no longer names it once a slider has moved."""
    panel.presets.setCurrentIndex(2)
    panel.presets.activated.emit(2)
    assert panel.presets.currentText() == "70 % failing"
    assert panel.lanes[Lane.REST].rate.value() == 70
    panel.lanes[Lane.REST].rate.setValue(20)
    assert panel.presets.currentIndex() == 0
    model.send()


def test_the_details_are_folded_until_wanted(qtbot: QtBot, panel: OutagePanel) -> None:
    """More shows the further inputs of its lane."""
    section = panel.lanes[Lane.REST]
    assert not section.details.isVisible()
    qtbot.mouseClick(section.more, Qt.MouseButton.LeftButton)
    assert section.details.isVisible()
    assert not panel.lanes[Lane.GRPC].details.isVisible()


def test_the_details_are_built_when_they_are_wanted(qtbot: QtBot, panel: OutagePanel) -> None:
    """The start pays for none of them; once opened they follow the sliders also for the Tab key."""
    section = panel.lanes[Lane.REST]
    assert section.findChildren(QComboBox) == []
    qtbot.mouseClick(section.more, Qt.MouseButton.LeftButton)
    assert section.findChildren(QComboBox) != []
    section.delay.setFocus()
    for expected in section.details.inputs:
        if expected.isEnabled() and expected.isVisible():
            qtbot.keyClick(panel.focusWidget(), Qt.Key.Key_Tab)
            assert expected.hasFocus(), expected.accessibleName()


def test_a_slow_stream_asks_for_milliseconds(panel: OutagePanel, model: OutageModel, ports: Ports) -> None:
    """A break is counted in messages, a delay in time: only the input that means something shows."""
    section = panel.lanes[Lane.REST]
    section.more.click()
    details = section.details
    assert (details.stream_after.isVisible(), details.stream_delay.isVisible()) == (True, False)
    details.stream.setCurrentIndex(details.stream.index_of(StreamFault.DELAY))
    assert (details.stream_after.isVisible(), details.stream_delay.isVisible()) == (False, True)
    details.stream_delay.setValue(40)
    model.send()
    assert ports.last(Lane.REST) == (
        {"kind": "delay", "ms": 40, "per_message": True, "operation": "stream-orders"},
    )


def test_the_kind_of_failure_is_sent(panel: OutagePanel, model: OutageModel, ports: Ports) -> None:
    """Partial data is offered by GraphQL only; an input that means nothing is disabled."""
    section = panel.lanes[Lane.GRAPHQL]
    section.rate.setValue(50)
    section.details.kind.setCurrentIndex(section.details.kind.index_of(FailureKind.PARTIAL))
    model.send()
    assert ports.last(Lane.GRAPHQL)[0]["partial"] is True
    assert panel.lanes[Lane.REST].details.kind.index_of(FailureKind.PARTIAL) == -1
    section.details.kind.setCurrentIndex(section.details.kind.index_of(FailureKind.RESET))
    assert not section.details.error.isEnabled()
    model.send()
    assert ports.last(Lane.GRAPHQL) == ({"kind": "reset", "rate": 0.5},)


def test_fail_next_ends_its_band_when_it_has_fired(
    qtbot: QtBot, panel: OutagePanel, ports: Ports, bus: Bus
) -> None:
    """The one-shot outage is on the timeline until the last of its requests has failed."""
    section = panel.lanes[Lane.REST]
    section.details.next_count.setValue(2)
    section.details.next.click()
    assert ports.last(Lane.REST)[0] == {"kind": "fail_next", "count": 2, "status": 503}
    for number in range(2):
        bus.publish(
            AttemptFinished(
                at=float(number),
                call_id="a",
                lane=Lane.REST,
                attempt=number + 1,
                outcome=Outcome.UNAVAILABLE,
                duration=0.1,
                injected="fail next 2",
            )
        )
    qtbot.waitUntil(lambda: bus.summaries(Lane.REST) == ["fail next 2", ""])


def test_failures_still_promised_survive_another_change(
    qtbot: QtBot, panel: OutagePanel, model: OutageModel, ports: Ports, bus: Bus
) -> None:
    """Three more must fail, one has; a delay leaves two to come, and clearing takes those back."""
    model.fail_next(Lane.REST, 3)
    bus.publish(
        AttemptFinished(
            at=0.0, call_id="a", lane=Lane.REST, attempt=1, outcome=Outcome.UNAVAILABLE, duration=0.1,
            injected="fail next 3",
        )
    )  # fmt: skip
    qtbot.waitUntil(lambda: model._one_shots[Lane.REST] == 2)
    model.change(Lane.REST, delay_ms=100)
    model.send()
    assert [(rule["kind"], rule.get("count")) for rule in ports.last(Lane.REST)] == [
        ("fail_next", 2),
        ("delay", None),
    ]
    model.clear()
    assert ports.last(Lane.REST) == ()


def test_an_outage_made_elsewhere_shows(qtbot: QtBot, panel: OutagePanel, bus: Bus, ports: Ports) -> None:
    """A scenario's faults move the sliders, without being sent back."""
    rules = ({"kind": "error", "rate": 0.6, "status": 500}, {"kind": "delay", "ms": 800})
    bus.publish(FaultsChanged(at=1.0, lane=Lane.REST, summary="500 at 60 %", settings={"rules": rules}))
    section = panel.lanes[Lane.REST]
    qtbot.waitUntil(lambda: section.rate.value() == 60)
    assert (section.details.error.currentText(), section.delay_text.text()) == ("500", "800 ms")
    assert ports.applied == []


def test_an_echo_does_not_fight_the_hand(
    qtbot: QtBot, panel: OutagePanel, model: OutageModel, bus: Bus, ports: Ports
) -> None:
    """When the backends report the change just sent, a slider that has moved on stays where it is."""
    slider = panel.lanes[Lane.REST].rate
    slider.setValue(50)
    model.send()
    rules = ports.last(Lane.REST)
    slider.setValue(60)
    bus.publish(FaultsChanged(at=1.0, lane=Lane.REST, summary="503 at 50 %", settings={"rules": rules}))
    qtbot.waitUntil(lambda: ports.last(Lane.REST)[0]["rate"] == 0.6)
    assert slider.value() == 60


def test_background_traffic_starts_and_stops(
    qtbot: QtBot, panel: OutagePanel, model: OutageModel, ports: Ports, bus: Bus
) -> None:
    """Rate and lanes are sent with the start; the button says what it would do next."""
    traffic = panel.traffic
    traffic.rate.setValue(4.0)
    traffic.lanes[Lane.REST].click()
    qtbot.mouseClick(traffic.toggle, Qt.MouseButton.LeftButton)
    assert ports.loads[-1] == (True, 4.0, (Lane.GRAPHQL, Lane.GRPC))
    assert traffic.toggle.text() == "Stop"
    model.toggle_load()
    assert ports.loads[-1][0] is False
    assert traffic.toggle.text() == "Start"
    bus.publish(LoadChanged(at=1.0, running=True, rate=9.0, lanes=tuple(Lane)))
    qtbot.waitUntil(lambda: traffic.toggle.text() == "Stop")
    assert traffic.rate.value() == 9.0


def test_traffic_without_a_lane_cannot_start(panel: OutagePanel, ports: Ports) -> None:
    """Unticking the last lane stops it."""
    panel.traffic.toggle.click()
    for box in panel.traffic.lanes.values():
        box.click()
    assert ports.loads[-1] == (False, 1.0, ())
    assert not panel.traffic.toggle.isEnabled()


def test_a_new_seed_begins_the_draws_anew(panel: OutagePanel, ports: Ports) -> None:
    """The seed goes to the engine as soon as it is entered."""
    panel.seed.setValue(7)
    assert ports.seeds == [7]


def test_the_scenario_player_follows_its_events(
    qtbot: QtBot, panel: OutagePanel, bus: Bus, ports: Ports
) -> None:
    """Run, pause, step and stop reach the player; progress comes back as events."""
    scenario = panel.scenario
    assert scenario is not None
    qtbot.mouseClick(scenario.run, Qt.MouseButton.LeftButton)
    bus.publish(progress(running=True, paused=True))
    qtbot.waitUntil(scenario.step.isEnabled)
    assert (scenario.progress.value(), scenario.progress.maximum()) == (100, 350)
    assert "60 % of calls fail" in scenario.caption.text()
    scenario.step.click()
    scenario.pause.click()
    scenario.run.click()
    assert ports.played == ["run brown-out", "step", "pause", "stop"]
    bus.publish(progress(running=False, paused=False))
    qtbot.waitUntil(lambda: scenario.run.text() == "Run")


def test_without_a_player_there_is_no_scenario_section(qtbot: QtBot, bus: Bus, ports: Ports) -> None:
    """The section appears only when something can play."""
    made = OutagePanel(OutageModel(bus, ports, ports))
    qtbot.addWidget(made)
    qtbot.addWidget(made.header)
    assert made.scenario is None


def test_it_never_scrolls_sideways(panel: OutagePanel) -> None:
    """Folded, everything fits into the dock of the smallest window."""
    content = panel.widget()
    assert content is not None
    assert content.minimumSizeHint().width() <= panel.viewport().width()


def test_scrolling_the_panel_changes_nothing(panel: OutagePanel, ports: Ports) -> None:
    """The wheel over a box, a list or a slider without the focus leaves its value alone."""
    for section in panel.lanes.values():
        section.more.setChecked(True)
    kinds = (QAbstractSpinBox, QComboBox, QSlider)
    inputs = [box for kind in kinds for box in panel.findChildren(kind)]
    assert len(inputs) > 20
    for box in inputs:
        middle = QPointF(box.rect().center())
        turn = QWheelEvent(
            middle, box.mapToGlobal(middle), QPoint(0, 0), QPoint(0, 120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        before = _value_of(box)
        QApplication.sendEvent(box, turn)
        assert _value_of(box) == before, box.accessibleName()
    assert ports.applied == []


def _value_of(box: QWidget) -> object:
    if isinstance(box, QAbstractSpinBox):
        return box.text()
    return box.currentIndex() if isinstance(box, QComboBox) else box.property("value")


def test_each_input_has_a_name(panel: OutagePanel) -> None:
    """A screen reader can tell the sliders of the three lanes apart."""
    names = [section.rate.accessibleName() for section in panel.lanes.values()]
    names += [section.details.kind.accessibleName() for section in panel.lanes.values()]
    assert len(set(names)) == 6
    assert all(names)


@pytest.mark.parametrize("step", [0, 1, 5, 10, 30, 50, 80, 100])
def test_the_delay_slider_finds_its_place_again(step: int) -> None:
    """A place gives a delay that leads back to the same place, give or take one."""
    assert abs(delay_step(delay_at(step)) - step) <= 1


def progress(*, running: bool, paused: bool) -> ScenarioProgress:
    return ScenarioProgress(
        at=1.0,
        name="brown-out",
        step=1,
        steps=4,
        elapsed=10.0,
        duration=35.0,
        caption="60 % of calls fail",
        running=running,
        paused=paused,
    )


def test_each_kind_of_failure_explains_itself(panel: OutagePanel) -> None:
    """The open list says of each choice what the caller sees; the closed one says it of the chosen kind."""
    section = panel.lanes[Lane.GRPC]
    index = section.details.kind.index_of(FailureKind.EMPTY)
    said = section.details.kind.itemData(index, Qt.ItemDataRole.ToolTipRole)
    assert "0 OK" in said
    assert "counts as a success" in said
    section.details.kind.setCurrentIndex(index)
    assert section.details.kind.toolTip() == said
    partial = panel.lanes[Lane.GRAPHQL].details.kind
    lost = partial.itemData(partial.index_of(FailureKind.PARTIAL), Qt.ItemDataRole.ToolTipRole)
    assert "root field" in lost
