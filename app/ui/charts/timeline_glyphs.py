"""The small pictures the timeline is put together from, drawn once for a theme and a screen.

Blitting a tile costs a microsecond; an antialiased path or a dashed pen costs a hundred.
"""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap, QPolygonF, QStaticText

from app.ui.charts.legible import legible, mix
from app.ui.theme import Theme
from app.viewmodels.timeline_data import Cap

TILE = 480  # px, a multiple of every pattern's period
GLYPH = 9  # px, side of a mark
MOST_CUTS = 2_000  # pieces kept; each is some hundred bytes


class Glyphs:
    """Tiles, marks, fonts and texts of one theme at one device pixel ratio. GUI thread."""

    def __init__(self, theme: Theme, font: QFont, ratio: float) -> None:
        self.theme = theme
        self.ratio = ratio
        self.small = QFont(font)
        self.small.setPointSizeF(max(7.0, font.pointSizeF() - 0.5))
        self.bold = QFont(self.small)
        self.bold.setBold(True)
        self.text_height = QFontMetrics(self.small).height()
        self.success = theme["state_closed"]
        self.failure = theme["state_open"]
        self.band = theme["fault_band"]
        self.band_text = legible(theme["state_open"], self.band, theme["text"])
        self.wait_text = legible(theme["warning"], self.band, theme["text"])
        self.number_plate = theme["wait_envelope"]
        self.plate_text = legible(theme["warning"], self.number_plate, theme["text"])
        self.cross = self._glyph(_cross, theme["muted"])
        self.caps = {
            Cap.OK: self._glyph(_dot, theme["ok"]),
            Cap.ERROR: self._glyph(_diamond, theme["error"]),
            Cap.STALE: self._glyph(_triangle, theme["text"]),
            Cap.CANCELLED: self._glyph(_dash, theme["muted"]),
        }
        self.wait = self._wait_tile()
        self.ghost = self._ghost_tile()
        self._hatches: dict[int, QPixmap] = {}
        self._lates: dict[int, QPixmap] = {}
        self._texts: dict[tuple[str, bool], tuple[QStaticText, int]] = {}
        self._waits: dict[tuple[int, int, int], QPixmap] = {}
        self._bars: dict[tuple[int, int], tuple[QPixmap, QPixmap]] = {}
        self._state_texts: dict[tuple[str, int], QColor] = {}

    def hatch(self, height: int) -> QPixmap:
        """A failed bar's filling of this height."""
        tile = self._hatches.get(height)
        if tile is None:
            dark = mix(self.failure, self.theme["surface1"], 0.82)
            tile = self._hatches[height] = self._tile(
                TILE, height, lambda p: _hatching(p, height, self.failure, dark)
            )
        return tile

    def late(self, height: int) -> QPixmap:
        """A late bar's upper and lower dashes of this height, nothing between."""
        tile = self._lates.get(height)
        if tile is None:
            tile = self._lates[height] = self._tile(
                TILE, height, lambda p: _dashes(p, height, self.theme["muted"])
            )
        return tile

    def wait_strip(self, width: int, ghost: int, height: int) -> QPixmap:
        """A wait of ``width`` px and the ``ghost`` of what it could have been, which ends in a line."""
        known = self._waits.get((width, ghost, height))
        if known is None:
            if len(self._waits) > MOST_CUTS:
                self._waits.clear()
            known = self._waits[width, ghost, height] = self._tile(
                width + ghost, height, lambda painter: self._draw_wait(painter, width, ghost, height)
            )
        return known

    def _draw_wait(self, painter: QPainter, width: int, ghost: int, height: int) -> None:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        strip(painter, width, 0, ghost, height, self.ghost)
        strip(painter, 0, 0, width, height, self.wait)
        if ghost:
            painter.fillRect(width + ghost - 1, 0, 1, height, self.theme["warning"])

    def failed(self, width: int, height: int) -> tuple[QPixmap, QPixmap]:
        """A failed bar's filling, and the outline that lies over all fillings."""
        known = self._bars.get((width, height))
        if known is None:
            if len(self._bars) > MOST_CUTS:
                self._bars.clear()
            known = self._bars[width, height] = (
                self._tile(width, height, lambda painter: self._draw_filling(painter, width, height)),
                self._tile(width, height, lambda painter: self._draw_outline(painter, width, height)),
            )
        return known

    def _draw_filling(self, painter: QPainter, width: int, height: int) -> None:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        strip(painter, 0, 0, width, height, self.hatch(height))

    def _draw_outline(self, painter: QPainter, width: int, height: int) -> None:
        painter.setPen(self.failure)
        painter.drawRect(0, 0, width - 1, height - 1)

    def text(self, words: str, bold: bool = False) -> tuple[QStaticText, int]:
        """A prepared text and its width in px."""
        known = self._texts.get((words, bold))
        if known is None:
            if len(self._texts) > 600:
                self._texts.clear()
            font = self.bold if bold else self.small
            static = QStaticText(words)
            static.setTextFormat(Qt.TextFormat.PlainText)
            static.prepare(font=font)
            known = self._texts[words, bold] = (static, QFontMetrics(font).horizontalAdvance(words))
        return known

    def elided(self, words: str, width: int) -> str:
        """``words`` cut to a width with an ellipsis; nothing when less than a few letters fit."""
        if self.text(words)[1] <= width:
            return words
        if width < 5 * QFontMetrics(self.small).averageCharWidth():
            return ""
        return QFontMetrics(self.small).elidedText(words, Qt.TextElideMode.ElideRight, width)

    def state(self, word: str) -> QColor:
        """A circuit state's colour."""
        return self.theme[STATE_TOKENS.get(word, "muted")]

    def state_text(self, word: str, on: QColor) -> QColor:
        """A circuit state's colour, as far as it can be read on a surface."""
        key = (word, on.rgba())
        if key not in self._state_texts:
            self._state_texts[key] = legible(self.state(word), on, self.theme["text"])
        return self._state_texts[key]

    def _tile(self, width: int, height: int, draw: Callable[[QPainter], None]) -> QPixmap:
        pixmap = QPixmap(round(width * self.ratio), round(height * self.ratio))
        pixmap.setDevicePixelRatio(self.ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        draw(painter)
        painter.end()
        return pixmap

    def _glyph(self, draw: Callable[[QPainter, QColor], None], color: QColor) -> QPixmap:
        def smooth(painter: QPainter) -> None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            draw(painter, color)

        return self._tile(GLYPH, GLYPH, smooth)

    def _wait_tile(self) -> QPixmap:
        fill, edge = self.theme["wait_envelope"], self.theme["warning"]

        def draw(painter: QPainter) -> None:
            painter.fillRect(QRectF(0, 0, TILE, 8), fill)
            for x in range(0, TILE, 5):
                painter.fillRect(x, 0, 3, 1, edge)
                painter.fillRect(x, 7, 3, 1, edge)

        return self._tile(TILE, 8, draw)

    def _ghost_tile(self) -> QPixmap:
        fill = QColor(self.theme["wait_envelope"])
        fill.setAlphaF(0.45)
        line = QColor(self.theme["warning"])
        line.setAlphaF(0.55)

        def draw(painter: QPainter) -> None:
            painter.fillRect(QRectF(0, 0, TILE, 8), fill)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(line, 1))
            for x in range(-8, TILE + 8, 5):
                painter.drawLine(QPointF(x, 8), QPointF(x + 8, 0))

        return self._tile(TILE, 8, draw)


