"""How long calls took, one after another through the run: every slow one is there, no average hides it.

A column of time reaches from its fastest to its slowest call, with a point at the median. The axis is
logarithmic, p99 is a dashed line, failures are crosses above.
"""

from bisect import bisect_right

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.ui.charts.lane_chart import AXIS, GUTTER, STRIP, LaneChart, lane_colour, paint_labels
from app.ui.charts.log_axis import LogAxis, tick_label
from app.ui.theme import Theme, ThemeSource
from app.viewmodels.figures import count, seconds
from app.viewmodels.repeat_picture import LanePicture, RunPicture
from app.viewmodels.repeat_words import series_summary

_CROSS = 3.0  # px
_PLACES = 120  # steps of the cursor


class LatencySeries(LaneChart):
    """Draws a RunPicture's columns. GUI thread."""

    def __init__(self, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(themes, "Latency through the run", parent)
        self._axis = LogAxis(0.0001, 0.001)
        self._duration = 1.0

    def show_picture(self, picture: RunPicture | None, base: RunPicture | None = None) -> None:
        """Draw another run; the base run is not drawn here."""
        found = picture.range if picture is not None else None
        if picture is not None and found is not None:
            self._axis = LogAxis.around(*found)
        self._duration = max(picture.duration if picture is not None else 0.0, 1e-6)
        super().show_picture(picture, None)

    def summary(self) -> str:
        """Each lane's length, failures and slowest moment."""
        return series_summary(self.picture)

    def places(self) -> int:
        """Equal slices of the run."""
        return _PLACES

    def place_at(self, x: float) -> int:
        """The slice under a pixel."""
        plot = self.plot()
        return int((x - plot.left()) / plot.width() * _PLACES)

    def place_rect(self, place: int) -> tuple[float, float]:
        """Left and right edge of a slice."""
        plot = self.plot()
        width = plot.width() / _PLACES
        return plot.left() + place * width, plot.left() + (place + 1) * width

    def read_out(self, place: int) -> str:
        """What each lane did in the slice."""
        start, end = (self._duration * (place + step) / _PLACES for step in (0, 1))
        lanes = self.picture.lanes if self.picture else ()
        return f"at {seconds(start)}: " + ", ".join(_in_slice(lane, start, end) for lane in lanes)

    def paint_axis(self, painter: QPainter, theme: Theme) -> None:
        """Time below; the durations stand beside each row."""
        plot, metrics = self.plot(), painter.fontMetrics()
        painter.setPen(theme["muted"])
        baseline = plot.bottom() + AXIS - metrics.descent() - 2
        for share in (0.0, 0.5, 1.0):
            text = seconds(self._duration * share) if share else "start"
            width = metrics.horizontalAdvance(text)
            x = plot.left() + share * plot.width() - width * share
            painter.drawText(QPointF(x, baseline), text)

    def paint_row(self, painter: QPainter, theme: Theme, lane: LanePicture, box: QRectF) -> None:
        """Ticks, columns, p99 and failures."""
        self._paint_ticks(painter, theme, box)
        colour = lane_colour(theme, lane.lane)
        bars, points = [], []
        for column in lane.columns:
            x = box.left() + column.start / self._duration * box.width()
            top, bottom = self._y(column.slowest, box), self._y(column.fastest, box)
            if column.calls > 1:
                bars.append(QLineF(x, top, x, max(bottom, top + 1)))
            points.append(QRectF(x - 1, self._y(column.median, box) - 1, 2, 2))
        faint = theme.mix(f"lane_{lane.lane.value}", "surface1", 0.45)
        painter.setPen(QPen(faint, 1.5))
        painter.drawLines(bars)
        for point in points:
            painter.fillRect(point, colour)
        self._paint_p99(painter, theme, lane, box)
        self._paint_failures(painter, theme, lane, box)

    def _paint_ticks(self, painter: QPainter, theme: Theme, box: QRectF) -> None:
        metrics = painter.fontMetrics()
        for tick in self._axis.ticks(max(2, int(box.height() // 22))):
            y = self._y(tick, box)
            painter.setPen(QPen(theme["line"], 1))
            painter.drawLine(QLineF(box.left(), y, box.right(), y))
            text = tick_label(tick)
            painter.setPen(theme["muted"])
            left = GUTTER - 6 - metrics.horizontalAdvance(text)
            painter.drawText(QPointF(left, min(y + metrics.ascent() / 2 - 1, box.bottom() + 2)), text)

    def _paint_p99(self, painter: QPainter, theme: Theme, lane: LanePicture, box: QRectF) -> None:
        figures = lane.summary
        failed = sum(number for _, number in lane.failures)
        words = "" if not failed else f"{count(failed, 'failure')}   "
        if figures is not None:
            y = self._y(figures.p99, box)
            painter.setPen(QPen(theme["text"], 1, Qt.PenStyle.DashLine))
            right = box.left() + lane.duration / self._duration * box.width()
            painter.drawLine(QLineF(box.left(), y, right, y))
            words += f"p99 {seconds(figures.p99)}"
        painter.setPen(theme["error" if failed else "text"])
        paint_labels(
            painter, QRectF(box.left(), box.top() - STRIP, box.width(), STRIP), [(box.right(), words)]
        )

    def _paint_failures(self, painter: QPainter, theme: Theme, lane: LanePicture, box: QRectF) -> None:
        y = box.top() + _CROSS
        lines = []
        for start, _number in lane.failures:
            x = box.left() + start / self._duration * box.width()
            lines.append(QLineF(x - _CROSS, y - _CROSS, x + _CROSS, y + _CROSS))
            lines.append(QLineF(x - _CROSS, y + _CROSS, x + _CROSS, y - _CROSS))
        painter.setPen(QPen(theme["error"], 1.2))
        painter.drawLines(lines)

    def _y(self, value: float, box: QRectF) -> float:
        return box.bottom() - self._axis.share(value) * box.height()


def _in_slice(lane: LanePicture, start: float, end: float) -> str:
    starts = [column.start for column in lane.columns]
    inside = lane.columns[bisect_right(starts, start - 1e-12) : bisect_right(starts, end - 1e-12)]
    failed = sum(number for at, number in lane.failures if start <= at < end)
    words = f"{lane.lane.label} " + (
        f"{count(sum(column.calls for column in inside), 'call')}, "
        f"slowest {seconds(max(column.slowest for column in inside))}"
        if inside
        else "no answer"
    )
    return f"{words}, {count(failed, 'failure')}" if failed else words
