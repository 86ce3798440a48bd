"""The whole window by Tab: every control, in the order it is read, round and back, each with a name."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QDockWidget, QRadioButton, QScrollArea, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop


@pytest.fixture
def desktop(desktop: Desktop) -> Desktop:
    """With room for every control."""
    desktop.window.resize(1440, 900)
    return desktop


def _enter(desktop: Desktop, qtbot: QtBot, workspace: str, marker: str) -> list[QWidget]:
    """Switch, and walk once the late panels are there: ``marker`` begins the name of a control."""
    desktop.window.workspaces.switch(workspace)

    def built() -> bool:
        desktop.window.setFocus()
        return any(each.accessibleName().startswith(marker) for each in _walk(desktop, qtbot))

    qtbot.waitUntil(built, timeout=10_000)
    desktop.window.setFocus()
    return _walk(desktop, qtbot)


def _walk(desktop: Desktop, qtbot: QtBot, key: Qt.Key = Qt.Key.Key_Tab) -> list[QWidget]:
    """Everything that has the focus until something has it again, which is the first."""
    seen: list[QWidget] = []
    while True:
        qtbot.keyClick(desktop.window.focusWidget() or desktop.window, key)
        now = desktop.window.focusWidget()
        assert now is not None
        if now in seen:
            assert now is seen[0], f"caught at {_named(now)}"
            return seen
        seen.append(now)


def _named(widget: QWidget) -> str:
    spoken = QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
    return widget.accessibleName() or spoken


def _dock_of(widget: QWidget | None) -> QDockWidget | None:
    while widget is not None and not isinstance(widget, QDockWidget):
        widget = widget.parentWidget()
    return widget


def _reachable(desktop: Desktop, widget: QWidget) -> bool:
    """Seen, usable and meant for the keyboard; of radio buttons the chosen one."""
    dock = _dock_of(widget)
    if dock is not None and not desktop.window.rect().intersects(dock.geometry()):
        return False  # behind another one's tab
    if isinstance(widget, QTabBar) and widget.parent() is desktop.window:
        return widget.count() > 1 and desktop.window.rect().intersects(widget.geometry())
    return (
        widget.isVisible()
        and widget.isEnabled()
        and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        and widget.focusProxy() is None
        and widget.window() is desktop.window
        and (not isinstance(widget, QRadioButton) or widget.isChecked())
    )


def _out_of_sight(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            port = parent.viewport()
            if not port.rect().intersects(QRect(widget.mapTo(port, QPoint(0, 0)), widget.size())):
                return True
        parent = parent.parentWidget()
    return False


# Of each workspace a control of the panel that is built last.
WORKSPACES = {
    "break-it": "Attempt timeline",
    "compare": "This operation",
    "stream": "Streamed orders",
    "measure": "Latency through",
}


def test_tab_visits_every_control_and_returns(desktop: Desktop, qtbot: QtBot) -> None:
    """Nothing is left out in any workspace, nothing holds the focus, Shift+Tab goes back the same way."""
    for workspace, marker in WORKSPACES.items():
        seen = _enter(desktop, qtbot, workspace, marker)
        every = [each for each in desktop.window.findChildren(QWidget) if _reachable(desktop, each)]
        assert [_named(each) for each in every if each not in seen] == [], workspace
        assert [type(each).__name__ for each in seen if not _named(each)] == [], workspace
        seen[0].setFocus()
        assert _walk(desktop, qtbot, Qt.Key.Key_Backtab) == list(reversed(seen)), workspace


def test_tab_follows_the_eye(desktop: Desktop, qtbot: QtBot) -> None:
    """Each dock is entered once, at its title, with its own buttons; panels scroll to what has the focus."""
    seen = _enter(desktop, qtbot, "break-it", WORKSPACES["break-it"])
    docks = [_dock_of(each) for each in seen]
    entered = [dock for before, dock in zip([None, *docks], docks, strict=False) if dock is not before]
    assert [dock.windowTitle() for dock in entered if dock] == [
        "Outage",
        "Circuit breakers",
        "Attempts and retry delays",
    ]
    for _ in seen:
        qtbot.keyClick(desktop.window.focusWidget() or desktop.window, Qt.Key.Key_Tab)
        now = desktop.window.focusWidget()
        assert now is not None
        assert not _out_of_sight(now), _named(now)


def test_tab_reads_the_lanes_from_left_to_right(desktop: Desktop, qtbot: QtBot) -> None:
    """REST comes before GraphQL and gRPC, and in each the request, led by its tabs, before the response."""
    seen = [_named(each) for each in _enter(desktop, qtbot, "compare", WORKSPACES["compare"])]
    bars = [name for name in seen if name.startswith(("Parts of the", "Views of the"))]
    assert bars == [
        f"{words} {lane} {part}"
        for lane in ("REST", "GraphQL", "gRPC")
        for words, part in (("Parts of the", "request"), ("Views of the", "response"))
    ]
    assert seen.index("Parts of the REST request") < seen.index("Path") < seen.index("REST response")


def test_tab_goes_on_from_where_the_mouse_was(desktop: Desktop, qtbot: QtBot) -> None:
    """A click into a field far down does not send it back to the top."""
    seen = _enter(desktop, qtbot, "measure", WORKSPACES["measure"])
    box = next(each for each in seen if each.accessibleName() == "Address of the REST server")
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    qtbot.keyClick(box, Qt.Key.Key_Tab)
    now = desktop.window.focusWidget()
    assert now is not None
    assert now.accessibleName() == "Address of the GraphQL server"


def test_inner_tab_bars_have_names(desktop: Desktop) -> None:
    """Each lane's bars say whose they are."""
    names = {bar.accessibleName() for bar in desktop.window.findChildren(QTabBar)}
    for lane in ("REST", "GraphQL", "gRPC"):
        assert {f"Parts of the {lane} request", f"Views of the {lane} response"} <= names
