"""The resilience panel: every number of a lane's pipeline, each with its meaning, built from the table."""

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.domain.lanes import Lane
from app.resilience.setting_specs import SETTINGS, SettingKind, SettingSpec
from app.ui.panels.fields import ScrollSafeCombo, header_of, quiet_button
from app.ui.stylesheet import restyle
from app.ui.widgets.labels import SectionHeading, role_label
from app.ui.widgets.panel_scroll import PanelScroll
from app.viewmodels.resilience import ResilienceModel, order_words, relevant, written

DIGITS = 6  # for which an editor has room
LANES = tuple(Lane)


class SettingRow(QWidget):
    """One setting: name, editor, unit, and under it what it means or why the value cannot be used."""

    def __init__(self, spec: SettingSpec, panel: "ResiliencePanel") -> None:
        super().__init__(panel)
        self.spec = spec
        self._panel = panel
        self.error = ""
        self.editor = self._make_editor()
        self.editor.setAccessibleName(spec.label)
        self.note = role_label(spec.meaning, "caption")
        self.note.setWordWrap(True)
        line = QHBoxLayout()
        line.setSpacing(8)
        if isinstance(self.editor, QCheckBox):
            line.addWidget(self.editor, 1)
        else:
            name = QLabel(spec.label)
            name.setBuddy(self.editor)
            line.addWidget(name, 1)
            line.addWidget(self.editor)
            line.addWidget(self._unit())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(line)
        layout.addWidget(self.note)
        self.show_error("")

    def show_value(self, value: object) -> None:
        """Show what is in force, unless a value that cannot be used is being mended."""
        editor = self.editor
        if isinstance(editor, QCheckBox):
            with QSignalBlocker(editor):
                editor.setChecked(bool(value))
        elif isinstance(editor, ScrollSafeCombo):
            with QSignalBlocker(editor):
                editor.show_value(value)
        elif isinstance(editor, QLineEdit) and not self.error:
            editor.setText(written(self.spec, value))

    def show_error(self, why: str) -> None:
        """Say why the value cannot be used, or what the setting means."""
        self.error = why
        self.note.setText(why or self._meaning())
        self.editor.setAccessibleDescription(why or self.spec.meaning)
        self.editor.setToolTip(why or self.spec.meaning)
        restyle(self.note, role="error" if why else "caption")
        restyle(self.editor, invalid=bool(why))

    def _meaning(self) -> str:
        if self.spec.none_means:
            return f"{self.spec.meaning} Empty: {self.spec.none_means}."
        return self.spec.meaning

    def _unit(self) -> QLabel:
        unit = role_label(self.spec.unit, "muted")
        if self.spec.kind is not SettingKind.CHOICE:
            longest = max((spec.unit for spec in SETTINGS), key=len)
            unit.setFixedWidth(unit.fontMetrics().horizontalAdvance(longest) + 2)
        return unit

    def _make_editor(self) -> QWidget:
        match self.spec.kind:
            case SettingKind.SWITCH:
                box = QCheckBox(self.spec.label)
                box.toggled.connect(self._switched)
                return box
            case SettingKind.CHOICE:
                choices = [(choice, type(self.spec.default)(choice)) for choice in self.spec.choices]
                combo = ScrollSafeCombo(self.spec.label, choices)
                combo.setMinimumContentsLength(16)
                combo.currentIndexChanged.connect(self._chosen)
                return combo
            case _:
                edit = QLineEdit()
                edit.setFixedWidth(edit.fontMetrics().horizontalAdvance("0" * DIGITS) + 18)
                edit.setAlignment(Qt.AlignmentFlag.AlignRight)
                edit.setPlaceholderText("–" if self.spec.none_means else "")
                edit.editingFinished.connect(self._typed)
                return edit

    @Slot()
    def _typed(self) -> None:
        if isinstance(self.editor, QLineEdit):
            self._panel.model.change_text(self._panel.lane, self.spec.name, self.editor.text())

    @Slot(bool)
    def _switched(self, on: bool) -> None:
        self._panel.model.change(self._panel.lane, self.spec.name, on)

    @Slot()
    def _chosen(self) -> None:
        if isinstance(self.editor, ScrollSafeCombo):
            self._panel.model.change(self._panel.lane, self.spec.name, self.editor.value)


class ResiliencePanel(PanelScroll):
    """Shows one lane's settings; tabs choose the lane. GUI thread.

    ``header`` holds the defaults button, for the title line of a dock.
    """

    def __init__(self, model: ResilienceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.lane = Lane.REST
        self.setAccessibleName("Resilience settings")
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Lane whose settings are shown")
        for lane in Lane:
            self.tabs.addTab(lane.label)
        self.together = QCheckBox("change all lanes together")
        self.together.setChecked(model.together)
        self.defaults = quiet_button("Defaults", "Put every setting back")
        self.header = header_of(self.defaults)
        self.order = role_label("", "caption")
        self.order.setWordWrap(True)
        self.rows = {spec.name: SettingRow(spec, self) for spec in SETTINGS}
        self.setWidget(self._content())
        self.tabs.currentChanged.connect(self._choose)
        self.together.toggled.connect(model.set_together)
        self.defaults.clicked.connect(self._use_defaults)
        model.settings_changed.connect(self._show_settings)
        model.error_changed.connect(self._show_error)
        model.together_changed.connect(self.together.setChecked)
        self._show_settings(self.lane)

    def choose(self, lane: Lane) -> None:
        """Show a lane's settings."""
        self.tabs.setCurrentIndex(LANES.index(lane))

    def _content(self) -> QWidget:
        content = QFrame()
        content.setProperty("role", "pane")
        layout = QVBoxLayout(content)
        layout.setContentsMargins(12, 4, 12, 12)
        layout.setSpacing(12)
        layout.addWidget(self.tabs)
        layout.addWidget(self.together)
        layout.addWidget(self.order)
        group = ""
        for spec in SETTINGS:
            if spec.group != group:
                group = spec.group
                layout.addSpacing(4)
                layout.addWidget(SectionHeading(group))
            layout.addWidget(self.rows[spec.name])
        layout.addStretch(1)
        return content

    @Slot(int)
    def _choose(self, index: int) -> None:
        self.lane = LANES[index]
        for row in self.rows.values():
            row.show_error("")
        self._show_settings(self.lane)

    @Slot(object)
    def _show_settings(self, lane: Lane) -> None:
        if lane is not self.lane:
            return
        settings = self.model.settings(lane)
        self.order.setText(order_words(settings))
        for name, row in self.rows.items():
            row.show_value(getattr(settings, name))
            row.setVisible(relevant(row.spec, settings))

    @Slot(object, str, str)
    def _show_error(self, lane: Lane, name: str, why: str) -> None:
        if lane is self.lane:
            self.rows[name].show_error(why)

    @Slot()
    def _use_defaults(self) -> None:
        self.model.use_defaults(self.lane)
