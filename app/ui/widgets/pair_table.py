"""Names and values in two columns: headers, query, metadata. Editable ones keep an empty last row."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from app.ui.stylesheet import restyle

Pairs = tuple[tuple[str, str], ...]

_HINT = "Double-click to add a row"
_NONE = "None"


class PairTable(QTableWidget):
    """A table of pairs. GUI thread."""

    edited = Signal(object)  # Pairs, without empty rows

    def __init__(
        self,
        *,
        name: str,
        titles: tuple[str, str] = ("Name", "Value"),
        read_only: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """``name`` is what a screen reader calls the table."""
        super().__init__(0, 2, parent)
        self._read_only = read_only
        self._filling = False
        self.setAccessibleName(name)
        self.setProperty("role", "code")
        self.setHorizontalHeaderLabels(list(titles))
        header = self.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setMaximumSectionSize(160)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setWordWrap(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if read_only:
            self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.itemChanged.connect(self._tell)

    def show_pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Replace the rows without calling it an edit."""
        if not self._read_only and tuple(pairs) == self.pairs() and self.rowCount() == len(pairs) + 1:
            return
        self._filling = True
        self.setRowCount(0)
        for pair in [*pairs, *([] if self._read_only else [("", "")])]:
            self._append(pair)
        self._filling = False

    def set_greyed(self, greyed: bool) -> None:
        """Show everything muted: the rows belong to an earlier send."""
        restyle(self, greyed="yes" if greyed else None)

    def pairs(self) -> Pairs:
        """The rows that have a name."""
        rows = ((self._text(row, 0), self._text(row, 1)) for row in range(self.rowCount()))
        return tuple((name, value) for name, value in rows if name)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say what the empty last row is for, which by itself cannot be seen; or that nothing came."""
        super().paintEvent(event)
        words = self._words()
        if words:
            top = self.rowViewportPosition(self.rowCount() - 1) if self.rowCount() else 0
            line = QRect(5, top, self.viewport().width() - 9, self.verticalHeader().defaultSectionSize())
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().placeholderText().color())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, words)

    def _words(self) -> str:
        last = self.rowCount() - 1
        if self._read_only or last < 0:
            return "" if last >= 0 else _NONE
        editing = self.state() is QAbstractItemView.State.EditingState
        return "" if editing or self._text(last, 0) or self._text(last, 1) else _HINT

    def _append(self, pair: tuple[str, str]) -> None:
        row = self.rowCount()
        self.insertRow(row)
        for column, text in enumerate(pair):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            self.setItem(row, column, item)

    def _text(self, row: int, column: int) -> str:
        item = self.item(row, column)
        return item.text().strip() if item else ""

    @Slot(QTableWidgetItem)
    def _tell(self, item: QTableWidgetItem) -> None:
        if self._filling:
            return
        self._filling = True
        item.setToolTip(item.text())
        if item.row() == self.rowCount() - 1 and item.text():
            self._append(("", ""))
        self._filling = False
        self.edited.emit(self.pairs())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the rows as "name: value"; Delete takes them out."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
        elif event.key() == Qt.Key.Key_Delete and not self._read_only:
            self._remove()
        else:
            super().keyPressEvent(event)

    def _chosen(self) -> list[int]:
        return sorted({index.row() for index in self.selectedIndexes()})

    def _copy(self) -> None:
        lines = [f"{self._text(row, 0)}: {self._text(row, 1)}" for row in self._chosen()]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _remove(self) -> None:
        for row in reversed(self._chosen()):
            if row < self.rowCount() - 1:
                self.removeRow(row)
        self.edited.emit(self.pairs())
