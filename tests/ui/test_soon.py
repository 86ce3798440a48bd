"""Work for the loop's next turn, and widgets that go before it comes."""

import gc
import weakref

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, Slot
from pytestqt.qtbot import QtBot

from app.runtime.soon import soon


class Asked(QObject):
    """Counts."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.times = 0
        self.later = soon(self.work, self)

    @Slot()
    def work(self) -> None:
        self.times += 1


def test_what_is_asked_for_twice_in_a_turn_is_done_once(qtbot: QtBot) -> None:
    """Two wishes before the loop's next turn are one piece of work, and the next wish another."""
    owner = QObject()
    asked = Asked(owner)
    asked.later.start()
    asked.later.start()
    qtbot.waitUntil(lambda: asked.times == 1)
    asked.later.start()
    qtbot.waitUntil(lambda: asked.times == 2)


def test_a_widget_that_goes_first_is_neither_called_nor_kept(qapp: QCoreApplication) -> None:
    """Qt deletes it with work still asked for: its Python half goes too, and nothing calls it."""
    owner = QObject()
    asked = Asked(owner)
    seen = weakref.ref(asked)
    asked.later.start()
    shiboken6.delete(owner)
    QCoreApplication.processEvents()
    assert asked.times == 0
    del asked
    gc.collect()
    assert seen() is None
