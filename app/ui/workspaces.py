"""Named arrangements of the docks. Each remembers how it was left; QSettings holds only Qt's own bytes."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtWidgets import QMainWindow, QTabBar, QWidget

from app.domain.values import dataclass
from app.ui.docks import PanelDock
from app.ui.sealed_layout import SealedLayout

_LAYOUT_VERSION = 3  # raise when docks change their meaning: older layouts are forgotten
_RIGHT_SHARE, _BOTTOM_SHARE = 0.2, 0.33  # of the window
_BARS = 120  # px: menus, operation bar and status bar, about


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Which panels are shown."""

    id: str
    title: str
    panels: frozenset[str]
    bottom: float = _BOTTOM_SHARE  # of the window's height, for the docks of the bottom edge
    lanes: bool = True  # whether the lanes are seen; without them the docks have all the room
    right: float = _RIGHT_SHARE  # of the window's width, for those of the right edge


class Workspaces(QObject):
    """Switches the docks of one window between arrangements. GUI thread."""

    changed = Signal(str)  # id

    def __init__(
        self,
        window: QMainWindow,
        docks: Mapping[str, PanelDock],
        choices: Sequence[Workspace],
        store: QSettings,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._docks = docks
        self._choices = {each.id: each for each in choices}
        self._store = store
        self._layouts = SealedLayout(store)
        if choices:
            self._put_away_all()  # the one in force shows its own
        self._first = window.saveState(_LAYOUT_VERSION)  # each dock at its edge, on top of the same others
        self._current = ""

    @property
    def choices(self) -> tuple[Workspace, ...]:
        """All arrangements."""
        return tuple(self._choices.values())

    @property
    def current(self) -> Workspace | None:
        """The one in force; None in a window without any."""
        return self._choices.get(self._current)

    def restore(self) -> None:
        """Come back as the window was left: geometry, arrangement, sizes."""
        geometry = self._layouts.read("window/geometry")
        if geometry is not None:
            self._window.restoreGeometry(geometry)
        kept = str(self._store.value("workspace/current", ""))
        first = next(iter(self._choices), "")
        self.switch(kept if kept in self._choices else first)

    def save(self) -> None:
        """Keep geometry and arrangement."""
        self._layouts.write("window/geometry", self._window.saveGeometry())
        self._store.setValue("workspace/current", self._current)
        self._keep_current()
        self._store.sync()

    def switch(self, workspace_id: str) -> None:
        """Put another arrangement in force. Unknown ids are left alone."""
        chosen = self._choices.get(workspace_id)
        if chosen is None or workspace_id == self._current:
            return
        self._keep_current()
        self._current = workspace_id
        lanes = self._window.centralWidget()
        if lanes is not None:
            lanes.setVisible(chosen.lanes)
        focused = self._window.focusWidget()
        self._put_away_all()
        state = self._layouts.read(f"workspace/{workspace_id}/state")
        if state is None or not self._window.restoreState(state, _LAYOUT_VERSION):
            self._arrange(chosen)
        self._tidy_tab_bars()
        self._give_focus(focused)
        self.changed.emit(workspace_id)

    def reset(self) -> None:
        """Give the arrangement in force its first layout."""
        if self.current is not None:
            self._arrange(self.current)
            self._tidy_tab_bars()

    def _give_focus(self, before: QWidget | None) -> None:
        """Back to who had it, if still seen: Qt hands it on to whatever comes next, a Close button."""
        if before is None or not before.isVisibleTo(self._window):
            before = self._window
        before.setFocus()

    def _put_away_all(self) -> None:
        """Panels of two arrangements side by side, if only in passing, would make a small window wider."""
        for dock in self._docks.values():
            dock.hide()

    def _arrange(self, chosen: Workspace) -> None:
        """Its first layout: dragged docks are back at their edges, floating ones in the window."""
        self._window.restoreState(self._first, _LAYOUT_VERSION)
        self._put_away_all()
        for name in chosen.panels & self._docks.keys():
            self._docks[name].show()
        right = self._shown(Qt.DockWidgetArea.RightDockWidgetArea)
        bottom = self._shown(Qt.DockWidgetArea.BottomDockWidgetArea)
        width, height = self._window.width(), self._window.height()
        below = int(height * chosen.bottom) if bottom else 0
        self._resize(right, int(width * chosen.right), height - below - _BARS, Qt.Orientation.Horizontal)
        self._resize(bottom, below, width, Qt.Orientation.Vertical)
        for dock in reversed((*right, *bottom)):
            dock.raise_()  # of panels on top of one another the first is seen

    def _tidy_tab_bars(self) -> None:
        """Qt loses bars when docks are moved before the window is seen, and would show them over the docks.

        Hiding asks for a layout, and that shows again the bars which it knows.
        """
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for bar in self._window.findChildren(QTabBar, options=direct):
            name_tab_bar(bar)
            bar.hide()

    def _resize(self, docks: list[PanelDock], depth: int, length: int, across: Qt.Orientation) -> None:
        """Give an edge its depth and share its length out by weight."""
        if not docks:
            return
        along = Qt.Orientation.Vertical if across is Qt.Orientation.Horizontal else Qt.Orientation.Horizontal
        total = sum(dock.panel.weight for dock in docks)
        self._window.resizeDocks(docks, [depth] * len(docks), across)
        self._window.resizeDocks(docks, [int(length * dock.panel.weight / total) for dock in docks], along)

    def _shown(self, area: Qt.DockWidgetArea) -> list[PanelDock]:
        return [
            dock
            for dock in self._docks.values()
            if not dock.isHidden() and self._window.dockWidgetArea(dock) is area
        ]

    def _keep_current(self) -> None:
        if self._current:
            state = self._window.saveState(_LAYOUT_VERSION)
            self._layouts.write(f"workspace/{self._current}/state", state)


def name_tab_bar(bar: QTabBar) -> None:
    """For those who hear the window. Qt makes these bars itself, for docks on top of one another."""
    bar.setAccessibleName("Panels on top of one another")
