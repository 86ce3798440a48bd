"""What happens when a picture cannot be drawn: nothing worse than a sentence in its place."""

import pytest
from PySide6.QtCore import QStringListModel
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QWidget
from pytestqt.qtbot import QtBot

from app.ui.widgets.painting import painting, painting_cell


class Broken(QWidget):
    """Fails in the middle of its picture, with a saved state and a clip left behind."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("the broken picture")
        self.painted = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            self.painted += 1
            painter.setClipRect(0, 0, 1, 1)
            raise ZeroDivisionError


class BrokenCell(QStyledItemDelegate):
    """Fails for each cell."""

    def paint(self, painter, option, index) -> None:  # type: ignore[no-untyped-def]
        with painting_cell(painter, option.widget):
            raise ZeroDivisionError


@pytest.mark.expected_log
def test_a_broken_picture_is_logged_once_and_says_so(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    """However often it is painted, one record names the widget, and the sentence is more than one colour."""
    widget = Broken()
    qtbot.addWidget(widget)
    widget.resize(320, 60)
    image = [widget.grab().toImage() for _ in range(3)][-1]
    records = [record.getMessage() for record in caplog.records]
    assert widget.painted == 3
    assert records == ["painting the broken picture failed"]
    assert len({image.pixel(x, y) for x in range(0, 320, 2) for y in range(60)}) > 1


@pytest.mark.expected_log
def test_a_broken_cell_stays_empty_and_is_logged_once(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    """A list whose cells cannot be drawn is still a list."""
    view = QListView()
    qtbot.addWidget(view)
    view.setModel(QStringListModel(["one", "two"], view))
    view.setItemDelegate(BrokenCell(view))
    view.grab()
    assert len(caplog.records) == 1
