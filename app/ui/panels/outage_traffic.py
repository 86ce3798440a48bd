"""The lower parts of the outage panel: background traffic, and the scenario player where there is one."""

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app.domain.events import ScenarioProgress
from app.domain.lanes import Lane
from app.ui.panels.fields import ScrollSafeCombo, muted, real_box
from app.ui.widgets.labels import SectionHeading
from app.viewmodels.outage import OutageModel, ScenarioPort


class TrafficSection(QWidget):
    """Sends the chosen operation at a rate, so that an outage can be watched hands-free. GUI thread."""

    def __init__(self, model: OutageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.toggle = QPushButton("Start")
        self.toggle.setAutoDefault(False)
        self.toggle.setMinimumWidth(72)
        self.rate = real_box("Background calls a second on each lane", 0.1, 200.0, " calls/s")
        self.lanes = {lane: QCheckBox(lane.label) for lane in Lane}
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.rate, 1)
        top.addWidget(self.toggle)
        boxes = QHBoxLayout()
        boxes.setSpacing(8)
        for box in self.lanes.values():
            boxes.addWidget(box)
            box.toggled.connect(self._lanes_changed)
        boxes.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(SectionHeading("Background traffic"))
        layout.addLayout(top)
        layout.addLayout(boxes)
        self.toggle.clicked.connect(model.toggle_load)
        self.rate.valueChanged.connect(self._rate_changed)
        model.load_changed.connect(self._show_load)
        self._show_load()

    @Slot()
    def _show_load(self) -> None:
        model = self._model
        self.toggle.setText("Stop" if model.running else "Start")
        self.toggle.setAccessibleName(
            "Stop background traffic" if model.running else "Start background traffic"
        )
        self.toggle.setEnabled(bool(model.load_lanes))
        with QSignalBlocker(self.rate):
            self.rate.setValue(model.rate)
        for lane, box in self.lanes.items():
            box.setAccessibleName(f"Background traffic on {lane.label}")
            with QSignalBlocker(box):
                box.setChecked(lane in model.load_lanes)

    @Slot()
    def _rate_changed(self) -> None:
        self._model.set_load(rate=self.rate.value())

    @Slot()
    def _lanes_changed(self) -> None:
        self._model.set_load(lanes=[lane for lane, box in self.lanes.items() if box.isChecked()])


class ScenarioSection(QWidget):
    """Chooses and plays a scenario, and shows where it is. GUI thread."""

    def __init__(self, model: OutageModel, scenarios: ScenarioPort, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scenarios = scenarios
        self._running = False
        self.chooser = ScrollSafeCombo("Scenario", [(name, name) for name in scenarios.names()])
        self.run = QPushButton("Run")
        self.pause = QPushButton("Pause")
        self.step = QPushButton("Step")
        self.progress = QProgressBar()
        self.progress.setProperty("role", "meter")
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the scenario")
        self.caption = muted("")
        self.caption.setWordWrap(True)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.chooser, 1)
        top.addWidget(self.run)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.pause)
        buttons.addWidget(self.step)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(SectionHeading("Scenario"))
        layout.addLayout(top)
        layout.addLayout(buttons)
        layout.addWidget(self.progress)
        layout.addWidget(self.caption)
        for button, slot in (
            (self.run, self._run_or_stop),
            (self.pause, self._pause),
            (self.step, self._step),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(slot)
        model.scenario_changed.connect(self._show_progress)
        self._show_running(False, False)

    @Slot(object)
    def _show_progress(self, event: ScenarioProgress) -> None:
        self._show_running(event.running, event.paused)
        self.progress.setMaximum(max(1, round(event.duration * 10)))
        self.progress.setValue(round(event.elapsed * 10))
        place = f"{event.elapsed:.0f} of {event.duration:.0f} s, step {event.step + 1} of {event.steps}"
        self.caption.setText(f"{place}\n{event.caption}".rstrip())

    def _show_running(self, running: bool, paused: bool) -> None:
        self._running = running
        self.run.setText("Stop" if running else "Run")
        self.pause.setText("Go on" if paused else "Pause")
        self.pause.setEnabled(running)
        self.step.setEnabled(running and paused)
        self.chooser.setEnabled(not running)

    @Slot()
    def _run_or_stop(self) -> None:
        if self._running:
            self._scenarios.stop()
        else:
            self._scenarios.run(str(self.chooser.value))

    @Slot()
    def _pause(self) -> None:
        self._scenarios.pause()

    @Slot()
    def _step(self) -> None:
        self._scenarios.step()
