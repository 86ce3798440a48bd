"""The breaker diagram over real breakers: words, pulses, commands, and silence when nothing happens."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QFrame, QTreeWidget
from pytestqt.qtbot import QtBot

from app.domain.events import Event
from app.domain.lanes import Lane
from app.resilience.announce import announce_breaker
from app.resilience.breaker import CircuitBreaker
from app.resilience.snapshot import BreakerSnapshot
from app.runtime.event_bus import EventBus
from app.ui.diagram.breaker_diagram import BreakerDiagram
from app.ui.diagram.geometry import Edge, Node, RowLayout, edge_between
from app.ui.theme import ThemeSource
from app.viewmodels.breakers import BreakersModel
from tests.support.clock import FakeClock
from tests.support.paint_count import PaintCount


def _raise(error: Exception) -> None:
    raise error


class Failed(Exception):
    """What the calls of these tests raise."""


@dataclass
class Bench:
    """Three breakers, their diagram, and the clock of all."""

    clock: FakeClock = field(default_factory=FakeClock)
    bus: EventBus = field(default_factory=lambda: EventBus(_raise))

    def __post_init__(self) -> None:
        self.breakers = {lane: CircuitBreaker(3, 5.0, 2, name=lane.value, clock=self.clock) for lane in Lane}
        for lane, breaker in self.breakers.items():
            announce_breaker(breaker, lane, self.publish)
        self.model = BreakersModel(self.bus, self.snapshot, self, clock=self.clock)

    def publish(self, event: Event) -> None:
        self.bus.publish(event)

    def snapshot(self, lane: Lane) -> BreakerSnapshot:
        return self.breakers[lane].snapshot()

    def force_open(self, lane: Lane) -> None:
        self.breakers[lane].force_open()

    def disable(self, lane: Lane) -> None:
        self.breakers[lane].disable()

    def reset(self, lane: Lane) -> None:
        self.breakers[lane].reset()

    def fail(self, lane: Lane, times: int = 1) -> None:
        def broken() -> None:
            raise Failed

        for _ in range(times):
            with pytest.raises(Failed):
                self.breakers[lane].call(broken)

    def succeed(self, lane: Lane) -> None:
        self.breakers[lane].call(lambda: None)


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    return Bench()


@pytest.fixture
def diagram(qtbot: QtBot, bench: Bench, themes: ThemeSource) -> Iterator[BreakerDiagram]:
    made = BreakerDiagram(bench.model, themes, still=True)
    qtbot.addWidget(made)
    qtbot.addWidget(made.header)
    made.resize(600, 280)
    made.show()
    qtbot.waitExposed(made)
    settle(qtbot, made)
    yield made
    made.close()


def settle(qtbot: QtBot, diagram: BreakerDiagram) -> None:
    """Let pending paints happen."""
    counter = PaintCount(diagram.canvas)
    seen = -1
    while seen != counter.count:
        seen = counter.count
        qtbot.wait(40)
    counter.deleteLater()


def line(diagram: BreakerDiagram, lane: Lane) -> str:
    return diagram.mirror_text().splitlines()[list(Lane).index(lane)]


def test_failures_open_the_circuit_and_the_diagram_says_so(
    qtbot: QtBot, bench: Bench, diagram: BreakerDiagram
) -> None:
    """Three failures in a row: counted one by one, then OPEN with its reason and its countdown."""
    bench.fail(Lane.GRPC, 2)
    qtbot.waitUntil(lambda: "2 of 3 failures" in diagram.canvas.accessibleDescription())
    bench.fail(Lane.GRPC)
    expected = "gRPC circuit open, 3 failures in a row, ready to probe in 5 s"
    qtbot.waitUntil(lambda: expected in diagram.canvas.accessibleDescription())
    assert line(diagram, Lane.REST).startswith("REST circuit closed")


def test_a_circuit_closes_through_half_open(qtbot: QtBot, bench: Bench, diagram: BreakerDiagram) -> None:
    """Two successful probes after the open time; every transition is in the list, newest first."""
    bench.fail(Lane.REST, 3)
    bench.clock.advance(5.0)
    assert "half-open" in line(diagram, Lane.REST)
    bench.succeed(Lane.REST)
    assert "1 of 2 successes" in line(diagram, Lane.REST)
    bench.succeed(Lane.REST)
    assert "REST circuit closed, 0 of 3 failures" in line(diagram, Lane.REST)
    qtbot.waitUntil(lambda: len(bench.model.transitions(Lane.REST)) == 3)
    assert [change.after.value for change in bench.model.transitions(Lane.REST)] == [
        "closed",
        "half_open",
        "open",
    ]


def test_drawing_never_moves_the_machine(bench: Bench, diagram: BreakerDiagram) -> None:
    """However often a due circuit is drawn, its epoch stays."""
    bench.fail(Lane.REST, 3)
    epoch = bench.breakers[Lane.REST].epoch
    bench.clock.advance(60.0)
    for _ in range(5):
        diagram.grab()
        assert "half-open" in line(diagram, Lane.REST)
    assert bench.breakers[Lane.REST].epoch == epoch


def test_an_idle_diagram_paints_nothing(qtbot: QtBot, bench: Bench, diagram: BreakerDiagram) -> None:
    """No event and no countdown: not one paint event, though successes keep coming in."""
    counter = PaintCount(diagram.canvas)
    for _ in range(20):
        bench.succeed(Lane.REST)
        bench.clock.advance(1.0)
    qtbot.wait(200)
    assert counter.count == 0


def test_a_countdown_repaints_its_row_only_and_then_rests(
    qtbot: QtBot, bench: Bench, diagram: BreakerDiagram
) -> None:
    """While it counts the picture moves, at most thirty times a second; once due, it is still again."""
    bench.fail(Lane.GRPC, 3)
    counter = PaintCount(diagram.canvas)
    for _ in range(10):
        bench.clock.advance(0.1)
        qtbot.wait(70)
    assert 3 <= counter.count <= 30
    bench.clock.advance(10.0)
    qtbot.waitUntil(lambda: "half-open" in diagram.canvas.accessibleDescription())
    settle(qtbot, diagram)
    resting = PaintCount(diagram.canvas)
    qtbot.wait(200)
    assert resting.count == 0


def test_a_hidden_diagram_does_not_tick(qtbot: QtBot, bench: Bench, diagram: BreakerDiagram) -> None:
    """Closed docks cost nothing, and show the truth when they come back."""
    diagram.hide()
    bench.fail(Lane.GRPC, 3)
    qtbot.wait(100)
    assert not diagram.canvas._timer.isActive()
    diagram.show()
    qtbot.waitUntil(lambda: "gRPC circuit open" in diagram.canvas.accessibleDescription())


def test_the_pulse_runs_once_and_reduced_motion_has_none(
    qtbot: QtBot, bench: Bench, diagram: BreakerDiagram
) -> None:
    """A transition starts one pulse on the edge taken; with reduced motion only the edge is lit."""
    bench.fail(Lane.REST, 3)
    qtbot.waitUntil(lambda: Lane.REST in diagram.canvas._taken)
    assert diagram.canvas._pulses == {}
    diagram.set_still(False)
    bench.fail(Lane.GRAPHQL, 3)
    qtbot.waitUntil(lambda: Lane.GRAPHQL in diagram.canvas._pulses)
    qtbot.waitUntil(lambda: diagram.canvas._pulses == {}, timeout=2000)


def test_commands_act_on_the_selected_lane(qtbot: QtBot, bench: Bench, diagram: BreakerDiagram) -> None:
    """Arrow keys choose a row; force open, disable and reset reach that lane's breaker alone."""
    diagram.canvas.setFocus()
    qtbot.keyClick(diagram.canvas, Qt.Key.Key_Down)
    assert diagram.canvas.selected is Lane.GRAPHQL
    qtbot.mouseClick(diagram.force_open, Qt.MouseButton.LeftButton)
    assert "GraphQL circuit forced open" in line(diagram, Lane.GRAPHQL)
    qtbot.mouseClick(diagram.disable, Qt.MouseButton.LeftButton)
    assert "GraphQL circuit disabled" in line(diagram, Lane.GRAPHQL)
    qtbot.mouseClick(diagram.reset, Qt.MouseButton.LeftButton)
    assert "GraphQL circuit closed" in line(diagram, Lane.GRAPHQL)
    assert "REST circuit closed, 0 of 3 failures, never opened" in line(diagram, Lane.REST)


