"""Where Tab goes: through the window as it is read, whatever order its parts were made, filled or moved in.

Qt's own chain follows the order of making. With panels that are filled late and docks that a person moves it
leads from a dock's buttons to the next dock's, and into panels behind other ones.
"""

from collections.abc import Iterator

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QDockWidget,
    QMainWindow,
    QScrollArea,
    QSplitter,
    QTabBar,
    QTabWidget,
    QWidget,
)

from app.ui.widgets.tab_order import in_tab_order

_Place = tuple[int, int, int, int, int]  # group, then down, across, title before content, across in the title


def move_focus(window: QMainWindow, top: QWidget | None, *, forward: bool) -> bool:
    """Give the focus to the next control of ``window``; ``top`` holds those above everything. GUI thread.

    False where there is none.
    """
    stops = tab_stops(window, top := top or window)
    if not stops:
        return False
    current = window.focusWidget()
    step = 1 if forward else -1
    if current in stops:
        target = stops[(stops.index(current) + step) % len(stops)]
    else:
        target = _beside(window, top, current, stops, step)
    _bring_into_view(target)
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    target.setFocus(reason)
    return True


def tab_stops(window: QMainWindow, top: QWidget) -> list[QWidget]:
    """The controls that Tab visits, in their order."""
    places: dict[QWidget, _Place] = {}
    for widget in _chain(window):
        if _takes_tab(widget) and (place := _place(window, top, widget)) is not None:
            places[widget] = place
    return sorted(places, key=places.__getitem__)  # stable: inside a group as they were made


def _chain(window: QWidget) -> Iterator[QWidget]:
    return in_tab_order(list(_below(window)))


def _below(widget: QWidget) -> Iterator[QWidget]:
    """Everything inside, as it is read.

    Qt puts each widget that a splitter gets before those that it has, and the tabs behind their pages.
    """
    first: list[QWidget] = []
    if isinstance(widget, QSplitter):
        first = [each for each in map(widget.widget, range(widget.count())) if each is not None]
    elif isinstance(widget, QTabWidget):
        first = [widget.tabBar()]
    others = [each for each in widget.children() if isinstance(each, QWidget) and each not in first]
    for each in (*first, *others):
        yield each
        yield from _below(each)


def _takes_tab(widget: QWidget) -> bool:
    if not (widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isEnabled() and widget.isVisible()):
        return False
    if widget.focusProxy() is not None:
        return False
    return not isinstance(widget, QAbstractButton) or _stands_for_its_group(widget)


def _stands_for_its_group(button: QAbstractButton) -> bool:
    """Of buttons that exclude one another the chosen one is visited; arrows lead to the others."""
    group = button.group()
    if group is None or not group.exclusive() or group.checkedButton() is None:
        return True
    return button.isChecked()


def _place(window: QMainWindow, top: QWidget, widget: QWidget) -> _Place | None:
    """None for what lies behind something else."""
    if isinstance(widget, QTabBar) and widget.parent() is window:
        return _place_of_bar(window, widget)
    dock = _dock_of(window, widget)
    if dock is not None:
        if not window.rect().intersects(dock.geometry()):  # Qt puts docks behind others outside
            return None
        title = dock.titleBarWidget()
        if title is not None and title.isAncestorOf(widget):
            return (*_position(window, dock), 0, widget.mapTo(title, QPoint(0, 0)).x())
        return (*_position(window, dock), 1, 0)
    if top.isAncestorOf(widget):
        return (0, 0, 0, 0, 0)
    status = window.statusBar()
    return (3 if status.isAncestorOf(widget) else 1, 0, 0, 0, 0)


def _place_of_bar(window: QMainWindow, bar: QTabBar) -> _Place | None:
    """After the dock that is in front; bars that Qt keeps for later lie outside or have nothing to choose."""
    if bar.count() < 2 or not window.rect().intersects(bar.geometry()):
        return None
    front = bar.tabText(bar.currentIndex())
    for dock in window.findChildren(QDockWidget):
        if dock.windowTitle() == front:
            return (*_position(window, dock), 2, 0)
    return None


def _position(window: QMainWindow, dock: QDockWidget) -> tuple[int, int, int]:
    """As docks are read: those beside the middle come before those under it."""
    below = window.dockWidgetArea(dock) is Qt.DockWidgetArea.BottomDockWidgetArea
    along = (dock.x(), dock.y()) if below else (dock.y(), dock.x())
    return (2 if below else 1, 1 + along[0], along[1])


def _dock_of(window: QMainWindow, widget: QWidget) -> QDockWidget | None:
    parent = widget.parentWidget()
    while parent is not None and parent is not window:
        if isinstance(parent, QDockWidget):
            return parent
        parent = parent.parentWidget()
    return None


def _beside(
    window: QMainWindow, top: QWidget, current: QWidget | None, stops: list[QWidget], step: int
) -> QWidget:
    """From something that is no stop itself, such as a pane that was clicked: to what is read next."""
    ends = stops[0] if step > 0 else stops[-1]
    if current is None or current is window:
        return ends
    chain = [window, *_chain(window)]
    if current not in chain or (place := _place(window, top, current)) is None:
        return ends
    made = {widget: number for number, widget in enumerate(chain)}
    here = (place, made[current])
    keys = {stop: (_place(window, top, stop) or place, made[stop]) for stop in stops}
    if step > 0:
        return next((stop for stop in stops if keys[stop] > here), ends)
    return next((stop for stop in reversed(stops) if keys[stop] < here), ends)


def _bring_into_view(widget: QWidget) -> None:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(widget)
        parent = parent.parentWidget()
