"""Tab bars of docks on top of one another: where Qt's layout wants them, and nowhere else."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication, QScrollBar, QTabBar
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.infrastructure.paths import user_paths
from backends.serving import ServerSettings


@pytest.fixture
def desktop(qapp: QApplication, qtbot: QtBot) -> Iterator[Desktop]:
    """The real window, just shown."""
    made = Desktop(qapp, ServerSettings(ephemeral=True), user_paths())
    made.window.show()
    qtbot.waitExposed(made.window)
    yield made
    assert made.close()


def _seen(desktop: Desktop) -> list[list[str]]:
    """The tabs of the bars that can be seen in the window."""
    bars = desktop.window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    inside = [bar for bar in bars if bar.isVisible() and desktop.window.rect().intersects(bar.geometry())]
    return [[bar.tabText(tab) for tab in range(bar.count())] for bar in inside]


def test_no_tab_bar_lies_over_the_docks(desktop: Desktop, qtbot: QtBot) -> None:
    """In every workspace a bar is seen only where several of its panels can be chosen from, and once."""
    right, bottom = [["Outage", "Resilience", "Compare"]], [["Repeat", "Protocols"]]
    assert desktop.window.workspaces.current is not None
    qtbot.waitUntil(lambda: _seen(desktop) == right, timeout=2000)
    for workspace, wanted in (("compare", []), ("measure", bottom), ("break-it", right)):
        desktop.window.workspaces.switch(workspace)
        qtbot.waitUntil(lambda wanted=wanted: _seen(desktop) == wanted, timeout=2000)
    desktop.window.workspaces.reset()
    qtbot.waitUntil(lambda: _seen(desktop) == right, timeout=2000)


def test_reset_brings_dragged_docks_home(desktop: Desktop, qtbot: QtBot) -> None:
    """A dock at another edge, one on top of another and a floating one are where they were at first."""
    window, docks = desktop.window, desktop.window.docks
    qtbot.waitUntil(lambda: all(docks[name].findChild(QScrollBar) for name in ("timeline", "outage")))
    window.resize(1440, 900)
    window.workspaces.reset()
    QApplication.processEvents()
    home = _places(desktop)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["outage"])
    window.tabifyDockWidget(docks["breakers"], docks["timeline"])
    docks["compare"].setFloating(True)
    assert _places(desktop) != home
    window.workspaces.reset()
    qtbot.waitUntil(lambda: _places(desktop) == home)


def _places(desktop: Desktop) -> dict[str, QRect]:
    """Of the docks that are in front at first."""
    return {name: desktop.window.docks[name].geometry() for name in ("outage", "breakers", "timeline")}