def test_all_circuits_can_be_reset_at_once(bench: Bench, diagram: BreakerDiagram) -> None:
    """The menu's command closes the three of them, however they were opened."""
    bench.fail(Lane.REST, 3)
    bench.force_open(Lane.GRAPHQL)
    bench.disable(Lane.GRPC)
    bench.model.reset_all()
    assert {breaker.state.value for breaker in bench.breakers.values()} == {"closed"}


def test_the_menu_belongs_to_the_row_under_the_pointer(
    qtbot: QtBot, bench: Bench, diagram: BreakerDiagram
) -> None:
    """A right click selects its row first."""
    bottom = QPoint(diagram.canvas.width() // 2, diagram.canvas.height() - 10)
    qtbot.mouseClick(diagram.canvas, Qt.MouseButton.RightButton, pos=bottom)
    menu = diagram.context_menu()
    menu.actions()[1].trigger()
    assert menu.actions()[0].text() == "gRPC"
    assert bench.breakers[Lane.GRPC].state.value == "forced_open"
    menu.deleteLater()


def test_a_screen_reader_is_told_of_each_transition(
    qtbot: QtBot, bench: Bench, diagram: BreakerDiagram
) -> None:
    """What is announced is the lane's line of the mirror; a mere count is not announced."""
    said: list[str] = []
    bench.model.announced.connect(said.append)
    bench.fail(Lane.GRPC, 2)
    qtbot.waitUntil(lambda: "2 of 3 failures" in diagram.canvas.accessibleDescription())
    assert said == []
    bench.fail(Lane.GRPC)
    qtbot.waitUntil(lambda: bool(said))
    assert said == ["gRPC circuit open, 3 failures in a row, ready to probe in 5 s"]


def test_the_history_lists_reason_and_time(qtbot: QtBot, bench: Bench, diagram: BreakerDiagram) -> None:
    """Each transition stands there with its lane, way and reason."""
    bench.fail(Lane.REST, 3)
    qtbot.waitUntil(lambda: bool(bench.model.all_transitions()))
    popup = diagram.history_popup()
    tree = popup.findChild(QTreeWidget)
    assert isinstance(tree, QTreeWidget)
    item = tree.topLevelItem(0)
    assert item is not None
    assert [item.text(column) for column in (1, 2, 3)] == ["REST", "CLOSED → OPEN", "3 failures in a row"]
    popup.deleteLater()


def test_the_history_opens_on_the_screen_wherever_the_panel_is(qtbot: QtBot, diagram: BreakerDiagram) -> None:
    """It is wider than its panel: at the left top corner it must not begin outside the screen."""
    diagram.header.move(0, 0)
    diagram.header.resize(300, 30)
    diagram.header.show()
    diagram.show_history()
    popup = next(each for each in diagram.findChildren(QFrame) if each.windowType() is Qt.WindowType.Popup)
    assert diagram.screen().availableGeometry().contains(popup.geometry())
    popup.close()


def test_the_state_is_painted_at_its_node(qtbot: QtBot, bench: Bench, diagram: BreakerDiagram) -> None:
    """The node in force has the colour of its state, the others have not."""
    bench.fail(Lane.REST, 3)
    qtbot.waitUntil(lambda: "REST circuit open" in diagram.canvas.accessibleDescription())
    image = diagram.canvas.grab().toImage()
    row = diagram.canvas._row(Lane.REST)
    colors = {}
    for node in Node:
        place = row.node(node)
        colors[node] = QColor(image.pixel(round(place.left() + 8), round(place.top() + 6)))
    assert colors[Node.OPEN].name() == diagram.canvas._themes.theme["state_open"].name()
    assert colors[Node.CLOSED].name() != diagram.canvas._themes.theme["state_closed"].name()


@pytest.mark.parametrize("height", [66, 80, 110])
@pytest.mark.parametrize("width", [523, 640, 900])
def test_nothing_overlaps_at_any_size(diagram: BreakerDiagram, width: int, height: int) -> None:
    """Labels keep clear of the nodes and of one another, and everything lies within its row."""
    row = RowLayout(diagram.canvas._row(Lane.REST).area, *_measures(diagram))
    area = row.area
    area.setSize(area.size().scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio))
    row = RowLayout(area, *_measures(diagram))
    nodes = [row.node(node).toRect() for node in Node]
    labels = [row.label(edge) for edge in Edge]
    assert not any(one.intersects(other) for one in nodes for other in nodes if one is not other)
    assert not any(label.intersects(node) for label in labels for node in nodes)
    assert not any(one.intersects(other) for one in labels for other in labels if one is not other)
    assert all(area.contains(place) for place in nodes)


