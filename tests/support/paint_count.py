"""Counting what a widget paints."""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget


class PaintCount(QObject):
    """Counts the paint events of one widget from now on. GUI thread."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Count and let pass."""
        self.count += event.type() is QEvent.Type.Paint
        return False
