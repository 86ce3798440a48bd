"""The command palette: every action, operation and panel, found by a few letters."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    Slot,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.domain.values import dataclass
from app.ui.fuzzy import fuzzy_score
from app.ui.theme import ThemeSource
from app.ui.widgets.labels import role_label
from app.ui.widgets.painting import painting_cell

_ROW_HEIGHT = 32  # px
_WIDTH = 560  # px
_ROWS = 12  # shown without scrolling


@dataclass(frozen=True, slots=True, kw_only=True)
class PaletteEntry:
    """One thing that can be done from here."""

    title: str
    group: str
    run: Callable[[], object]
    key: str = ""


class _EntryModel(QAbstractListModel):
    """Entries that fit the query, best first."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._all: Sequence[PaletteEntry] = ()
        self._shown: list[PaletteEntry] = []

    def load(self, entries: Sequence[PaletteEntry]) -> None:
        self._all = entries
        self.search("")

    def search(self, query: str) -> None:
        self.beginResetModel()
        scored = [(fuzzy_score(query, f"{entry.title} {entry.group}"), entry) for entry in self._all]
        fitting = [(score, entry) for score, entry in scored if score is not None]
        fitting.sort(key=_by_score)
        self._shown = [entry for _, entry in fitting]
        self.endResetModel()

    def entry(self, row: int) -> PaletteEntry:
        return self._shown[row]

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._shown)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if not index.isValid():
            return None
        entry = self._shown[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(part for part in (entry.title, entry.group, entry.key) if part)
            case Qt.ItemDataRole.UserRole:
                return entry
        return None


class _EntryPainter(QStyledItemDelegate):
    """Title left, group and key right and muted."""

    def __init__(self, themes: ThemeSource, parent: QObject) -> None:
        super().__init__(parent)
        self._themes = themes

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, _ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        with painting_cell(painter, option.widget):
            entry = index.data(Qt.ItemDataRole.UserRole)
            theme = self._themes.theme
            style = option.widget.style() if option.widget else None
            if style is not None:
                style.drawPrimitive(
                    QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget
                )
            place = option.rect.adjusted(12, 0, -12, 0)
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            note = f"{entry.group}    {entry.key}" if entry.key else entry.group
            painter.setPen(theme["muted"])
            painter.drawText(place, right, note)
            painter.setPen(theme["text"])
            room = place.width() - painter.fontMetrics().horizontalAdvance(note) - 16
            title = painter.fontMetrics().elidedText(entry.title, Qt.TextElideMode.ElideRight, room)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)


class CommandPalette(QDialog):
    """A field over a list: type, choose with the arrows, Enter runs, Esc closes. GUI thread."""

    def __init__(self, themes: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._over = parent
        self.setObjectName("command-palette")
        self.setProperty("role", "popover")
        self.setAccessibleName("Command palette")
        self._model = _EntryModel(self)
        self._field = QLineEdit()
        self._field.setPlaceholderText("Type a command, an operation or a panel")
        self._field.setAccessibleName("Search commands")
        self._list = QListView()
        self._list.setProperty("role", "bare")
        self._list.setModel(self._model)
        self._list.setItemDelegate(_EntryPainter(themes, self._list))
        self._list.setUniformItemSizes(True)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setAccessibleName("Matching commands")
        self._none = role_label("Nothing fits. Fewer letters may help.", "muted")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        for widget in (self._field, self._none, self._list):
            column.addWidget(widget)
        self._none.hide()
        self._field.installEventFilter(self)
        self._field.textChanged.connect(self._search)
        self._field.returnPressed.connect(self._run)
        self._list.clicked.connect(self._run)

    def show_entries(self, entries: Sequence[PaletteEntry]) -> None:
        """Open over the parent with these entries."""
        self._model.load(entries)
        self._field.clear()
        self._search("")
        over = self._over
        width = min(_WIDTH, over.width() - 32)
        self.setFixedWidth(width)
        self.move(over.mapToGlobal(over.rect().topLeft()) + _centre_offset(over, width))
        self.show()
        self._field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows and pages in the field move the choice in the list."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            step = _STEPS.get(Qt.Key(event.key()))
            if step is not None:
                self._move(step)
                return True
        return super().eventFilter(watched, event)

    @Slot(str)
    def _search(self, query: str) -> None:
        self._model.search(query)
        empty = self._model.rowCount() == 0
        self._none.setVisible(empty)
        self._list.setVisible(not empty)
        # As high as what fits, so that little is covered; the field stays where it is.
        self._list.setFixedHeight(min(_ROWS, self._model.rowCount()) * _ROW_HEIGHT + 2)
        self.setFixedHeight(self._column.sizeHint().height())
        self._choose(0)

    def _move(self, step: int) -> None:
        count = self._model.rowCount()
        if count:
            row = self._list.currentIndex().row() + step
            self._choose(row % count if abs(step) == 1 else min(max(row, 0), count - 1))

    def _choose(self, row: int) -> None:
        self._list.setCurrentIndex(self._model.index(row))

    @Slot()
    def _run(self) -> None:
        index = self._list.currentIndex()
        if index.isValid():
            entry = self._model.entry(index.row())
            self.accept()
            entry.run()


_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}


def _centre_offset(over: QWidget, width: int) -> QPoint:
    return QPoint((over.width() - width) // 2, 72)


def _by_score(scored: tuple[float, PaletteEntry]) -> float:
    return -scored[0]  # the sort is stable: equal ones keep the order they were given in
