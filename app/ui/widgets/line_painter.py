"""Draws one display line: spans, fold triangle, the mark beside unwanted leaves, matches and selection.

Knows where a column is in pixels; it does not know which line is where on the screen.
"""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from app.domain.values import dataclass
from app.ui.theme import Theme
from app.viewmodels.json_lines import NOT_ASKED, UNASKED, Line, Style, plain, spans

GUTTER = 16
MARGIN = 8
CUT = "… ◂ "  # over the end of a line that has no room for its mark
_FOLDED = (QPointF(-2, -3.5), QPointF(2.5, 0), QPointF(-2, 3.5))
_UNFOLDED = (QPointF(-3.5, -2), QPointF(3.5, -2), QPointF(0, 2.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Where and in which state a line is drawn. ``left`` is column 0, ``width`` the viewport's, in pixels."""

    line: Line
    top: int
    left: float
    width: int
    foldable: bool = False
    folded: bool = False
    selected: tuple[int, int] | None = None  # columns; an end beyond the text takes the line break in
    current: bool = False  # the caret's line, drawn when the view has the focus
    needle: str = ""  # casefolded


class LinePainter:
    """Metrics of the body font and the drawing of one row. GUI thread."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self._metrics = QFontMetricsF(font)
        self.char = self._metrics.horizontalAdvance("m" * 64) / 64
        self.height = round(self._metrics.height()) + 2

    def advance(self, text: str) -> float:
        """Width of ``text`` in pixels."""
        return len(text) * self.char if text.isascii() else self._metrics.horizontalAdvance(text)

    def width(self, row: Row) -> float:
        """Pixels that the row needs, with room for its mark."""
        needed = self.advance(plain(row.line, folded=row.folded))
        return needed + self.advance(" ◂ ") if row.line.extra else needed

    def paint(self, painter: QPainter, theme: Theme, row: Row, *, greyed: bool) -> float:
        """Draw the row; returns where it ends on the right, in pixels."""
        pieces = spans(row.line, folded=row.folded)
        if row.current:
            painter.fillRect(QRectF(0, row.top, row.width, self.height), theme["surface2"])
        if row.selected is not None or row.needle:
            self._paint_marks(painter, theme, row, "".join(text for text, _ in pieces))
        if row.foldable:
            self._paint_fold(painter, theme, row)
        baseline = row.top + self._metrics.ascent() + 1
        x = row.left
        for text, style in pieces:
            painter.setPen(_colour(theme, style, greyed=greyed))
            painter.drawText(QPointF(x, baseline), text)
            x += self.advance(text)
        return self._paint_extra(painter, theme, QPointF(x, baseline), row.width) if row.line.extra else x

    def _paint_extra(self, painter: QPainter, theme: Theme, at: QPointF, width: int) -> float:
        """The words beside an unwanted leaf: shorter ones, or the triangle alone, where the room ends."""
        room = width - at.x() - 2
        choices = (f"   {NOT_ASKED}", f" {NOT_ASKED}", f" {UNASKED}", " ◂")
        text = next((words for words in choices if self.advance(words) <= room), None)
        if text is None:  # the line runs out of the view: the mark stays in it, after what there is room for
            room = self.advance(CUT)
            box = QRectF(width - room, at.y() - self._metrics.ascent(), room, self.height)
            painter.fillRect(box, theme["surface1"])
            painter.setPen(theme["muted"])
            painter.drawText(QPointF(box.x(), at.y()), CUT)
            return at.x() + self.advance(" ◂ ")
        painter.setPen(theme["muted"])
        painter.drawText(at, text)
        return at.x() + self.advance(text)

    def _paint_fold(self, painter: QPainter, theme: Theme, row: Row) -> None:
        middle = QPointF(row.left - 8, row.top + self.height / 2)
        points = _FOLDED if row.folded else _UNFOLDED
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme["muted"])
        painter.drawPolygon(QPolygonF([middle + point for point in points]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_marks(self, painter: QPainter, theme: Theme, row: Row, text: str) -> None:
        if row.needle:
            self._paint_matches(painter, theme, row, text)
        if row.selected is None:
            return
        begin, end = row.selected
        left = row.left + self.advance(text[:begin])
        width = self.advance(text[begin:end]) + (self.char if end > len(text) else 0)
        painter.fillRect(QRectF(left, row.top, width, self.height), theme["selection"])

    def _paint_matches(self, painter: QPainter, theme: Theme, row: Row, text: str) -> None:
        folded, length = text.casefold(), len(row.needle)
        at = folded.find(row.needle)
        while at >= 0:
            left = row.left + self.advance(text[:at])
            box = QRectF(left, row.top, self.advance(text[at : at + length]), self.height)
            painter.fillRect(box, theme["selection"])
            painter.setPen(QPen(theme["line_strong"], 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -1.5))
            at = folded.find(row.needle, at + length)


def row_text(line: Line, *, folded: bool) -> str:
    """A row as a person reads it, with its mark."""
    return plain(line, folded=folded) + (f"   {NOT_ASKED}" if line.extra else "")


def _colour(theme: Theme, style: Style, *, greyed: bool) -> QColor:
    return theme["muted"] if greyed else theme[style.value]
