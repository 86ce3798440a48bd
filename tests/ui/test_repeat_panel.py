"""The Repeat panel as a person uses it: click Run, read the table, compare, export, point it elsewhere."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.clients.port import LaneClient
from app.domain.drafts import Draft, GrpcDraft, RestDraft
from app.domain.errors import StartFailed
from app.domain.lanes import Lane
from app.domain.operations import OperationId, Question
from app.ui.charts.histogram import LatencyHistogram
from app.ui.charts.lane_chart import AXIS
from app.ui.panels.repeat import RepeatPanel
from app.ui.stylesheet import StyleKeeper
from app.ui.theme import ThemeSource, load_theme
from app.viewmodels.repeat import RepeatModel
from app.viewmodels.repeat_job import RepeatPorts, RepeatProgressed
from app.viewmodels.repeat_picture import picture_of
from app.viewmodels.repeat_words import BARE, ELSEWHERE, EMBEDDED, GUARDED, IN_TURN, MIXED, TOGETHER
from tests.support.clock import FakeClock
from tests.support.lane_samples import FakeBus, FakeWorkers
from tests.support.memory import KeptMemory
from tests.support.repeats import DOWN, ClockedClient, answer, measured

NBSP = "\u00a0"
LEFT = Qt.MouseButton.LeftButton


@dataclass
class Bench:
    """The panel over fake lanes; jobs run when told."""

    model: RepeatModel
    panel: RepeatPanel
    bus: FakeBus
    workers: FakeWorkers
    clients: dict[Lane, ClockedClient]
    elsewhere: list[tuple[Lane, str, ClockedClient]]
    ports: RepeatPorts
    problem: str = ""
    operation: OperationId = OperationId.GET_PRODUCT
    token: str | None = None
    edited: dict[Lane, Draft] = field(default_factory=dict)
    foreign_token: str = ""
    down: set[Lane] = field(default_factory=set)

    def run(self, qtbot: QtBot) -> None:
        """Click Run and let the job be done."""
        qtbot.mouseClick(self.panel.form.run, LEFT)
        self.workers.run()

    def cells(self, row: int) -> list[str]:
        """One row of the table as read."""
        table = self.panel.results.table.model()
        return [
            str(table.index(row, column).data()).replace(NBSP, " ") for column in range(table.columnCount())
        ]


@pytest.fixture
def memory() -> KeptMemory:
    return KeptMemory()


@pytest.fixture
def bench(qtbot: QtBot, themes: ThemeSource, styled: StyleKeeper, memory: KeptMemory) -> Iterator[Bench]:
    """The panel at the size it has in a small window."""
    clock = FakeClock()
    bus, workers = FakeBus(), FakeWorkers()
    clients = {
        lane: ClockedClient(lane, clock, *[answer(time)] * 19, answer(time * 10))
        for lane, time in zip(Lane, (0.002, 0.003, 0.001), strict=True)
    }
    elsewhere: list[tuple[Lane, str, ClockedClient]] = []

    def connect(lane: Lane, address: str) -> LaneClient:
        client = ClockedClient(lane, clock)
        client.token = made.foreign_token
        elsewhere.append((lane, address, client))
        return client

    def find(lane: Lane) -> LaneClient:
        if lane in made.down:
            raise StartFailed(f"the {lane.label} server is not up yet")
        return clients[lane]

    ports = RepeatPorts(
        question=lambda: Question(operation=made.operation, params={"id": "1"}, fields=("id",)),
        problem=lambda: made.problem,
        edited=lambda lane: made.edited.get(lane, None),
        token=lambda: made.token,
        client_for=find,
        policies=dict,
        make_client=connect,
    )
    model = RepeatModel(bus, ports, submit=workers.submit, publish=bus.publish, memory=memory)
    panel = RepeatPanel(model, themes)
    qtbot.addWidget(panel)
    panel.resize(1280, 640)
    panel.show()
    qtbot.waitExposed(panel)
    made = Bench(model, panel, bus, workers, clients, elsewhere, ports)
    yield made
    panel.close()


def test_run_fills_the_table(bench: Bench, qtbot: QtBot) -> None:
    """One click; every lane has its figures with units, and the title says what was run."""
    bench.run(qtbot)
    assert bench.cells(0)[:4] == ["REST", "200", "0", bench.cells(0)[3]]
    assert bench.cells(0)[4] == "2.0 ms"
    assert bench.cells(1)[4] == "3.0 ms"
    assert bench.cells(2)[4] == "1.0 ms"
    assert bench.cells(0)[8] == "20.0 ms"
    assert bench.cells(0)[11:] == ["100 B", "300 B", "1", "1"]
    assert bench.panel.results.title.full_text.startswith("1 · Get product · 200")


def test_the_settings_reach_the_run(bench: Bench, qtbot: QtBot) -> None:
    """Calls, concurrency, warm-up, order, lanes and policies are those on the screen."""
    form = bench.panel.form
    form.count.setValue(30)
    form.concurrency.setValue(3)
    form.warm_up.setValue(5)
    qtbot.mouseClick(form.together, LEFT)
    qtbot.mouseClick(form.resilient, LEFT)
    qtbot.mouseClick(form.lanes[Lane.GRAPHQL], LEFT)
    bench.run(qtbot)
    assert bench.model.shown is not None
    plan = bench.model.shown.run.plan
    assert (plan.count, plan.concurrency, plan.warm_up) == (30, 3, 5)
    assert (plan.together, plan.resilient, plan.lanes) == (True, True, (Lane.REST, Lane.GRPC))
    assert len(bench.clients[Lane.REST].keys) == 35
    assert bench.cells(1)[1:5] == ["–"] * 4


def test_a_number_still_being_typed_counts(bench: Bench, qtbot: QtBot) -> None:
    """Run takes the text in the box, though the focus has not left it."""
    box = bench.panel.form.count
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), "25")
    bench.run(qtbot)
    assert bench.cells(0)[1] == "25"


def test_each_choice_says_what_it_does_to_the_figures(bench: Bench, qtbot: QtBot) -> None:
    """The sentences under order and policies follow the choice."""
    form = bench.panel.form
    assert (form.order_words.text(), form.policy_words.text()) == (IN_TURN, BARE)
    qtbot.mouseClick(form.together, LEFT)
    qtbot.mouseClick(form.resilient, LEFT)
    assert (form.order_words.text(), form.policy_words.text()) == (TOGETHER, GUARDED)


def test_the_cost_of_the_embedding_is_on_the_screen(bench: Bench) -> None:
    """Before the first run, too, and inside the window."""
    place = bench.panel.results.place
    assert place.text() == EMBEDDED
    bottom = place.mapTo(bench.panel, QPoint(0, place.height())).y()
    assert bottom <= bench.panel.height()


def test_a_run_can_be_pointed_at_servers_elsewhere(bench: Bench, qtbot: QtBot) -> None:
    """The address is used, its connections are closed afterwards, and the screen says what that means."""
    form = bench.panel.form
    form.editors[Lane.REST].setText("http://10.0.0.7:8000")
    assert bench.panel.results.place.text() == MIXED
    form.editors[Lane.GRAPHQL].setText("http://10.0.0.7:8001/graphql")
    form.editors[Lane.GRPC].setText("10.0.0.7:50051")
    bench.run(qtbot)
    assert bench.panel.results.place.text() == ELSEWHERE
    assert [(lane, address) for lane, address, _ in bench.elsewhere] == [
        (Lane.REST, "http://10.0.0.7:8000"),
        (Lane.GRAPHQL, "http://10.0.0.7:8001/graphql"),
        (Lane.GRPC, "10.0.0.7:50051"),
    ]
    assert all(client.closed for _, _, client in bench.elsewhere)
    assert not any(client.keys for client in bench.clients.values())


def test_this_windows_token_never_goes_elsewhere(bench: Bench, qtbot: QtBot) -> None:
    """Neither written by the client nor inside an edited request; the lanes at home still get it."""
    bench.token = "MINE"
    bench.edited[Lane.GRPC] = GrpcDraft(
        method="products.ProductService/GetProduct", metadata=(("authorization", "Bearer MINE"),)
    )
    form = bench.panel.form
    form.editors[Lane.REST].setText("http://10.0.0.7:8000")
    form.editors[Lane.GRPC].setText("10.0.0.7:50051")
    bench.run(qtbot)
    assert len(bench.model.runs) == 1
    assert not any("MINE" in text for _, _, client in bench.elsewhere for text in client.seen)
    assert "token MINE" in bench.clients[Lane.GRAPHQL].seen


def test_a_token_hidden_in_an_edited_request_stops_the_run(bench: Bench, qtbot: QtBot) -> None:
    """In a body it cannot be taken out without changing what is asked: the run says why and sends nothing."""
    bench.token = "MINE"
    bench.edited[Lane.REST] = RestDraft(method="GET", path="/api/v1/products/1", query=(("key", "MINE"),))
    bench.panel.form.editors[Lane.REST].setText("http://10.0.0.7:8000")
    bench.run(qtbot)
    assert "this program's token" in bench.panel.results.state.text()
    assert not any(client.keys for _, _, client in bench.elsewhere)


def test_a_write_elsewhere_asks_for_a_log_in_of_its_own(bench: Bench, qtbot: QtBot) -> None:
    """Without one the panel says what to enter; with one the token from there is used, there alone."""
    bench.operation, bench.token, bench.foreign_token = OperationId.CREATE_PRODUCT, "MINE", "THEIRS"
    form = bench.panel.form
    assert form.log_in.isHidden()
    form.editors[Lane.REST].setText("http://10.0.0.7:8000")
    assert form.log_in.isVisibleTo(form)
    bench.run(qtbot)
    assert "needs a log-in at the servers of REST" in bench.panel.results.state.text()
    assert bench.elsewhere == []
    qtbot.keyClicks(form.email, "me@example.com")
    qtbot.keyClicks(form.password, "secret")
    bench.run(qtbot)
    [(lane, _, client)] = bench.elsewhere
    assert (lane, client.logins) == (Lane.REST, [("me@example.com", "secret")])
    assert "token THEIRS" in client.seen
    for home in (Lane.GRAPHQL, Lane.GRPC):
        assert "token MINE" in bench.clients[home].seen
        assert bench.clients[home].logins == []


def test_a_refused_log_in_elsewhere_names_its_lane(bench: Bench, qtbot: QtBot) -> None:
    """Nothing is measured, and the server's own words are shown."""
    bench.operation = OperationId.CREATE_PRODUCT
    form = bench.panel.form
    form.editors[Lane.REST].setText("http://10.0.0.7:8000")
    form.email.setText("me@example.com")
    form.password.setText("wrong")
    bench.run(qtbot)
    assert bench.panel.results.state.text() == "REST: the log-in failed: wrong password"
    assert bench.model.runs == ()


