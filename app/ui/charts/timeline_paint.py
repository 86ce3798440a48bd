"""Paints one lane of the attempt timeline: whole pixels, tiles, batched rectangles; no dashed pens, no paths.

It may not keep anything between frames but the tiles and texts of a theme, and columns of counts.
"""

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter

from app.domain.lanes import Lane
from app.ui.charts.legible import mix
from app.ui.charts.timeline_density import DensityPicture
from app.ui.charts.timeline_glyphs import GLYPH, TILE, Glyphs, strip
from app.ui.charts.timeline_layout import (
    WAIT_HEIGHT,
    Frame,
    Room,
    wait_extent,
)
from app.viewmodels.timeline_data import AttemptBar, Cap
from app.viewmodels.timeline_words import wait_text

HALF = GLYPH // 2


class LanePainter:
    """Draws the frames of one theme. GUI thread."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.glyphs = glyphs
        self._density = {lane: DensityPicture(glyphs) for lane in Lane}

    def paint(self, painter: QPainter, frame: Frame) -> None:
        """Draw one lane. The painter is clipped to the time area and has no antialiasing."""
        words = Room()
        self._bands(painter, frame)
        self._base_line(painter, frame)
        if frame.dense:
            self._density[frame.box.lane].paint(painter, frame)
        else:
            self._waits(painter, frame)
            self._attempts(painter, frame)
            self._rejections(painter, frame)
            self._caps(painter, frame)
        self._transitions(painter, frame, words)
        self._band_labels(painter, frame, words)

    def _bands(self, painter: QPainter, frame: Frame) -> None:
        box, scale = frame.box, frame.scale
        edge = mix(self.glyphs.band, self.glyphs.failure, 0.35)
        for band in frame.view.bands:
            left = max(scale.left, scale.x(band.start))
            right = min(scale.left + scale.width, scale.x(frame.now if band.end is None else band.end))
            painter.fillRect(left, box.top, right - left, box.base - box.top + 1, self.glyphs.band)
            painter.fillRect(left, box.top, right - left, 1, edge)

    def _base_line(self, painter: QPainter, frame: Frame) -> None:
        scale = frame.scale
        painter.fillRect(scale.left, frame.box.base, scale.width, 1, self.glyphs.theme["line"])

    def _waits(self, painter: QPainter, frame: Frame) -> None:
        glyphs, box, x_of = self.glyphs, frame.box, frame.scale.x
        numbers = Room()
        edge = glyphs.theme["warning"]
        whole = glyphs.ratio.is_integer()  # else a piece that was cut out would not end on a pixel
        # Without a line for the numbers they stand on the strip, if the sub-row is high enough.
        on_strip = frame.places[0][1] >= glyphs.text_height - 3
        for gap in frame.view.waits:
            top, height = frame.places[gap.call.row]
            thick = min(WAIT_HEIGHT, height)
            y = top + (height - thick) // 2
            left, end, longest = x_of(gap.start), x_of(gap.end), x_of(wait_extent(gap))
            width, ghost = max(end - left, 0), max(longest - end, 0)
            if width + ghost > TILE or left > end or not whole:
                strip(painter, end, y, ghost, thick, glyphs.ghost)
                strip(painter, left, y, width, thick, glyphs.wait)
                if ghost:
                    painter.fillRect(longest - 1, y, 1, thick, edge)
            elif width or ghost:
                painter.drawPixmap(left, y, glyphs.wait_strip(width, ghost, thick))
            left = max(left, frame.scale.left)  # the number stays in what is seen of the wait
            if frame.rows == 1 and box.numbers:
                self._number(painter, gap.delay, (left, end), box.bars - glyphs.text_height + 2, numbers)
            elif on_strip:
                self._number(painter, gap.delay, (left, end), top + (height - glyphs.text_height) // 2, None)

    def _number(
        self, painter: QPainter, delay: float, stretch: tuple[int, int], y: int, room: Room | None
    ) -> None:
        left, end = stretch
        if room is None and end - left < 14:
            return
        static, width = self.glyphs.text(wait_text(delay))
        x = (left + end - width) // 2
        if room is None:
            if end - left < width + 14:
                return
            painter.fillRect(x - 3, y + 1, width + 6, self.glyphs.text_height - 2, self.glyphs.number_plate)
        elif end - left < width - 4 or not room.take(x, width):
            return
        painter.setFont(self.glyphs.small)
        painter.setPen(self.glyphs.wait_text if room is not None else self.glyphs.plate_text)
        painter.drawStaticText(x, y, static)

    def _attempts(self, painter: QPainter, frame: Frame) -> None:
        glyphs = self.glyphs
        good: list[tuple[int, int, int, int]] = []
        outlines: list[tuple[int, int, int, int]] = []
        right_edge = frame.scale.left + frame.scale.width
        probe = glyphs.theme["state_half_open"]
        for bar in frame.view.attempts:
            x, y, width, height = frame.bar(bar)
            if x + width > right_edge:
                width = max(1, right_edge - x)
            if bar.late:
                self._late(painter, x, y, width, height)
            elif bar.end is None:
                self._in_flight(painter, QRect(x, y, width, height), bar)
            elif bar.failed:
                self._filling(painter, x, y, width, height)
                outlines.append((x, y, width, height))
            else:
                good.append((x, y, width, height))
            if bar.probe:
                painter.fillRect(x, y - 3, max(width, 5), 2, probe)
        success = glyphs.success
        for x, y, width, height in good:
            painter.fillRect(x, y, width, height, success)
        self._outlines(painter, outlines)

    def _filling(self, painter: QPainter, x: int, y: int, width: int, height: int) -> None:
        if width <= TILE and self.glyphs.ratio.is_integer():
            painter.drawPixmap(x, y, self.glyphs.failed(width, height)[0])
        else:
            strip(painter, x, y, width, height, self.glyphs.hatch(height))

    def _outlines(self, painter: QPainter, outlines: list[tuple[int, int, int, int]]) -> None:
        glyphs = self.glyphs
        painter.setPen(glyphs.failure)
        for x, y, width, height in outlines:
            # On a finer screen the pen is wider than a pixel and reaches out of the piece.
            if width <= TILE and glyphs.ratio == 1.0:
                painter.drawPixmap(x, y, glyphs.failed(width, height)[1])
            else:
                painter.drawRect(x, y, width - 1, height - 1)

    def _late(self, painter: QPainter, x: int, y: int, width: int, height: int) -> None:
        strip(painter, x, y, width, height, self.glyphs.late(height))
        color = self.glyphs.theme["muted"]
        for dash in range(y, y + height, 4):
            painter.fillRect(x + width - 1, dash, 1, 2, color)

    def _in_flight(self, painter: QPainter, rect: QRect, bar: AttemptBar) -> None:
        color = self.glyphs.theme["state_half_open"] if bar.probe else self.glyphs.success
        painter.fillRect(rect, mix(color, self.glyphs.theme["surface1"], 0.6))
        painter.fillRect(rect.left(), rect.top(), 1, rect.height(), color)
        painter.fillRect(rect.left(), rect.top(), rect.width(), 1, color)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, color)

    def _rejections(self, painter: QPainter, frame: Frame) -> None:
        last: dict[
            int, tuple[int, int]
        ] = {}  # sub-row → x of its last cross, and how many more it stands for
        for mark in frame.view.rejections:
            x, row = frame.scale.x(mark.at), mark.call.row
            before, count = last.get(row, (-1000, 0))
            if x - before < GLYPH - 2:
                last[row] = (before, count + 1)
                continue
            self._more(painter, frame, before, count)
            top, height = frame.places[row]
            painter.drawPixmap(x - HALF, top + height // 2 - HALF, self.glyphs.cross)
            last[row] = (x, 0)
        for x, count in last.values():
            self._more(painter, frame, x, count)

    def _more(self, painter: QPainter, frame: Frame, x: int, count: int) -> None:
        """How many crosses a cross stands for, where there is room over it."""
        if count and frame.rows == 1:
            static, width = self.glyphs.text(f"×{count + 1}")
            painter.setFont(self.glyphs.small)
            painter.setPen(self.glyphs.theme["muted"])
            top, height = frame.places[0]
            y = top + height // 2 - HALF - self.glyphs.text_height + 1
            painter.drawStaticText(x - width // 2, y, static)

    def _caps(self, painter: QPainter, frame: Frame) -> None:
        y = frame.box.base - HALF + 4
        last = -1000
        for call in frame.view.ends:
            x = frame.scale.x(call.end or 0.0)
            # A copy is served in the microsecond of its rejection: aside, or the cross would hide it.
            x += 9 if call.cap is Cap.STALE else 0
            if x - last < 7 or call.cap is None:
                continue
            lift = 5 if call.cap is Cap.STALE else 0
            painter.drawPixmap(x - HALF, y - lift, self.glyphs.caps[call.cap])
            last = x

    def _transitions(self, painter: QPainter, frame: Frame, room: Room) -> None:
        box, scale, glyphs = frame.box, frame.scale, self.glyphs
        painter.setFont(glyphs.bold)
        right_edge = scale.left + scale.width
        for mark in reversed(frame.view.transitions):
            x = scale.x(mark.at)
            painter.fillRect(x - 1, box.top, 2, box.base - box.top, glyphs.state(mark.after))
            static, width = glyphs.text(mark.after, bold=True)
            left = x + 5 if x + 5 + width <= right_edge else x - 5 - width
            if left >= scale.left and room.take(left, width):  # a word is seen whole or not at all
                on = glyphs.band if _in_band(frame, mark.at) else glyphs.theme["surface1"]
                painter.setPen(glyphs.state_text(mark.after, on))
                painter.drawStaticText(left, box.top + 1, static)

    def _band_labels(self, painter: QPainter, frame: Frame, room: Room) -> None:
        box, scale, glyphs = frame.box, frame.scale, self.glyphs
        painter.setFont(glyphs.small)
        painter.setPen(glyphs.band_text)
        for band in frame.view.bands:
            left = max(scale.left, scale.x(band.start)) + 4
            right = min(scale.left + scale.width, scale.x(frame.now if band.end is None else band.end)) - 4
            place, width = room.free_from(left, right, wanted=glyphs.text(band.summary)[1])
            words = glyphs.elided(band.summary, width)
            if words:
                static, needed = glyphs.text(words)
                room.take(place, needed)
                painter.drawStaticText(place, box.top + 1, static)


def _in_band(frame: Frame, at: float) -> bool:
    return any(band.start <= at and (band.end is None or at < band.end) for band in frame.view.bands)
