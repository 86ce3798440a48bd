"""The body viewer and the comparison table: scrolling, folding, searching, copying, what is best."""

import json
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.domain.lanes import Lane
from app.ui.panels.compare import ComparePanel
from app.ui.stylesheet import StyleKeeper
from app.ui.theme import ThemeSource
from app.ui.widgets.code_view import CodeView
from app.viewmodels.compare import BEST, CompareModel
from app.viewmodels.json_lines import json_lines
from app.viewmodels.lane import LaneModel
from app.viewmodels.line_document import LineDocument
from tests.support.lane_samples import ORDER, FakeBus, FakeWorkers, graphql_ok, grpc_ok, rest_ok

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def view(qtbot: QtBot, themes: ThemeSource, styled: StyleKeeper) -> Iterator[CodeView]:
    """An order in a viewer that shows all of it."""
    made = CodeView(themes, name="Response")
    qtbot.addWidget(made)
    made.resize(480, 700)
    made.show()
    made.activateWindow()
    made.body.setFocus()
    qtbot.waitUntil(made.body.hasFocus)
    made.show_document(LineDocument(lambda _columns: json_lines(ORDER)))
    yield made
    made.close()


def test_click_on_the_triangle_folds(view: CodeView, qtbot: QtBot) -> None:
    """A click in the margin puts the list away and says how much is in it; a second one brings it back."""
    before = view.body.visible_text().splitlines()
    row = next(number for number, text in enumerate(before) if '"items"' in text)
    place = QPoint(8, 8 + round((row + 0.5) * view.body._painter.height))
    qtbot.mouseClick(view.body.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert '  "items": [ … ]  2 items' in view.body.visible_text().splitlines()
    qtbot.mouseClick(view.body.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.body.visible_text().splitlines() == before


def test_keys_move_and_fold(view: CodeView, qtbot: QtBot) -> None:
    """Left folds the line of the caret, Right unfolds it, Down reads the next line to a screen reader."""
    qtbot.keyClick(view.body, Qt.Key.Key_Left)
    assert view.body.visible_text() == "{ … }  6 keys"
    qtbot.keyClick(view.body, Qt.Key.Key_Right)
    qtbot.keyClick(view.body, Qt.Key.Key_Down)
    assert view.body.accessibleDescription() == '  "id": "1",'


def test_copy_takes_all_lines_even_folded(view: CodeView, qtbot: QtBot) -> None:
    """Select all and copy gives the whole JSON."""
    qtbot.keyClick(view.body, Qt.Key.Key_A, CTRL)
    qtbot.keyClick(view.body, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == view.body.document.text()


def test_search_finds_and_shows(view: CodeView, qtbot: QtBot) -> None:
    """Ctrl+F opens the bar, typing marks the lines, and a folded match is unfolded."""
    qtbot.keyClick(view.body, Qt.Key.Key_Left)
    qtbot.keyClick(view.body, Qt.Key.Key_F, CTRL)
    assert view.bar.isVisible()
    qtbot.keyClicks(view.bar.words, "mouse")
    assert view.bar.found.text() == "1"
    assert view.body.selected_text() == "Mouse"
    assert '"name": "Mouse"' in view.body.visible_text()
    qtbot.keyClick(view.bar.words, Qt.Key.Key_Escape)
    assert not view.bar.isVisible()


def test_drag_selects_text(view: CodeView, qtbot: QtBot) -> None:
    """A double click selects one value."""
    height, char = view.body._painter.height, view.body._painter.char
    place = QPoint(round(16 + 12 * char), 8 + round(3.5 * height))
    qtbot.mouseDClick(view.body.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert view.body.selected_text() in ('"total"', "1059.97")


def test_five_megabytes_do_not_hold_the_window_up(view: CodeView, qtbot: QtBot) -> None:
    """The first screen of 5 MB is there at once, the rest follows in slices, and scrolling stays quick."""
    products = [
        {"id": str(number), "name": f"Product {number} with a name", "price": number / 7, "stock": number}
        for number in range(60_000)
    ]
    document = LineDocument(lambda _columns: json_lines({"products": products}))
    started = time.thread_time()  # of this thread: other work on the machine does not count
    view.show_document(document)
    shown = time.thread_time() - started
    assert '"Product 0 with a name"' in view.body.visible_text()
    assert shown < 0.1
    assert not document.complete
    with qtbot.waitSignal(view.body.laid_out, timeout=30_000):
        pass
    paints = []
    for row in range(0, 300_000, 10_000):
        view.body.verticalScrollBar().setValue(row)
        started = time.thread_time()
        view.body.viewport().repaint()
        paints.append(time.thread_time() - started)
    assert sorted(paints)[len(paints) // 2] < 0.008
    assert document.rows > 300_000


@pytest.fixture
def table(qtbot: QtBot, themes: ThemeSource, styled: StyleKeeper) -> Iterator[ComparePanel]:
    """The comparison of three good answers."""
    bus, workers = FakeBus(), FakeWorkers()
    models = {lane: LaneModel(lane, bus) for lane in Lane}
    model = CompareModel(models, bus, submit=workers.submit, publish=bus.publish)
    QAbstractItemModelTester(model.table, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    panel = ComparePanel(model, themes)
    model.setParent(panel)
    qtbot.addWidget(panel)
    panel.resize(1200, 200)
    panel.show()
    for found in (rest_ok(), graphql_ok(), grpc_ok()):
        models[found.lane].expect("call")
        bus.finish("call", found)
    panel.models = models  # type: ignore[attr-defined]  # they live as long as the panel
    yield panel
    panel.close()


def cells(panel: ComparePanel) -> list[list[str]]:
    """The table as text."""
    model = panel.table.model()
    return [
        [str(model.index(row, column).data()).replace("\u00a0", " ") for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_wide_table_has_a_row_for_each_lane(table: ComparePanel) -> None:
    """Times, bytes, trips, fields, over-fetch and retries stand beside one another."""
    assert cells(table) == [
        ["REST", "5.5 ms", "546 B", "809 B", "3", "4 / 12", "66 %", "0"],
        ["GraphQL", "3.1 ms", "182 B", "300 B", "1", "4 / 4", "0 %", "0"],
        ["gRPC", "1.4 ms", "8 B", "212 B", "1", "4 / 12", "66 %", "0"],
    ]


def test_narrow_table_has_a_column_for_each_lane(table: ComparePanel, qtbot: QtBot) -> None:
    """In a narrow dock the same numbers stand below one another."""
    table.resize(330, 300)
    qtbot.waitUntil(lambda: table.table.model().rowCount() == 7)
    assert cells(table)[0] == ["Last byte", "5.5 ms", "3.1 ms", "1.4 ms"]
    assert cells(table)[5] == ["Over-fetch", "66 %", "0 %", "66 %"]


def test_best_value_is_told_in_words(table: ComparePanel) -> None:
    """The smallest of a column says "best" to a screen reader and in its tool tip; equal ones do not."""
    model = table.table.model()
    best = [model.index(row, 1).data(BEST) for row in range(3)]
    assert best == [False, False, True]
    assert str(model.index(2, 1).data(Qt.ItemDataRole.AccessibleTextRole)).endswith("best")
    assert not any(model.index(row, 7).data(BEST) for row in range(3))


def test_each_number_is_defined_in_its_header(table: ComparePanel) -> None:
    """Every heading but the first explains its number."""
    model = table.table.model()
    tips = [
        model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
        for column in range(1, model.columnCount())
    ]
    assert all(isinstance(tip, str) and len(tip) > 15 for tip in tips)
    assert "last response" in tips[0]


def test_base_lane_can_be_chosen(table: ComparePanel, qtbot: QtBot) -> None:
    """Choosing gRPC in the list compares the others with it."""
    models: dict[Lane, LaneModel] = table.models  # type: ignore[attr-defined]
    qtbot.keyClicks(table.base, "gRPC")
    assert models[Lane.REST].base_lane is Lane.GRPC
    assert models[Lane.REST].differences == ()


def test_menu_folds_and_copies_everything(view: CodeView) -> None:
    """The menu of a body puts everything below the first level away, and copies all of it."""
    actions = {action.text(): action for action in view.body.actions()}
    actions["Fold everything"].trigger()
    assert '  "items": [ … ]  2 items' in view.body.visible_text().splitlines()
    actions["Copy everything"].trigger()
    assert json.loads(QGuiApplication.clipboard().text()) == ORDER
    actions["Unfold everything"].trigger()
    assert '"subtotal": 59.98' in view.body.visible_text()


def test_escape_closes_the_search_and_cancels_nothing(view: CodeView, qtbot: QtBot) -> None:
    """Inside the search bar Escape belongs to the bar, although the window has it for Cancel."""
    cancel = QAction("Cancel", view)
    cancel.setShortcut("Esc")
    view.addAction(cancel)
    view.open_search()
    with qtbot.assertNotEmitted(cancel.triggered):
        qtbot.keyClick(view.bar.words, Qt.Key.Key_Escape)
    assert not view.bar.isVisible()
    with qtbot.waitSignal(cancel.triggered):
        qtbot.keyClick(view.body, Qt.Key.Key_Escape)