def test_a_password_is_for_the_address_it_was_typed_for(
    bench: Bench, memory: KeptMemory, qtbot: QtBot
) -> None:
    """Another address empties both boxes, and nothing of them is remembered."""
    form = bench.panel.form
    form.editors[Lane.REST].setText("http://10.0.0.7:8000")
    form.email.setText("me@example.com")
    form.password.setText("secret")
    assert bench.model.credentials is not None
    form.editors[Lane.REST].setText("http://10.0.0.8:8000")
    assert (form.email.text(), form.password.text(), bench.model.credentials) == ("", "", None)
    assert "secret" not in repr(vars(memory))


def test_an_address_that_is_none_is_marked_and_nothing_is_sent(bench: Bench, qtbot: QtBot) -> None:
    """The field says why, and so does the place where progress would be."""
    form = bench.panel.form
    form.editors[Lane.GRPC].setText("http://10.0.0.7:50051")
    assert "without http://" in form.addresses[Lane.GRPC].error
    bench.run(qtbot)
    assert "gRPC" in bench.panel.results.state.text()
    assert bench.model.runs == ()
    qtbot.mouseClick(form.lanes[Lane.GRPC], LEFT)  # a lane that is not measured needs no address
    bench.run(qtbot)
    assert len(bench.model.runs) == 1


