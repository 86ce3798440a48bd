"""The orders panel: one feed over three transports, message by message."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QSplitter, QVBoxLayout, QWidget

from app.ui.panels.fields import header_of
from app.ui.panels.order_details import OrderDetails
from app.ui.panels.order_lanes import LanesGrid
from app.ui.panels.order_request import OrderRequestBar
from app.ui.panels.order_table import OrderTable
from app.ui.panels.order_view_bar import OrderViewBar
from app.ui.theme import ThemeSource
from app.ui.widgets.entry import set_entry
from app.ui.widgets.labels import rule
from app.viewmodels.orders import OrdersModel


class OrdersPanel(QWidget):
    """Parameters, lanes, table and detail. GUI thread.

    ``header`` holds what concerns all streams, for the title line of a dock.
    """

    def __init__(self, model: OrdersModel, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Orders")
        self.auto = QCheckBox("auto-reconnect")
        self.auto.setToolTip(
            "Begin broken GraphQL and gRPC streams anew. SSE resumes behind its last message anyway."
        )
        self.auto.setChecked(model.auto_reconnect)
        self.auto.toggled.connect(model.set_auto_reconnect)
        self.request = OrderRequestBar(model)
        self.lanes = LanesGrid(model, themes)
        self.table = OrderTable(model.table, themes)
        self.view_bar = OrderViewBar(model, self.table)
        self.header = header_of(self.view_bar.note, self.auto)
        self.details = OrderDetails(themes)
        self.table.row_chosen.connect(self.details.show_row)
        self._build()
        set_entry(self, self.table)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 8)
        layout.setSpacing(8)
        layout.addWidget(self.request)
        layout.addWidget(self.lanes)
        layout.addWidget(rule())
        layout.addWidget(self.view_bar)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setProperty("role", "bare")
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(12)
        splitter.addWidget(self.table)
        splitter.addWidget(self.details)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([760, 380])
        layout.addWidget(splitter, 1)
