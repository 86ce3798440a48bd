"""A row that takes another line where there is no room, so that a narrow dock cuts no input."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

GAP = 8  # px between groups
LINE_GAP = 6  # px between lines


class WrappingRow(QWidget):
    """Groups from the left, and what stands at the right end of the last line. GUI thread.

    A group is never torn. The height follows the width: it is that of as many lines as are needed.
    """

    def __init__(
        self, groups: Sequence[QWidget], ending: Sequence[QWidget] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._groups = tuple(groups)
        self._ending = tuple(ending)
        for widget in (*groups, *ending):
            widget.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """All in one line."""
        widgets = (*self._groups, *self._ending)
        wide = sum(each.sizeHint().width() for each in widgets) + GAP * (len(widgets) - 1)
        return QSize(wide, self._line)

    def minimumSizeHint(self) -> QSize:
        """The widest group, and as many lines as there are now."""
        parts = [each.sizeHint().width() for each in self._groups]
        if self._ending:
            parts.append(self._ending_width)
        return QSize(max(parts), max(self._line, self._lines_at(self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place everything anew."""
        super().resizeEvent(event)
        self._place()

    def showEvent(self, event: QShowEvent) -> None:
        """Sizes are known when the style is."""
        super().showEvent(event)
        self._place()

    @property
    def _line(self) -> int:
        return max(each.sizeHint().height() for each in (*self._groups, *self._ending))

    @property
    def _ending_width(self) -> int:
        widths = [each.sizeHint().width() for each in self._ending]
        return sum(widths) + GAP * (len(widths) - 1)

    def _lines_at(self, width: int) -> int:
        """The height at a width."""
        return max((place.bottom() + 1 for _, place in self._places(width)), default=self._line)

    def _place(self) -> None:
        for widget, place in self._places(self.width()):
            widget.setGeometry(place)
        height = self._lines_at(self.width())
        if height != self.maximumHeight():
            self.setFixedHeight(height)
            self.updateGeometry()

    def _places(self, width: int) -> list[tuple[QWidget, QRect]]:
        line, left, top = self._line, 0, 0
        places = []
        for widget in self._groups:
            wide = widget.sizeHint().width()
            if left and left + wide > width:
                left, top = 0, top + line + LINE_GAP
            places.append((widget, QRect(left, top, wide, line)))
            left += wide + GAP
        if self._ending and left and left + self._ending_width > width:
            top += line + LINE_GAP
        left = max(0, width - self._ending_width)
        for widget in self._ending:
            wide = widget.sizeHint().width()
            places.append((widget, QRect(left, top, wide, line)))
            left += wide + GAP
        return places


def group(*widgets: QWidget) -> QWidget:
    """Widgets that stay together in one line."""
    whole = QWidget()
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GAP)
    for widget in widgets:
        row.addWidget(widget)
    return whole
