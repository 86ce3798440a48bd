"""A row of buttons for a narrow place: those that do not fit wait in a menu at its end."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QAction, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from app.ui.widgets.labels import ElidedLabel
from app.ui.widgets.tab_order import set_tab_order

GAP = 2  # px between buttons, whose own padding keeps their words apart
LABEL_GAP = 8


class FittingRow(QWidget):
    """A label that is never cut, then buttons to its right; the last ones are the first to go. GUI thread.

    A button that went is an entry of the "⋯" menu, with its own menu below it if it has one.
    """

    def __init__(
        self, buttons: Sequence[QPushButton], *, label: QLabel | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._buttons = tuple(buttons)
        self._label = label
        self._more = QPushButton("⋯", self)
        self._more.setProperty("role", "quiet")
        self._more.setAutoDefault(False)
        self._more.setToolTip("More")
        self._more.setAccessibleName("More commands")
        self._menu = QMenu(self._more)
        self._menu.aboutToShow.connect(self._fill)
        self._more.setMenu(self._menu)
        for widget in (label, *buttons):
            if widget is not None:
                widget.setParent(self)
        set_tab_order((*buttons, self._more))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def hidden(self) -> list[str]:
        """The words of the buttons that wait in the menu."""
        return [button.text() for button in self._buttons if button.isHidden()]

    def menu_actions(self) -> list[QAction]:
        """The entries of the menu as it would open now."""
        self._fill()
        return self._menu.actions()

    def sizeHint(self) -> QSize:
        """Everything in one row."""
        return QSize(self._label_width() + self._buttons_width(len(self._buttons)), self._height())

    def minimumSizeHint(self) -> QSize:
        """The label and the menu."""
        return QSize(self._label_width() + self._more.sizeHint().width(), self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit anew."""
        super().resizeEvent(event)
        self.arrange()

    def showEvent(self, event: QShowEvent) -> None:
        """Widths are known once the style sheet is in force."""
        super().showEvent(event)
        self.arrange()

    @Slot()
    def arrange(self) -> None:
        """Fit anew: a word changed its length."""
        room = self.width() - self._label_width()
        count = len(self._buttons)
        if self._buttons_width(count) > room:
            room -= self._more.sizeHint().width() + GAP
            while count and self._buttons_width(count) > room:
                count -= 1
        right = self.width()
        shown: list[QWidget] = list(self._buttons[:count])
        for place, button in enumerate(self._buttons):
            button.setVisible(place < count)
        self._more.setVisible(count < len(self._buttons))
        if count < len(self._buttons):
            shown.append(self._more)
        for widget in reversed(shown):
            hint = widget.sizeHint().expandedTo(widget.minimumSize())
            right -= hint.width()
            widget.setGeometry(right, (self.height() - hint.height()) // 2, hint.width(), hint.height())
            right -= GAP
        if self._label is not None:
            self._label.setGeometry(0, 0, max(0, right - LABEL_GAP + GAP), self.height())

    def _fill(self) -> None:
        self._menu.clear()
        for button in self._buttons:
            if not button.isHidden():
                continue
            below = button.menu()
            if below is not None:
                entry = self._menu.addMenu(below)
                entry.setText(button.accessibleName() or button.text())
            else:
                entry = self._menu.addAction(button.toolTip().partition(" (")[0] or button.text())
                entry.triggered.connect(button.click)
            entry.setEnabled(button.isEnabled())

    def _label_width(self) -> int:
        if self._label is None:
            return 0
        text = self._label.full_text if isinstance(self._label, ElidedLabel) else self._label.text()
        return self._label.fontMetrics().horizontalAdvance(text) + 4 + LABEL_GAP if text else 0

    def _buttons_width(self, count: int) -> int:
        shown = self._buttons[:count]
        widths = (button.sizeHint().expandedTo(button.minimumSize()).width() for button in shown)
        return sum(widths) + GAP * max(0, count - 1)

    def _height(self) -> int:
        tallest = max((button.sizeHint().height() for button in (*self._buttons, self._more)), default=0)
        return max(tallest, self._label.sizeHint().height() if self._label is not None else 0)
