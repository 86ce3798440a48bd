"""What the orders panel asks for: whose orders, how many, how fast, how long; start and cancel."""

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.ui.panels.fields import muted, real_box, whole_box
from app.ui.widgets.wrapping_row import WrappingRow, group
from app.viewmodels.order_settings import FIRST
from app.viewmodels.orders import OrdersModel


class OrderRequestBar(QWidget):
    """The inputs of the next start, and the two buttons. GUI thread."""

    def __init__(self, model: OrdersModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._make_inputs()
        self._make_buttons()
        self._build()
        self._connect()
        self._show_request()
        self._show_running()

    def _make_inputs(self) -> None:
        self.user = QLineEdit()
        self.user.setAccessibleName("User whose orders are followed")
        self.user.setPlaceholderText("everybody")
        self.user.setFixedWidth(112)
        self.user.setMaxLength(200)
        self.count = whole_box("How many orders", 1, 10_000_000)
        self.count.setValue(FIRST.count or 1)  # stays, greyed, where an endless stream is remembered
        self.endless = QCheckBox("endless")
        self.interval = whole_box("Milliseconds between two orders", 1, 3_600_000, " ms")
        self.live = QCheckBox("live orders")
        self.live.setToolTip(
            "The catalog's own orders as they are placed and moved, instead of a demonstration"
        )
        self.deadline = real_box("Deadline of each stream", 0.0, 86_400.0, " s", "none")
        for box, width in ((self.count, 84), (self.interval, 84), (self.deadline, 76)):
            figures = box.fontMetrics().horizontalAdvance("1\u00a0000\u00a0ms")
            box.setFixedWidth(max(width, figures + 36))  # with its arrows

    def _make_buttons(self) -> None:
        self.start = QPushButton("Watch orders")
        self.start.setProperty("role", "primary")
        self.start.setAutoDefault(False)
        words = self.start.fontMetrics()
        widest = max(words.horizontalAdvance(text) for text in ("Watch orders", "Start again"))
        self.start.setFixedWidth(widest * 6 // 5 + 24)  # semi-bold
        self.cancel = QPushButton("Cancel all")
        self.cancel.setAutoDefault(False)

    def _build(self) -> None:
        row = WrappingRow(
            [
                group(muted("user"), self.user),
                group(muted("orders"), self.count, self.endless),
                group(muted("every"), self.interval),
                group(muted("deadline"), self.deadline),
                group(self.live),
            ],
            [group(self.cancel, self.start)],
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(row)

    def _connect(self) -> None:
        model = self._model
        self.start.clicked.connect(model.start)
        self.cancel.clicked.connect(model.cancel_all)
        self.user.textChanged.connect(self._take_request)
        for box in (self.count, self.interval, self.deadline):
            box.valueChanged.connect(self._take_request)
        for tick in (self.endless, self.live):
            tick.toggled.connect(self._take_request)
        model.request_changed.connect(self._show_request)
        model.running_changed.connect(self._show_running)

    @Slot()
    def _take_request(self) -> None:
        self._model.change_request(
            user_id=self.user.text().strip(),
            count=None if self.endless.isChecked() else self.count.value(),
            interval_ms=self.interval.value(),
            live=self.live.isChecked(),
            deadline=self.deadline.value() or None,
        )

    @Slot()
    def _show_request(self) -> None:
        request = self._model.request
        editors = (self.user, self.count, self.endless, self.interval, self.live, self.deadline)
        blockers = [QSignalBlocker(each) for each in editors]
        if self.user.text().strip() != request.user_id:
            self.user.setText(request.user_id)
        if request.count is not None:
            self.count.setValue(request.count)
        self.endless.setChecked(request.count is None)
        self.interval.setValue(request.interval_ms)
        self.live.setChecked(request.live)
        self.deadline.setValue(request.deadline or 0.0)
        for blocker in blockers:
            blocker.unblock()
        self.count.setEnabled(request.count is not None)
        self.interval.setEnabled(not request.live)

    @Slot()
    def _show_running(self) -> None:
        running = self._model.running
        self.cancel.setEnabled(running)
        self.start.setText("Start again" if running else "Watch orders")
