"""The density picture of one lane: columns of counts, where single attempts would cover one another.

Most columns of a frame are those of the frame before, a little further left. Their rectangles are kept, and
only those whose counts changed are made anew: under full traffic a frame costs a fifth of a millisecond.
"""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter

from app.ui.charts.legible import mix
from app.ui.charts.timeline_glyphs import Glyphs
from app.ui.charts.timeline_layout import COLUMN, Frame
from app.viewmodels.timeline_tally import Part

_Rects = list[tuple[int, QRect]]  # each with its Part


class DensityPicture:
    """Columns of one lane in the colours of one theme. GUI thread."""

    def __init__(self, glyphs: Glyphs) -> None:
        theme = glyphs.theme
        late = mix(theme["muted"], theme["surface1"], 0.4)
        self._colors: tuple[QColor, ...] = (glyphs.success, glyphs.failure, late, theme["muted"])
        self._shape: tuple[float, ...] = ()  # what every rectangle depends on
        self._first = 0  # the column that lies at x = 0
        self._known: dict[int, tuple[list[int], _Rects]] = {}

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Draw the columns of one frame."""
        counts = frame.columns or {}
        if not counts:
            return
        most = max(map(sum, counts.values()))
        shape = (frame.scale.per_second, frame.box.base, frame.box.rows_top, most)
        if shape != self._shape or len(self._known) > 2 * len(counts) + 100:
            self._shape, self._first = shape, min(counts)
            self._known.clear()
        layers: tuple[list[QRect], ...] = tuple([] for _ in Part)
        for column, parts in counts.items():
            known = self._known.get(column)
            if known is None or known[0] != parts:
                known = self._known[column] = (parts[:], self._rects(frame, column, parts, most))
            for part, rect in known[1]:
                layers[part].append(rect)
        shift = self._first * COLUMN - frame.scale.origin
        painter.translate(shift, 0)
        painter.setPen(Qt.PenStyle.NoPen)
        for color, layer in zip(self._colors, layers, strict=True):
            if layer:
                painter.setBrush(color)
                painter.drawRects(layer)
        painter.translate(-shift, 0)

    def _rects(self, frame: Frame, column: int, parts: list[int], most: int) -> _Rects:
        base = bottom = frame.box.base
        unit = (base - frame.box.rows_top) / most
        x, total, rects = (column - self._first) * COLUMN, 0, []
        for part, count in enumerate(parts):
            if count:
                total += count
                top = base - max(2, round(total * unit))
                rects.append((part, QRect(x, top, COLUMN - 1, bottom - top)))
                bottom = top
        return rects
