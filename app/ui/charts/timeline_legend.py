"""The line under the timeline that says what its marks mean. Still: repainted with the theme only."""

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.charts.timeline_glyphs import GLYPH, Glyphs
from app.ui.theme import ThemeSource
from app.ui.widgets.painting import painting
from app.viewmodels.timeline_data import Cap

SWATCH = 14  # px beside each word
GAP = 10
_ENTRIES = (  # what is drawn, what it is called, and how in a narrow panel
    ("success", "answer", "answer"),
    ("failure", "failure", "failure"),
    ("wait", "wait", "wait"),
    ("ghost", "longest", "longest"),
    ("rejected", "rejected", "rejected"),
    ("stale", "stale copy", "stale"),
    ("late", "late", "late"),
    ("ok", "call ok", "ok"),
    ("error", "call failed", "failed"),
    ("band", "injected fault", "fault"),
    ("load", "traffic", "traffic"),
)
_MEANINGS = (
    "Bars are attempts: an answer or a failure. After it comes the wait, over the longest it could be.\n"
    "A cross is a call that the open circuit refused; a dashed bar is an answer that came too late.\n"
    "Below the line: how each call ended. Shaded: an injected fault. Blue line: background traffic."
)


class TimelineLegend(QWidget):
    """Swatches and words: brief ones where the whole ones take two lines. GUI thread."""

    def __init__(self, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._glyphs: Glyphs | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend: " + ", ".join(words for _kind, words, _brief in _ENTRIES))
        self.setToolTip(_MEANINGS)
        themes.theme_changed.connect(self._restyle)

    def sizeHint(self) -> QSize:
        """As many lines as the width asks for."""
        return QSize(600, (self._places()[-1][1] + 1) * self._line())

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """A narrower window may need a second line."""
        self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw all entries."""
        with painting(self) as painter:
            glyphs = self._paint()
            painter.setFont(glyphs.small)
            entries = zip(_ENTRIES, self.words(), self._places(), strict=True)
            for (kind, _words, _brief), words, (x, line) in entries:
                top = line * self._line()
                self._swatch(painter, kind, x, top + (self._line() - 10) // 2)
                painter.setPen(glyphs.theme["muted"])
                painter.drawStaticText(x + SWATCH + 4, top + 2, glyphs.text(words)[0])

    def words(self) -> list[str]:
        """What is written beside the swatches at this width."""
        whole = [words for _kind, words, _brief in _ENTRIES]
        needed = sum(self._needed(words) + GAP for words in whole) - GAP
        return whole if needed <= self.width() else [brief for _kind, _words, brief in _ENTRIES]

    def _places(self) -> list[tuple[int, int]]:
        places, x, line = [], 0, 0
        for words in self.words():
            needed = self._needed(words)
            if x and x + needed > self.width():
                x, line = 0, line + 1
            places.append((x, line))
            x += needed + GAP
        return places

    def _needed(self, words: str) -> int:
        return SWATCH + 4 + self._paint().text(words)[1]

    def _line(self) -> int:
        return QFontMetrics(self._paint().small).height() + 4

    def _swatch(self, painter: QPainter, kind: str, x: int, y: int) -> None:
        glyphs = self._paint()
        match kind:
            case "success":
                painter.fillRect(x + 4, y, 6, 10, glyphs.success)
            case "failure":
                painter.drawPixmap(x + 4, y, 6, 10, glyphs.hatch(10), 0, 0, *self._device(6, 10))
                painter.setPen(glyphs.failure)
                painter.drawRect(x + 4, y, 5, 9)
            case "wait" | "ghost":
                tile = glyphs.wait if kind == "wait" else glyphs.ghost
                painter.drawPixmap(x, y + 1, SWATCH, 8, tile, 0, 0, *self._device(SWATCH, 8))
            case "late":
                painter.setPen(QPen(glyphs.theme["muted"], 1, Qt.PenStyle.DashLine))
                painter.drawRect(x + 4, y, 6, 10)
            case "band":
                painter.fillRect(x, y, SWATCH, 10, glyphs.band)
                painter.fillRect(x, y, SWATCH, 1, glyphs.failure)
            case "load":
                painter.fillRect(x, y + 4, SWATCH, 2, glyphs.theme["accent"])
            case _:
                marks = {
                    "rejected": glyphs.cross,
                    "stale": glyphs.caps[Cap.STALE],
                    "ok": glyphs.caps[Cap.OK],
                    "error": glyphs.caps[Cap.ERROR],
                }
                painter.drawPixmap(x + (SWATCH - GLYPH) // 2, y + (10 - GLYPH) // 2, marks[kind])

    def _device(self, width: int, height: int) -> tuple[int, int]:
        ratio = self._paint().ratio
        return round(width * ratio), round(height * ratio)

    @Slot()
    def _restyle(self) -> None:
        self._glyphs = None
        self.update()

    def _paint(self) -> Glyphs:
        if self._glyphs is None:
            self._glyphs = Glyphs(self._themes.theme, self.font(), self.devicePixelRatioF())
        return self._glyphs
