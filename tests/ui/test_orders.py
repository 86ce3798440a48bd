"""The orders panel: starting, reading counters, pausing, filtering, scrolling, and looking at one message."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.domain.cancel import CancelToken
from app.domain.errors import StartFailed
from app.domain.events import OrderReceived, OrdersReceived, StreamChanged, StreamState
from app.domain.lanes import Lane
from app.domain.results import Outcome
from app.domain.streams import OrdersRequest, StreamFigures
from app.itemmodels.orders import Column, OrderRow, OrdersTable
from app.operations.order_batches import OrderBatches
from app.operations.watch_orders import OrderWatch
from app.resilience.pipeline import Pipeline
from app.runtime.event_bus import EventBus
from app.runtime.workers import Workers
from app.ui.panels.orders import OrdersPanel
from app.ui.stylesheet import StyleKeeper
from app.ui.theme import ThemeSource, load_theme
from app.viewmodels.order_settings import FIRST, recall_request
from app.viewmodels.orders import OrdersModel
from tests.support.memory import KeptMemory
from tests.support.scripted_streams import LOST, OK, ScriptedStream, Step, message

RAW = b"raw 1"


class Rig:
    """A panel over scripted streams, with a real bus and real workers."""

    def __init__(self, themes: ThemeSource, *, capacity: int = 100, memory: KeptMemory | None = None) -> None:
        self.errors: list[Exception] = []
        self.bus = EventBus(self.errors.append)
        self.workers = Workers(self.errors.append, size=4)
        self.batches = OrderBatches(self.bus.publish, interval=0.001)
        self.scripts: dict[Lane, list[Sequence[Step]]] = {lane: [] for lane in Lane}
        self.requests: list[OrdersRequest] = []
        self.down: set[Lane] = set()
        self.model = OrdersModel(
            self.bus,
            watch_for=self._watch_for,
            submit=self.workers.submit,
            memory=memory,
            capacity=capacity,
        )
        self.panel = OrdersPanel(self.model, themes)

    def script(self, *steps: Step, lanes: Sequence[Lane] = tuple(Lane)) -> None:
        """What the next connection of these lanes brings."""
        for lane in lanes:
            self.scripts[lane].append(steps)

    def receive(self, lane: Lane, *sequences: int) -> None:
        """Messages as the bus delivers them."""
        state = self.model.lanes[lane]
        state.stream_id = state.stream_id or "by hand"
        messages = tuple(received(lane, sequence, state.stream_id) for sequence in sequences)
        self.model._on_received(OrdersReceived(at=0, stream_id=state.stream_id, lane=lane, messages=messages))

    def _watch_for(self, lane: Lane, request: OrdersRequest, stream_id: str) -> OrderWatch:
        if lane in self.down:
            raise StartFailed(f"the {lane.label} server is not up yet")
        self.requests.append(request)
        stream = ScriptedStream(lane, *self.scripts[lane], resumes=lane is Lane.REST)
        pipeline = Pipeline(lane=lane, publish=self.bus.publish)
        return OrderWatch(
            stream,
            pipeline,
            request,
            stream_id=stream_id,
            publish=self.bus.publish,
            batches=self.batches,
        )

    def close(self) -> None:
        """End every thread."""
        self.model.cancel_all()
        assert self.workers.stop(2.0)
        self.bus.close()


def received(lane: Lane, sequence: int, stream_id: str = "s") -> OrderReceived:
    """A message as an event."""
    one = message(sequence)
    return OrderReceived(
        at=0,
        stream_id=stream_id,
        lane=lane,
        sequence=one.sequence,
        arrived=one.arrived,
        published=one.published,
        order=one.order,
        raw=one.raw,
    )


def row(lane: Lane, sequence: int) -> OrderRow:
    """A message as a row."""
    event = received(lane, sequence)
    return OrderRow(lane, event.arrived, event)


@pytest.fixture
def rig(qtbot: QtBot, themes: ThemeSource, styled: StyleKeeper) -> Iterator[Rig]:
    """The panel, shown as in a dock of the smallest window."""
    made = Rig(themes)
    qtbot.addWidget(made.panel)
    made.panel.resize(1280, 440)
    made.panel.show()
    yield made
    made.close()
    assert made.errors == []


def ended(qtbot: QtBot, rig: Rig, act: Callable[[], object]) -> None:
    """Do something and wait until no stream runs and every row is shown."""
    with qtbot.waitSignal(
        rig.model.running_changed, check_params_cb=lambda running: not running, timeout=5000
    ):
        act()
    rig.model.show_rows()


def shown(rig: Rig, column: Column) -> list[str]:
    """The texts of a column."""
    table = rig.model.table
    return [str(table.index(number, column).data()) for number in range(table.rowCount())]


def numbers(rig: Rig, lane: Lane) -> list[str]:
    """What a lane's row says."""
    rig.model.figures_changed.emit()
    return [label.text() for label in rig.panel.lanes.numbers[lane]]


