"""The table of headers, query and metadata: what a person sees of the row that is not there yet."""

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.ui.widgets.pair_table import PairTable

pytestmark = pytest.mark.usefixtures("styled")


def _last_row(table: PairTable) -> QImage:
    last = table.rowCount() - 1
    cell = table.visualRect(table.model().index(last, 0))
    width = table.viewport().width()
    return table.viewport().grab().toImage().copy(0, cell.top() + 2, width, cell.height() - 4)


def _colours(image: QImage) -> int:
    return len({image.pixel(x, y) for x in range(image.width()) for y in range(image.height())})


def test_the_empty_row_says_what_it_is_for(qtbot: QtBot) -> None:
    """Something is written in the empty last row, until a name is typed into it."""
    table = PairTable(name="Metadata")
    qtbot.addWidget(table)
    table.resize(320, 160)
    table.show_pairs([("accept", "json")])
    table.show()
    assert _colours(_last_row(table)) > 2
    name = table.item(1, 0)
    assert name is not None
    name.setText("x")
    assert table.pairs() == (("accept", "json"), ("x", ""))
    assert table.rowCount() == 3


def test_an_answer_without_trailers_says_so(qtbot: QtBot) -> None:
    """A table that is only read has no row to add, and is not left blank when nothing came."""
    table = PairTable(name="Trailers", read_only=True)
    qtbot.addWidget(table)
    table.resize(320, 160)
    table.show_pairs([])
    table.show()
    assert table.rowCount() == 0
    assert _colours(table.viewport().grab().toImage().copy(0, 2, 320, 20)) > 2
