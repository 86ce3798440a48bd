"""Boxes for numbers write and read them as the rest of the window does."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.ui.panels.fields import whole_box

NBSP = "\u00a0"


@pytest.mark.parametrize(("typed", "value"), [("2000", 2000), ("2 000", 2000), ("12 345", 12345), ("7", 7)])
def test_groups_are_spaces(qtbot: QtBot, typed: str, value: int) -> None:
    """Whether typed with or without them, the box shows groups of three, before its unit."""
    box = whole_box("Pause", 1, 100_000, " ms")
    qtbot.addWidget(box)
    box.show()
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), typed)
    qtbot.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    assert box.value() == value
    assert box.text() == f"{value:,} ms".replace(",", NBSP)


def test_the_arrow_keys_count_on(qtbot: QtBot) -> None:
    """Over the place where a group begins."""
    box = whole_box("Calls", 1, 100_000)
    qtbot.addWidget(box)
    box.setValue(999)
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert (box.value(), box.text()) == (1000, f"1{NBSP}000")


def test_letters_are_not_taken(qtbot: QtBot) -> None:
    """Nor is more than the box allows."""
    box = whole_box("Calls", 1, 100_000)
    qtbot.addWidget(box)
    box.setValue(5)
    box.lineEdit().end(False)
    qtbot.keyClicks(box.lineEdit(), "x0")
    qtbot.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    assert box.value() == 50
