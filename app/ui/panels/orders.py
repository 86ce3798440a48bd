"""The orders panel: one feed over three transports, message by message."""

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.domain.lanes import Lane
from app.itemmodels.orders import OrderRow
from app.ui.panels.fields import header_of, muted, quiet_button, real_box, whole_box
from app.ui.panels.order_lanes import LanesGrid
from app.ui.panels.order_table import OrderTable
from app.ui.theme import ThemeSource
from app.ui.widgets.code_view import CodeView
from app.ui.widgets.entry import set_entry
from app.ui.widgets.labels import NumberLabel, rule
from app.viewmodels.order_detail import json_document, sent_document
from app.viewmodels.order_settings import FIRST
from app.viewmodels.orders import OrdersModel

_TYPING_MS = 150  # a filter is applied when the typing pauses


class OrdersPanel(QWidget):
    """Parameters, lanes, table and detail. GUI thread.

    ``header`` holds start and cancel for the title line of a dock.
    """

    def __init__(self, model: OrdersModel, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setAccessibleName("Orders")
        self.user = QLineEdit()
        self.user.setAccessibleName("User whose orders are followed")
        self.user.setPlaceholderText("everybody")
        self.user.setFixedWidth(112)
        self.user.setMaxLength(200)
        self.count = whole_box("How many orders", 1, 10_000_000)
        self.endless = QCheckBox("endless")
        self.interval = whole_box("Milliseconds between two orders", 1, 3_600_000, " ms")
        self.live = QCheckBox("live orders")
        self.live.setToolTip(
            "The catalog's own orders as they are placed and moved, instead of a demonstration"
        )
        self.deadline = real_box("Deadline of each stream", 0.0, 86_400.0, " s", "none")
        self.auto = QCheckBox("auto-reconnect")
        self.auto.setToolTip(
            "Begin broken GraphQL and gRPC streams anew. SSE resumes behind its last message anyway."
        )
        self.start = QPushButton("Watch orders")
        self.start.setProperty("role", "primary")
        self.start.setAutoDefault(False)
        words = self.start.fontMetrics()
        widest = max(words.horizontalAdvance(text) for text in ("Watch orders", "Start again"))
        self.start.setFixedWidth(widest * 6 // 5 + 24)  # semi-bold
        self.cancel = QPushButton("Cancel all")
        self.cancel.setAutoDefault(False)
        self.header = header_of(self.auto)
        self.lanes = LanesGrid(model, themes)
        self.table = OrderTable(model.table, themes)
        self.pause = quiet_button("Pause view", "Hold the rows; messages go on arriving (Space)")
        self.latest = quiet_button("Newest ↓", "Follow the newest row again (End)")
        self.clear = quiet_button("Clear", "Forget rows and counters")
        self.note = NumberLabel("10 000 waiting · 10 000 000 dropped from view", role="caption")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter by order, user or status")
        self.filter.setAccessibleName("Filter by order, user or status")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(280)
        self.lane_filters = {lane: QCheckBox(lane.label) for lane in Lane}
        self.details = self._details(themes)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._apply_filter)
        self._build()
        self._show_filter()
        self._connect()
        self._show_request()
        self._show_running()
        self._show_view()
        self._show_row(None)
        set_entry(self, self.table)

    def _details(self, themes: ThemeSource) -> QTabWidget:
        self.json = CodeView(themes, name="Message as JSON")
        self.sent = CodeView(themes, name="Message as sent")
        tabs = QTabWidget()
        tabs.setAccessibleName("Chosen message")
        tabs.setDocumentMode(True)
        tabs.tabBar().setExpanding(False)
        tabs.tabBar().setAccessibleName("Views of the chosen message")
        tabs.setMinimumWidth(220)
        for title, view in (("JSON", self.json), ("As sent", self.sent)):
            page = QWidget()
            layout = QVBoxLayout(page)
            layout.setContentsMargins(0, 8, 0, 0)
            layout.addWidget(view)
            tabs.addTab(page, title)
        return tabs

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 8)
        layout.setSpacing(8)
        layout.addLayout(self._parameters())
        layout.addWidget(self.lanes)
        layout.addWidget(rule())
        layout.addLayout(self._view_bar())
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setProperty("role", "bare")
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(12)
        splitter.addWidget(self.table)
        splitter.addWidget(self.details)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([760, 380])
        layout.addWidget(splitter, 1)

    def _parameters(self) -> QHBoxLayout:
        self.count.setValue(FIRST.count or 1)  # stays, greyed, where an endless stream is remembered
        row = QHBoxLayout()
        row.setSpacing(8)
        for box, width in ((self.count, 84), (self.interval, 84), (self.deadline, 76)):
            figures = box.fontMetrics().horizontalAdvance("1\u00a0000\u00a0ms")
            box.setFixedWidth(max(width, figures + 36))  # with its arrows
        for name, *inputs in (
            ("user", self.user),
            ("orders", self.count, self.endless),
            ("every", self.interval),
            ("deadline", self.deadline),
        ):
            row.addWidget(muted(str(name)))
            for widget in inputs:
                assert isinstance(widget, QWidget)
                row.addWidget(widget)
            row.addSpacing(2)
        row.addWidget(self.live)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.start)
        return row

    def _view_bar(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.filter, 1)
        for lane, box in self.lane_filters.items():
            box.setAccessibleName(f"Show the rows of {lane.label}")
            row.addWidget(box)
        row.addStretch(1)
        row.addWidget(self.note)
        for button in (self.latest, self.pause, self.clear):
            row.addWidget(button)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.pause.setMinimumWidth(self.pause.fontMetrics().horizontalAdvance("Resume view") + 20)
        return row

    def _connect(self) -> None:
        model = self._model
        self.start.clicked.connect(model.start)
        self.cancel.clicked.connect(model.cancel_all)
        self.pause.clicked.connect(model.toggle_pause)
        self.clear.clicked.connect(model.clear)
        self.latest.clicked.connect(self.table.follow)
        self.auto.toggled.connect(model.set_auto_reconnect)
        self.user.textChanged.connect(self._take_request)
        for box in (self.count, self.interval, self.deadline):
            box.valueChanged.connect(self._take_request)
        for tick in (self.endless, self.live):
            tick.toggled.connect(self._take_request)
        self.filter.textChanged.connect(self._typing.start)
        for lane in self.lane_filters.values():
            lane.toggled.connect(self._apply_filter)
        self.table.row_chosen.connect(self._show_row)
        self.table.following_changed.connect(self._show_view)
        model.request_changed.connect(self._show_request)
        model.running_changed.connect(self._show_running)
        model.view_changed.connect(self._show_view)
        model.figures_changed.connect(self._show_view)

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

    @Slot()
    def _show_view(self) -> None:
        model = self._model
        self.pause.setText("Resume view" if model.paused else "Pause view")
        self.latest.setEnabled(not self.table.following)
        parts = [f"{_whole(model.waiting)} waiting"] if model.paused else []
        parts += [f"{_whole(model.hidden)} dropped from view"] if model.hidden else []
        self.note.setText(" · ".join(parts))

    @Slot()
    def _apply_filter(self) -> None:
        lanes = [lane for lane, box in self.lane_filters.items() if box.isChecked()]
        self._model.set_filter(lanes, self.filter.text())

    def _show_filter(self) -> None:
        """As it was left, when the panel is made."""
        self.auto.setChecked(self._model.auto_reconnect)
        self.filter.setText(self._model.filter_text)
        for lane, box in self.lane_filters.items():
            box.setChecked(lane in self._model.shown_lanes)

    @Slot(object)
    def _show_row(self, row: OrderRow | None) -> None:
        self.json.show_document(json_document(row))
        self.sent.show_document(sent_document(row))


def _whole(value: int) -> str:
    return f"{value:,}".replace(",", "\u00a0")
