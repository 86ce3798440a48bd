"""Settings that take effect at once: theme, motion, size of bodies. Only what is wired is shown."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.ui.widgets.field import indented
from app.ui.widgets.labels import SectionHeading, role_label
from app.viewmodels.appearance import LARGEST_BODY, SMALLEST_BODY, AppearanceModel, ThemeMode

_MODES = {ThemeMode.SYSTEM: "Follow the system", ThemeMode.DARK: "Dark", ThemeMode.LIGHT: "Light"}


class SettingsDialog(QDialog):
    """Binds an AppearanceModel to a form; ``pages`` are further groups, (heading, widget). GUI thread."""

    def __init__(
        self, appearance: AppearanceModel, parent: QWidget, *, pages: tuple[tuple[str, QWidget], ...] = ()
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.setObjectName("settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._appearance = appearance
        self._theme = QComboBox()
        self._motion = QCheckBox("&Reduce motion in diagrams")
        self._body = QSpinBox()
        self._build(pages)
        self._theme.currentIndexChanged.connect(self._choose_theme)
        self._motion.toggled.connect(appearance.set_reduced_motion)
        self._body.valueChanged.connect(self._choose_body)
        appearance.mode_changed.connect(self._show_mode)

    def _build(self, pages: tuple[tuple[str, QWidget], ...]) -> None:
        self._theme.setObjectName("settings-theme")
        for mode, text in _MODES.items():
            self._theme.addItem(text, mode.value)
        self._show_mode()
        self._motion.setChecked(self._appearance.reduced_motion)
        self._motion.setToolTip("Pictures change at once instead of moving.")
        self._body.setObjectName("settings-body")
        # One step under the smallest size stands for the system's.
        self._body.setRange(SMALLEST_BODY - 1, LARGEST_BODY)
        self._body.setSpecialValueText("system size")
        indented(self._body)
        self._body.setSuffix(" pt")
        self._body.setValue(self._appearance.body_points or SMALLEST_BODY - 1)
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.setHorizontalSpacing(24)
        form.setVerticalSpacing(12)
        for text, editor in (("&Theme", self._theme), ("&Body text", self._body)):
            label = QLabel(text)
            label.setBuddy(editor)
            editor.setAccessibleName(text.replace("&", ""))
            form.addRow(label, editor)
        form.addRow("", self._motion)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addWidget(SectionHeading("Appearance"))
        column.addLayout(form)
        for heading, page in pages:
            column.addSpacing(4)
            column.addWidget(SectionHeading(heading))
            column.addWidget(page)
        column.addSpacing(4)
        column.addWidget(role_label("Changes take effect at once and are remembered.", "caption"))
        column.addStretch(1)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        column.addWidget(close)
        self.setMinimumWidth(380)

    @Slot()
    def _choose_theme(self) -> None:
        self._appearance.set_mode(self._theme.currentData())

    @Slot(int)
    def _choose_body(self, points: int) -> None:
        self._appearance.set_body_points(0 if points < SMALLEST_BODY else points)

    @Slot()
    def _show_mode(self) -> None:
        self._theme.setCurrentIndex(self._theme.findData(self._appearance.mode.value))