def last(rig: Rig) -> OrderRow | None:
    """The newest row."""
    return rig.model.table.row(rig.model.table.rowCount() - 1)


def test_the_start_button_follows_all_lanes_to_their_end(rig: Rig, qtbot: QtBot) -> None:
    """Each message and each end is a row, and each lane's chip and counters say how it went."""
    rig.script([1, 2], [3], OK)
    ended(qtbot, rig, lambda: qtbot.mouseClick(rig.panel.request.start, Qt.MouseButton.LeftButton))
    assert rig.model.table.rowCount() == 12
    for lane in Lane:
        assert rig.panel.lanes.chips[lane].text() == "complete"
        assert numbers(rig, lane)[:3] == ["3", "0", "0"]
    assert shown(rig, Column.ORDER).count("ended") == 3
    assert "200 OK · complete · last: 9" in shown(rig, Column.STATUS)


def test_the_parameters_are_what_the_streams_are_asked_for(rig: Rig, qtbot: QtBot) -> None:
    """User, count, interval, deadline and live orders reach every lane as they stand in the panel."""
    rig.script(OK)
    panel = rig.panel
    panel.request.user.setText("user_9")
    panel.request.count.setValue(7)
    panel.request.interval.setValue(1)
    panel.request.deadline.setValue(2.5)
    panel.request.live.setChecked(True)
    ended(qtbot, rig, panel.request.start.click)
    wish = OrdersRequest(user_id="user_9", count=7, interval_ms=1, live=True, deadline=2.5)
    assert rig.requests == [wish] * 3
    panel.request.endless.setChecked(True)
    assert rig.model.request.count is None
    assert not panel.request.count.isEnabled()


def test_cancel_ends_one_lane_and_cancel_all_the_rest(rig: Rig, qtbot: QtBot) -> None:
    """A lane's own button ends that lane only."""
    rig.script([1], None)
    panel = rig.panel
    panel.request.start.click()
    qtbot.waitUntil(lambda: [panel.lanes.chips[lane].text() for lane in Lane] == ["open"] * 3)
    panel.lanes.buttons[Lane.GRPC].click()
    qtbot.waitUntil(lambda: panel.lanes.chips[Lane.GRPC].text() == "cancelled")
    assert panel.lanes.chips[Lane.REST].text() == "open"
    ended(qtbot, rig, panel.request.cancel.click)
    assert not panel.request.cancel.isEnabled()


def test_a_broken_lane_offers_a_reconnect(rig: Rig, qtbot: QtBot) -> None:
    """A lane that cannot resume ends with its reason and its fault; the button begins anew, counted."""
    rig.script([1], OK, lanes=[Lane.REST, Lane.GRAPHQL])
    rig.script([1, 2], LOST, lanes=[Lane.GRPC])
    rig.script([1], OK, lanes=[Lane.GRPC])
    ended(qtbot, rig, rig.panel.request.start.click)
    button, chip = rig.panel.lanes.buttons[Lane.GRPC], rig.panel.lanes.chips[Lane.GRPC]
    assert (chip.text(), button.text()) == ("connection lost", "Reconnect")
    assert "injected fault: cut" in chip.toolTip()
    assert "200 OK · connection lost · fault: cut" in shown(rig, Column.STATUS)
    ended(qtbot, rig, button.click)
    assert numbers(rig, Lane.GRPC)[:3] == ["3", "0", "1"]


def test_a_lane_whose_server_is_down_says_so(rig: Rig, qtbot: QtBot) -> None:
    """The other lanes stream on."""
    rig.script([1], OK)
    rig.down = {Lane.GRAPHQL}
    ended(qtbot, rig, rig.panel.request.start.click)
    chip = rig.panel.lanes.chips[Lane.GRAPHQL]
    assert (chip.text(), chip.toolTip()) == ("not up", "the GraphQL server is not up yet")
    assert numbers(rig, Lane.REST)[0] == "1"


