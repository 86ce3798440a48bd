"""What Repeat and Export do in the window: the actions of the table, and what the operation bar says."""

from PySide6.QtCore import QObject, Slot

from app.bootstrap.measuring import Measuring
from app.ui.actions import Actions
from app.ui.main_window import MainWindow
from app.viewmodels.repeat_words import grouped

WORKSPACE = "measure"


class MeasureActions(QObject):
    """Starts a run from anywhere and shows it. GUI thread."""

    def __init__(self, window: MainWindow, measuring: Measuring, actions: Actions) -> None:
        super().__init__(window)
        self._window, self._repeat, self._actions = window, measuring.repeat, actions
        actions.provide("repeat", self.repeat)
        actions.provide("export", self.export)
        self._repeat.settings_changed.connect(self._show_settings)
        self._repeat.shown_changed.connect(self._show_shown)
        self._repeat.running_changed.connect(self._show_running)
        self._show_settings()
        self._show_shown()

    @Slot()
    def repeat(self) -> None:
        """Start a run and go where it can be seen."""
        self._reveal()
        self._repeat.start()

    @Slot()
    def export(self) -> None:
        """Ask where the shown run shall go."""
        from app.ui.panels.repeat_runs import KeptRuns

        self._reveal()
        runs = self._window.docks["repeat"].findChild(KeptRuns)
        if runs is not None:
            runs.open_export()

    def _reveal(self) -> None:
        dock = self._window.docks["repeat"]
        if not dock.isVisible() or dock.visibleRegion().isEmpty():
            self._window.workspaces.switch(WORKSPACE)
        dock.show()
        dock.raise_()

    @Slot()
    def _show_settings(self) -> None:
        self._window.operation_bar.set_repeat_text(f"Repeat {grouped(self._repeat.settings.count)} ×")

    @Slot()
    def _show_shown(self) -> None:
        self._actions.set_enabled("export", self._repeat.shown is not None)

    @Slot(bool)
    def _show_running(self, running: bool) -> None:
        self._actions.set_enabled("repeat", not running)
