"""Three lanes on one time axis, a dot for each message. Where dots would touch, a column tells how many."""

from math import ceil, log2

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.lanes import Lane
from app.ui.theme import ThemeSource, tabular
from app.viewmodels.orders import OrdersModel

SPAN = 12.0  # seconds in view
FRAME_MS = 50
AXIS = 16  # px: the labels
_DOT = 2.5  # px: radius
_NEAR = 6  # px between two dots that do not touch
_STEP = 2  # seconds between ticks
_MARKS = {"open": "line_strong", "reconnect": "warning", "end": "muted"}


class StreamAxis(QWidget):
    """Draws arrivals. GUI thread. ``row_height`` lets it stand beside a table of lanes."""

    def __init__(
        self, model: OrdersModel, themes: ThemeSource, *, row_height: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._themes = themes
        self._row = row_height
        self._edge = 0.0  # where a paused picture stands
        font = tabular(self.font())
        font.setPointSizeF(max(7.0, font.pointSizeF() * 0.84))
        self.setFont(font)
        self.setAccessibleName("Arrival of messages over time")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("A dot is a message; a column is several at once, a step for each doubling")
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(FRAME_MS)
        self._clock.timeout.connect(self.update)
        model.figures_changed.connect(self.refresh)
        model.view_changed.connect(self.refresh)
        model.running_changed.connect(self.refresh)
        themes.theme_changed.connect(self.refresh)

    @Slot()
    def refresh(self) -> None:
        """Have a frame drawn soon; many calls make one."""
        if self.isVisible() and not self._clock.isActive():
            self._clock.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to move again."""
        super().showEvent(event)
        self.refresh()

    def sizeHint(self) -> QSize:
        """Three rows and the labels."""
        return QSize(320, 3 * self._row + AXIS)

    def minimumSizeHint(self) -> QSize:
        """Narrow docks keep a few seconds."""
        return QSize(120, 3 * self._row + AXIS)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """One frame; the next is asked for while something moves."""
        painter = QPainter(self)
        edge = self._right_edge()
        self._draw_axis(painter, edge)
        for index, lane in enumerate(Lane):
            self._draw_lane(painter, lane, index * self._row, edge)
        painter.end()
        if self._model.running and not self._model.paused:
            self._clock.start()

    def _right_edge(self) -> float:
        if not self._model.paused:
            # Whole pixels, so that dots move together and do not shimmer.
            per_pixel = SPAN / max(1, self.width())
            self._edge = ceil(self._model.edge() / per_pixel) * per_pixel
        return self._edge

    def _x(self, at: float, edge: float) -> float:
        return self.width() - _DOT - 1 - (edge - at) / SPAN * self.width()

    def _draw_axis(self, painter: QPainter, edge: float) -> None:
        theme = self._themes.theme
        painter.setPen(QPen(theme["line"], 1))
        lines = [
            QLineF(0, y, self.width(), y)
            for y in ((index + 1) * self._row - 6 + 0.5 for index in range(len(Lane)))
        ]
        ages = range(0, int(SPAN) + 1, _STEP)
        bottom = 3 * self._row
        lines += [QLineF(x, bottom - 6, x, bottom - 2) for x in (self._x(edge - age, edge) for age in ages)]
        painter.drawLines(lines)
        painter.setPen(theme["muted"])
        metrics = QFontMetricsF(painter.font())
        for age in ages:
            text = ("now" if self._model.running else "end") if age == 0 else f"−{age} s"
            width = metrics.horizontalAdvance(text)
            x = min(self._x(edge - age, edge) - width / 2, self.width() - width)
            if x >= 0:
                painter.drawText(QPointF(x, bottom + metrics.ascent()), text)

    def _draw_lane(self, painter: QPainter, lane: Lane, top: int, edge: float) -> None:
        theme = self._themes.theme
        arrivals = self._model.arrivals.lanes[lane]
        base = top + self._row - 6
        for mark in arrivals.marks:
            x = self._x(mark.at, edge)
            if 0 <= x <= self.width():
                painter.setPen(QPen(theme[_MARKS.get(mark.kind, "muted")], 1))
                painter.drawLine(QLineF(x, top + 5, x, base))
        columns: dict[int, int] = {}
        for at, count in arrivals.between(edge - SPAN, edge):
            x = int(self._x(at, edge))
            columns[x] = columns.get(x, 0) + count
        self._draw_columns(painter, columns, base, theme[f"lane_{lane.value}"])

    def _draw_columns(self, painter: QPainter, columns: dict[int, int], base: int, color: QColor) -> None:
        places = sorted(columns)
        dots, bars = [], []
        highest = self._row - 12
        for index, x in enumerate(places):
            before = x - places[index - 1] if index else _NEAR
            after = places[index + 1] - x if index + 1 < len(places) else _NEAR
            count = columns[x]
            if count == 1 and min(before, after) >= _NEAR:
                dots.append(QPointF(x, base - highest / 2))
            else:
                height = min(highest, 3 + 3 * log2(count + 1))
                bars.append(QRectF(x, base - height, 1, height))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRects(bars)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for dot in dots:
            painter.drawEllipse(dot, _DOT, _DOT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
