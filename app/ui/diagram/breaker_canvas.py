"""The painted breaker diagram: three rows, a still layer, and repaints only when something changed or counts.

It reads breakers at frame time and never moves one.
"""

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QStyle, QToolTip, QWidget

from app.domain.lanes import Lane
from app.ui.diagram.geometry import Edge, RowLayout, edge_between
from app.ui.diagram.row_paint import RowPainter
from app.ui.theme import ThemeSource
from app.ui.widgets.painting import painting
from app.viewmodels.breaker_figure import BreakerFigure, Transition
from app.viewmodels.breakers import BreakersModel

PULSE = 0.45  # seconds
PULSE_MS, COUNT_MS = 33, 66
LANES = tuple(Lane)


class BreakerCanvas(QWidget):
    """Three breakers, one selected by mouse or arrow keys. GUI thread."""

    lane_selected = Signal(object)

    def __init__(
        self,
        model: BreakersModel,
        themes: ThemeSource,
        *,
        still: bool = False,
        clock: Callable[[], float] = time.monotonic,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._themes = themes
        self._still = still
        self._clock = clock
        self._painter: RowPainter | None = None
        self._layer: QPixmap | None = None
        self._figures: dict[Lane, BreakerFigure] = {}
        self._taken: dict[Lane, Transition] = {}
        self._pulses: dict[Lane, float] = {}  # clock at which each began
        self._selected = Lane.REST
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Circuit breakers")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        model.changed.connect(self._changed)
        model.transitioned.connect(self._transitioned)
        model.announced.connect(self._announce)
        themes.theme_changed.connect(self._restyle)
        for lane in Lane:
            self._read(lane)

    @property
    def selected(self) -> Lane:
        """The row that commands act on."""
        return self._selected

    def select(self, lane: Lane) -> None:
        """Choose a row."""
        if lane is not self._selected:
            self._selected = lane
            self.lane_selected.emit(lane)
            self._describe()
            self.update()

    def set_still(self, still: bool) -> None:
        """Reduced motion: no pulse, only the highlighted edge."""
        self._still = still

    def mirror_text(self) -> str:
        """The diagram in words, one breaker a line."""
        return "\n".join(self._model.figure(lane).mirror for lane in Lane)

    def sizeHint(self) -> QSize:
        """Comfortable rows."""
        return QSize(560, 3 * (self._paint().row_height() + 8))

    def minimumSizeHint(self) -> QSize:
        """Rows in which nothing touches."""
        paint = self._paint()
        return QSize(paint.words_width() + paint.nodes_width(), 3 * paint.row_height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows that were asked for."""
        with painting(self) as painter:
            painter.drawPixmap(0, 0, self._still_layer())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for lane in Lane:
                row = self._row(lane)
                if row.area.intersects(event.rect()):
                    self._draw_row(painter, lane, row)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the row under the pointer, also for the context menu."""
        lane = self.lane_at(event.position().toPoint())
        if lane is not None:
            self.select(lane)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down choose a row."""
        index = LANES.index(self._selected)
        match event.key():
            case Qt.Key.Key_Up:
                self.select(LANES[max(0, index - 1)])
            case Qt.Key.Key_Down:
                self.select(LANES[min(len(LANES) - 1, index + 1)])
            case _:
                super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Explain the row under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            lane = self.lane_at(event.pos())
            if lane is not None:
                QToolTip.showText(event.globalPos(), self._model.explain(lane), self)
            return True
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.DevicePixelRatioChange):
            self._restyle()
        return super().event(event)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """The still layer has a size."""
        self._layer = None

    def showEvent(self, _event: QShowEvent) -> None:
        """Catch up with what went on while hidden."""
        for lane in Lane:
            self._changed(lane)

    def hideEvent(self, _event: QHideEvent) -> None:
        """A hidden picture costs nothing."""
        self._timer.stop()
        self._pulses.clear()

    def focusInEvent(self, _event: QFocusEvent) -> None:
        """Show which row the keys act on."""
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        """Take the focus ring away."""
        self.update()

    def lane_at(self, point: QPoint) -> Lane | None:
        """The row under a point."""
        return next((lane for lane in Lane if self._row(lane).area.contains(point)), None)

    @Slot(object)
    def _changed(self, lane: Lane) -> None:
        before = self._figures.get(lane)
        if self._read(lane) != before:
            self.update(self._row(lane).area)
        self._keep_ticking()

    @Slot(object)
    def _transitioned(self, transition: Transition) -> None:
        lane = transition.lane
        self._taken[lane] = transition
        self.update(self._row(lane).area)
        if self.isVisible() and not self._reduced_motion() and self._edge(lane) is not None:
            self._pulses[lane] = self._clock()

    @Slot(str)
    def _announce(self, text: str) -> None:
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    @Slot()
    def _tick(self) -> None:
        now = self._clock()
        for lane in list(self._pulses):
            if now - self._pulses[lane] >= PULSE:
                del self._pulses[lane]
            self.update(self._row(lane).area)
        for lane, figure in list(self._figures.items()):
            if figure.counting:
                self._changed(lane)
        self._keep_ticking()

    def _keep_ticking(self) -> None:
        if not self.isVisible() or self._timer.isActive():
            return
        if self._pulses:
            self._timer.start(PULSE_MS)
        elif any(figure.counting for figure in self._figures.values()):
            self._timer.start(COUNT_MS)

    def _read(self, lane: Lane) -> BreakerFigure:
        before = self._figures.get(lane)
        figure = self._figures[lane] = self._model.figure(lane)
        if before is None or before.mirror != figure.mirror:
            self._describe()
        return figure

    def _describe(self) -> None:
        figure = self._figures.get(self._selected)
        self.setAccessibleName(figure.mirror if figure is not None else "Circuit breakers")
        self.setAccessibleDescription("\n".join(each.mirror for each in self._figures.values()))

    def _reduced_motion(self) -> bool:
        style = self.style()
        return self._still or not style.styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, self)

    def _edge(self, lane: Lane) -> Edge | None:
        taken = self._taken.get(lane)
        return None if taken is None else edge_between(taken.before, taken.after)

    def _row(self, lane: Lane) -> RowLayout:
        height = self.height() // len(LANES)
        area = QRect(0, LANES.index(lane) * height, self.width(), height)
        paint = self._paint()
        words = paint.words_width(area.width())
        return RowLayout(area, words, paint.text_height, paint.least_node(), paint.least_gap())

    def _draw_row(self, painter: QPainter, lane: Lane, row: RowLayout) -> None:
        paint = self._paint()
        color = self._themes.theme[f"lane_{lane.value}"]
        if lane is self._selected:
            mark = row.area.adjusted(0, 10, 0, -10)
            mark.setWidth(3)
            painter.fillRect(mark, color)
            if self.hasFocus():
                painter.setPen(self._themes.theme["accent"])
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(row.area.adjusted(0, 1, -2, -2), 6, 6)
        paint.live(painter, row, self._figures[lane], self._edge(lane), color)
        began, edge = self._pulses.get(lane), self._edge(lane)
        if began is not None and edge is not None:
            progress = min(1.0, (self._clock() - began) / PULSE)
            paint.pulse(painter, row, edge, progress, self._taken[lane].after)

    def _still_layer(self) -> QPixmap:
        if self._layer is None:
            ratio = self.devicePixelRatioF()
            self._layer = QPixmap(self.size() * ratio)
            self._layer.setDevicePixelRatio(ratio)
            self._layer.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._layer)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for lane in Lane:
                self._paint().still(painter, self._row(lane))
            painter.end()
        return self._layer

    @Slot()
    def _restyle(self) -> None:
        self._painter = None
        self._layer = None
        self.updateGeometry()
        self.update()

    def _paint(self) -> RowPainter:
        if self._painter is None:
            self._painter = RowPainter(self._themes.theme, self.font())
        return self._painter
