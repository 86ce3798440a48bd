"""Boxes for whole numbers take what the desktop's language lets a person type."""

import pytest
from pytestqt.qtbot import QtBot

from app.ui.panels.fields import whole_box


@pytest.mark.parametrize("typed", ["11000", "11,000", "11 000", "1,1000"])
def test_groups_of_the_desktops_language_are_read(qtbot: QtBot, typed: str) -> None:
    """A number with commas that Qt's own check lets pass is that number, and no exception."""
    box = whole_box("Count", 1, 100_000)
    qtbot.addWidget(box)
    box.lineEdit().setText(typed)
    box.interpretText()
    assert box.value() == 11_000
