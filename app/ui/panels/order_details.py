"""One row of the orders in full: as JSON, and as the bytes that were sent."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from app.itemmodels.orders import OrderRow
from app.ui.theme import ThemeSource
from app.ui.widgets.code_view import CodeView
from app.viewmodels.order_detail import json_document, sent_document


class OrderDetails(QTabWidget):
    """Two views of the chosen row. GUI thread."""

    def __init__(self, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.json = CodeView(themes, name="Message as JSON")
        self.sent = CodeView(themes, name="Message as sent")
        self.setAccessibleName("Chosen message")
        self.setDocumentMode(True)
        self.tabBar().setExpanding(False)
        self.tabBar().setAccessibleName("Views of the chosen message")
        self.setMinimumWidth(220)
        for title, view in (("JSON", self.json), ("As sent", self.sent)):
            page = QWidget()
            layout = QVBoxLayout(page)
            layout.setContentsMargins(0, 8, 0, 0)
            layout.addWidget(view)
            self.addTab(page, title)
        self.show_row(None)

    @Slot(object)
    def show_row(self, row: OrderRow | None) -> None:
        """Show a row; None says that there is none."""
        self.json.show_document(json_document(row))
        self.sent.show_document(sent_document(row))
