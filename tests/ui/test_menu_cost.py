"""Menus drawn anew replace the old ones."""

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QMenu, QMenuBar
from shiboken6 import isValid

from tests.support.sample_panels import SampleShell


def test_menus_drawn_anew_leave_no_old_ones(shell: SampleShell) -> None:
    """However often an action comes in, the menu bar owns as many menus as it shows."""
    bar = shell.window.findChild(QMenuBar)
    assert bar is not None
    shell.actions.available_changed.emit()
    _delete()
    first = len(bar.findChildren(QMenu))
    for _ in range(3):
        shell.actions.available_changed.emit()
    _delete()
    assert 0 < len(bar.findChildren(QMenu)) == first
    assert {action.menu() for action in bar.actions()} <= set(bar.findChildren(QMenu))


def test_menus_that_are_gone_are_known_to_be_gone(shell: SampleShell) -> None:
    """No wrapper of a deleted menu is left that a later widget at its address could be taken for."""
    bar = shell.window.findChild(QMenuBar)
    assert bar is not None
    shell.actions.available_changed.emit()
    _delete()
    old = bar.findChildren(QMenu)
    shell.actions.available_changed.emit()
    _delete()
    assert old
    assert not [menu for menu in old if isValid(menu)]


def _delete() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