def test_a_paused_view_stands_still_and_loses_nothing(rig: Rig, qtbot: QtBot) -> None:
    """What arrives while the view is held is counted, announced as waiting, and shown on resuming."""
    rig.receive(Lane.REST, 1, 2)
    rig.model.show_rows()
    qtbot.mouseClick(rig.panel.view_bar.pause, Qt.MouseButton.LeftButton)
    rig.receive(Lane.REST, 3, 4, 5)
    rig.model.show_rows()
    assert numbers(rig, Lane.REST)[0] == "5"
    assert rig.model.table.rowCount() == 2
    assert rig.panel.view_bar.note.text() == "3 waiting"
    qtbot.mouseClick(rig.panel.view_bar.pause, Qt.MouseButton.LeftButton)
    assert shown(rig, Column.SEQUENCE) == ["1", "2", "3", "4", "5"]


def test_what_the_view_cannot_hold_is_counted(rig: Rig) -> None:
    """The ring keeps its newest hundred rows, and the panel says how many had to go."""
    rig.receive(Lane.GRPC, *range(1, 151))
    rig.model.show_rows()
    rig.receive(Lane.GRPC, *range(151, 261))
    rig.model.show_rows()
    rig.model.figures_changed.emit()
    assert (rig.model.table.rowCount(), rig.model.hidden) == (100, 160)
    assert shown(rig, Column.SEQUENCE)[0] == "161"
    assert rig.panel.view_bar.note.text() == "160 dropped from view"


def test_a_held_view_that_overflows_is_counted_too(rig: Rig) -> None:
    """While the view is held, rows beyond the ring go before they were ever shown; the sum stays exact."""
    rig.model.toggle_pause()
    rig.receive(Lane.REST, *range(1, 131))
    rig.model.toggle_pause()
    assert rig.model.table.rowCount() + rig.model.hidden == 130


def test_the_filter_shows_lanes_and_words(rig: Rig, qtbot: QtBot) -> None:
    """Unticking a lane and typing a user leave only the rows that match, also of those that come later."""
    for lane in Lane:
        rig.receive(lane, 1, 2)
    rig.model.show_rows()
    rig.panel.view_bar.lane_filters[Lane.REST].setChecked(False)
    with qtbot.waitSignal(rig.model.view_changed):
        qtbot.keyClicks(rig.panel.view_bar.filter, "USER_2")
    assert shown(rig, Column.LANE) == ["GraphQL", "gRPC"]
    rig.receive(Lane.GRPC, 3, 4)
    rig.receive(Lane.REST, 4)
    rig.model.show_rows()
    assert shown(rig, Column.SEQUENCE) == ["2", "2", "4"]
    rig.panel.view_bar.filter.clear()
    rig.panel.view_bar.lane_filters[Lane.REST].setChecked(True)
    qtbot.waitUntil(lambda: rig.model.table.rowCount() == 9)


def test_the_view_follows_the_end_only_while_it_is_there(rig: Rig, qtbot: QtBot) -> None:
    """Scrolled up, the rows in view stay where they are although older ones leave; Newest follows again."""
    table, bar = rig.panel.table, rig.panel.table.verticalScrollBar()
    rig.receive(Lane.REST, *range(1, 101))
    rig.model.show_rows()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum() > 0)
    bar.setValue(bar.maximum() // 2)
    top = rig.model.table.row(table.rowAt(0))
    rig.receive(Lane.REST, *range(101, 121))
    rig.model.show_rows()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    assert rig.model.table.row(table.rowAt(0)) is top
    assert rig.panel.view_bar.latest.isEnabled()
    rig.panel.view_bar.latest.click()
    rig.receive(Lane.REST, 121)
    rig.model.show_rows()
    qtbot.waitUntil(lambda: rig.model.table.row(table.rowAt(table.viewport().height() - 1)) is last(rig))


def test_a_chosen_message_is_shown_as_json_and_as_sent(rig: Rig, qtbot: QtBot) -> None:
    """A click on a row shows the order, and its bytes in the way of its protocol."""
    rig.receive(Lane.REST, 1)
    rig.receive(Lane.GRPC, 2)
    rig.model.show_rows()
    viewport = rig.panel.table.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(40, 5))
    assert '"id": "order_0"' in rig.panel.details.json.body.visible_text()
    rig.panel.details.setCurrentIndex(1)
    assert "raw 1" in rig.panel.details.sent.body.visible_text()
    rig.panel.table.selectRow(1)
    assert RAW.hex(" ")[:8] in rig.panel.details.sent.body.visible_text()


def test_the_detail_goes_with_its_row(rig: Rig) -> None:
    """When the rows are cleared, as a new stream does, no message of the old ones stays beside them."""
    rig.receive(Lane.REST, 1)
    rig.model.show_rows()
    rig.panel.table.selectRow(0)
    assert '"id": "order_0"' in rig.panel.details.json.body.visible_text()
    rig.model.table.clear()
    assert "Choose a message" in rig.panel.details.json.body.visible_text()


