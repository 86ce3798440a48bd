"""The window: menus, operation bar, three lanes, docks and status bar put together. It holds no logic.

Everything is passed in: other rooms make lanes and panels, bootstrap makes view-models and wires actions.
"""

from collections.abc import Sequence

from PySide6.QtCore import QChildEvent, QEvent, QSettings, QSize, Qt, Signal, Slot
from PySide6.QtGui import QActionGroup, QCloseEvent, QStatusTipEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QMenuBar,
    QSplitter,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS
from app.ui.about import AboutBox
from app.ui.actions import (
    CALL,
    GO_TO,
    PANELS,
    WORKSPACE,
    Actions,
    ActionSpec,
    fill_menu_bar,
    key_text,
    plain,
)
from app.ui.docks import FocusTarget, Panel, PanelDock
from app.ui.key_priority import KeyPriority
from app.ui.palette import CommandPalette, PaletteEntry
from app.ui.panels.login import LoginPopover
from app.ui.panels.operation_bar import OperationBar
from app.ui.panels.session_button import SessionButton
from app.ui.panels.settings_dialog import SettingsDialog
from app.ui.panels.status_bar import StatusBar
from app.ui.reading_order import move_focus
from app.ui.shortcut_sheet import ShortcutSheet
from app.ui.theme import ThemeSource
from app.ui.widgets.composite_button import CompositeButton
from app.ui.widgets.labels import role_label, rule
from app.ui.workspaces import Workspace, Workspaces, name_tab_bar
from app.viewmodels.appearance import AppearanceModel, ThemeMode
from app.viewmodels.backends import BackendsModel
from app.viewmodels.operation import OperationModel
from app.viewmodels.session import SessionModel

_FIRST_SIZE = QSize(1440, 900)
_FRAME = QSize(8, 40)  # px: what a window manager puts around a window, about
_LANE_WIDTH = 220  # px: the least a lane may get
_SEAM = 5  # px: hairline with room for the mouse


