"""Unexpected errors, as text that can be copied into a report."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from app.ui.widgets.labels import role_label


class CrashBox(QDialog):
    """Shows texts of what went wrong; empty is good news. GUI thread. ``file`` is where they are kept."""

    def __init__(self, reports: Sequence[str], file: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Crash report")
        self.setObjectName("crash-report")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 460)
        told = (
            f"Kept in {file}, without tokens and passwords."
            if reports
            else "Nothing unexpected has happened."
        )
        self._text = QPlainTextEdit("\n".join(reports))
        self._text.setReadOnly(True)
        self._text.setProperty("role", "code")
        self._text.setAccessibleName("Unexpected errors")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton("&Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setEnabled(bool(reports))
        copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        for widget in (role_label(told, "muted"), self._text, buttons):
            column.addWidget(widget)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())
