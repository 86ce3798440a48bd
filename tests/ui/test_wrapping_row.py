"""A row that wraps: nothing is cut or torn at any width, and the height is that of its lines."""

import pytest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.ui.widgets.wrapping_row import GAP, WrappingRow, group


@pytest.mark.parametrize("width", [110, 220, 330, 500, 1000])
def test_every_group_is_whole_at_any_width(qtbot: QtBot, width: int) -> None:
    """Groups keep their size, lie inside the row, touch nobody, and the last ones stand at the right end."""
    groups: list[QWidget] = [group(_button(f"{number}"), _button("x")) for number in range(4)]
    ending = group(_button("end"))
    row = WrappingRow(groups, [ending])
    qtbot.addWidget(row)
    row.resize(width, 30)
    row.show()
    places = [each.geometry() for each in (*groups, ending)]
    for each, place in zip((*groups, ending), places, strict=True):
        assert place.width() == each.sizeHint().width()
        assert row.rect().contains(place)
    for index, place in enumerate(places):
        assert not any(place.intersects(other) for other in places[:index])
    assert ending.geometry().right() == row.width() - 1
    assert row.height() == max(place.bottom() for place in places) + 1


def test_a_wide_row_has_one_line(qtbot: QtBot) -> None:
    """With the width that it asks for nothing wraps."""
    row = WrappingRow([group(_button("a")), group(_button("b"))], [group(_button("c"))])
    qtbot.addWidget(row)
    assert row.sizeHint().width() == 3 * 50 + 2 * GAP
    row.resize(row.sizeHint())
    row.show()
    assert row.height() == row.sizeHint().height()


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setFixedSize(50, 24)
    return button
