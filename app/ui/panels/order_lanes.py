"""The three lanes of the orders panel as one small table: state, counters, figures, and what can be done."""

from functools import partial

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from app.domain.lanes import Lane
from app.ui.charts.stream_axis import AXIS, StreamAxis
from app.ui.theme import ThemeSource
from app.ui.widgets.chip import Chip
from app.ui.widgets.dot import Dot
from app.ui.widgets.labels import NumberLabel, role_label
from app.viewmodels.figures import seconds
from app.viewmodels.orders import OrdersModel

ROW = 24  # px
_CHIP_WIDTH = 124
_GAP, _NARROW_GAP = 12, 4  # px between columns
_NBSP = "\u00a0"
_HEADS = (  # title, widest text, definition
    ("received", "10 000 000", "Messages that arrived; counted one by one"),
    (
        "dropped",
        "1 000 000",
        "Messages that the server dropped for a reader too slow; it says how many",
    ),
    ("reconnects", "100", "Times the stream was connected again, by hand or by itself"),
    ("rate", "2 000.0 /s", "Messages a second, over the last five seconds"),
    ("lag p50", "99.9 ms", "Half of all messages arrived no later than this behind their publication"),
    ("lag p99", "99.9 ms", "99 of 100 messages arrived no later than this behind their publication"),
    ("jitter", "99.9 ms", "How much the lag changes from one message to the next, smoothed (RFC 3550)"),
)


class LanesGrid(QWidget):
    """One row for each lane, the axis at their right. GUI thread."""

    def __init__(self, model: OrdersModel, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.chips: dict[Lane, Chip] = {}
        self.numbers: dict[Lane, list[NumberLabel]] = {}
        self.buttons: dict[Lane, QPushButton] = {}
        self.axis = StreamAxis(model, themes, row_height=ROW)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(_GAP)
        grid.setVerticalSpacing(0)
        self._grid = grid
        for column, (title, _, meaning) in enumerate(_HEADS, 2):
            head = role_label(title, "caption")
            head.setToolTip(meaning)
            grid.addWidget(head, 0, column, Qt.AlignmentFlag.AlignRight)
        for row, lane in enumerate(Lane, 1):
            self._add_lane(row, lane, themes)
        place = len(_HEADS) + 3
        grid.addWidget(self.axis, 1, place, len(Lane) + 1, 1, Qt.AlignmentFlag.AlignTop)
        grid.setColumnStretch(place, 1)
        grid.setRowMinimumHeight(len(Lane) + 1, AXIS)
        model.lane_changed.connect(self._show_lane)
        model.figures_changed.connect(self._show_figures)
        for lane in Lane:
            self._show_lane(lane)

    def minimumSizeHint(self) -> QSize:
        """Without the axis: a narrow dock shows every figure, and the axis when it is made wider."""
        least = super().minimumSizeHint()
        return least if self.axis.isHidden() else QSize(least.width() - self._axis_takes, least.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the axis where there is room for it."""
        super().resizeEvent(event)
        narrow = event.size().width() < self.minimumSizeHint().width() + self._axis_takes
        if narrow != self.axis.isHidden():
            self.axis.setHidden(narrow)
            self._grid.setHorizontalSpacing(_NARROW_GAP if narrow else _GAP)
            self._grid.setRowMinimumHeight(len(Lane) + 1, 0 if narrow else AXIS)

    @property
    def _axis_takes(self) -> int:
        """Pixels that the axis and the wide gaps need."""
        gaps = len(_HEADS) + 2  # of the other columns
        return self.axis.minimumSizeHint().width() + _GAP + gaps * (_GAP - _NARROW_GAP)

    def _add_lane(self, row: int, lane: Lane, themes: ThemeSource) -> None:
        name = QWidget()
        inner = QGridLayout(name)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setHorizontalSpacing(8)
        inner.addWidget(Dot(themes, f"lane_{lane.value}", square=True), 0, 0)
        inner.addWidget(role_label(lane.label, "lane", lane=lane.value), 0, 1)
        inner.setColumnStretch(1, 1)
        chip = self.chips[lane] = Chip("idle")
        chip.setFixedSize(_CHIP_WIDTH, 20)
        self._grid.setRowMinimumHeight(row, ROW)
        self._grid.addWidget(name, row, 0)
        self._grid.addWidget(chip, row, 1)
        labels = self.numbers[lane] = []
        for column, (title, widest, meaning) in enumerate(_HEADS, 2):
            label = NumberLabel(widest)
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            label.setAccessibleDescription(f"{lane.label} {title}: {meaning}")
            label.setToolTip(meaning)
            self._grid.addWidget(label, row, column)
            labels.append(label)
        button = self.buttons[lane] = QPushButton("Cancel")
        button.setProperty("role", "link")
        button.setMinimumWidth(button.fontMetrics().horizontalAdvance("Reconnect") + 12)
        button.clicked.connect(partial(self._press, lane))
        self._grid.addWidget(button, row, len(_HEADS) + 2)

    def _press(self, lane: Lane, _checked: bool = False) -> None:
        if self._model.lanes[lane].running:
            self._model.cancel(lane)
        else:
            self._model.reconnect(lane)

    @Slot(object)
    def _show_lane(self, lane: Lane) -> None:
        state = self._model.lanes[lane]
        self.chips[lane].show_value(state.words, tone=state.tone, meaning=state.explanation)
        button = self.buttons[lane]
        button.setText("Cancel" if state.running or not state.can_reconnect else "Reconnect")
        button.setEnabled(state.running or state.can_reconnect)
        button.setAccessibleName(f"{button.text()} the {lane.label} stream")
        button.setToolTip("" if state.running else _reconnect_tip(lane))
        self._show_numbers(lane)

    @Slot()
    def _show_figures(self) -> None:
        for lane in Lane:
            self._show_numbers(lane)

    def _show_numbers(self, lane: Lane) -> None:
        state = self._model.lanes[lane]
        figures = state.figures
        known = state.received > 0
        texts = (
            _whole(state.received),
            _whole(figures.dropped),
            str(state.reconnects),
            "–" if figures.rate is None else f"{figures.rate:,.1f}".replace(",", _NBSP) + "/s",
            *(
                seconds(value) if known and value is not None else "–"
                for value in (figures.lag_p50, figures.lag_p99, figures.jitter)
            ),
        )
        for label, text in zip(self.numbers[lane], texts, strict=True):
            if label.text() != text:
                label.setText(text)


def _whole(value: int) -> str:
    return f"{value:,}".replace(",", _NBSP)


def _reconnect_tip(lane: Lane) -> str:
    if lane is Lane.REST:
        return "Go on behind the last message (Last-Event-ID)"
    return "Begin anew: this protocol cannot resume"
