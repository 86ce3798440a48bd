"""Menus drawn anew replace the old ones."""

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QMenu, QMenuBar

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


def _delete() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
