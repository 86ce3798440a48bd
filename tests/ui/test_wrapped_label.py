"""Sentences over several lines: where they break, and what is copied from them."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextLayout
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.ui.widgets.labels import WrappedLabel

SENTENCE = "name another one, or take a temporary catalog with --set-aside or -x; a two-part word"


def lines(label: QLabel, width: int) -> list[str]:
    """The text of a label as a line of this width breaks it."""
    shown = label.text()
    layout = QTextLayout(shown, label.font())
    layout.beginLayout()
    found = []
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        found.append(shown[line.textStart() : line.textStart() + line.textLength()])
    layout.endLayout()
    return found


@pytest.mark.parametrize("width", range(90, 400, 10))
def test_no_line_ends_inside_an_option(qapp: QApplication, width: int) -> None:
    """Other words break at their hyphens as ever."""
    label = WrappedLabel(SENTENCE)
    broken = [line.replace("\N{NON-BREAKING HYPHEN}", "-") for line in lines(label, width)]
    assert "".join(broken) == label.accessibleName() == SENTENCE
    assert any("--set-aside" in line for line in broken)
    assert label.text().endswith("two-part word")


def test_a_copy_has_the_hyphens_of_the_keyboard(qtbot: QtBot) -> None:
    """A pasted option works in a terminal."""
    label = WrappedLabel(SENTENCE)
    qtbot.addWidget(label)
    label.show()
    label.setFocus()
    label.setSelection(0, len(SENTENCE))
    QTest.keyClick(label, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == SENTENCE
