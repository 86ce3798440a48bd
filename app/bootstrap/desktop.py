"""Opens the window: QApplication, look, view-models, panels, start after the first paint."""

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSettings, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.bootstrap.call_actions import CallActions
from app.bootstrap.core import Core
from app.bootstrap.measure_actions import MeasureActions
from app.bootstrap.models import Models
from app.bootstrap.notices import Notices
from app.bootstrap.opening import Opening, begin_with
from app.bootstrap.panels import bottom_panels, lane_panels, right_panels, workspaces
from app.bootstrap.scenario_files import open_catalog
from app.domain.cancel import CancelToken
from app.infrastructure.paths import Paths, user_paths
from app.lifecycle import FirstPaint, end_process
from app.runtime.qt_messages import install_qt_messages
from app.runtime.signals import StopSignals
from app.ui.actions import Actions
from app.ui.main_window import MainWindow
from app.ui.stylesheet import StyleKeeper
from app.ui.system_theme import SystemTheme, session_bus, system_is_dark
from app.ui.theme import ThemeSource, load_theme
from app.ui.widgets.late import LatePanel
from backends.temporary import sweep

if TYPE_CHECKING:
    from app.ui.panels.outage_scenario import ScenarioSection
    from backends.serving import ServerSettings

FILL_MS = 1000  # at most so long after the first paint the other panels are built, servers or not


