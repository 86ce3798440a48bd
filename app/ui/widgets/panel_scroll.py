"""The scroll area of a narrow panel: it scrolls up and down only, and is never narrower than its content."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class PanelScroll(QScrollArea):
    """Shows one widget at its own least width or more, whatever the font. GUI thread."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def minimumSizeHint(self) -> QSize:
        """The content's width with the scroll bar beside it; any height."""
        content = self.widget()
        least = content.minimumSizeHint().width() if content else 0
        return QSize(least + self.verticalScrollBar().sizeHint().width(), super().minimumSizeHint().height())
