"""Repeat and Protocols in the whole program, over its own servers."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.domain.lanes import Lane
from app.ui.panels.compare import ComparePanel
from app.ui.panels.protocols import ProtocolsPanel
from app.ui.panels.repeat import RepeatPanel

BOTH = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def desktop(desktop: Desktop) -> Desktop:
    """Showing *get product*."""
    desktop.models.operation.choose("get-product")
    return desktop


def button(desktop: Desktop, name: str) -> QPushButton:
    found = desktop.window.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


def test_repeat_from_anywhere_shows_its_figures(desktop: Desktop, qtbot: QtBot) -> None:
    """Ctrl+Shift+Enter in another workspace runs with the panel's settings and goes where they are seen."""
    repeat = desktop.models.measuring.repeat
    repeat.change(count=20, warm_up=2)
    assert button(desktop, "repeat").text() == "Repeat 20 ×"
    with qtbot.waitSignal(repeat.shown_changed, timeout=20_000):
        qtbot.keyClick(desktop.window, Qt.Key.Key_Return, BOTH)
    current = desktop.window.workspaces.current
    assert current is not None
    assert current.title == "Measure"
    panel = desktop.window.findChild(RepeatPanel)
    assert isinstance(panel, RepeatPanel)
    assert panel.isVisible()
    assert repeat.shown is not None
    assert [(lane.lane, lane.calls, lane.failed) for lane in repeat.shown.run.lanes] == [
        (lane, 20, 0) for lane in Lane
    ]
    assert panel.results.table.model().index(2, 4).data().endswith("ms")
    assert not desktop.window.centralWidget().isVisible()
    desktop.actions["go-rest"].trigger()
    assert desktop.window.centralWidget().isVisible()


def test_send_is_cancel_while_a_repeat_runs(desktop: Desktop, qtbot: QtBot) -> None:
    """The button that stops a call stops a run, and what was measured stays."""
    repeat = desktop.models.measuring.repeat
    repeat.change(count=100_000, warm_up=0)
    with qtbot.waitSignal(repeat.progressed, timeout=20_000):
        desktop.actions["repeat"].trigger()
    send = button(desktop, "send")
    assert send.text().startswith("Cancel")
    assert not desktop.actions["repeat"].isEnabled()
    with qtbot.waitSignal(repeat.shown_changed, timeout=20_000):
        qtbot.mouseClick(send, Qt.MouseButton.LeftButton)
    assert send.text().startswith("Send")
    assert repeat.shown is not None
    assert repeat.shown.run.cancelled
    assert desktop.actions["export"].isEnabled()


def test_the_protocols_page_measures_this_machine(desktop: Desktop, qtbot: QtBot) -> None:
    """One click, and under each claim stands a figure of each lane."""
    desktop.window.workspaces.switch("measure")
    desktop.window.docks["protocols"].take_focus()
    protocols = desktop.models.measuring.protocols
    with qtbot.waitSignal(protocols.measured_changed, timeout=30_000):
        qtbot.mouseClick(button(desktop, "measure-protocols"), Qt.MouseButton.LeftButton)
    panel = desktop.window.findChild(ProtocolsPanel)
    assert isinstance(panel, ProtocolsPanel)
    assert [label.text() for label in panel.figures.values() if "not measured" in label.text()] == []


def test_a_tab_that_was_never_in_front_is_built_for_the_keyboard(desktop: Desktop) -> None:
    """Panels behind a tab cost nothing at the start, and their key finds them complete."""
    assert desktop.window.findChild(ComparePanel) is None
    desktop.window.docks["compare"].take_focus()
    assert desktop.window.findChild(ComparePanel) is not None