def test_events_of_an_older_stream_are_ignored(rig: Rig) -> None:
    """What a cancelled stream still says does not count for the one that followed it."""
    state = rig.model.lanes[Lane.REST]
    state.stream_id = "new"
    late = OrdersReceived(at=0, stream_id="old", lane=Lane.REST, messages=(received(Lane.REST, 1, "old"),))
    rig.model._on_received(late)
    assert state.received == 0


def test_an_empty_table_says_what_to_do(rig: Rig, themes: ThemeSource) -> None:
    """Without rows there is a hint in second-rank text; with rows it is gone."""
    muted = themes.theme["muted"].rgb()

    def hint() -> bool:
        image = rig.panel.table.viewport().grab().toImage()
        return any(image.pixel(x, y) == muted for x in range(image.width()) for y in range(24, 38))

    assert hint()
    rig.receive(Lane.REST, 1)
    rig.model.show_rows()
    assert not hint()


def test_figures_are_shown_as_numbers_with_units(rig: Rig) -> None:
    """Rate, lag and jitter appear with three figures that matter, unknown ones as a dash."""
    rig.receive(Lane.REST, 1)
    state = rig.model.lanes[Lane.REST]
    state.figures = StreamFigures(
        received=1, dropped=1234, rate=1999.96, lag_p50=0.00042, lag_p99=0.0059, jitter=None
    )
    texts = [text.replace("\u00a0", " ") for text in numbers(rig, Lane.REST)]
    assert texts == ["1", "1 234", "0", "2 000.0/s", "0.42 ms", "5.9 ms", "–"]


def test_numbers_that_tick_move_nothing(rig: Rig) -> None:
    """Counters of one digit and of seven leave every control where it was."""
    places = [button.pos() for button in rig.panel.lanes.buttons.values()] + [rig.panel.lanes.axis.pos()]
    state = rig.model.lanes[Lane.GRAPHQL]
    state.received = 9_999_999
    state.figures = StreamFigures(dropped=999_999, rate=1999.9, lag_p50=0.0999, lag_p99=0.0999, jitter=0.0999)
    numbers(rig, Lane.GRAPHQL)
    rig.panel.grab()
    after = [button.pos() for button in rig.panel.lanes.buttons.values()] + [rig.panel.lanes.axis.pos()]
    assert after == places


def test_every_control_has_a_name(rig: Rig) -> None:
    """A screen reader finds a name for each input and button."""
    panel = rig.panel
    controls: list[Any] = [
        panel.request.user,
        panel.request.count,
        panel.request.interval,
        panel.request.deadline,
        panel.view_bar.filter,
        panel.table,
    ]
    controls += [*panel.lanes.buttons.values(), *panel.view_bar.lane_filters.values(), panel.lanes.axis]
    assert all(control.accessibleName() for control in controls)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_panel_paints_in_both_themes(rig: Rig, themes: ThemeSource, theme: str) -> None:
    """Rows, ends and the axis are drawn in the lanes' colours of the theme in force."""
    rig.receive(Lane.REST, *range(1, 40))
    rig.model.show_rows()
    themes.use(load_theme(theme))
    image = rig.panel.grab().toImage()
    color = themes.theme["lane_rest"].rgb()
    assert any(image.pixel(x, y) == color for x in range(0, 80) for y in range(image.height()))


def test_the_axis_draws_each_lanes_messages(rig: Rig, themes: ThemeSource) -> None:
    """After an end the axis stands still and shows the messages in their lane's colour."""
    rig.receive(Lane.GRPC, *range(1, 400))
    axis = rig.panel.lanes.axis
    image = axis.grab().toImage()
    color = themes.theme["lane_grpc"].rgb()
    hits = [y for x in range(image.width()) for y in range(image.height()) if image.pixel(x, y) == color]
    assert hits
    assert min(hits) > image.height() // 3  # in the third row only


def test_the_table_is_a_proper_item_model(qtmodeltester: ModelTester) -> None:
    """Appending, overflowing, filtering and clearing keep Qt's contract of item models."""
    table = OrdersTable(lambda value: f"{value}", capacity=10)
    qtmodeltester.check(table)
    table.append([row(Lane.REST, number) for number in range(1, 8)])
    gone = table.append([row(Lane.GRPC, number) for number in range(1, 8)])
    assert gone == {Lane.REST: 4}
    change = StreamChanged(at=0, stream_id="s", lane=Lane.REST, state=StreamState.ENDED, outcome=Outcome.OK)
    table.append([OrderRow(Lane.REST, 1.0, None, change)])
    table.set_filter([Lane.REST], "")
    assert [table.index(number, Column.ORDER).data() for number in range(table.rowCount())] == [
        "order_5",
        "order_6",
        "ended",
    ]
    table.append([row(Lane.REST, number) for number in range(1, 30)])
    assert table.rowCount() == 10
    table.clear()
    assert table.rowCount() == 0
    qtmodeltester.check(table)


