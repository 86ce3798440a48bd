"""Small inputs for the narrow panels: labelled rows, number boxes, a fold. They know no model."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QWidget,
)

from app.ui.stylesheet import restyle
from app.ui.widgets.field import indented
from app.ui.widgets.labels import role_label
from app.viewmodels.figures import NBSP


class ScrollSafeSlider(QSlider):
    """A slider that lets the wheel scroll the panel unless it has the focus."""

    def __init__(self, maximum: int, name: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, maximum)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only when focused."""
        _wheel_if_focused(self, event, super().wheelEvent)


class ScrollSafeCombo(QComboBox):
    """A list of (text, value) that lets the wheel scroll the panel unless it has the focus."""

    def __init__(self, name: str, entries: Sequence[tuple[str, object]]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_entries(entries)

    def set_entries(self, entries: Sequence[tuple[str, object]]) -> None:
        """Replace every entry; the first one is chosen."""
        self.clear()
        # Kept here, not as item data: Qt would turn an enum of text into plain text.
        self._values = [value for _text, value in entries]
        for text, _value in entries:
            self.addItem(text)
            self.setItemData(self.count() - 1, text, Qt.ItemDataRole.ToolTipRole)

    @property
    def value(self) -> Any:
        """The value of the chosen entry, None without one."""
        return self._values[self.currentIndex()] if self.currentIndex() >= 0 else None

    def index_of(self, value: object) -> int:
        """The place of a value, -1 when it is not there."""
        return self._values.index(value) if value in self._values else -1

    def show_value(self, value: object) -> None:
        """Choose an entry by its value; the first one when it is not there."""
        self.setCurrentIndex(max(0, self.index_of(value)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only when focused."""
        _wheel_if_focused(self, event, super().wheelEvent)


class _ScrollSafeSpin(QSpinBox):
    def textFromValue(self, value: int) -> str:  # noqa: N802  Qt's name
        """Qt's hook: groups of three as everywhere in the window, whatever the desktop's language."""
        return f"{value:,}".replace(",", NBSP)

    def valueFromText(self, text: str) -> int:  # noqa: N802  Qt's name
        """Qt's hook: the figures, with or without groups."""
        figures = _ungrouped(text.removesuffix(self.suffix())) or str(self.minimum())
        # Qt lets the desktop's own groups pass, too: "11,000".
        return int(figures) if figures.lstrip("-").isdecimal() else super().valueFromText(text)

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        """Qt's hook: spaces between figures are no mistake."""
        end = self.suffix()
        body = text.removesuffix(end) if end else text
        plain = _ungrouped(body) + (end if text.endswith(end) else "")
        return super().validate(plain, 0)[0], text, place

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only when focused."""
        _wheel_if_focused(self, event, super().wheelEvent)


class _ScrollSafeDoubleSpin(QDoubleSpinBox):
    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only when focused."""
        _wheel_if_focused(self, event, super().wheelEvent)


def whole_box(name: str, low: int, high: int, suffix: str = "", special: str = "") -> QSpinBox:
    """A box for a whole number, safe from the wheel. ``special`` is shown instead of the lowest value."""
    box = _ScrollSafeSpin()
    box.setRange(low, high)
    _prepare(box, name, suffix, special)
    return box


def real_box(name: str, low: float, high: float, suffix: str = "", special: str = "") -> QDoubleSpinBox:
    """A box for a number with one decimal, safe from the wheel."""
    box = _ScrollSafeDoubleSpin()
    box.setRange(low, high)
    box.setDecimals(1)
    _prepare(box, name, suffix, special)
    return box


def _ungrouped(text: str) -> str:
    return text.replace(NBSP, "").replace(" ", "")


def muted(text: str) -> QLabel:
    """A field's name."""
    return role_label(text, "muted")


def quiet_button(text: str, tip: str) -> QPushButton:
    """A button without a box."""
    button = QPushButton(text)
    button.setProperty("role", "quiet")
    button.setToolTip(tip)
    button.setAutoDefault(False)
    return button


def header_of(*widgets: QWidget) -> QWidget:
    """A panel's buttons for the title line of its dock, at the right."""
    header = QWidget()
    row = QHBoxLayout(header)
    row.setContentsMargins(4, 0, 4, 0)
    row.setSpacing(2)
    row.addStretch(1)
    for widget in widgets:
        row.addWidget(widget)
    return header


def form() -> tuple[QWidget, QGridLayout]:
    """A widget with a two-column grid: names left, inputs right."""
    widget = QWidget()
    grid = QGridLayout(widget)
    grid.setContentsMargins(0, 0, 0, 4)
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(1, 1)
    return widget, grid


def add_row(grid: QGridLayout, name: str, *inputs: QWidget) -> None:
    """One line of a form; several inputs share the right column."""
    row = grid.rowCount()
    grid.addWidget(muted(name), row, 0)
    if len(inputs) == 1:
        grid.addWidget(inputs[0], row, 1)
        return
    inner = QGridLayout()
    inner.setSpacing(4)
    for column, widget in enumerate(inputs):
        inner.addWidget(widget, 0, column)
        inner.setColumnStretch(column, 1)
    grid.addLayout(inner, row, 1)


def set_tone(widget: QWidget, tone: str) -> None:
    """Colour a slider's filled part: error, warning or nothing."""
    restyle(widget, tone=tone)


def _prepare(box: QSpinBox | QDoubleSpinBox, name: str, suffix: str, special: str) -> None:
    box.setAccessibleName(name)
    box.setSuffix(suffix)
    box.setSpecialValueText(special)
    box.setKeyboardTracking(False)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    box.setMinimumWidth(64)
    indented(box)


def _wheel_if_focused(widget: QWidget, event: QWheelEvent, turn: object) -> None:
    if widget.hasFocus() and callable(turn):
        turn(event)
    else:
        event.ignore()
