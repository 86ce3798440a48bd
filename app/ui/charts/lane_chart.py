"""What the two charts of a measured run share: a row for each lane, a cursor for mouse and keys, a read-out.

Rows below one another with one scale can be compared by eye; laid over one another, three colours hide each
other.
"""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.domain.lanes import Lane
from app.ui.charts.legible import legible
from app.ui.theme import Theme, ThemeSource, tabular
from app.ui.widgets.painting import painting
from app.viewmodels.repeat_picture import LanePicture, RunPicture

GUTTER = 64  # px at the left, for lane names and ticks
RIGHT = 12
AXIS = 20  # px below, for ticks
STRIP = 15  # px above each row, for its marks' labels
GAP = 6
NOTHING = "The picture comes with the first run: Ctrl+Shift+Enter."


class LaneChart(QWidget):
    """A focusable chart of a RunPicture. Subclasses paint a row and say what the cursor is on. GUI thread."""

    read_out_changed = Signal(str)  # what is under the cursor; empty without one

    def __init__(self, themes: ThemeSource, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._themes = themes
        self.picture: RunPicture | None = None
        self.base: RunPicture | None = None
        self._cursor: int | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        themes.theme_changed.connect(self._repaint)

    def show_picture(self, picture: RunPicture | None, base: RunPicture | None = None) -> None:
        """Draw another run, with a base run behind it where there is one."""
        self.picture, self.base = picture, base
        self.move_cursor(None)
        self.setAccessibleDescription(self.summary())
        self.update()

    # -- for subclasses --------------------------------------------------------------------------------

    def summary(self) -> str:
        """The whole chart in words."""
        raise NotImplementedError

    def places(self) -> int:
        """How many positions the cursor can take."""
        raise NotImplementedError

    def place_at(self, x: float) -> int:
        """The position under a pixel."""
        raise NotImplementedError

    def place_rect(self, place: int) -> tuple[float, float]:
        """Left and right pixel of a position."""
        raise NotImplementedError

    def read_out(self, place: int) -> str:
        """What is at a position, in words."""
        raise NotImplementedError

    def paint_row(self, painter: QPainter, theme: Theme, lane: LanePicture, box: QRectF) -> None:
        """One lane inside its box."""
        raise NotImplementedError

    def paint_axis(self, painter: QPainter, theme: Theme) -> None:
        """Ticks below, and lines through the rows."""
        raise NotImplementedError

    # -- geometry --------------------------------------------------------------------------------------

    def plot(self) -> QRectF:
        """Where values are drawn."""
        return QRectF(GUTTER, 0, max(self.width() - GUTTER - RIGHT, 1.0), max(self.height() - AXIS, 1.0))

    def rows(self) -> list[tuple[LanePicture, QRectF]]:
        """Each lane with the box of its values."""
        lanes = self.picture.lanes if self.picture else ()
        plot = self.plot()
        high = plot.height() / max(len(lanes), 1)
        return [
            (lane, QRectF(plot.left(), high * number + STRIP, plot.width(), max(high - STRIP - GAP, 4.0)))
            for number, lane in enumerate(lanes)
        ]

    def small(self) -> QFont:
        """The font of ticks and labels."""
        font = tabular(self.font())
        font.setPointSizeF(max(font.pointSizeF() * 0.85, 7.0))
        return font

    def sizeHint(self) -> QSize:
        """Three rows that can be read."""
        return QSize(420, 260)

    def minimumSizeHint(self) -> QSize:
        """Three rows that can just be read."""
        return QSize(240, 150)

    # -- cursor ----------------------------------------------------------------------------------------

    def move_cursor(self, place: int | None) -> None:
        """Put the cursor on a position, or take it away."""
        last = self.places() - 1 if self.picture else -1
        place = None if place is None or last < 0 else min(max(place, 0), last)
        if place == self._cursor:
            return
        self._cursor = place
        text = "" if place is None else self.read_out(place)
        self.setAccessibleDescription(text or self.summary())
        self.read_out_changed.emit(text)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right walk, Home and End jump, Esc lets go."""
        last = self.places() - 1 if self.picture else -1
        here = self._cursor
        targets: dict[int, int | None] = {
            Qt.Key.Key_Left: last if here is None else here - 1,
            Qt.Key.Key_Right: 0 if here is None else here + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        if event.key() in targets and last >= 0:
            self.move_cursor(targets[event.key()])
        elif event.key() == Qt.Key.Key_Escape and here is not None:
            self.move_cursor(None)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The cursor follows the mouse."""
        if self.picture and self.plot().contains(event.position()):
            self.move_cursor(self.place_at(event.position().x()))
        else:
            self.move_cursor(None)

    def leaveEvent(self, event: object) -> None:
        """No mouse, no cursor, unless the keyboard holds it."""
        if not self.hasFocus():
            self.move_cursor(None)

    # -- painting --------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Names, axis, rows, cursor."""
        with painting(self) as painter:
            theme = self._themes.theme
            painter.setFont(self.small())
            if not self.picture or not self.picture.lanes:
                painter.setPen(theme["muted"])
                painter.drawText(
                    self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, NOTHING
                )
            else:
                self._paint_cursor(painter, theme)
                self.paint_axis(painter, theme)
                for lane, box in self.rows():
                    self._paint_name(painter, theme, lane.lane, box)
                    self.paint_row(painter, theme, lane, box)
            if self.hasFocus():
                painter.setPen(QPen(theme["accent"], 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_cursor(self, painter: QPainter, theme: Theme) -> None:
        if self._cursor is not None:
            left, right = self.place_rect(self._cursor)
            painter.fillRect(
                QRectF(left, 0, max(right - left, 1.0), self.plot().height()), theme["selection"]
            )

    def _paint_name(self, painter: QPainter, theme: Theme, lane: Lane, box: QRectF) -> None:
        font = QFont(painter.font())
        font.setBold(True)
        painter.save()
        painter.setFont(font)
        painter.setPen(legible(lane_colour(theme, lane), theme["surface1"], theme["text"]))
        place = QRectF(4, box.top() - STRIP, GUTTER - 8, STRIP)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, lane.label)
        painter.restore()

    @Slot()
    def _repaint(self) -> None:
        self.update()


def lane_colour(theme: Theme, lane: Lane) -> QColor:
    """The lane's own."""
    return theme[f"lane_{lane.value}"]


def paint_labels(painter: QPainter, box: QRectF, labels: list[tuple[float, str]]) -> None:
    """Texts centred over their pixels in one line, pushed aside where they would touch."""
    metrics = painter.fontMetrics()
    gap = 10.0
    widths = [float(metrics.horizontalAdvance(text)) for _, text in labels]
    lefts: list[float] = []
    for (x, _), width in zip(labels, widths, strict=True):
        least = lefts[-1] + widths[len(lefts) - 1] + gap if lefts else box.left()
        lefts.append(max(x - width / 2, least))
    most = box.right()
    for number in reversed(range(len(lefts))):
        lefts[number] = min(lefts[number], most - widths[number])
        most = lefts[number] - gap
    baseline = box.bottom() - metrics.descent() - 1
    for left, (_, text) in zip(lefts, labels, strict=True):
        painter.drawText(QPointF(left, baseline), text)
