"""A small round or square mark in a token's colour: a second cue beside a word, never the only one."""

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme import ThemeSource
from app.ui.widgets.painting import painting

_SIDE = 8  # px


class Dot(QWidget):
    """Paints one mark. GUI thread."""

    def __init__(
        self, themes: ThemeSource, token: str, *, square: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._themes = themes
        self._token = token
        self._square = square
        self.setFixedSize(QSize(_SIDE, _SIDE + 2))
        themes.theme_changed.connect(self._repaint)

    @property
    def token(self) -> str:
        """The colour in force, by name."""
        return self._token

    def set_token(self, token: str) -> None:
        """Change the colour."""
        if token != self._token:
            self._token = token
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """One filled shape."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._themes.theme[self._token])
            place = QRectF(0, (self.height() - _SIDE) / 2, _SIDE, _SIDE)
            radius = 2 if self._square else _SIDE / 2
            painter.drawRoundedRect(place, radius, radius)

    @Slot()
    def _repaint(self) -> None:
        self.update()