def test_a_cancelled_start_leaves_no_thread(rig: Rig, qtbot: QtBot) -> None:
    """Starting again while streams run ends those and follows new ones only."""
    rig.script([1], None)
    rig.panel.request.start.click()
    qtbot.waitUntil(lambda: rig.model.lanes[Lane.REST].received == 1)
    first = rig.model.lanes[Lane.REST].stream_id
    rig.panel.request.start.click()
    qtbot.waitUntil(lambda: rig.model.lanes[Lane.REST].received == 1)
    assert rig.model.lanes[Lane.REST].stream_id != first


def test_submit_is_given_a_job_that_obeys_its_token(rig: Rig) -> None:
    """The panel's streams run as jobs of the pool: cancelling the handle cancels the stream."""
    rig.script([1], None)
    tokens: list[CancelToken] = []
    submit = rig.workers.submit

    def spy(job: Callable[[CancelToken], None]) -> Any:
        handle = submit(job)
        tokens.append(handle.token)
        return handle

    rig.model._submit = spy
    rig.model.start()
    rig.model.cancel_all()
    assert [token.cancelled for token in tokens] == [True] * 3


def test_every_input_is_as_it_was_left(qtbot: QtBot, themes: ThemeSource, styled: StyleKeeper) -> None:
    """A second panel over the same memory shows what was typed and ticked in the first."""
    memory = KeptMemory()
    first = Rig(themes, memory=memory)
    qtbot.addWidget(first.panel)
    panel = first.panel
    panel.request.user.setText("user_7")
    panel.request.endless.setChecked(True)
    panel.request.interval.setValue(250)
    panel.request.deadline.setValue(2.5)
    panel.request.live.setChecked(True)
    panel.auto.setChecked(True)
    panel.view_bar.lane_filters[Lane.GRPC].setChecked(False)
    with qtbot.waitSignal(first.model.view_changed):
        panel.view_bar.filter.setText("shipped")
    first.close()
    second = Rig(themes, memory=memory)
    qtbot.addWidget(second.panel)
    panel, request = second.panel, second.model.request
    assert request == OrdersRequest(user_id="user_7", count=None, interval_ms=250, live=True, deadline=2.5)
    assert (panel.request.user.text(), panel.request.endless.isChecked(), panel.request.interval.value()) == (
        "user_7",
        True,
        250,
    )
    assert panel.request.count.value() == FIRST.count  # for whoever unticks endless
    assert (panel.request.deadline.value(), panel.request.live.isChecked(), panel.auto.isChecked()) == (
        2.5,
        True,
        True,
    )
    assert panel.view_bar.filter.text() == second.model.filter_text == "shipped"
    assert second.model.shown_lanes == {Lane.REST, Lane.GRAPHQL}
    assert not panel.view_bar.lane_filters[Lane.GRPC].isChecked()
    second.close()


@pytest.mark.parametrize("spoiled", ["", "many", "0", "-3", "1e99", "nan"])
def test_a_spoiled_memory_gives_the_first_values(spoiled: str) -> None:
    """The file may be edited by hand: what cannot be used is as at first."""
    memory = KeptMemory()
    memory.kept |= {f"orders.{name}": spoiled for name in ("count", "interval_ms", "deadline")}
    assert recall_request(memory) == FIRST


def test_a_narrow_panel_cuts_nothing(rig: Rig, qtbot: QtBot) -> None:
    """Beside the breakers at 1280 pixels every input and figure is whole; the axis waits for more room."""
    panel = rig.panel
    panel.resize(744, 420)
    panel.show()
    assert panel.width() == 744
    qtbot.waitUntil(panel.lanes.axis.isHidden)
    whole = (panel.request.start, panel.request.live, panel.view_bar.clear, panel.lanes.buttons[Lane.GRPC])
    for widget in whole:
        place = QRect(widget.mapTo(panel, QPoint()), widget.size())
        assert panel.rect().contains(place), widget.text()
        assert widget.width() >= widget.sizeHint().width()
    panel.resize(1100, 420)
    qtbot.waitUntil(lambda: not panel.lanes.axis.isHidden())
