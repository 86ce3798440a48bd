"""Buttons in a narrow title line: none is cut, none is lost."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QPushButton
from pytestqt.qtbot import QtBot

from app.ui.stylesheet import StyleKeeper
from app.ui.widgets.fitting_row import FittingRow
from app.ui.widgets.labels import ElidedLabel


@pytest.fixture
def row(qtbot: QtBot, styled: StyleKeeper) -> FittingRow:
    buttons = [QPushButton(text) for text in ("Pause", "Now", "Replay", "JSON")]
    buttons[3].setMenu(QMenu("Record", buttons[3]))
    made = FittingRow(buttons, label=ElidedLabel("last 12 s"))
    qtbot.addWidget(made)
    made.show()
    return made


def _buttons(row: FittingRow) -> list[QPushButton]:
    return [button for button in row.findChildren(QPushButton) if button.accessibleName() != "More commands"]


def test_a_wide_row_shows_every_button(row: FittingRow) -> None:
    """With room for all there is no menu, and the buttons stand at the right end."""
    row.resize(row.sizeHint().width() + 40, 30)
    assert row.hidden() == []
    last = _buttons(row)[3]
    assert last.geometry().right() == row.width() - 1


def test_a_narrow_row_keeps_the_label_whole_and_puts_the_last_buttons_into_a_menu(row: FittingRow) -> None:
    """Pause stays, JSON goes first; the label has no ellipsis at the least width."""
    row.resize(row.sizeHint().width() - 20, 30)
    assert row.hidden()[-1:] == ["JSON"]
    assert "Pause" not in row.hidden()
    row.resize(row.minimumSizeHint().width(), 30)
    assert row.hidden() == ["Pause", "Now", "Replay", "JSON"]
    label = row.findChild(ElidedLabel)
    assert label is not None
    assert label.text() == "last 12 s"


def test_an_entry_of_the_menu_presses_its_button(row: FittingRow, qtbot: QtBot) -> None:
    """What went into the menu does the same there; a disabled button is a disabled entry."""
    row.resize(row.minimumSizeHint().width(), 30)
    pause, now = _buttons(row)[:2]
    now.setEnabled(False)
    entries = row.menu_actions()
    assert [entry.isEnabled() for entry in entries] == [True, False, True, True]
    with qtbot.waitSignal(pause.clicked, timeout=500):
        entries[0].trigger()
    assert entries[3].menu() is not None
    assert pause.focusPolicy() & Qt.FocusPolicy.TabFocus