def test_an_operation_that_cannot_be_sent_says_why(bench: Bench, qtbot: QtBot) -> None:
    """What is wrong in the operation bar is repeated here."""
    bench.problem = "id: must not be empty"
    bench.run(qtbot)
    assert bench.panel.results.state.text() == "id: must not be empty"


def test_a_server_that_is_not_up_is_told(bench: Bench, qtbot: QtBot) -> None:
    """The run ends with a sentence and Run is back."""
    bench.down.add(Lane.REST)
    bench.run(qtbot)
    assert bench.panel.results.state.text() == "the REST server is not up yet"
    assert bench.panel.form.run.text() == "Run"


def test_run_becomes_cancel_and_a_cancelled_run_is_kept(bench: Bench, qtbot: QtBot) -> None:
    """What was measured until then is shown and said to be cut short."""
    form = bench.panel.form
    qtbot.mouseClick(form.run, LEFT)
    assert form.run.text() == "Cancel"

    def cancel(number: int) -> None:
        if number == 60:
            qtbot.mouseClick(form.run, LEFT)

    bench.clients[Lane.REST].before_send = cancel
    bench.workers.run()
    assert form.run.text() == "Run"
    assert bench.cells(0)[1] == "39"  # 20 of the 59 were warm-up
    assert "Cancelled" in bench.panel.results.notes.text()


