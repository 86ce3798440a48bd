"""Controls follow one another as they were told to, and looking for the next one harms none."""

import gc

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete, isValid

from app.ui.reading_order import tab_stops
from app.ui.widgets.entry import entry_of, set_entry
from app.ui.widgets.tab_order import in_tab_order, set_tab_order
from tests.support.sample_panels import SampleShell


def test_a_control_goes_behind_the_one_it_was_put_after(qtbot: QtBot) -> None:
    """Those with a place come there, together with what follows them; the others stay as they were made."""
    window = QWidget()
    qtbot.addWidget(window)
    one, two, three, four, five = (QWidget(window) for _ in range(5))
    set_tab_order((one, five, three))
    assert list(in_tab_order((one, two, three, four, five))) == [one, five, three, two, four]
    set_tab_order((one, three))
    assert list(in_tab_order((one, two, three, four))) == [one, three, two, four]


def test_one_that_is_gone_is_nobody_s_place(qtbot: QtBot) -> None:
    """A control that stood behind a deleted one stands where it was made; nothing reads what is gone."""
    window = QWidget()
    qtbot.addWidget(window)
    one, two, three = (QWidget(window) for _ in range(3))
    set_tab_order((two, one))
    set_entry(window, two)
    delete(two)
    assert list(in_tab_order((one, three))) == [one, three]
    del two
    gc.collect()
    assert list(in_tab_order((one, three))) == [one, three]
    assert entry_of(window) is None


def test_a_widget_that_was_looked_at_takes_nothing_along(shell: SampleShell) -> None:
    """After a walk through the controls the end of a widget is the end of that widget only."""
    passing = QLabel("passing", shell.window)
    tab_stops(shell.window, shell.window)
    passing.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert not isValid(passing)
    assert all(isValid(action) for _, action in shell.actions)
