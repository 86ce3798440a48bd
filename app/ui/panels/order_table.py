"""The table of streamed orders: follows the end while it is there, and stands still when it is not."""

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.domain.events import StreamState
from app.domain.lanes import Lane
from app.domain.results import Outcome
from app.itemmodels.orders import NUMBERS, Column, OrderRow, OrdersTable
from app.ui.theme import ThemeSource, tabular
from app.ui.widgets.painting import painting

ROW_HEIGHT = 22
_PAD = 8
_WIDEST = {  # what a column has room for
    Column.LANE: "GraphQL",
    Column.SEQUENCE: "1 000 000",
    Column.ARRIVED: "00:00:00.000",
    Column.LAG: "99.9 ms",
    Column.ORDER: "order_1000000",
    Column.USER: "user_12345",
    Column.TOTAL: "99 999 999.99",
}
_WIDEST_STATUS = "processing"
_WIDEST_TURN = "reconnect"
_EMPTY = (
    "Watch orders follows the same feed over Server-Sent Events, a GraphQL subscription and a gRPC stream.\n"
    "Space holds the view, End follows the newest row. Break a lane under Outage and see who can resume."
)
_FILTERED = "No row matches the filter."
_GO_FIRST = (Column.USER, Column.ARRIVED, Column.SEQUENCE)  # the message in full has them too
_SECOND_RANK = frozenset({Column.SEQUENCE, Column.ARRIVED, Column.USER})

_MAY_BE_LONG = frozenset({Column.ORDER, Column.USER, Column.STATUS})
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine


def _weight(row: OrderRow) -> str:
    change = row.change
    if change is None or change.outcome in (Outcome.OK, Outcome.CANCELLED):
        return ""
    return "warning" if change.state is StreamState.WAITING else "error"


class OrderTable(QTableView):
    """Shows an OrdersTable. GUI thread."""

    row_chosen = Signal(object)  # OrderRow or None
    following_changed = Signal(bool)

    def __init__(self, table: OrdersTable, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._themes = themes
        self._following = True
        self._use_theme()
        themes.theme_changed.connect(self._use_theme)
        self.setProperty("role", "bare")
        self.setProperty("columns", "roomy")  # titles stand over figures, which are drawn with padding
        self.setAccessibleName("Streamed orders")
        self.setFont(tabular(self.font()))
        self.setModel(table)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._set_up_headers()
        self.verticalScrollBar().valueChanged.connect(self._look_where_we_are)
        self.verticalScrollBar().rangeChanged.connect(self._keep_the_end)
        table.rowsRemoved.connect(self._stand_still)
        table.modelReset.connect(self.follow)
        table.modelReset.connect(self._let_go)
        self.selectionModel().currentRowChanged.connect(self._tell)

    @property
    def following(self) -> bool:
        """Whether the newest row stays in view."""
        return self._following

    @Slot()
    def follow(self) -> None:
        """Go to the newest row and stay with it."""
        self._set_following(True)
        self.scrollToBottom()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """All rows in view at once.

        A delegate would be called back for each cell, and each time would have to wait for the threads that
        read the streams: at full rate a frame then takes 30 ms instead of 3.
        """
        with painting(self) as painter:
            if not self._table.rowCount():
                painter.setPen(self._muted)
                words = _FILTERED if self._table.kept else _EMPTY
                place = self.viewport().rect().adjusted(_PAD, _PAD, -_PAD, -_PAD)
                painter.drawText(place, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, words)
                return
            metrics = self.fontMetrics()
            chosen = self.currentIndex().row() if self.selectionModel().hasSelection() else -1
            width = self.viewport().width()
            columns = [
                (column, self.columnViewportPosition(column) + _PAD, self.columnWidth(column) - 2 * _PAD)
                for column in Column
                if not self.isColumnHidden(column)
            ]
            behind = self.columnViewportPosition(Column.ORDER) + 2 * _PAD + self._turn_width
            turn_columns = [  # an ending is longer than a status; user and total are empty
                *columns[:-1],
                (Column.STATUS, behind, width - behind - _PAD),
            ]
            offset = self.verticalScrollBar().value()
            first = offset // ROW_HEIGHT
            last = min(self._table.rowCount(), (offset + self.viewport().height()) // ROW_HEIGHT + 1)
            for number in range(first, last):
                row = self._table.row(number)
                if row is None:
                    break
                top = number * ROW_HEIGHT - offset
                if number == chosen:
                    painter.fillRect(0, top, width, ROW_HEIGHT, self._selection)
                turned = row.message is None
                for column, left, room in turn_columns if turned else columns:
                    text = self._table.text(row, column)
                    if not text:
                        continue
                    painter.setPen(self._color(row, column))
                    if column in _MAY_BE_LONG and metrics.horizontalAdvance(text) > room:
                        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
                    painter.drawText(
                        left, top, room, ROW_HEIGHT, _RIGHT if column in NUMBERS else _LEFT, text
                    )

    def _color(self, row: OrderRow, column: int) -> QColor:
        if column == Column.LANE:
            return self._lanes[row.lane]
        if row.message is None:
            return self._turns.get(_weight(row), self._muted)
        return self._muted if column in _SECOND_RANK else self._text

    @Slot()
    def _use_theme(self) -> None:
        theme = self._themes.theme
        self._lanes = {lane: theme[f"lane_{lane.value}"] for lane in Lane}
        self._turns = {"warning": theme["warning"], "error": theme["error"]}
        self._text, self._muted, self._selection = theme["text"], theme["muted"], theme["selection"]
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """End follows the newest row again."""
        if event.key() == Qt.Key.Key_End:
            self.follow()
        super().keyPressEvent(event)

    def _set_up_headers(self) -> None:
        metrics = QFontMetrics(tabular(self.font()))
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(ROW_HEIGHT)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setMinimumSectionSize(40)
        self._turn_width = metrics.horizontalAdvance(_WIDEST_TURN)
        self._wide = {column: metrics.horizontalAdvance(text) + 2 * _PAD for column, text in _WIDEST.items()}
        for column, width in self._wide.items():
            self.setColumnWidth(column, width)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook: where there is no room for all, whole columns go before one is cut."""
        status = self.fontMetrics().horizontalAdvance(_WIDEST_STATUS) + 2 * _PAD
        needed = sum(self._wide.values()) + status
        for column in _GO_FIRST:
            self.setColumnHidden(column, needed > self.viewport().width())
            needed -= self._wide[column] if self.isColumnHidden(column) else 0
        super().resizeEvent(event)

    @Slot(int)
    def _look_where_we_are(self, value: int) -> None:
        self._set_following(value >= self.verticalScrollBar().maximum())

    @Slot(int, int)
    def _keep_the_end(self, _low: int, high: int) -> None:
        if self._following:
            self.verticalScrollBar().setValue(high)

    @Slot(QModelIndex, int, int)
    def _stand_still(self, _parent: QModelIndex, first: int, last: int) -> None:
        """Rows left at the top: the rows in view stay where they are."""
        if not self._following:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() - (last - first + 1) * ROW_HEIGHT)

    @Slot(QModelIndex, QModelIndex)
    def _tell(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self.row_chosen.emit(self._table.row(current.row()) if current.isValid() else None)

    @Slot()
    def _let_go(self) -> None:
        # Qt forgets the chosen row with the rows, and says so to nobody.
        self.row_chosen.emit(None)

    def _set_following(self, following: bool) -> None:
        if following != self._following:
            self._following = following
            self.following_changed.emit(following)
