"""What is seen of the orders that arrive: filter by words and lanes, hold, follow, forget."""

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout, QWidget

from app.domain.lanes import Lane
from app.ui.panels.fields import quiet_button
from app.ui.panels.order_table import OrderTable
from app.ui.widgets.labels import NumberLabel
from app.ui.widgets.wrapping_row import WrappingRow, group
from app.viewmodels.orders import OrdersModel

_TYPING_MS = 150  # a filter is applied when the typing pauses


class OrderViewBar(QWidget):
    """The line above the rows. GUI thread.

    ``note`` says what waits and what was dropped; it belongs into the title line, where there is room.
    """

    def __init__(self, model: OrdersModel, table: OrderTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._table = table
        self.pause = quiet_button("Pause view", "Hold the rows; messages go on arriving (Space)")
        self.latest = quiet_button("Newest ↓", "Follow the newest row again (End)")
        self.clear = quiet_button("Clear", "Forget rows and counters")
        self.note = NumberLabel("10 000 waiting · 10 000 000 dropped from view", role="caption")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("order, user or status")
        self.filter.setAccessibleName("Filter by order, user or status")
        self.filter.setClearButtonEnabled(True)
        self.filter.setFixedWidth(176)
        self.lane_filters = {lane: QCheckBox(lane.label) for lane in Lane}
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._apply_filter)
        self._build()
        self._show_filter()
        self._connect()
        self._show_view()

    def _build(self) -> None:
        for lane, box in self.lane_filters.items():
            box.setAccessibleName(f"Show the rows of {lane.label}")
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.pause.setMinimumWidth(self.pause.fontMetrics().horizontalAdvance("Resume view") + 20)
        row = WrappingRow(
            [group(self.filter), group(*self.lane_filters.values())],
            [group(self.latest, self.pause, self.clear)],
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(row)

    def _connect(self) -> None:
        model = self._model
        self.pause.clicked.connect(model.toggle_pause)
        self.clear.clicked.connect(model.clear)
        self.latest.clicked.connect(self._table.follow)
        self.filter.textChanged.connect(self._typing.start)
        for lane in self.lane_filters.values():
            lane.toggled.connect(self._apply_filter)
        self._table.following_changed.connect(self._show_view)
        model.view_changed.connect(self._show_view)
        model.figures_changed.connect(self._show_view)

    @Slot()
    def _show_view(self) -> None:
        model = self._model
        self.pause.setText("Resume view" if model.paused else "Pause view")
        self.latest.setEnabled(not self._table.following)
        parts = [f"{_whole(model.waiting)} waiting"] if model.paused else []
        parts += [f"{_whole(model.hidden)} dropped from view"] if model.hidden else []
        self.note.setText(" · ".join(parts))

    @Slot()
    def _apply_filter(self) -> None:
        lanes = [lane for lane, box in self.lane_filters.items() if box.isChecked()]
        self._model.set_filter(lanes, self.filter.text())

    def _show_filter(self) -> None:
        """As it was left, when the panel is made."""
        self.filter.setText(self._model.filter_text)
        for lane, box in self.lane_filters.items():
            box.setChecked(lane in self._model.shown_lanes)


def _whole(value: int) -> str:
    return f"{value:,}".replace(",", "\u00a0")
