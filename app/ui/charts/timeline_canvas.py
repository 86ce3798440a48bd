"""The painted part of the attempt timeline: frames, pointer and keys. Repaints only when something moved.

It draws what the model's store says and changes nothing but the view.
"""

from math import floor

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from app.domain.lanes import Lane
from app.ui.charts.timeline_glyphs import Glyphs
from app.ui.charts.timeline_layout import (
    VIEW_REACH,
    Frame,
    LaneBox,
    TimeScale,
    column_words,
    frame_of,
    tick_step,
)
from app.ui.charts.timeline_paint import LanePainter
from app.ui.theme import ThemeSource
from app.ui.widgets.painting import painting
from app.viewmodels.timeline import Mode, TimelineModel
from app.viewmodels.timeline_words import Mark, tooltip

FRAME_MS = 33
LANE_GAP = 8


class TimelineCanvas(QWidget):
    """Three lanes on one time axis. GUI thread."""

    frame_drawn = Signal()

    def __init__(self, model: TimelineModel, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._themes = themes
        self._painter: LanePainter | None = None
        self._drawn: tuple[int, int, float] | None = None  # origin, store version, span of the last frame
        self._press: tuple[QPoint, float] | None = None
        self._dragged = False
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.timeout.connect(self._next_frame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Attempt timeline")
        self.setAccessibleDescription(
            "Space pauses, plus and minus zoom, arrow keys scrub, End follows now, R replays, "
            "Ctrl+C copies JSON."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        model.changed.connect(self.refresh)
        themes.theme_changed.connect(self._restyle)

    @Slot()
    def refresh(self) -> None:
        """Have a frame drawn soon; many calls make one frame."""
        if self.isVisible() and not self._clock.isActive():
            self._clock.start(FRAME_MS)

    def scale(self) -> TimeScale:
        """Time to pixels, now."""
        gutter = self._gutter()
        width = max(1, self.width() - gutter - 1)
        return TimeScale(left=gutter, width=width, span=self._model.span, edge=self._model.edge())

    def boxes(self) -> list[LaneBox]:
        """The lanes from top to bottom."""
        text = self._paint().glyphs.text_height
        height = max(36, (self.height() - self._axis() - 2 * LANE_GAP) // 3)
        return [
            LaneBox(lane=lane, top=index * (height + LANE_GAP), height=height, text=text)
            for index, lane in enumerate(Lane)
        ]

    def frames(self) -> list[Frame]:
        """What each lane shows now."""
        scale = self.scale()
        now = min(self._model.now(), scale.edge)
        return [frame_of(self._model.store, box, scale, now) for box in self.boxes()]

    def tip_at(self, point: QPoint) -> str:
        """What is known about the thing under a point; empty over nothing."""
        frame = self._frame_at(point)
        if frame is not None:
            words = column_words(frame, point.x()) if point.y() >= frame.box.rows_top else ""
            mark = frame.hit(point.x(), point.y())
            if mark is not None:
                words = words or tooltip(mark, self._model.wall)
            if words:
                return words
        return self._load_words(point)

    def sizeHint(self) -> QSize:
        """Three lanes with room for words and numbers."""
        return QSize(720, 3 * 72 + 2 * LANE_GAP + self._axis())

    def minimumSizeHint(self) -> QSize:
        """Three lanes with bars and words only."""
        return QSize(320, 3 * 46 + 2 * LANE_GAP + self._axis())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw one frame."""
        with painting(self) as painter:
            lanes = self._paint()
            frames = self.frames()
            scale = frames[0].scale
            self._drawn = (scale.origin, self._model.store.version, scale.span)
            area = QRect(scale.left, 0, scale.width, self.height())
            self._draw_axis(painter, scale, lanes.glyphs)
            self._draw_load(painter, scale)
            for frame in frames:
                self._draw_name(painter, frame.box, lanes.glyphs)
            painter.setClipRect(area)
            for frame in frames:
                lanes.paint(painter, frame)
            painter.setClipping(False)
            if self.hasFocus():
                painter.setPen(self._themes.theme["accent"])
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        self.frame_drawn.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._press = (event.position().toPoint(), self._model.edge())
            self._dragged = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub with the button held, point without."""
        point = event.position().toPoint()
        if self._press is None:
            clickable = self._hit(point) is not None
            self.setCursor(Qt.CursorShape.PointingHandCursor if clickable else Qt.CursorShape.ArrowCursor)
            return
        start, edge = self._press
        moved = point.x() - start.x()
        if self._dragged or abs(moved) >= QApplication.startDragDistance():
            self._dragged = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._model.scrub_to(edge - moved / self.scale().per_second)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click selects the call under the pointer."""
        press, self._press = self._press, None
        self.unsetCursor()
        if press is None or self._dragged:
            return
        mark = self._hit(event.position().toPoint())
        call = getattr(mark, "call", mark)
        call_id = getattr(call, "call_id", None)
        if call_id is not None:
            self._model.call_selected.emit(call_id)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl+wheel zooms around the pointer, a plain wheel scrubs."""
        turned = event.angleDelta().y() or -event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            scale = self.scale()
            anchor = min(1.0, max(0.0, (event.position().x() - scale.left) / scale.width))
            self._model.zoom(0.8 ** (turned / 120), anchor)
        else:
            self._model.scrub_by(turned / 120 * self._model.span / -10)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys named in the accessible description."""
        step = self._model.span / (2 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 10)
        match event.key():
            case Qt.Key.Key_Space:
                self._model.toggle()
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._model.zoom(0.5)
            case Qt.Key.Key_Minus:
                self._model.zoom(2.0)
            case Qt.Key.Key_Left:
                self._model.scrub_by(-step)
            case Qt.Key.Key_Right:
                self._model.scrub_by(step)
            case Qt.Key.Key_Home:
                self._model.scrub_to(0.0)
            case Qt.Key.Key_End:
                self._model.follow()
            case Qt.Key.Key_R:
                self._model.replay()
            case Qt.Key.Key_C if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                QApplication.clipboard().setText(self._model.view_json())
            case _:
                super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Show what is known about the thing under the pointer; keep Space from a window-wide shortcut."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos()), self)
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            own = (Qt.Key.Key_Space, Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_R)
            if event.key() in own and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                event.accept()
                return True
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.DevicePixelRatioChange):
            self._restyle()
        return super().event(event)

    def showEvent(self, _event: QShowEvent) -> None:
        """Draw again what went on while hidden."""
        self.refresh()

    def hideEvent(self, _event: QHideEvent) -> None:
        """A hidden picture costs nothing."""
        self._clock.stop()

    def focusInEvent(self, _event: QFocusEvent) -> None:
        """Show the focus ring."""
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        """Take the focus ring away."""
        self.update()

    @Slot()
    def _next_frame(self) -> None:
        if not self.isVisible():
            return
        scale = self.scale()
        if (scale.origin, self._model.store.version, scale.span) != self._drawn:
            self.update()
        if self._model.moving(VIEW_REACH / scale.per_second):
            speed = self._model.speed if self._model.mode is Mode.REPLAY else 1.0
            # At ten minutes in view a pixel takes most of a second: a frame for each pixel is enough.
            per_pixel = 1000 / (scale.per_second * speed)
            self._clock.start(max(FRAME_MS, floor(min(per_pixel, 500))))

    @Slot()
    def _restyle(self) -> None:
        self._painter = None
        self.update()

    def _paint(self) -> LanePainter:
        if self._painter is None:
            self._painter = LanePainter(Glyphs(self._themes.theme, self.font(), self.devicePixelRatioF()))
        return self._painter

    def _gutter(self) -> int:
        glyphs = self._paint().glyphs
        return max(glyphs.text(lane.label, bold=True)[1] for lane in Lane) + 12

    def _axis(self) -> int:
        """Height of the line of times under the lanes, px."""
        return self._paint().glyphs.text_height + 3

    def _frame_at(self, point: QPoint) -> Frame | None:
        """The frame of the lane under a point."""
        for box in self.boxes():
            if box.top <= point.y() < box.top + box.height:
                scale = self.scale()
                return frame_of(self._model.store, box, scale, min(self._model.now(), scale.edge))
        return None

    def _hit(self, point: QPoint) -> Mark | None:
        frame = self._frame_at(point)
        return None if frame is None else frame.hit(point.x(), point.y())

    def _draw_name(self, painter: QPainter, box: LaneBox, glyphs: Glyphs) -> None:
        static, _width = glyphs.text(box.lane.label, bold=True)
        painter.setFont(glyphs.bold)
        painter.setPen(glyphs.theme[f"lane_{box.lane.value}"])
        painter.drawStaticText(2, box.base - box.text - 2, static)

    def _draw_load(self, painter: QPainter, scale: TimeScale) -> None:
        """Background traffic as a line on the axis."""
        top = self.height() - self._axis() - 2
        right = scale.left + scale.width
        for load in self._model.store.loads(scale.edge - scale.span, scale.edge):
            left = max(scale.left, scale.x(load.start))
            end = right if load.end is None else min(right, scale.x(load.end))
            painter.fillRect(left, top, end - left, 2, self._themes.theme["accent"])

    def _load_words(self, point: QPoint) -> str:
        at = self.scale().time(point.x())
        if point.y() < self.height() - self._axis() - 6:
            return ""
        for load in self._model.store.loads(at, at):
            lanes = ", ".join(lane.label for lane in load.lanes)
            return f"background traffic: {load.rate:g} calls/s on {lanes}"
        return ""

    def _draw_axis(self, painter: QPainter, scale: TimeScale, glyphs: Glyphs) -> None:
        step = tick_step(scale.span, scale.width)
        top = self.height() - self._axis()
        painter.setFont(glyphs.small)
        line, words = glyphs.theme["line"], glyphs.theme["muted"]
        live = self._model.mode is Mode.LIVE
        count = floor(scale.span / step)
        free = self.width()  # right of it stands the label before; the one at the edge is pushed inwards
        for index in range(count + 1):
            seconds = index * step
            x = scale.left + scale.width - 1 - round(seconds * scale.per_second)
            painter.fillRect(x, 0, 1, top, line)
            label = tick_label(seconds, step, None if live else self._model.wall(scale.edge - seconds))
            static, width = glyphs.text(label)
            place = min(x - width // 2, self.width() - width - 1)
            if place >= scale.left - 8 and place + width < free:
                painter.setPen(words)
                painter.drawStaticText(place, top + 1, static)
                free = place - 4


def tick_label(seconds: float, step: float, wall: str | None) -> str:
    """Words at a grid line ``seconds`` before the edge: how long ago, or the time of day where that is past.

    Grid lines closer than a second get tenths, so that no two of them read the same.
    """
    if wall is not None:
        return wall[:8] if step >= 1.0 else wall[:10]
    if seconds == 0:
        return "now"
    if seconds < 60:
        return f"−{seconds:g} s"
    return f"−{seconds / 60:g} min"
