"""The scenario player's part of the outage panel: choose a script, play it, see where it is."""

from functools import partial

from PySide6.QtCore import QCoreApplication, QEvent, QSignalBlocker, Qt, Slot
from PySide6.QtGui import QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.domain.errors import InvalidInput
from app.domain.events import ScenarioProgress
from app.runtime.soon import soon
from app.ui.panels.fields import ScrollSafeCombo, quiet_button
from app.ui.stylesheet import restyle
from app.ui.widgets.entry import set_entry
from app.ui.widgets.labels import NumberLabel, SectionHeading
from app.viewmodels.outage import OutageModel, ScenarioChoice, ScenarioPort

PAUSED = "While it is paused, open circuits and waits before retries go on in real time."


class ScenarioSection(QWidget):
    """Chooses and plays a scenario, and shows where it is. GUI thread."""

    def __init__(self, model: OutageModel, scenarios: ScenarioPort, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scenarios = scenarios
        self._running = self._paused = False
        self._choices: dict[str, ScenarioChoice] = {}
        self.chooser = ScrollSafeCombo("Scenario", [])
        self.chooser.setToolTip("Enter plays it")
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            QShortcut(key, self.chooser, self._play_by_key, context=Qt.ShortcutContext.WidgetShortcut)
        self.open = quiet_button("Open…", "Play a scenario file of your own")
        self.open.setAccessibleName("Open a scenario file")
        self.report = quiet_button("Report…", "Save the report of the scenario that ended, as text or JSON")
        self.report.setAccessibleName("Save the report of the scenario")
        self.about = _text_label()
        self.run = _button("Run")
        self.pause = _button("Pause")
        self.step = _button("Step")
        self.step.setToolTip("Jump to the next step; what would be sent in between is left out")
        self.progress = QProgressBar()
        self.progress.setProperty("role", "meter")
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the scenario")
        self.place = NumberLabel("00 of 00 s, step 00 of 00", role="muted")
        self.caption = _text_label()
        self.caption.setProperty("role", "")
        self._settle = soon(self._bring_into_view, self)  # after the layout has made room
        self._settle.setObjectName("settle")
        self._lay_out()
        self.open.clicked.connect(self._open)
        self.report.clicked.connect(self._ask_where_to_save)
        self.run.clicked.connect(self.run_or_stop)
        self.pause.clicked.connect(self._pause)
        self.step.clicked.connect(self._step)
        self.chooser.currentIndexChanged.connect(self._show_choice)
        model.scenario_changed.connect(self._show_progress)
        set_entry(self, self.chooser)
        self.refresh()
        self._show_running(False, False)
        for widget in (self.progress, self.place, self.caption):
            widget.hide()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(SectionHeading("Scenario"), 1)
        head.addWidget(self.report)
        head.addWidget(self.open)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.run, self.pause, self.step):
            buttons.addWidget(button, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.chooser)
        layout.addWidget(self.about)
        layout.addLayout(buttons)
        for widget in (self.progress, self.place, self.caption):
            layout.addWidget(widget)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt's hook: the folder of one's own scenarios may have changed."""
        super().showEvent(event)
        if not self._running:
            self.refresh()

    def refresh(self) -> None:
        """Read the list anew and keep what was chosen."""
        chosen = self.chooser.value
        choices = self._scenarios.choices()
        self._choices = {choice.name: choice for choice in choices}
        with QSignalBlocker(self.chooser):
            self.chooser.set_entries([(choice.title, choice.name) for choice in choices])
            self.chooser.show_value(chosen)
        self._show_choice()

    @Slot()
    def take_focus(self) -> None:
        """Go to the list; while a scenario plays, to the button that stops it."""
        if not self._running:
            self.refresh()
        target = self.run if self._running else self.chooser
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot()
    def run_or_stop(self) -> None:
        """Begin the chosen scenario, or end the one that plays."""
        if self._running:
            self._scenarios.stop()
        elif self.chooser.value is not None:
            self._scenarios.run(self.chooser.value)

    @Slot()
    def _play_by_key(self) -> None:
        """Enter in the closed list: the way of Ctrl+E ends where it leads."""
        if self.run.isEnabled() and not self._running:
            self.run.setFocus(Qt.FocusReason.OtherFocusReason)  # the list will be disabled
            self.run_or_stop()

    @Slot()
    def _show_choice(self) -> None:
        choice = self._choices.get(self.chooser.value or "")
        self._show_about(
            choice.problem or choice.about if choice else "", bad=bool(choice and choice.problem)
        )
        self.run.setEnabled(self._running or bool(choice and not choice.problem))

    def _show_about(self, text: str, *, bad: bool) -> None:
        restyle(self.about, role="error" if bad else "muted")
        self.about.setText(text)
        # While it plays, the captions say what happens; both at once would be more than anybody reads.
        self.about.setVisible(bool(text) and not self._running)

    @Slot(object)
    def _show_progress(self, event: ScenarioProgress) -> None:
        turned = (event.running, event.paused) != (self._running, self._paused)
        before = self.caption.text()
        self._show_running(event.running, event.paused)
        self.progress.setMaximum(max(1, round(event.duration * 10)))
        self.progress.setValue(round(event.elapsed * 10))
        place = (
            f"{event.elapsed:.0f} of {event.duration:.0f} s, step {max(0, event.step + 1)} of {event.steps}"
        )
        self.place.setText(f"{place}, paused" if event.paused else place)
        self.caption.setText(f"{event.caption}\n{PAUSED}".strip() if event.paused else event.caption)
        restyle(self.caption, role="" if event.running or event.steps else "error")
        for widget in (self.progress, self.place):
            widget.setVisible(event.steps > 0)
        self.caption.setVisible(bool(self.caption.text()))
        if turned or self.caption.text() != before:
            self._settle.start()

    @Slot()
    def _bring_into_view(self) -> None:
        """Captions and the closing words stand at the very bottom: scroll there for whoever is at it."""
        focus = QApplication.focusWidget()
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None and focus is not None and self.isAncestorOf(focus):
            # On a busy machine the layout that the new words need may still be waiting its turn.
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
            area.ensureWidgetVisible(self.caption, 0, 8)

    def _show_running(self, running: bool, paused: bool) -> None:
        self._running, self._paused = running, paused
        self.run.setText("Stop" if running else "Run")
        self.run.setAccessibleName("Stop the scenario" if running else "Run the scenario")
        self.pause.setText("Go on" if paused else "Pause")
        self.pause.setAccessibleName("Go on with the scenario" if paused else "Pause the scenario")
        self.pause.setEnabled(running)
        self.step.setEnabled(running and paused)
        self.chooser.setEnabled(not running)
        self.open.setEnabled(not running)
        self.report.setEnabled(not running and bool(self._scenarios.reported))
        self._show_choice()

    @Slot()
    def _open(self) -> None:
        dialog = QFileDialog(self, "Open a scenario", "", "Scenarios (*.toml)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.open_file)
        dialog.open()

    @Slot()
    def _ask_where_to_save(self) -> None:
        dialog = QFileDialog(self, "Save the report", f"{self._scenarios.reported}-report.txt")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(("Text (*.txt)", "JSON (*.json)"))
        dialog.setDefaultSuffix("txt")
        dialog.filterSelected.connect(partial(_take_suffix, dialog))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.save_report)
        dialog.open()

    @Slot(str)
    def save_report(self, path: str) -> None:
        """Write what the scenario that ended came to."""
        problem = self._scenarios.save_report(path)
        restyle(self.caption, role="error" if problem else "")
        self.caption.setText(f"{path}: {problem}" if problem else f"The report is in {path}")
        self.caption.show()

    @Slot(str)
    def open_file(self, path: str) -> None:
        """Add a file to the list and choose it; one that cannot be played says why."""
        try:
            choice = self._scenarios.open(path)
        except InvalidInput as error:
            self._show_about(str(error), bad=True)
            return
        self.refresh()
        self.chooser.show_value(choice.name)

    @Slot()
    def _pause(self) -> None:
        self._scenarios.pause()

    @Slot()
    def _step(self) -> None:
        self._scenarios.step()


def _take_suffix(dialog: QFileDialog, chosen: str) -> None:
    dialog.setDefaultSuffix(chosen.rpartition("*.")[2].rstrip(")"))


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setAccessibleName(f"{text} the scenario" if text != "Step" else "Next step of the scenario")
    return button


def _text_label() -> QLabel:
    label = QLabel()
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    # Paths in errors have no spaces; without this they would widen the panel.
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