def test_progress_is_shown_while_it_runs(bench: Bench, qtbot: QtBot) -> None:
    """Lane, count, rate and errors, and the line that grows."""
    seen: list[str] = []
    qtbot.mouseClick(bench.panel.form.run, LEFT)
    bench.bus.subscribe(RepeatProgressed, lambda event: seen.append(bench.panel.results.state.text()))
    bench.workers.run()
    assert any("REST · warming up" in text for text in seen)
    assert any("of 600" in text and "calls/s" in text for text in seen)
    assert bench.panel.results.state.text() == ""


def test_errors_stand_under_the_table_by_reason(bench: Bench, qtbot: QtBot) -> None:
    """What failed, how often, on which lane."""
    clock = FakeClock()
    bench.clients[Lane.GRPC] = ClockedClient(Lane.GRPC, clock, DOWN)
    bench.run(qtbot)
    assert "gRPC: 200 × unavailable (503 SERVICE UNAVAILABLE)" in bench.panel.results.notes.text()
    assert bench.cells(2)[2:5] == ["200", bench.cells(2)[3], "–"]


def test_kept_runs_can_be_shown_compared_and_forgotten(bench: Bench, qtbot: QtBot) -> None:
    """The newest stands first; comparing tells ratios with their certainty; Delete forgets."""
    bench.run(qtbot)
    bench.clients[Lane.REST] = ClockedClient(Lane.REST, FakeClock(), answer(0.004))
    bench.run(qtbot)
    runs = bench.panel.runs
    assert [runs.list.item(row).text()[0] for row in range(runs.list.count())] == ["2", "1"]
    runs.base.setCurrentIndex(1)
    runs.base.activated.emit(1)
    bench.workers.run()
    said = bench.panel.results.comparison.text().replace(NBSP, " ")
    assert "Against run 1" in said
    assert "REST: p50 × 2.00: slower, more than noise" in said
    assert "GraphQL: p50 × 1.00: no more than noise" in said
    assert bench.panel.results.histogram.base is not None
    runs.list.setCurrentRow(1)
    assert bench.model.shown is not None
    assert bench.model.shown.number == 1
    assert bench.model.base is None
    QTest.keyClick(runs.list, Qt.Key.Key_Delete)
    assert [kept.number for kept in bench.model.runs] == [2]
    assert bench.model.shown.number == 2


