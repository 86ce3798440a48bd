"""The outage panel: break the backends on purpose, one lane or all, and mend them with one button."""

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QCheckBox, QFrame, QVBoxLayout, QWidget

from app.domain.events import ScenarioProgress
from app.domain.lanes import Lane
from app.runtime.soon import soon
from app.ui.panels.fields import ScrollSafeCombo, add_row, form, header_of, quiet_button, whole_box
from app.ui.panels.outage_lane import LaneSection
from app.ui.panels.outage_scenario import ScenarioSection
from app.ui.panels.outage_traffic import TrafficSection
from app.ui.widgets.labels import rule
from app.ui.widgets.panel_scroll import PanelScroll
from app.viewmodels.outage import OutageModel
from app.viewmodels.outage_rules import PRESETS


class OutagePanel(PanelScroll):
    """Everything about faults, traffic and scenarios; scrolls when the window is low. GUI thread.

    ``header`` holds the button that clears everything, for the title line of a dock.
    """

    def __init__(self, model: OutageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caption_soon = soon(self._show_caption, self)
        self._model = model
        self.setAccessibleName("Outage")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its controls scroll it
        self.clear = quiet_button("Clear all", "Make every lane healthy at once")
        self.clear.setAccessibleName("Clear every injected fault")
        self.together = QCheckBox("all lanes")
        self.together.setAccessibleName("All lanes together")
        self.together.setToolTip("A change of one lane goes to all")
        self.header = header_of(self.together, self.clear)
        entries: list[tuple[str, object]] = [("choose an outage…", None)]
        self.presets = ScrollSafeCombo("Preset", [*entries, *((each.title, each) for each in PRESETS)])
        for index, preset in enumerate(PRESETS, 1):
            self.presets.setItemData(index, preset.hint, Qt.ItemDataRole.ToolTipRole)
        self.seed = whole_box("Seed of the injected faults", 0, 2_147_483_647)
        self.seed.setToolTip("The same seed and the same calls give the same faults")
        self.lanes = {lane: LaneSection(lane, model) for lane in Lane}
        self.traffic = TrafficSection(model)
        self.scenario = ScenarioSection(model, model.scenarios) if model.scenarios is not None else None
        self.setWidget(self._content())
        self._connect()
        self._show_together(model.together)

    def _content(self) -> QWidget:
        content = QFrame()
        content.setProperty("role", "pane")
        common, grid = form()
        add_row(grid, "preset", self.presets)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(12, 4, 12, 12)
        layout.setSpacing(12)
        layout.addWidget(common)
        for section in self.lanes.values():
            layout.addWidget(section)
        if self.scenario is not None:  # found at a first look, unlike what is turned now and then
            layout.addWidget(rule())
            layout.addWidget(self.scenario)
        layout.addWidget(rule())
        layout.addWidget(self.traffic)
        chance, grid = form()
        add_row(grid, "seed", self.seed)
        layout.addWidget(chance)
        layout.addStretch(1)
        return content

    def _connect(self) -> None:
        model = self._model
        with QSignalBlocker(self.seed):
            self.seed.setValue(model.seed)
        self.clear.clicked.connect(self._clear)
        self.together.toggled.connect(model.set_together)
        self.presets.activated.connect(self._use_preset)
        self.seed.valueChanged.connect(model.set_seed)
        model.seed_changed.connect(self._show_seed)
        model.outage_changed.connect(self._show_outage)
        model.together_changed.connect(self._show_together)
        model.scenario_changed.connect(self._show_scenario)

    @Slot()
    def _clear(self) -> None:
        self._model.clear()
        self.presets.setCurrentIndex(0)

    @Slot(int)
    def _use_preset(self, index: int) -> None:
        preset = self.presets.value
        if preset is not None:
            self._model.use_preset(preset)
            self.presets.setCurrentIndex(index)

    @Slot(int)
    def _show_seed(self, seed: int) -> None:
        with QSignalBlocker(self.seed):
            self.seed.setValue(seed)

    @Slot(object)
    def _show_outage(self, lane: Lane) -> None:
        self.lanes[lane].show_outage()
        chosen = self.presets.value
        if chosen is not None and self._model.outage(lane) != chosen.outage:
            self.presets.setCurrentIndex(0)

    @Slot(object)
    def _show_scenario(self, event: ScenarioProgress) -> None:
        if event.running and event.step < 0:  # it begins, and says more than fitted before
            self._caption_soon.start()

    @Slot()
    def _show_caption(self) -> None:
        if self.scenario is not None:
            self.ensureWidgetVisible(self.scenario.chooser)
            self.ensureWidgetVisible(self.scenario.caption)

    @Slot(bool)
    def _show_together(self, together: bool) -> None:
        with QSignalBlocker(self.together):
            self.together.setChecked(together)
