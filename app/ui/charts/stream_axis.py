"""Three lanes on one time axis, a dot for each message. Where dots would touch, a column tells how many."""

from math import ceil, log2

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPixmap, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.lanes import Lane
from app.ui.theme import ThemeSource, tabular
from app.ui.widgets.painting import painting
from app.viewmodels.orders import OrdersModel

SPAN = 12.0  # seconds in view
FRAME_MS = 50
AXIS = 16  # px: the labels
_DOT = 2.5  # px: radius
_SMALL_DOT = 1.4  # px: radius where messages are nearer than _NEAR
_NEAR, _TOUCHING = 6, 3  # px between two messages
_STEP = 2  # seconds between ticks
_LABEL_GAP = 6  # px between labels; one without room is left out
_UNSETTLED = 0.5  # seconds at the right edge into which messages may still come
_MARKS = {"open": "line_strong", "reconnect": "warning", "end": "muted", "break": "error"}


class StreamAxis(QWidget):
    """Draws arrivals. GUI thread. ``row_height`` lets it stand beside a table of lanes."""

    def __init__(
        self, model: OrdersModel, themes: ThemeSource, *, row_height: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._themes = themes
        self._row = row_height
        self._place = 0  # the pixel of all time at the right edge
        self._strip: QPixmap | None = None
        self._drawn: object = None  # the arrivals on the strip
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
        themes.theme_changed.connect(self._recolour)

    @Slot()
    def refresh(self) -> None:
        """Have a frame drawn soon; many calls make one."""
        if self.isVisible() and not self._clock.isActive():
            self._clock.start()

    @Slot()
    def _recolour(self) -> None:
        self._strip = None
        self.refresh()

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
        with painting(self) as painter:
            self._scroll_strip()
            self._draw_axis(painter)
            if self._strip is not None:
                painter.drawPixmap(0, 0, self._strip)
        if self._model.running and not self._model.paused:
            self._clock.start()

    # The strip keeps what was drawn: a frame moves it and draws only its newest part. Everything else would
    # be a thousand calls a frame, each of which may have to wait for the threads that read the streams.

    def _scroll_strip(self) -> None:
        fresh = self._strip is None or self._strip.width() != self._pixels(self.width())
        if self._model.paused and not fresh:
            return
        per_pixel = SPAN / max(1, self.width())
        place = ceil(self._model.edge() / per_pixel)
        moved = place - self._place
        if fresh or self._drawn is not self._model.arrivals or not 0 <= moved < self.width():
            self._renew_strip()
            moved = self.width()
        strip = self._strip
        assert strip is not None
        ratio = strip.devicePixelRatio()
        if moved and moved < self.width():
            if ratio != int(ratio):  # a pixmap scrolls by whole device pixels
                moved = self.width()
            else:
                strip.scroll(-moved * int(ratio), 0, strip.rect())
        self._place, self._drawn = place, self._model.arrivals
        left = max(0, self.width() - moved - ceil(_UNSETTLED / per_pixel))
        painter = QPainter(strip)
        newest = QRect(left, 0, self.width() - left, self.height())
        painter.setClipRect(newest)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.fillRect(newest, Qt.GlobalColor.transparent)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        for index, lane in enumerate(Lane):
            self._draw_lane(painter, lane, index * self._row, left)
        painter.end()

    def _renew_strip(self) -> None:
        ratio = self.devicePixelRatioF()
        self._strip = QPixmap(self._pixels(self.width()), self._pixels(self.height()))
        self._strip.setDevicePixelRatio(ratio)
        self._strip.fill(Qt.GlobalColor.transparent)

    @property
    def _stands(self) -> bool:
        return self._model.arrivals.last > 0 and not self._model.running

    def _pixels(self, length: int) -> int:
        return round(length * self.devicePixelRatioF())

    def _x(self, at: float) -> float:
        """The pixel of a wall clock; whole pixels move together, so that dots do not shimmer."""
        return self.width() - _DOT - 1 - self._place + at / SPAN * self.width()

    def _draw_axis(self, painter: QPainter) -> None:
        theme = self._themes.theme
        painter.setPen(QPen(theme["line"], 1))
        right, per_second = self.width() - _DOT - 1, self.width() / SPAN
        lines = [
            QLineF(0, y, self.width(), y)
            for y in ((index + 1) * self._row - 6 + 0.5 for index in range(len(Lane)))
        ]
        ages = range(0, int(SPAN) + 1, _STEP)
        bottom = 3 * self._row
        lines += [QLineF(x, bottom - 6, x, bottom - 2) for x in (right - age * per_second for age in ages)]
        painter.drawLines(lines)
        painter.setPen(theme["muted"])
        metrics = QFontMetricsF(painter.font())
        taken = float(self.width()) + _LABEL_GAP
        for age in ages:
            text = ("end" if self._stands else "now") if age == 0 else f"−{age} s"
            width = metrics.horizontalAdvance(text)
            x = min(right - age * per_second - width / 2, self.width() - width)
            if x >= 0 and x + width + _LABEL_GAP <= taken:
                taken = x
                painter.drawText(QPointF(x, bottom + metrics.ascent()), text)

    def _draw_lane(self, painter: QPainter, lane: Lane, top: int, left: int) -> None:
        theme = self._themes.theme
        arrivals = self._model.arrivals.lanes[lane]
        base = top + self._row - 6
        for mark in arrivals.marks:
            x = self._x(mark.at)
            if left <= x <= self.width():
                painter.setPen(QPen(theme[_MARKS.get(mark.kind, "muted")], 1))
                painter.drawLine(QLineF(x, top + 5, x, base))
        per_pixel = SPAN / max(1, self.width())
        edge = self._place * per_pixel
        first = edge - (self.width() - left + 2 * _NEAR) * per_pixel
        columns: dict[int, int] = {}
        for at, count in arrivals.between(first, edge):
            x = int(self._x(at))
            columns[x] = columns.get(x, 0) + count
        self._draw_columns(painter, columns, base, theme[f"lane_{lane.value}"])

    def _draw_columns(self, painter: QPainter, columns: dict[int, int], base: int, color: QColor) -> None:
        places = sorted(columns)
        large: list[QPointF] = []
        small: list[QPointF] = []
        bars: list[QRectF] = []
        highest = self._row - 12
        for index, x in enumerate(places):
            before = x - places[index - 1] if index else _NEAR
            after = places[index + 1] - x if index + 1 < len(places) else _NEAR
            count = columns[x]
            gap = min(before, after)
            if count == 1 and gap >= _TOUCHING:
                (large if gap >= _NEAR else small).append(QPointF(x, base - highest / 2))
            else:
                height = min(highest, 3 + 3 * log2(count + 1))
                bars.append(QRectF(x, base - height, 1, height))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRects(bars)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for points, radius in ((large, _DOT), (small, _SMALL_DOT)):
            painter.setPen(QPen(color, 2 * radius, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPoints(points)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
