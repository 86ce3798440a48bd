"""Bars of where a call's time went: each exchange, attempt and wait on one scale, with its numbers."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.lanes import Lane
from app.ui.theme import Theme, ThemeSource, tabular
from app.ui.widgets.painting import painting
from app.viewmodels.figures import NBSP, seconds
from app.viewmodels.timing import PHASE_MEANINGS, Phase, Stretch, TimingRow

PAD = 12
BAR = 8
GAP = 14
NOTHING = "Times appear after the first answer."


def phase_color(theme: Theme, phase: Phase, lane: Lane) -> QColor:
    """Waiting for the server is what protocols differ in: it has the lane's colour."""
    tokens = {
        Phase.QUEUE: "line_strong",
        Phase.CONNECT: "warning",
        Phase.SEND: "accent",
        Phase.FIRST_BYTE: f"lane_{lane.value}",
        Phase.LAST_BYTE: "ok",
    }
    return theme[tokens[phase]]


class PhaseBars(QWidget):
    """Paints timing rows. GUI thread."""

    def __init__(self, themes: ThemeSource, lane: Lane, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self._lane = lane
        self._rows: Sequence[TimingRow] = ()
        self._greyed = False
        self.setFont(tabular(self.font()))
        self.setAccessibleName("Timing")
        self.setToolTip("\n".join(f"{phase.value}: {why}" for phase, why in PHASE_MEANINGS.items()))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        themes.theme_changed.connect(self._repaint)

    def show_rows(self, rows: Sequence[TimingRow]) -> None:
        """Show another call."""
        self._rows = rows
        self.setAccessibleDescription("\n".join(row.words for row in rows) or NOTHING)
        self._fit()
        self.update()

    def set_greyed(self, greyed: bool) -> None:
        """Draw everything muted: the times belong to an earlier send."""
        if greyed != self._greyed:
            self._greyed = greyed
            self.update()

    def sizeHint(self) -> QSize:
        """As high as the rows need at this width."""
        return QSize(240, self.heightForWidth(self.width()))

    def heightForWidth(self, width: int) -> int:
        """Height of all rows in pixels."""
        return round(PAD * 2 + sum(self._row_height(row, width) + GAP for row in self._rows)) or 80

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The numbers wrap: a narrower lane needs more height."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        height = self.heightForWidth(self.width())
        if height != self.minimumHeight():
            self.setMinimumHeight(height)

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF() * 0.9, 7.0))
        return font

    def _row_height(self, row: TimingRow, width: int) -> float:
        line = self.fontMetrics().height()
        return line + 4 + BAR + (4 + self._numbers_box(row, width).height() if row.stretches else 0)

    def _numbers_box(self, row: TimingRow, width: int) -> QRectF:
        from PySide6.QtGui import QFontMetricsF

        room = QRectF(0, 0, width - 2 * PAD, 1000)
        return QFontMetricsF(self._small()).boundingRect(room, Qt.TextFlag.TextWordWrap, _numbers(row))

    # -- painting ------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint every row; there are few."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            theme = self._themes.theme
            if not self._rows:
                painter.setPen(theme["muted"])
                painter.drawText(
                    self.rect().adjusted(PAD, PAD, -PAD, -PAD), Qt.TextFlag.TextWordWrap, NOTHING
                )
                return
            longest = max((row.total or 0.0 for row in self._rows), default=0.0) or 1.0
            top = float(PAD)
            for row in self._rows:
                self._paint_row(painter, theme, row, top, longest)
                top += self._row_height(row, self.width()) + GAP

    def _paint_row(self, painter: QPainter, theme: Theme, row: TimingRow, top: float, longest: float) -> None:
        width, line = self.width() - 2 * PAD, self.fontMetrics().height()
        head = QRectF(PAD, top, width, line)
        total = "" if row.kind == "rejected" else seconds(row.total)
        label = row.label if row.kind == "exchange" else f"{row.label} · {row.note}"
        room = width - self.fontMetrics().horizontalAdvance(total) - 12
        painter.setFont(self.font())
        painter.setPen(theme["muted"] if row.kind == "wait" or self._greyed else theme["text"])
        elided = self.fontMetrics().elidedText(label, Qt.TextElideMode.ElideMiddle, int(room))
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)
        painter.drawText(head, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, total)
        track = QRectF(PAD, top + line + 4, width, BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme["surface2"])
        painter.drawRoundedRect(track, 4, 4)
        self._paint_bar(painter, theme, row, track, width / longest)
        if row.stretches:
            box = QRectF(PAD, track.bottom() + 4, width, 1000)
            painter.setFont(self._small())
            painter.setPen(theme["muted"])
            painter.drawText(box, Qt.TextFlag.TextWordWrap, _numbers(row))

    def _paint_bar(
        self, painter: QPainter, theme: Theme, row: TimingRow, track: QRectF, scale: float
    ) -> None:
        if row.kind == "exchange":
            for left, right, stretch in _placed(row):
                colour = phase_color(theme, stretch.phase, self._lane)
                colour = theme["line_strong"] if self._greyed else colour
                known = stretch.duration is not None
                self._paint_piece(painter, track, left * scale, right * scale, _fill(colour, known=known))
            return
        tone = {"ok": "ok", "warning": "warning", "error": "error"}.get(row.tone, "line_strong")
        tone = "line_strong" if self._greyed else tone
        brush = QBrush(theme["wait_envelope"]) if row.kind == "wait" else QBrush(theme[tone])
        self._paint_piece(painter, track, 0, (row.total or 0) * scale, brush)

    def _paint_piece(
        self, painter: QPainter, track: QRectF, left: float, right: float, brush: QBrush
    ) -> None:
        if right <= left:
            return
        painter.setBrush(brush)
        painter.drawRoundedRect(
            QRectF(track.left() + left, track.top(), max(right - left - 1, 1.5), BAR), 2, 2
        )

    @Slot()
    def _repaint(self) -> None:
        self.update()


def _fill(colour: QColor, *, known: bool) -> QBrush:
    return QBrush(colour) if known else QBrush(colour, Qt.BrushStyle.BDiagPattern)


def _numbers(row: TimingRow) -> str:
    """ "queue 0.05 ms  connect reused  …": pairs that do not break inside."""
    pairs = [f"{one.phase.value} {one.note or seconds(one.duration)}" for one in row.stretches]
    return "   ".join(pair.replace(" ", NBSP) for pair in pairs)


def _placed(row: TimingRow) -> list[tuple[float, float, Stretch]]:
    """Where each phase is drawn. Time whose division is unknown goes, hatched, to the phase that ends it."""
    found: list[tuple[float, float, Stretch]] = []
    at = 0.0
    for stretch in row.stretches:
        if stretch.end is not None and stretch.end > at:
            found.append((at, stretch.end, stretch))
            at = stretch.end
    return found
