"""What a designer would not let through: cut words, tabs out of reach, places that jump. The real window."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtWidgets import QApplication, QLabel, QTabBar, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.domain.operations import OperationId
from app.ui.charts.timeline_legend import TimelineLegend
from app.ui.panels.lane import LanePanel
from app.viewmodels.appearance import ThemeMode

ANSWER = 20_000  # ms
FRAMED = QSize(1280, 776)  # a window with its frame on the smallest screen that nothing may scroll on
SMALL = QSize(1024, 700)
Place = tuple[QPoint, QSize]


@pytest.fixture
def desktop(desktop: Desktop, qtbot: QtBot) -> Iterator[Desktop]:
    """With an answer on each lane and every panel built, in a window with a frame at 1280 x 800."""
    models = desktop.models
    models.operation.choose(OperationId.GET_ORDER)
    with qtbot.waitSignal(models.calls.in_flight_changed, timeout=ANSWER):
        models.operation.request_send()
    qtbot.waitUntil(lambda: not models.calls.in_flight, timeout=ANSWER)
    qtbot.waitUntil(lambda: bool(desktop.window.findChildren(TimelineLegend)), timeout=ANSWER)
    settle(desktop, FRAMED)
    yield desktop
    models.appearance.set_mode(ThemeMode.SYSTEM)


def settle(desktop: Desktop, size: QSize) -> None:
    """Have the size, with everything laid out for it."""
    desktop.window.resize(size)
    for _ in range(3):  # a part that changes its mind for a width is laid out once more
        QApplication.processEvents()


def lanes(desktop: Desktop) -> list[LanePanel]:
    """The three, as they stand."""
    return sorted(desktop.window.findChildren(LanePanel), key=LanePanel.x)


def out_of_reach(desktop: Desktop) -> list[str]:
    """Tabs of the lanes that need a scroll button."""
    return [
        bar.tabText(index)
        for lane in lanes(desktop)
        for pane in lane.findChildren(QTabWidget)
        for bar in (pane.tabBar(),)
        for index in range(bar.count())
        if bar.tabRect(index).right() - 4 > bar.width()  # the last one's margin may be
    ]


def cut(widget: QWidget) -> list[str]:
    """Labels that have less room than their words need."""
    return [
        label.text()
        for label in widget.findChildren(QLabel)
        if label.isVisible() and label.width() and label.width() < label.sizeHint().width()
    ]


def places(desktop: Desktop) -> dict[int, Place]:
    """Where everything stands that is seen."""
    window = desktop.window
    return {
        id(each): (each.mapTo(window, QPoint(0, 0)), each.size())
        for each in window.findChildren(QWidget)
        if each.isVisible() and each.window() is window
    }


@pytest.mark.parametrize("workspace", ["break-it", "compare", "stream"])
def test_nothing_of_a_lane_is_out_of_reach_in_a_small_window(desktop: Desktop, workspace: str) -> None:
    """With a frame on 1280 x 800 each tab, the whole status and the whole over-fetch are seen."""
    desktop.window.workspaces.switch(workspace)
    settle(desktop, FRAMED)
    assert out_of_reach(desktop) == []
    for lane, status in zip(lanes(desktop), ("200 OK", "200 OK", "0 OK"), strict=True):
        assert lane.header.chips.texts()[0] == status
        assert cut(lane.header.chips) == cut(lane.meter) == []


def test_the_legend_takes_one_line_and_says_its_marks_briefly(desktop: Desktop) -> None:
    """Where whole words would take a second line, brief ones do not."""
    legend = desktop.window.findChild(TimelineLegend)
    assert legend is not None
    assert legend.height() < 2 * legend.fontMetrics().height()
    assert "fault" in legend.words()
    legend.resize(1200, legend.height())
    assert "injected fault" in legend.words()


def test_a_change_of_theme_moves_nothing(desktop: Desktop, qtbot: QtBot) -> None:
    """Each widget is where and as large as it was; a body keeps its place and its folds."""
    body = lanes(desktop)[0].response.pretty.body
    body.fold_all()
    folded = body.visible_text()
    before = places(desktop)
    for mode in (ThemeMode.LIGHT, ThemeMode.DARK, ThemeMode.LIGHT):
        desktop.models.appearance.set_mode(mode)
        settle(desktop, FRAMED)
        qtbot.waitUntil(lambda: places(desktop) == before)
    assert body.visible_text() == folded


def test_a_small_window_keeps_its_width_from_one_workspace_to_the_next(desktop: Desktop) -> None:
    """Panels of two arrangements are never side by side, not even in passing."""
    for workspace in ("compare", "stream", "measure", "break-it"):
        desktop.window.workspaces.switch(workspace)
    settle(desktop, SMALL)
    for workspace in ("stream", "break-it", "stream", "compare", "measure", "break-it"):
        desktop.window.workspaces.switch(workspace)
        settle(desktop, desktop.window.size())
        assert desktop.window.size() == SMALL, workspace


def test_parameters_share_the_row_of_send_in_a_small_window(desktop: Desktop) -> None:
    """The wanted fields are cut before the id would take a row of its own."""
    settle(desktop, SMALL)
    bar = desktop.window.operation_bar
    field, send = bar.form.fields["id"], bar.findChild(QWidget, "send")
    assert send is not None
    middles = [each.mapTo(bar, QPoint(0, each.height() // 2)).y() for each in (field, send)]
    assert abs(middles[0] - middles[1]) <= 1


def test_what_has_the_keyboard_shows_it_once(desktop: Desktop, qtbot: QtBot) -> None:
    """A body's box takes the accent; a button has our ring and not the system's as well."""
    response = lanes(desktop)[0].response
    response.pretty.body.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: response.pretty.property("focused") is True)
    accent = desktop.themes.theme["accent"]
    picture = response.pretty.grab().toImage()
    assert picture.pixelColor(picture.width() // 2, 0) == accent
    bar = response.findChild(QTabBar)
    assert bar is not None
    bar.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: response.pretty.property("focused") is False)


def test_the_keyboard_is_not_handed_to_a_button_by_a_change_of_workspace(desktop: Desktop) -> None:
    """Who had it and is still seen keeps it; otherwise the window has it, and no ring is anywhere."""
    window = desktop.window
    window.docks["outage"].take_focus()
    window.workspaces.switch("measure")
    assert window.focusWidget() in (None, window)
    path = lanes(desktop)[0].request.first_editor()
    window.workspaces.switch("compare")
    path.setFocus()
    window.workspaces.switch("break-it")
    assert window.focusWidget() is path
