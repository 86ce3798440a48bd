"""Menus drawn anew replace the old ones."""

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QMenu, QMenuBar
from shiboken6 import createdByPython

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


def test_the_end_of_a_menu_is_heard_of(shell: SampleShell) -> None:
    """All menus are made in Python: of what Qt made, no wrapper learns that it is gone."""
    bar = shell.window.findChild(QMenuBar)
    assert bar is not None
    shell.actions.available_changed.emit()
    _delete()
    menus = bar.findChildren(QMenu)
    assert menus
    assert not [menu.title() for menu in menus if not createdByPython(menu)]


def _delete() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