def _measures(diagram: BreakerDiagram) -> tuple[int, int, int]:
    paint = diagram.canvas._paint()
    return paint.words_width(), paint.text_height, paint.least_node()


def test_every_automatic_transition_has_an_edge() -> None:
    """Opening, probing, closing and reopening each take their own way."""
    from app.resilience.states import CircuitState as S

    ways = [(S.CLOSED, S.OPEN), (S.OPEN, S.HALF_OPEN), (S.HALF_OPEN, S.CLOSED), (S.HALF_OPEN, S.OPEN)]
    assert {edge_between(*way) for way in ways} == set(Edge)
    assert edge_between(S.OPEN, S.CLOSED) is None


@pytest.mark.parametrize(
    "words",
    [
        "5 failures in a row",
        "12 of 20 failures",
        "0 of 2 successes",
        "100 of 100 calls failed",
        "3 of 12 calls took longer than 2 s",
        "no answer to a probe in 30 s",
        "a probe failed",
        "rejects all until reset",
        "forced open by hand",
        "ready to probe in 10.0 s",
        "probe in 59 m 59 s",
        "3 probes in flight 10.2 s",
        "waits for a call",
        "closed since 00:00:00",
    ],
)
def test_words_of_the_narrowest_row_are_shorter_and_not_cut(diagram: BreakerDiagram, words: str) -> None:
    """Reason and countdown fit the least room, with the number that leads; with room nothing is lost."""
    paint = diagram.canvas._paint()
    room = paint.words_width() - 12
    brief = paint.fitted(words, room)
    assert QFontMetrics(paint.small).horizontalAdvance(brief) <= room
    assert brief
    assert words[0] == brief[0] or not words[0].isdigit()
    assert paint.fitted(words, 1000) == words


def test_words_take_the_room_that_the_nodes_leave(diagram: BreakerDiagram) -> None:
    """Wider by some pixels, the column of words is wider by as many, until the longest words fit."""
    paint = diagram.canvas._paint()
    least = paint.words_width() + paint.nodes_width()
    assert paint.words_width(least - 50) == paint.words_width()
    assert paint.words_width(least + 20) == paint.words_width() + 20
    assert paint.words_width(least + 1000) == paint.words_width(least + 2000)
