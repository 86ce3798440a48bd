"""The attempt timeline as a widget: what it draws, how it is moved, and when it rests."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QStaticText, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.events import BreakerTransitioned
from app.domain.lanes import Lane
from app.domain.results import Outcome
from app.runtime.event_bus import EventBus
from app.ui.charts.timeline import AttemptTimeline
from app.ui.charts.timeline_canvas import tick_label
from app.ui.charts.timeline_layout import LaneBox, Room, TimeScale, tick_step
from app.ui.theme import ThemeSource, load_theme
from app.ui.widgets import painting as own_painting
from app.viewmodels.timeline import Mode, TimelineModel
from tests.support.clock import FakeClock
from tests.support.paint_count import PaintCount
from tests.support.recorded_outage import Script, busy_history, drawn_history


def _raise(error: Exception) -> None:
    raise error


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def model(qtbot: QtBot, clock: FakeClock) -> TimelineModel:
    return TimelineModel(EventBus(_raise), clock=clock)


@pytest.fixture
def timeline(qtbot: QtBot, model: TimelineModel, themes: ThemeSource) -> Iterator[AttemptTimeline]:
    made = AttemptTimeline(model, themes)
    qtbot.addWidget(made)
    qtbot.addWidget(made.header)
    made.resize(900, 300)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()


def record(model: TimelineModel, script: Script) -> None:
    for event in script.events():
        model.take(event)


def test_bars_lie_where_their_time_is(
    timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock, themes: ThemeSource
) -> None:
    """A success three seconds ago is painted in its colour at three seconds before the right edge."""
    script = Script(Lane.REST)
    script.call(clock() - 3.0, (0.5, Outcome.OK))
    record(model, script)
    image = timeline.canvas.grab().toImage()
    scale = timeline.canvas.scale()
    box = timeline.canvas.boxes()[0]
    inside = QColor(image.pixel(scale.x(clock() - 2.75), box.base - 8))
    outside = QColor(image.pixel(scale.x(clock() - 2.2), box.base - 8))
    assert inside.name() == themes.theme["state_closed"].name()
    assert outside.name() != inside.name()


def test_everything_in_the_drawing_can_be_hit(
    timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock
) -> None:
    """Attempts, waits, rejections, copies, ends, transitions and bands all answer under the pointer."""
    for event in drawn_history(clock()):
        model.take(event)
    kinds = set()
    for y in range(0, timeline.canvas.height(), 3):
        for x in range(0, timeline.canvas.width(), 2):
            mark = timeline.canvas._hit(QPoint(x, y))
            kinds.add(type(mark).__name__)
    assert kinds >= {
        "AttemptBar",
        "WaitGap",
        "RejectionMark",
        "StaleMark",
        "CallRecord",
        "TransitionMark",
        "FaultBand",
    }


def test_a_click_selects_the_call(
    qtbot: QtBot, timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock
) -> None:
    """Clicking a bar tells the window which call it belongs to."""
    script = Script(Lane.GRAPHQL)
    script.call(clock() - 4.0, (1.0, Outcome.TIMEOUT))
    record(model, script)
    scale, box = timeline.canvas.scale(), timeline.canvas.boxes()[1]
    with qtbot.waitSignal(model.call_selected) as caught:
        point = QPoint(scale.x(clock() - 3.5), box.base - 6)
        qtbot.mouseClick(timeline.canvas, Qt.MouseButton.LeftButton, pos=point)
    assert caught.args == ["graphql-1"]


def test_dragging_scrubs_back_and_end_follows_again(
    qtbot: QtBot, timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock
) -> None:
    """The picture sticks to the pointer; End goes back to now."""
    for event in drawn_history(clock()):
        model.take(event)
    edge = model.edge()
    per_second = timeline.canvas.scale().per_second
    canvas = timeline.canvas
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 100))
    qtbot.mouseMove(canvas, QPoint(300 + round(2 * per_second), 100))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(300 + round(2 * per_second), 100))
    assert model.mode is Mode.PAUSED
    assert model.edge() == pytest.approx(edge - 2.0, abs=0.05)
    qtbot.keyClick(canvas, Qt.Key.Key_End)
    assert model.mode is Mode.LIVE


def test_space_holds_the_picture_and_lets_it_go(
    qtbot: QtBot, timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock
) -> None:
    """A paused view stays where it is while events come in; the heading says so."""
    for event in drawn_history(clock()):
        model.take(event)
    qtbot.keyClick(timeline.canvas, Qt.Key.Key_Space)
    held = model.edge()
    clock.advance(30.0)
    assert model.edge() == held
    assert "paused" in timeline._words.full_text
    qtbot.keyClick(timeline.canvas, Qt.Key.Key_Space)
    assert model.edge() == clock()
    assert timeline._words.full_text == "last 12 s"


def test_zoom_keeps_to_its_limits(qtbot: QtBot, timeline: AttemptTimeline, model: TimelineModel) -> None:
    """Plus and minus halve and double between five seconds and ten minutes."""
    for _ in range(10):
        qtbot.keyClick(timeline.canvas, Qt.Key.Key_Plus)
    assert model.span == 5.0
    for _ in range(10):
        qtbot.keyClick(timeline.canvas, Qt.Key.Key_Minus)
    assert model.span == 600.0
    assert timeline._words.full_text == "last 10 min"


def test_ctrl_wheel_zooms_around_the_pointer(
    timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock
) -> None:
    """What is under the pointer stays under the pointer."""
    for event in busy_history(clock(), 90):
        model.take(event)
    model.pause()
    canvas = timeline.canvas
    x = canvas.scale().left + 200
    before = canvas.scale().time(x)
    event = QWheelEvent(
        QPointF(x, 50),
        QPointF(canvas.mapToGlobal(QPoint(x, 50))),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)
    assert model.span < 12.0
    assert canvas.scale().time(x) == pytest.approx(before, abs=0.05)


def test_replay_runs_through_the_record_at_its_speed(model: TimelineModel, clock: FakeClock) -> None:
    """At twice the speed a second moves the view by two; at the end it follows now again."""
    for event in busy_history(clock(), 60, seconds=20.0):
        model.take(event)
    first, _now = model.bounds()
    model.set_speed(2.0)
    model.replay()
    assert model.edge() == first
    clock.advance(3.0)
    assert model.edge() == pytest.approx(first + 6.0)
    clock.advance(100.0)
    assert model.edge() == clock()
    assert model.mode is Mode.LIVE


def test_a_quiet_timeline_paints_nothing(
    qtbot: QtBot, timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock
) -> None:
    """Once everything has left the view no frame is drawn and no timer runs."""
    script = Script(Lane.REST)
    script.call(clock(), (0.1, Outcome.OK))
    record(model, script)
    clock.advance(0.2)
    qtbot.waitUntil(timeline.canvas._clock.isActive)
    clock.advance(60.0)
    qtbot.waitUntil(lambda: not timeline.canvas._clock.isActive())
    qtbot.wait(60)
    counter = PaintCount(timeline.canvas)
    qtbot.wait(150)
    assert counter.count == 0


def test_it_draws_on_until_the_last_label_has_left(
    qtbot: QtBot, timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock
) -> None:
    """A mark just out of view still shows its label: at rest now, its remains would stay for ever."""
    at = clock()
    model.take(
        BreakerTransitioned(
            at=at, lane=Lane.REST, snapshot=None, before="half_open", after="closed", reason=""
        )
    )
    clock.advance(model.span + 0.01)
    qtbot.wait(100)
    assert timeline.canvas._clock.isActive()
    clock.advance(45 / timeline.canvas.scale().per_second)
    qtbot.waitUntil(lambda: not timeline.canvas._clock.isActive())


def test_a_paused_timeline_paints_nothing_either(
    qtbot: QtBot, timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock
) -> None:
    """Events that arrive while it is held are recorded and not drawn."""
    for event in drawn_history(clock()):
        model.take(event)
    model.pause()
    qtbot.wait(100)
    counter = PaintCount(timeline.canvas)
    script = Script(Lane.REST)
    script.call(clock() + 1.0, (0.1, Outcome.OK))
    record(model, script)
    clock.advance(2.0)
    qtbot.wait(100)
    assert counter.count == 0


def test_a_bar_open_in_a_paused_view_is_finished_in_it(
    qtbot: QtBot, timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock
) -> None:
    """When an attempt that was in flight ends, the held picture shows how."""
    script = Script(Lane.REST)
    script.attempt("slow", 1, clock() - 1.0, 3.0, Outcome.UNAVAILABLE)
    first, last = script.events()
    model.take(first)
    model.pause()
    qtbot.wait(60)
    counter = PaintCount(timeline.canvas)
    model.take(last)
    qtbot.waitUntil(lambda: counter.count == 1)


def test_background_traffic_is_told_on_the_axis(
    timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock
) -> None:
    """The line under the lanes says at which rate and where."""
    for event in drawn_history(clock()):
        model.take(event)
    below = QPoint(400, timeline.canvas.height() - 8)
    assert timeline.canvas.tip_at(below) == "background traffic: 1 calls/s on REST, GraphQL, gRPC"


def test_a_live_timeline_scrolls(
    qtbot: QtBot, timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock
) -> None:
    """While something is in view each pixel of time is a frame, and no more than thirty a second."""
    for event in drawn_history(clock()):
        model.take(event)
    counter = PaintCount(timeline.canvas)
    for _ in range(10):
        clock.advance(0.1)
        qtbot.wait(40)
    assert 4 <= counter.count <= 16


def test_copy_puts_json_on_the_clipboard(
    qtbot: QtBot, timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock
) -> None:
    """Ctrl+C copies what is in view."""
    for event in drawn_history(clock()):
        model.take(event)
    qtbot.keyClick(timeline.canvas, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = json.loads(QGuiApplication.clipboard().text())
    assert copied["seconds"] == 12.0
    assert len(copied["lanes"]["grpc"]["rejections"]) == 5


def test_saving_writes_the_whole_record(
    timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock, tmp_path: Path
) -> None:
    """The file holds more than the view; a folder that is not there is told, not raised."""
    for event in drawn_history(clock()):
        model.take(event)
    timeline.save_to(str(tmp_path / "record.json"))
    saved = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    assert len(saved["lanes"]["rest"]["attempts"]) == 60
    timeline.save_to(str(tmp_path / "nowhere" / "record.json"))
    assert timeline._words.full_text.startswith("Could not save")


def test_it_follows_the_theme(timeline: AttemptTimeline, themes: ThemeSource) -> None:
    """A change of theme changes the colours of the next frame."""
    dark = timeline.canvas._paint().glyphs.success
    themes.use(load_theme("light"))
    assert timeline.canvas._paint().glyphs.success != dark


@pytest.mark.parametrize("concurrent", [1, 3, 50])
def test_any_number_of_concurrent_calls_fits(
    timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock, concurrent: int
) -> None:
    """Sub-rows while they can be told apart, a density picture beyond."""
    for number in range(concurrent):
        script = Script(Lane.REST)
        script.started(f"call-{number}", clock() - 2.0)
        record(model, script)
    frame = timeline.canvas.frames()[0]
    assert frame.dense == (concurrent == 50)
    assert not timeline.canvas.grab().isNull()
    tops = {frame.bar(bar)[1] for bar in frame.view.attempts}
    if concurrent < 50:
        assert len(tops) == concurrent


def test_a_column_of_the_density_picture_says_what_it_counts(
    timeline: AttemptTimeline, model: TimelineModel, clock: FakeClock
) -> None:
    """Where single attempts cannot be told apart, the pointer tells their numbers."""
    script = Script(Lane.REST)
    for number in range(400):
        outcome = Outcome.OK if number % 4 else Outcome.UNAVAILABLE
        script.call(clock() - 3.0 + number * 0.0001, (0.01, outcome))
    record(model, script)
    scale, box = timeline.canvas.scale(), timeline.canvas.boxes()[0]
    tips = {
        timeline.canvas.tip_at(QPoint(x, box.base - 4)) for x in range(scale.left, scale.left + scale.width)
    }
    assert any("answered" in tip and "failed" in tip for tip in tips)


def test_neighbours_keep_their_distance_while_scrolling() -> None:
    """The distance of two bars in pixels is the same in every frame."""
    distances = set()
    for frame in range(200):
        scale = TimeScale(left=60, width=843, span=12.0, edge=1000.0 + frame * 0.0137)
        distances.add(scale.x(999.123) - scale.x(998.001))
    assert len(distances) == 1


def test_labels_never_cover_one_another() -> None:
    """A label gets a place of its own or none."""
    room = Room()
    assert room.take(100, 50)
    assert not room.take(140, 20)
    assert room.take(160, 20)
    assert room.free_from(90, 400, wanted=100) == (186, 214)
    assert room.free_from(0, 400, wanted=80) == (0, 94)
    assert room.free_from(90, 230, wanted=100) == (186, 44)


def test_rows_of_a_lane_do_not_touch() -> None:
    """Each sub-row lies under the next one and above the base line."""
    box = LaneBox(lane=Lane.REST, top=10, height=70, text=15)
    for rows in (2, 3, 5):
        places = [box.row(row, rows) for row in range(rows)]
        for (top, _height), (above, tall) in itertools.pairwise(places):
            assert above + tall <= top
        assert places[0][0] + places[0][1] <= box.base + 1


@pytest.mark.parametrize("span", [5.0, 12.0, 60.0, 600.0])
@pytest.mark.parametrize("width", [300, 900, 1800])
def test_the_axis_has_room_for_its_labels(span: float, width: int) -> None:
    """Grid lines are at least seventy pixels apart."""
    assert tick_step(span, width) * width / span >= 70 or tick_step(span, width) == 300.0


@pytest.mark.parametrize("step", [0.5, 1.0, 5.0])
def test_no_two_grid_lines_of_the_past_read_the_same(step: float) -> None:
    """Grid lines closer than a second name tenths."""
    walls = [f"18:42:{25.734 - index * step:06.3f}" for index in range(5)]
    assert len({tick_label(index * step, step, wall) for index, wall in enumerate(walls)}) == 5


def test_the_label_at_the_edge_stands_clear_of_the_next(
    timeline: AttemptTimeline, model: TimelineModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pushed inwards by the border, the last label of a paused view takes its neighbour's place whole."""
    model.zoom(5.0 / model.span)
    model.pause()
    drawn: list[tuple[int, int]] = []

    class Watched(QPainter):
        def drawStaticText(self, x: int, y: int, text: QStaticText) -> None:  # noqa: N802
            if text.text().count(":") == 2:
                drawn.append((x, x + round(text.size().width())))
            super().drawStaticText(x, y, text)

    monkeypatch.setattr(own_painting, "QPainter", Watched)
    timeline.canvas.grab()
    assert len(drawn) >= 3
    for (_, end), (start, _) in itertools.pairwise(sorted(drawn)):
        assert end < start
