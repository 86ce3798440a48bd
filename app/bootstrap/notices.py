"""What the program has to say about itself: errors, settings it could not use, how late the window is."""

from PySide6.QtCore import QObject, Signal, Slot

from app.infrastructure.crash_report import CrashReport, Report
from app.infrastructure.paths import Paths
from app.lifecycle import Lifecycle
from app.ui.crash_box import CrashBox
from app.ui.main_window import MainWindow

KEPT = 20  # reports shown; the file has them all
TOLD = 5  # sentences in the status bar, the newest first; its tool tip has room for so many


class Notices(QObject):
    """Brings reports of any thread to the status bar and, when asked, into a box. GUI thread."""

    _reported = Signal(object)

    def __init__(self, window: MainWindow, crashes: CrashReport, lifecycle: Lifecycle, paths: Paths) -> None:
        super().__init__(window)
        self._window = window
        self._paths = paths
        self._reports: list[Report] = []
        self._told: list[str] = []  # stays until the program ends; figures must not cover it
        self._reported.connect(self._take)
        crashes.subscribe(self._reported.emit)
        lifecycle.lateness_measured.connect(self._show_lateness)

    @Slot(str)
    def tell(self, problem: str) -> None:
        """Show a sentence in the status bar for good; earlier ones stand behind it."""
        earlier = [one for one in self._told if one != problem]
        self._told = [problem, *earlier][:TOLD]
        several = [f"{len(self._told)} notices"] if earlier else []  # the tool tip has them all
        self._window.status_bar.set_note(" · ".join(several + self._told))

    @Slot()
    def open_reports(self) -> None:
        """Show what was reported."""
        texts = [f"--- in {one.where}\n{one.text}" for one in self._reports[-KEPT:]]
        CrashBox(texts, str(self._paths.crash_file), self._window).open()

    @Slot(object)
    def _take(self, report: Report) -> None:
        if report.count == 1:
            self._reports.append(report)
        self.tell(f"Unexpected error: {report.title[:80]} (Tools, Crash report)")

    @Slot(float)
    def _show_lateness(self, seconds: float) -> None:
        if not self._told:
            self._window.status_bar.set_note(f"window p99 {seconds * 1000:.0f} ms")
