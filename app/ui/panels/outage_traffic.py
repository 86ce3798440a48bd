"""The lower part of the outage panel: background traffic."""

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.domain.events import ScenarioProgress
from app.domain.lanes import Lane
from app.ui.panels.fields import muted, real_box
from app.ui.widgets.labels import SectionHeading
from app.viewmodels.outage import OutageModel


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
        self.note = muted("")
        self.note.setWordWrap(True)
        layout.addWidget(self.note)
        self.toggle.clicked.connect(model.toggle_load)
        self.rate.valueChanged.connect(self._rate_changed)
        model.load_changed.connect(self._show_load)
        model.scenario_changed.connect(self._show_playing)
        self._show_load()

    @Slot()
    def _show_load(self) -> None:
        model = self._model
        self.toggle.setText("Stop" if model.running else "Start")
        self.toggle.setAccessibleName(
            "Stop background traffic" if model.running else "Start background traffic"
        )
        self.toggle.setEnabled(bool(model.load_lanes))
        dropped = f"{model.dropped} calls were not sent: too many are under way." if model.dropped else ""
        self.note.setText("The scenario sends its own calls." if model.playing else dropped)
        self.note.setVisible(bool(self.note.text()))
        with QSignalBlocker(self.rate):
            self.rate.setValue(model.rate)
        for lane, box in self.lanes.items():
            box.setAccessibleName(f"Background traffic on {lane.label}")
            with QSignalBlocker(box):
                box.setChecked(lane in model.load_lanes)

    @Slot(object)
    def _show_playing(self, event: ScenarioProgress) -> None:
        if self.isEnabled() is event.running:
            self.setEnabled(not event.running)
            self._show_load()

    @Slot()
    def _rate_changed(self) -> None:
        self._model.set_load(rate=self.rate.value())

    @Slot()
    def _lanes_changed(self) -> None:
        self._model.set_load(lanes=[lane for lane, box in self.lanes.items() if box.isChecked()])