class Desktop(QObject):
    """The program with its window, from built to closed. GUI thread."""

    def __init__(self, app: QApplication, settings: "ServerSettings", paths: Paths) -> None:
        super().__init__()
        self.core = Core(settings, paths)
        self._restore_qt_messages = install_qt_messages(self._on_critical)
        bus = session_bus()
        self.models = Models(
            self.core, scenarios=open_catalog(paths), system_dark=system_is_dark(), settled=bus is None
        )
        self.themes = ThemeSource(load_theme(self.models.appearance.theme_name))
        self._system_theme = SystemTheme(self.models.appearance, self.themes, bus=bus, parent=self)
        self.actions = Actions(self.themes)
        self.window = self._build_window(paths)
        self._calls = CallActions(self.window, self.models, self.actions)
        self._provide_outage()
        self._measure = MeasureActions(self.window, self.models.measuring, self.actions)
        self._add_notices(paths)
        self.actions.provide("stream-start", self._watch_orders)
        # After the window: with a style sheet in force each of a thousand widgets would be polished anew at
        # every step of being put together, which takes three times as long.
        self._style = StyleKeeper(app, self.themes, appearance=self.models.appearance)
        self._first_paint = FirstPaint(self.window)
        self._first_paint.painted.connect(self._after_first_paint)
        self._filling = QTimer(self)
        self._filling.setSingleShot(True)
        self._filling.setInterval(FILL_MS)
        self._filling.timeout.connect(self._fill_panels)
        # Queued: the last pill turns green before panels and collector take their turn.
        self.models.backends.all_ready.connect(self._fill_panels, Qt.ConnectionType.QueuedConnection)
        self.models.backends.all_ready.connect(self._sweep, Qt.ConnectionType.QueuedConnection)
        self.models.backends.all_ready.connect(self.core.lifecycle.settle, Qt.ConnectionType.QueuedConnection)

    def _build_window(self, paths: Paths) -> MainWindow:
        models, themes = self.models, self.themes
        self.actions.provide("log-out", models.session.log_out)
        return MainWindow(
            operation=models.operation,
            session=models.session,
            backends=models.backends,
            appearance=models.appearance,
            actions=self.actions,
            themes=themes,
            layout_store=QSettings(str(paths.geometry_file), QSettings.Format.IniFormat),
            lanes=lane_panels(models, themes),
            right=right_panels(models, themes),
            bottom=bottom_panels(models, themes, self.actions),
            workspaces=workspaces(),
        )

    def _provide_outage(self) -> None:
        """The actions of the outage panel, which is built later than the window."""
        provide, models = self.actions.provide, self.models
        provide("load-toggle", models.outage.toggle_load)
        provide("healthy", models.outage.clear)
        provide("reset-breakers", models.breakers.reset_all)
        provide("scenario", self._choose_scenario)
        provide("scenario-run", self._run_scenario)
        provide("scenario-stop", models.outage.stop_scenario)
        models.outage.scenario_changed.connect(self._show_playing)
        self._show_playing()

    @Slot()
    def _choose_scenario(self) -> None:
        self.window.docks["outage"].take_focus()
        section = self._scenario_section()
        if section is not None:
            section.take_focus()

    @Slot()
    def _run_scenario(self) -> None:
        self.window.docks["outage"].take_focus()
        section = self._scenario_section()
        if section is not None:
            section.run_or_stop()

    def _scenario_section(self) -> "ScenarioSection | None":
        from app.ui.panels.outage import OutagePanel

        panel = self.window.docks["outage"].findChild(OutagePanel)
        if panel is None or panel.scenario is None:
            return None
        panel.ensureWidgetVisible(panel.scenario)
        return panel.scenario

    @Slot()
    def _show_playing(self) -> None:
        playing = self.models.outage.playing
        self.actions.set_enabled("scenario-run", not playing)
        self.actions.set_enabled("scenario-stop", playing)
        self.actions.set_enabled("load-toggle", not playing)

    def _add_notices(self, paths: Paths) -> None:
        core = self.core
        notices = Notices(self.window, core.crashes, core.lifecycle, paths)
        self.actions.provide("crash-report", notices.open_reports)
        for problem in core.memory.problems:
            notices.tell(problem)
        core.memory.tell_problems(notices.tell)
        self.models.backends.noticed.connect(notices.tell)

    def close(self) -> bool:
        """Take the window away and stop everything. True when nothing is left running."""
        self._filling.stop()
        self.window.hide()
        stopped = self.core.close()
        for part in (self.window, self._style, self.models, self.core.bus):
            part.deleteLater()
        self._restore_qt_messages()
        return stopped

    @Slot()
    def _watch_orders(self) -> None:
        self.window.docks["orders"].take_focus()
        self.models.orders.start()

    @Slot()
    def _after_first_paint(self) -> None:
        self._filling.start()
        self.core.lifecycle.start()

    @Slot()
    def _fill_panels(self) -> None:
        """Build the other panels: after the servers, for which they would take the interpreter away.

        Both together would be ready later than one after the other. Who clicks into a panel has it at once.
        """
        self._filling.stop()
        for late in self.window.findChildren(LatePanel):
            late.allow()

    @Slot()
    def _sweep(self) -> None:
        """Remove the temporary files of killed processes: when there is time for it."""

        def job(_cancel: CancelToken) -> None:
            sweep()

        self.core.workers.submit(job)

    def _on_critical(self, message: str) -> None:
        self.core.crashes.report_text(message, message, where="Qt")


def open_window(settings: "ServerSettings", opening: Opening | None = None) -> int:
    """Show the window and stay until it is closed or a signal comes. Returns the exit code."""
    app = make_application()
    desktop = Desktop(app, settings, user_paths())
    begin_with(opening or Opening(), desktop.models.operation, desktop.window.workspaces)
    signals = StopSignals()
    signals.stop_requested.connect(desktop.window.close)
    desktop.window.closed.connect(app.quit)
    desktop.window.show()
    QTimer.singleShot(0, desktop.window.fit_screen)  # what show() asked to be laid out comes before it
    code = app.exec()
    desktop.close()
    signals.close()
    # Whether everything has stopped or not: taking windows and interpreter apart would be most of the time
    # that closing takes, seconds on a busy machine, and nobody would have anything of it.
    end_process(code)
    return code


def make_application() -> QApplication:
    """The one QApplication, named so that desktops group and restore its windows."""
    app = QApplication(sys.argv[:1])
    app.setApplicationName("trilane")
    app.setApplicationDisplayName("Trilane")
    app.setDesktopFileName("trilane")
    return app