STATE_TOKENS = {
    "CLOSED": "state_closed",
    "OPEN": "state_open",
    "HALF-OPEN": "state_half_open",
    "FORCED OPEN": "state_forced",
    "DISABLED": "muted",
}


def strip(painter: QPainter, x: int, y: int, width: int, height: int, tile: QPixmap) -> None:
    """Fill a stretch with a tile that begins at its left end, so that the pattern moves with it."""
    if width <= 0:
        return
    if width > TILE:
        painter.drawTiledPixmap(x, y, width, height, tile)
        return
    ratio = tile.devicePixelRatio()
    painter.drawPixmap(x, y, width, height, tile, 0, 0, round(width * ratio), round(height * ratio))


def _cross(painter: QPainter, color: QColor) -> None:
    painter.setPen(QPen(color, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(1.2, 1.2), QPointF(7.8, 7.8))
    painter.drawLine(QPointF(7.8, 1.2), QPointF(1.2, 7.8))


def _triangle(painter: QPainter, color: QColor) -> None:
    painter.setPen(
        QPen(color, 1.3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    )
    painter.drawPolygon(QPolygonF([QPointF(4.5, 1.0), QPointF(8.2, 7.8), QPointF(0.8, 7.8)]))


def _dot(painter: QPainter, color: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawEllipse(QPointF(4.5, 4.5), 2.1, 2.1)


def _diamond(painter: QPainter, color: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon(
        QPolygonF([QPointF(4.5, 0.7), QPointF(8.3, 4.5), QPointF(4.5, 8.3), QPointF(0.7, 4.5)])
    )


def _dash(painter: QPainter, color: QColor) -> None:
    painter.fillRect(QRectF(2, 4, 5, 1.4), color)


def _hatching(painter: QPainter, height: int, color: QColor, dark: QColor) -> None:
    painter.fillRect(0, 0, TILE, height, dark)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(color, 2))
    for x in range(-height - 8, TILE + 8, 6):
        painter.drawLine(QPointF(x, height), QPointF(x + height, 0))


def _dashes(painter: QPainter, height: int, color: QColor) -> None:
    for x in range(0, TILE, 4):
        painter.fillRect(x, 0, 2, 1, color)
        painter.fillRect(x, height - 1, 2, 1, color)
    for y in range(0, height, 4):
        painter.fillRect(0, y, 1, 2, color)
