"""A place in the window whose widgets come after the first paint, so that the window is there sooner."""

from collections.abc import Callable

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QMouseEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.widgets.entry import entry_of, set_entry

Built = tuple[QWidget, QWidget | None]  # body, header
_HEADER_HEIGHT = 30  # px: a row of quiet buttons


class LatePanel(QWidget):
    """Builds its content when it is visible and allow() was called, whichever comes last; at a click at once.

    GUI thread. ``header`` is the place of the content's own header. ``width`` and ``height`` in pixels are
    what the content will need in a usual font: nothing moves when it comes.
    """

    def __init__(self, build: Callable[[], Built], *, width: int, height: int = 0) -> None:
        super().__init__()
        self._build: Callable[[], Built] | None = build
        self._allowed = False
        self.setMinimumSize(width, height)
        self.header = QWidget()
        self.header.setMinimumHeight(_HEADER_HEIGHT)
        for place, layout in ((self, QVBoxLayout(self)), (self.header, QHBoxLayout(self.header))):
            layout.setContentsMargins(0, 0, 0, 0)
            place.setLayout(layout)

    @Slot()
    def allow(self) -> None:
        """The window has been painted: build as soon as there is something to see."""
        self._allowed = True
        if self._is_seen():
            self.fill()

    def _is_seen(self) -> bool:
        """A dock behind another one's tab counts as visible, but nothing of it is."""
        return self.isVisible() and not self.visibleRegion().isEmpty()

    @Slot()
    def fill(self) -> None:
        """Build now, unless it is built."""
        if self._build is None:
            return
        build, self._build = self._build, None
        body, header = build()
        for place in (self, self.header):
            place.setMinimumSize(0, 0)  # from now on the content says what it needs, in its own font
        self._add(self, body)
        entry = entry_of(body)
        if entry is not None:
            set_entry(self, entry)
        if header is not None:
            self._add(self.header, header)

    def showEvent(self, event: QShowEvent) -> None:
        """Qt's hook: a tab was chosen or the window appears."""
        super().showEvent(event)
        if self._allowed:
            self.fill()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt's hook: whatever way it came into view, an empty place is built when it would be painted."""
        super().paintEvent(event)
        if self._allowed and self._build is not None:
            QTimer.singleShot(0, self.fill)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Qt's hook: nobody who reaches for the content waits for it."""
        super().mousePressEvent(event)
        QTimer.singleShot(0, self.fill)

    @staticmethod
    def _add(place: QWidget, widget: QWidget) -> None:
        layout = place.layout()
        assert layout is not None
        layout.addWidget(widget)
