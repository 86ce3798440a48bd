"""The rows of the orders table: a bounded ring of messages and ends, filtered. No fonts, no colours."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.domain.events import OrderReceived, StreamChanged, StreamState
from app.domain.lanes import Lane

CAPACITY = 10_000
ROW_ROLE: Final = Qt.ItemDataRole.UserRole

_Index = QModelIndex | QPersistentModelIndex
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_NBSP = "\u00a0"


class Column(IntEnum):
    """The columns from the left."""

    LANE = 0
    SEQUENCE = 1
    ARRIVED = 2
    LAG = 3
    ORDER = 4
    USER = 5
    TOTAL = 6
    STATUS = 7


_TITLES = ("Lane", "#", "Arrived", "Lag", "Order", "User", "Total", "Status")
NUMBERS = frozenset({Column.SEQUENCE, Column.ARRIVED, Column.LAG, Column.TOTAL})


class OrderRow:
    """One message, or one turn in the life of a stream."""

    __slots__ = ("arrived", "change", "lane", "message")

    def __init__(
        self, lane: Lane, arrived: float, message: OrderReceived | None, change: StreamChanged | None = None
    ) -> None:
        self.lane = lane
        self.arrived = arrived  # wall clock
        self.message = message
        self.change = change  # set when there is no message

    def matches(self, text: str) -> bool:
        """Whether order, user or status hold ``text``, which is lower case."""
        if self.message is None:
            return text in change_words(self.change).lower()
        order = self.message.order
        return any(text in str(order.get(name, "")).lower() for name in ("id", "user_id", "status"))


def change_words(change: StreamChanged | None) -> str:
    """A turn in the life of a stream as one line: "14 UNAVAILABLE · the server is shutting down"."""
    if change is None:
        return ""
    parts = [change.status, change.message if change.message != change.status else ""]
    if change.injected and change.injected not in change.message:
        parts.append(f"fault: {change.injected}")
    parts += [f"{name}: {value}" for name, value in change.trailers if value not in ("", change.message)]
    return " · ".join(part for part in parts if part)


class OrdersTable(QAbstractTableModel):
    """The newest rows that pass the filter. GUI thread.

    ``lag_text`` says a duration in seconds. `append` returns how many rows of each lane had to go.
    """

    def __init__(
        self,
        lag_text: Callable[[float], str],
        *,
        capacity: int = CAPACITY,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lag_text = lag_text
        self.capacity = capacity
        self._all: deque[OrderRow] = deque()
        self._shown: list[OrderRow] = []
        self._lanes: frozenset[Lane] = frozenset(Lane)
        self._text = ""

    @property
    def kept(self) -> int:
        """Rows in the ring, shown or filtered out."""
        return len(self._all)

    def row(self, number: int) -> OrderRow | None:
        """The row shown at a place."""
        return self._shown[number] if 0 <= number < len(self._shown) else None

    def append(self, rows: Sequence[OrderRow]) -> Counter[Lane]:
        """Put rows at the end and let the oldest go. Returns how many went, by lane."""
        fresh = rows[-self.capacity :]
        gone: Counter[Lane] = Counter(row.lane for row in rows[: len(rows) - len(fresh)])
        self._let_go(len(self._all) + len(fresh) - self.capacity, gone)
        self._all.extend(fresh)
        shown = fresh if self._shows_all else [row for row in fresh if self._passes(row)]
        if shown:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(shown) - 1)
            self._shown.extend(shown)
            self.endInsertRows()
        return gone

    def clear(self) -> None:
        """Forget all rows."""
        self.beginResetModel()
        self._all.clear()
        self._shown.clear()
        self.endResetModel()

    def set_filter(self, lanes: Collection[Lane], text: str) -> None:
        """Show only these lanes, and only rows that hold ``text``."""
        chosen = frozenset(lanes), text.strip().lower()
        if chosen == (self._lanes, self._text):
            return
        self.beginResetModel()
        self._lanes, self._text = chosen
        self._shown = [row for row in self._all if self._passes(row)]
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Rows shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Always the same."""
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles, over numbers at the right."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(_TITLES):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _TITLES[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section in NUMBERS else _LEFT
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The text of a cell; the whole row under ROW_ROLE."""
        row = self.row(index.row()) if index.isValid() else None
        if row is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, index.column())
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if index.column() in NUMBERS else _LEFT
        if role == Qt.ItemDataRole.ToolTipRole and row.message is None and index.column() == Column.STATUS:
            return change_words(row.change)
        return None

    def text(self, row: OrderRow, column: int) -> str:
        """What a cell says."""
        if column == Column.LANE:
            return row.lane.label
        if column == Column.ARRIVED:
            return datetime.fromtimestamp(row.arrived).strftime("%H:%M:%S.%f")[:-3]
        if row.message is None:
            return _turn(row.change, column)
        return self._message_text(row.message, column)

    def _message_text(self, message: OrderReceived, column: int) -> str:
        match column:
            case Column.SEQUENCE:
                return f"{message.sequence:,}".replace(",", _NBSP)
            case Column.LAG:
                return self._lag_text(message.arrived - message.published)
            case Column.ORDER:
                return str(message.order.get("id", ""))
            case Column.USER:
                return str(message.order.get("user_id", ""))
            case Column.TOTAL:
                return _amount(message.order.get("total"))
            case _:
                dropped = message.order.get("dropped")
                status = str(message.order.get("status", ""))
                return f"{status} · {dropped} dropped before" if dropped else status

    @property
    def _shows_all(self) -> bool:
        return not self._text and len(self._lanes) == len(Lane)

    def _passes(self, row: OrderRow) -> bool:
        return row.lane in self._lanes and (not self._text or row.matches(self._text))

    def _let_go(self, count: int, gone: Counter[Lane]) -> None:
        if count <= 0:
            return
        leaving = [self._all.popleft() for _ in range(min(count, len(self._all)))]
        gone.update(row.lane for row in leaving)
        shown = len(leaving) if self._shows_all else _count(map(self._passes, leaving))
        if shown:
            self.beginRemoveRows(QModelIndex(), 0, shown - 1)
            del self._shown[:shown]
            self.endRemoveRows()


def _turn(change: StreamChanged | None, column: int) -> str:
    if change is None:
        return ""
    if column == Column.ORDER:
        return {StreamState.ENDED: "ended", StreamState.WAITING: "reconnect"}.get(change.state, "open")
    return change_words(change) if column == Column.STATUS else ""


def _amount(value: object) -> str:
    return f"{value:,.2f}".replace(",", _NBSP) if isinstance(value, int | float) else ""


def _count(truths: Iterable[bool]) -> int:
    return sum(1 for truth in truths if truth)
