"""A labelled input in one box: label, editor, and a mark with the reason when the value cannot be used."""

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QFrame, QHBoxLayout, QLabel, QWidget

from app.ui.stylesheet import restyle
from app.ui.widgets.labels import role_label


class Field(QFrame):
    """Box around an editor, with its label as buddy inside. GUI thread.

    Shows focus and errors on the box; the reason is the editor's accessible description and tool tip.
    """

    focus_changed = Signal(bool)

    def __init__(self, label: str, editor: QWidget, *, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "field")
        self.editor = editor
        self._hint = hint
        self._error = ""
        self._label = role_label(label, "caption")
        self._label.setBuddy(editor)
        self._mark = role_label("!", "error")
        self._mark.hide()
        editor.setProperty("role", "bare")
        editor.setAccessibleName(label.replace("&", ""))
        editor.setToolTip(hint)
        self.setToolTip(hint)
        editor.installEventFilter(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)  # as high as the buttons beside it
        row.setSpacing(8)
        for widget in (self._label, editor, self._mark):
            row.addWidget(widget, 1 if widget is editor else 0)

    @property
    def label(self) -> QLabel:
        """The label, for tests and for further roles."""
        return self._label

    @property
    def error(self) -> str:
        """Why the value cannot be used; empty when it can."""
        return self._error

    def set_error(self, why: str) -> None:
        """Mark the box, or clear the mark."""
        self._error = why
        self._mark.setVisible(bool(why))
        self.editor.setAccessibleDescription(why or self._hint)
        for widget in (self, self.editor):
            widget.setToolTip(why or self._hint)
        restyle(self, invalid=bool(why))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Carry the editor's focus to the box: a style sheet cannot look inside."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            focused = event.type() is QEvent.Type.FocusIn
            restyle(self, focused=focused)
            self.focus_changed.emit(focused)
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The whole box is the target, label and padding too."""
        self.editor.setFocus()
        if isinstance(self.editor, QComboBox):
            self.editor.showPopup()
        event.accept()


def indented(box: QAbstractSpinBox) -> QAbstractSpinBox:
    """Give a spin box's number the space at its left that other inputs have; a style sheet cannot."""
    box.lineEdit().setTextMargins(6, 0, 0, 0)
    return box