class MainWindow(QMainWindow):
    """One window around given parts. GUI thread.

    ``layout_store`` keeps geometry and dock layout; ``settings_pages`` are further groups of the settings.
    """

    closed = Signal()

    def __init__(
        self,
        *,
        operation: OperationModel,
        session: SessionModel,
        backends: BackendsModel,
        appearance: AppearanceModel,
        actions: Actions,
        themes: ThemeSource,
        layout_store: QSettings,
        lanes: Sequence[QWidget],
        right: Sequence[Panel] = (),
        bottom: Sequence[Panel] = (),
        workspaces: Sequence[Workspace] = (),
        settings_pages: tuple[tuple[str, QWidget], ...] = (),
    ) -> None:
        super().__init__()
        self._operation, self._appearance, self._actions = operation, appearance, actions
        self._session = session
        self._themes = themes
        self._settings_pages = settings_pages
        self.setWindowTitle("Trilane")
        self.resize(_FIRST_SIZE.boundedTo(self.screen().availableSize() - _FRAME))
        self._session_button = SessionButton(session, themes)
        self.operation_bar = OperationBar(operation, actions=actions, session=self._session_button)
        self.status_bar = StatusBar(backends, actions=actions, themes=themes)
        self._build_frame(lanes)
        self._docks = self._build_docks(right, bottom)
        self.workspaces = Workspaces(self, self._docks, workspaces, layout_store)
        self._login = LoginPopover(session, self._session_button)
        self._palette = CommandPalette(themes, self)
        self._wire_actions(lanes)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            self._key_priority = KeyPriority(actions, app, self)
        self._wire_workspaces()
        self._wire_themes()
        operation.busy_changed.connect(self._take_busy)
        session.session_changed.connect(self._take_session)
        self._take_session()
        self._take_busy(operation.busy)
        actions.available_changed.connect(self._fill_menus)
        self._fill_menus()
        self.workspaces.restore()
        self.setFocus()  # no ring before somebody uses the keyboard

    @property
    def docks(self) -> dict[str, PanelDock]:
        """The docks by panel id."""
        return dict(self._docks)

    def event(self, event: QEvent) -> bool:
        """Hints of menu entries go beside the pills, which Qt would hide; tab bars of docks get a name."""
        if isinstance(event, QStatusTipEvent):
            self.status_bar.show_hint(event.tip())
            return True
        if isinstance(event, QChildEvent) and event.polished():
            child = event.child()
            if isinstance(child, QTabBar):
                name_tab_bar(child)
        return super().event(event)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802  Qt's name
        """Qt's hook: Tab and Shift+Tab go as the window is read."""
        return move_focus(self, self.menuWidget(), forward=forward)

    @Slot()
    def fit_screen(self) -> None:
        """Once shown and laid out: be no larger than the screens, unless the panels need it.

        While the window is built its parts have no style yet and ask for more width than they need, which
        no size that is set before can get below.
        """
        if not self.isMaximized() and not self.isFullScreen():
            self.resize(self.size().boundedTo(self.screen().availableVirtualSize() - _FRAME))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the layout and tell the lifecycle."""
        self.workspaces.save()
        super().closeEvent(event)
        if event.isAccepted():
            self.closed.emit()

    def _build_frame(self, lanes: Sequence[QWidget]) -> None:
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)

        self._menus = QMenuBar()
        self._head = QHBoxLayout()
        self._head.setContentsMargins(12, 0, 4, 0)
        self._head.setSpacing(4)
        self._head.addWidget(role_label("Trilane", "title"))
        self._head.addWidget(self._menus, 1, Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(self._head)
        for part in (rule(), self.operation_bar, rule()):
            column.addWidget(part)
        self.setMenuWidget(top)
        self.setStatusBar(self.status_bar)
        self.setCentralWidget(_lane_splitter(lanes))
        self.setDockNestingEnabled(True)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)

    def _build_docks(self, right: Sequence[Panel], bottom: Sequence[Panel]) -> dict[str, PanelDock]:
        docks: dict[str, PanelDock] = {}
        for area, split, panels in (
            (Qt.DockWidgetArea.RightDockWidgetArea, Qt.Orientation.Vertical, right),
            (Qt.DockWidgetArea.BottomDockWidgetArea, Qt.Orientation.Horizontal, bottom),
        ):
            before: PanelDock | None = None
            for panel in panels:
                dock = PanelDock(panel, self._themes, self)
                if before is None:
                    self.addDockWidget(area, dock)
                elif panel.tabbed:
                    self.tabifyDockWidget(before, dock)
                else:
                    self.splitDockWidget(before, dock, split)
                docks[panel.id] = before = dock
        return docks

    def _wire_actions(self, lanes: Sequence[QWidget]) -> None:
        provide = self._actions.provide
        provide("send", self._operation.request_send)
        provide("cancel", self._operation.request_cancel)
        provide("operation", self.operation_bar.focus_operation)
        provide("fields", self.operation_bar.open_fields)
        provide("session", self._login.open_under_anchor)
        provide("palette", self.open_palette)
        provide("shortcuts", self.open_shortcuts)
        provide("settings", self.open_settings)
        provide("about", self.open_about)
        provide("quit", self.close)
        self._session_button.clicked.connect(self._login.open_under_anchor)
        for number, (lane, widget) in enumerate(zip(Lane, lanes, strict=False), start=1):
            spec = ActionSpec(
                id=f"go-{lane}", text=f"Go to {lane.label}", menu=GO_TO, keys=(f"Ctrl+{number}",)
            )
            self._actions.add(spec, FocusTarget(widget, self, place=self.centralWidget()).take_focus)
        for name, dock in self._docks.items():
            panel = dock.panel
            keys = (panel.key,) if panel.key else ()
            spec = ActionSpec(id=f"go-{name}", text=f"Go to {panel.title}", menu=GO_TO, keys=keys)
            self._actions.add(spec, dock.take_focus)
            show = ActionSpec(id=f"show-{name}", text=panel.title, prefix="Show", menu=PANELS, checkable=True)
            self._actions.adopt(show, dock.toggleViewAction())

    def _wire_workspaces(self) -> None:
        self._workspace_group = QActionGroup(self)
        self._workspace_group.triggered.connect(self._switch_workspace)
        menu = QMenu(self)
        for each in self.workspaces.choices:
            spec = ActionSpec(
                id=f"workspace-{each.id}", text=each.title, prefix="Workspace", menu=WORKSPACE, checkable=True
            )
            action = self._workspace_group.addAction(each.title)
            action.setCheckable(True)
            action.setData(each.id)
            self._actions.adopt(spec, action)
            menu.addAction(action)
        if not self.workspaces.choices:
            return
        reset = ActionSpec(id="workspace-reset", text="&Reset this layout", menu=WORKSPACE, separated=True)
        self._actions.add(reset, self.workspaces.reset)
        self._workspace_name = role_label("", "title")
        self._workspace_button = CompositeButton(
            role_label("Workspace:", "muted"), self._workspace_name, role_label("▾", "muted"), role="quiet"
        )
        self._workspace_button.setObjectName("workspace")
        self._workspace_button.setMenu(menu)
        self._head.addWidget(self._workspace_button)
        self.workspaces.changed.connect(self._show_workspace)

    def _wire_themes(self) -> None:
        self._theme_group = QActionGroup(self)
        for mode in ThemeMode:
            action = self._actions.provide(f"theme-{mode}", self._choose_theme)
            action.setData(mode.value)
            self._theme_group.addAction(action)
        self._appearance.mode_changed.connect(self._show_theme)
        self._show_theme(self._appearance.mode)

    @Slot()
    def open_palette(self) -> None:
        """Open the command palette over what can be done now."""
        entries = [
            PaletteEntry(
                title=spec.title,
                group=spec.group,
                key=key_text(spec.keys[0]) if spec.keys else "",
                run=action.trigger,
            )
            for spec, action in self._actions
            if action.isEnabled() and spec.id != "palette"
        ]
        entries.sort(key=_unlike_a_call)
        calls = sum(1 for entry in entries if not _unlike_a_call(entry))
        self._palette.show_entries([*entries[:calls], *self._operation_entries(), *entries[calls:]])

    @Slot()
    def open_shortcuts(self) -> None:
        """Show every key."""
        ShortcutSheet((spec for spec, _ in self._actions), self).open()

    @Slot()
    def open_settings(self) -> None:
        """Show the settings."""
        SettingsDialog(self._appearance, self, pages=self._settings_pages).open()

    @Slot()
    def open_about(self) -> None:
        """Say what this is, and which version."""
        AboutBox(self).open()

    def _operation_entries(self) -> list[PaletteEntry]:
        return [
            PaletteEntry(title=each.title, group="Operation", run=_Choose(self._operation, each.id.value))
            for each in OPERATIONS.values()
        ]

    @Slot()
    def _fill_menus(self) -> None:
        fill_menu_bar(self._menus, self._actions)

    @Slot(bool)
    def _take_busy(self, busy: bool) -> None:
        self._actions.set_enabled("send", not busy)
        self._actions.set_enabled("cancel", busy)

    @Slot()
    def _take_session(self) -> None:
        self._actions.set_enabled("log-out", self._session.token is not None)

    @Slot()
    def _choose_theme(self) -> None:
        chosen = self._theme_group.checkedAction()
        if chosen is not None:
            self._appearance.set_mode(chosen.data())

    @Slot(str)
    def _show_theme(self, mode: str) -> None:
        self._actions[f"theme-{mode}"].setChecked(True)

    @Slot()
    def _switch_workspace(self) -> None:
        chosen = self._workspace_group.checkedAction()
        if chosen is not None:
            self.workspaces.switch(chosen.data())

    @Slot(str)
    def _show_workspace(self, workspace_id: str) -> None:
        current = self.workspaces.current
        if current is not None:
            self._workspace_name.setText(current.title)
            self._workspace_button.setAccessibleName(f"Workspace: {current.title}")
            self._workspace_button.updateGeometry()
            self._actions[f"workspace-{workspace_id}"].setChecked(True)


class _Choose:
    """Chooses one operation when called."""

    def __init__(self, model: OperationModel, operation: str) -> None:
        self._model, self._operation = model, operation

    def __call__(self) -> None:
        self._model.choose(self._operation)


def _unlike_a_call(entry: PaletteEntry) -> bool:
    return entry.group != plain(CALL)


def _lane_splitter(lanes: Sequence[QWidget]) -> QWidget:
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.setObjectName("lanes")
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(_SEAM)
    for index, lane in enumerate(lanes):
        lane.setMinimumWidth(_LANE_WIDTH)  # whatever its content asks for: equal lanes never scroll sideways
        splitter.addWidget(lane)
        splitter.setStretchFactor(index, 1)
    splitter.setSizes([1000] * len(lanes))
    frame = QFrame()
    frame.setProperty("role", "well")
    column = QVBoxLayout(frame)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(splitter)
    return frame