@pytest.mark.parametrize("ending", ["json", "csv", "png"])
def test_a_run_is_exported_by_the_ending_of_its_file(
    bench: Bench, qtbot: QtBot, tmp_path: Path, ending: str
) -> None:
    """The dialog offers all three; the file is written and said to be."""
    bench.run(qtbot)
    qtbot.mouseClick(bench.panel.runs.save, LEFT)
    dialog = bench.panel.runs.findChild(QFileDialog)
    assert dialog is not None
    file = tmp_path / f"run.{ending}"
    dialog.fileSelected.emit(str(file))
    dialog.close()
    bench.workers.run()
    written = file.read_bytes()
    if ending == "json":
        assert json.loads(written)["lanes"]["rest"]["calls"] == 200
    elif ending == "csv":
        assert written.count(b"\n") == 601
    else:
        assert written.startswith(b"\x89PNG")
    assert "Saved" in bench.panel.results.state.text()


def test_a_picture_says_nothing_of_the_file_before_it(bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    """A picture for others holds no path of this machine: the second export looks like the first."""
    bench.run(qtbot)
    files = [tmp_path / "one.png", tmp_path / "two.png"]
    for file in files:
        bench.panel.runs.export(str(file))
    assert files[0].read_bytes() == files[1].read_bytes()


def test_an_export_that_fails_says_why(bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    """A folder that is not there is named, and nothing raises."""
    bench.run(qtbot)
    bench.panel.runs.export(str(tmp_path / "missing" / "run.json"))
    bench.workers.run()
    assert "No such file" in bench.panel.results.state.text()
    bench.panel.runs.export(str(tmp_path / "missing" / "run.png"))
    assert "cannot be written" in bench.panel.results.state.text()


def test_settings_come_back(bench: Bench, qtbot: QtBot, memory: KeptMemory) -> None:
    """A new model over the same memory has the same settings."""
    form = bench.panel.form
    form.count.setValue(77)
    form.editors[Lane.REST].setText("http://10.0.0.7:8000")
    qtbot.mouseClick(form.together, LEFT)
    qtbot.mouseClick(form.lanes[Lane.GRPC], LEFT)
    bus, workers = bench.bus, bench.workers
    again = RepeatModel(bus, bench.ports, submit=workers.submit, publish=bus.publish, memory=memory)
    assert again.settings == bench.model.settings


def test_the_last_lane_cannot_be_unticked(bench: Bench, qtbot: QtBot) -> None:
    """A run without a lane would measure nothing."""
    form = bench.panel.form
    for lane in Lane:
        qtbot.mouseClick(form.lanes[lane], LEFT)
    assert [lane for lane, box in form.lanes.items() if box.isChecked()] == [Lane.GRPC]
    assert bench.model.settings.lanes == (Lane.GRPC,)


def test_charts_are_read_with_the_keyboard(bench: Bench, qtbot: QtBot) -> None:
    """Home and arrows walk through buckets and through the run; Esc lets go."""
    bench.run(qtbot)
    for chart, said in ((bench.panel.results.histogram, "REST"), (bench.panel.results.series, "slowest")):
        told: list[str] = []
        chart.read_out_changed.connect(told.append)
        for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Left):
            QTest.keyClick(chart, key)
        assert len(told) == 4
        assert all(said in text or "no answer" in text for text in told)
        assert chart.accessibleDescription() == told[-1]
        QTest.keyClick(chart, Qt.Key.Key_Escape)
        assert told[-1] == ""
        assert "REST" in chart.accessibleDescription()


def test_charts_follow_the_mouse(bench: Bench, qtbot: QtBot) -> None:
    """The bucket of the median is found under its bar."""
    bench.run(qtbot)
    chart = bench.panel.results.histogram
    counts: list[str] = []
    chart.read_out_changed.connect(counts.append)
    for x in range(70, chart.width() - 14, 2):
        qtbot.mouseMove(chart, QPoint(x, 40))
        chart.move_cursor(chart.place_at(float(x)))
    assert any(f"REST 190 (95{NBSP}%)" in text for text in counts)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_charts_paint_in_both_themes(bench: Bench, qtbot: QtBot, themes: ThemeSource, name: str) -> None:
    """Each lane's colour is there, and the ground is the theme's."""
    bench.run(qtbot)
    themes.use(load_theme(name))
    for chart in (bench.panel.results.histogram, bench.panel.results.series):
        image = chart.grab().toImage()
        colours = {image.pixel(x, y) & 0xFFFFFF for x in range(image.width()) for y in range(image.height())}
        for lane in Lane:
            assert themes.theme[f"lane_{lane.value}"].rgb() & 0xFFFFFF in colours


def test_every_control_has_a_name(bench: Bench) -> None:
    """What takes the keyboard can be announced."""
    nameless = [
        type(widget).__name__
        for widget in bench.panel.findChildren(type(bench.panel.form.run).__mro__[2])
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisible()
        and not (widget.accessibleName() or getattr(widget, "text", lambda: "")())
        and not widget.objectName().startswith("qt_")
    ]
    assert nameless == []


def test_a_sum_with_unseen_bytes_is_a_least_one(qtbot: QtBot, bench: Bench) -> None:
    """Where some round trips could not be counted, the figure says that more came."""
    unseen = answer(0.001, up=100, down=None)
    bench.clients[Lane.REST] = ClockedClient(Lane.REST, FakeClock(), answer(0.001), unseen)
    bench.run(qtbot)
    assert bench.cells(0)[11:13] == ["100 B", "≥ 150 B"]


def test_a_narrow_table_leaves_columns_out_instead_of_cutting_figures(qtbot: QtBot, bench: Bench) -> None:
    """Percentiles, rate and errors stay; what is left out stands in the tool tip of the lane's name."""
    bench.run(qtbot)
    table = bench.panel.results.table
    shown = lambda: {  # noqa: E731
        str(table.model().headerData(column, Qt.Orientation.Horizontal))
        for column in range(table.model().columnCount())
        if not table.isColumnHidden(column)
    }
    table.setFixedWidth(1400)
    assert len(shown()) == 15
    table.setFixedWidth(620)
    assert "mean" not in shown()
    assert {"Lane", "calls", "errors", "rate", "p50", "p95", "p99", "max"} <= shown()
    assert "mean: " in table.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    table.setFixedWidth(1400)
    assert len(shown()) == 15


def test_a_lane_without_an_answer_says_so_and_has_no_axis(qtbot: QtBot, themes: ThemeSource) -> None:
    """Where nothing was answered the histogram holds words, not the durations of an empty axis."""
    chart = LatencyHistogram(themes)
    qtbot.addWidget(chart)
    chart.resize(400, 260)
    chart.show_picture(picture_of(measured(FakeClock(), DOWN, lanes=(Lane.REST,))))
    drawn = chart.grab().toImage()
    plot = chart.plot().toRect()
    assert _colours(drawn, QRect(plot.center().x() - 40, plot.center().y() - 8, 80, 24)) > 1
    assert _colours(drawn, QRect(plot.left(), plot.bottom() + 4, plot.width(), AXIS - 5)) == 1


def _colours(image: QImage, box: QRect) -> int:
    return len(
        {image.pixel(x, y) for x in range(box.left(), box.right()) for y in range(box.top(), box.bottom())}
    )
