"""How long calls took, as bars over a logarithmic axis: the tail is as wide as the hill, p99 is marked.

Heights are logarithmic too: one slow call among a hundred thousand is still a bar.
"""

import math

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.operations.latencies import BUCKETS_PER_DECADE, bucket_of, bucket_start
from app.ui.charts.lane_chart import AXIS, STRIP, LaneChart, lane_colour, paint_labels
from app.ui.charts.log_axis import LogAxis, tick_label
from app.ui.theme import Theme, ThemeSource
from app.viewmodels.figures import percent, seconds
from app.viewmodels.repeat_picture import LanePicture, RunPicture
from app.viewmodels.repeat_words import NO_ANSWER, grouped, histogram_summary

_LEAST_HEIGHT = 2.0  # px: a bar of one call is seen
_LEAST_BUCKETS = BUCKETS_PER_DECADE


class LatencyHistogram(LaneChart):
    """Draws a RunPicture's buckets; a base run stands behind as an outline. GUI thread."""

    def __init__(self, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(themes, "Latency histogram", parent)
        self._span = (0, 1)

    def show_picture(self, picture: RunPicture | None, base: RunPicture | None = None) -> None:
        """Draw another run."""
        self._span = _span([each for each in (picture, base) if each is not None])
        super().show_picture(picture, base)

    def summary(self) -> str:
        """Each lane's figures in a sentence."""
        return histogram_summary(self.picture)

    def places(self) -> int:
        """One for each bucket on the axis."""
        return self._span[1] - self._span[0]

    def place_at(self, x: float) -> int:
        """The bucket under a pixel."""
        plot = self.plot()
        return int((x - plot.left()) / plot.width() * self.places())

    def place_rect(self, place: int) -> tuple[float, float]:
        """Left and right edge of a bucket."""
        plot = self.plot()
        width = plot.width() / self.places()
        return plot.left() + place * width, plot.left() + (place + 1) * width

    def read_out(self, place: int) -> str:
        """The bucket's limits and what each lane has in it."""
        bucket = self._span[0] + place
        limits = f"{seconds(bucket_start(bucket))} … {seconds(bucket_start(bucket + 1))}"
        lanes = self.picture.lanes if self.picture else ()
        return f"{limits}: " + ", ".join(_in_bucket(lane, bucket) for lane in lanes)

    def paint_axis(self, painter: QPainter, theme: Theme) -> None:
        """Round durations; faint lines through all rows."""
        shown = [each for each in (self.picture, self.base) if each is not None]
        if not any(lane.buckets for each in shown for lane in each.lanes):
            return  # durations of nothing
        plot, axis = self.plot(), self._axis()
        metrics = painter.fontMetrics()
        right = -1.0
        for tick in axis.ticks(max(2, int(plot.width() // 64))):
            x = plot.left() + axis.share(tick) * plot.width()
            painter.setPen(QPen(theme["line"], 1))
            painter.drawLine(QLineF(x, STRIP, x, plot.bottom()))
            text = tick_label(tick)
            width = metrics.horizontalAdvance(text)
            left = min(x - width / 2, self.width() - width - 2.0)
            if left > right + 4:
                painter.setPen(theme["muted"])
                painter.drawText(QPointF(left, plot.bottom() + AXIS - metrics.descent() - 2), text)
                right = left + width

    def paint_row(self, painter: QPainter, theme: Theme, lane: LanePicture, box: QRectF) -> None:
        """Bars, the base's outline, and the marks."""
        painter.setPen(QPen(theme["line_strong"], 1))
        painter.drawLine(QLineF(box.left(), box.bottom(), box.right(), box.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(lane_colour(theme, lane.lane))
        for bucket, calls in lane.buckets.items():
            left, right = self.place_rect(bucket - self._span[0])
            high = self._height(calls, box)
            painter.drawRect(QRectF(left + 0.5, box.bottom() - high, max(right - left - 1, 1.0), high))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._paint_base(painter, theme, lane, box)
        if not lane.buckets:
            painter.setPen(theme["muted"])
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, NO_ANSWER)
        self._paint_marks(painter, theme, lane, box)

    def _paint_base(self, painter: QPainter, theme: Theme, lane: LanePicture, box: QRectF) -> None:
        lanes = self.base.lanes if self.base else ()
        base = next((each for each in lanes if each.lane is lane.lane), None)
        if base is None or not base.buckets:
            return
        steps = QPolygonF()
        first, last = min(base.buckets), max(base.buckets)
        for bucket in range(first, last + 1):
            left, right = self.place_rect(bucket - self._span[0])
            top = box.bottom() - self._height(base.buckets.get(bucket, 0), box)
            if bucket == first:
                steps.append(QPointF(left, box.bottom()))
            steps.append(QPointF(left, top))
            steps.append(QPointF(right, top))
        steps.append(QPointF(self.place_rect(last - self._span[0])[1], box.bottom()))
        painter.setPen(QPen(theme["text"], 1, Qt.PenStyle.DotLine))
        painter.drawPolyline(steps)

    def _paint_marks(self, painter: QPainter, theme: Theme, lane: LanePicture, box: QRectF) -> None:
        figures = lane.summary
        if figures is None:
            return
        axis = self._axis()
        marks = (("p50", figures.p50), ("p99", figures.p99), ("max", figures.maximum))
        labels = []
        for name, value in marks:
            x = box.left() + axis.share(value) * box.width()
            style = Qt.PenStyle.DashLine if name == "p99" else Qt.PenStyle.SolidLine
            painter.setPen(QPen(theme["text"], 1, style))
            top = box.bottom() - 8 if name == "max" else box.top() - 2
            painter.drawLine(QLineF(x, top, x, box.bottom()))
            labels.append((x, f"{name} {seconds(value)}"))
        painter.setPen(theme["text"])
        paint_labels(painter, QRectF(box.left(), box.top() - STRIP, box.width(), STRIP), labels)

    def _axis(self) -> LogAxis:
        return LogAxis(bucket_start(self._span[0]), bucket_start(self._span[1]))

    def _height(self, calls: int, box: QRectF) -> float:
        most = max(picture.most for picture in (self.picture, self.base) if picture is not None)
        if calls <= 0 or most <= 0:
            return 0.0
        return max(math.log1p(calls) / math.log1p(most) * box.height(), _LEAST_HEIGHT)


def _span(pictures: list[RunPicture]) -> tuple[int, int]:
    """First bucket and the one after the last, over all runs, with air at both ends."""
    ranges = [picture.range for picture in pictures]
    known = [each for each in ranges if each is not None]
    if not known:
        return 0, _LEAST_BUCKETS
    first = bucket_of(min(low for low, _ in known)) - 1
    last = bucket_of(max(high for _, high in known)) + 2
    missing = max(0, _LEAST_BUCKETS - (last - first))
    return first - missing // 2, last + (missing + 1) // 2


def _in_bucket(lane: LanePicture, bucket: int) -> str:
    calls = lane.buckets.get(bucket, 0)
    share = percent(calls / lane.summary.count) if lane.summary else "–"
    return f"{lane.lane.label} {grouped(calls)} ({share})"
