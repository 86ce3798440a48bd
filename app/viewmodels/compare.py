"""The three answers beside one another: a small table, the best of each column, and differences from a base.

Large answers are compared on a worker; the differences come back as an event.
"""

import time
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
    Slot,
)

from app.domain.cancel import CancelToken
from app.domain.events import Event
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS
from app.domain.results import CallResult, Outcome
from app.domain.values import dataclass
from app.operations.compare import Difference, semantic_diff
from app.operations.turn import Turn
from app.runtime.soon import soon
from app.viewmodels.compare_columns import COLUMNS, best_lanes
from app.viewmodels.lane import PREPARE_HERE, LaneModel, body_size
from app.viewmodels.ports import Publish, Submit, Subscriber

Index = QModelIndex | QPersistentModelIndex
BEST = Qt.ItemDataRole.UserRole + 1  # True where the value is the best of its column
LANE = Qt.ItemDataRole.UserRole + 3  # value of the Lane whose name this is (Qt keeps no enum)
UNKNOWN = Qt.ItemDataRole.UserRole + 2  # True where there is no value


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferencesFound(Event):
    """Two large answers were compared on a worker."""

    base_call: str
    call: str
    lane: Lane
    differences: tuple[Difference, ...]


class CompareTable(QAbstractTableModel):
    """What the last answers cost. GUI thread.

    Lying: a row for each lane, for a wide place. Upright: a column for each lane, for a narrow one.
    """

    def __init__(self, lanes: Mapping[Lane, LaneModel], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lanes = list(lanes.values())
        self._best: dict[int, frozenset[Lane]] = {}
        self._upright = False
        self._known = True  # whether ``_best`` is of the results as they are
        # Lanes tell several things in a turn, each of which may change a number.
        self._soon = soon(self.refresh, self)
        for model in self._lanes:
            model.result_changed.connect(self._refresh_soon)
            model.draft_changed.connect(self._refresh_soon)
            model.activity_changed.connect(self._refresh_soon)

    def set_upright(self, upright: bool) -> None:
        """Turn the table."""
        if upright != self._upright:
            self.beginResetModel()
            self._upright = upright
            self.endResetModel()

    @Slot()
    def _refresh_soon(self) -> None:
        """Once when this turn is over. A number that is asked for before is of the results as they are."""
        self._known = False
        self._soon.start()

    @Slot()
    def refresh(self) -> None:
        """Read the results again."""
        self._read()
        self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def _read(self) -> None:
        self._known = True
        results = {model.lane: None if model.outdated else model.result for model in self._lanes}
        extra = {model.lane: model.over_fetch for model in self._lanes}
        self._best = {number: best_lanes(column, results, extra) for number, column in enumerate(COLUMNS)}

    def rowCount(self, parent: Index | None = None) -> int:
        """One for each lane, or for each number when upright."""
        if parent is not None and parent.isValid():
            return 0
        return len(COLUMNS) if self._upright else len(self._lanes)

    def columnCount(self, parent: Index | None = None) -> int:
        """The names and what they have."""
        if parent is not None and parent.isValid():
            return 0
        return 1 + (len(self._lanes) if self._upright else len(COLUMNS))

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names across; the tool tip of a number defines it."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        if section == 0:
            return ("" if self._upright else "Lane") if role == Qt.ItemDataRole.DisplayRole else None
        return self._name(section - 1, lane=self._upright, role=role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Numbers with units; the best of three says so in words too."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(index.column())
        if index.column() == 0:
            return self._name(index.row(), lane=not self._upright, role=role)
        place = index.column() - 1, index.row()
        number, lane = (place[1], place[0]) if self._upright else place
        return self._number(self._lanes[lane], number, role)

    def _name(self, place: int, *, lane: bool, role: int) -> Any:
        if lane:
            model = self._lanes[place]
            named: dict[int, str] = {
                Qt.ItemDataRole.DisplayRole: model.lane.label,
                LANE: model.lane.value,
            }
            return named.get(role)
        column = COLUMNS[place]
        words: dict[int, str] = {
            Qt.ItemDataRole.DisplayRole: column.title,
            Qt.ItemDataRole.ToolTipRole: column.meaning,
        }
        return words.get(role)

    def _number(self, model: LaneModel, number: int, role: int) -> Any:
        if not self._known:
            self._read()
        column = COLUMNS[number]
        best = model.lane in self._best.get(number, frozenset())
        result, extra, outdated = model.result, model.over_fetch, model.outdated
        text = column.text(result, extra, brief=self._upright) if result else "–"
        about, said = ("Best of the three. ", ", best") if best else ("", "")
        if result is not None and outdated:
            about = f"Of {OPERATIONS[result.operation].title} as it was sent before. "
            said = ", of an earlier request"
        return {
            Qt.ItemDataRole.DisplayRole: text,
            Qt.ItemDataRole.AccessibleTextRole: f"{column.title} {text}{said}",
            Qt.ItemDataRole.ToolTipRole: f"{about}{column.meaning}",
            BEST: best,
            UNKNOWN: outdated or text in ("–", "unknown"),
        }.get(role)


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class CompareModel(QObject):
    """Holds the base lane and tells each lane its differences. GUI thread."""

    base_changed = Signal(object)  # Lane

    def __init__(
        self,
        lanes: Mapping[Lane, LaneModel],
        bus: Subscriber,
        *,
        submit: Submit,
        publish: Publish,
        turn: Turn | None = None,
        parent: QObject | None = None,
    ) -> None:
        """``turn`` is shared with whatever else computes on large answers."""
        super().__init__(parent)
        self.lanes = lanes
        self.table = CompareTable(lanes, self)
        self._base = Lane.REST
        self._submit = submit
        self._turn = turn or Turn()
        self._wanted: dict[Lane, _Comparison] = {}  # large ones, under way or told
        self._publish = publish
        for model in lanes.values():
            model.result_changed.connect(self.refresh)
        bus.subscribe(DifferencesFound, self._found)
        self.refresh()

    @property
    def base(self) -> Lane:
        """The lane that the others are compared with."""
        return self._base

    @Slot(object)
    def choose_base(self, lane: Lane) -> None:
        """Compare with another lane."""
        if lane is not self._base:
            self._base = lane
            self.base_changed.emit(lane)
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Compare every lane's answer with the base lane's again."""
        base = self.lanes[self._base].result
        for lane, model in self.lanes.items():
            other = model.result
            if lane is self._base or not _comparable(base) or not _comparable(other):
                self._wanted.pop(lane, None)
                model.show_differences(self._base, None)
            elif base is not None and other is not None:
                self._compare(base, other, model)

    def _compare(self, base: CallResult, other: CallResult, model: LaneModel) -> None:
        known = self._wanted.get(model.lane)
        if known is not None and known.of(base, other):
            return  # it is under way, or its differences are shown
        self._wanted.pop(model.lane, None)
        if base.operation is not other.operation:
            model.show_differences(self._base, None)
        elif max(body_size(base), body_size(other)) <= PREPARE_HERE:
            found = semantic_diff(base.reply.value, other.reply.value, other.fields or None)
            model.show_differences(self._base, found)
        else:
            model.show_differences(self._base, None)
            both = (model, self.lanes[self._base])
            if not any(lane.in_flight or lane.preparing for lane in both):  # else the end of that asks again
                job = self._wanted[model.lane] = _Comparison(
                    base, other, publish=self._publish, turn=self._turn, wanted=self._wanted
                )
                self._submit(job)

    @Slot(object)
    def _found(self, event: DifferencesFound) -> None:
        base, other = self.lanes[self._base].result, self.lanes[event.lane].result
        if base and other and (base.call_id, other.call_id) == (event.base_call, event.call):
            self.lanes[event.lane].show_differences(self._base, event.differences)


def _comparable(result: CallResult | None) -> bool:
    return (
        result is not None
        and result.reply.outcome in (Outcome.OK, Outcome.PARTIAL)
        and result.reply.value is not None
    )


class _Comparison:
    """The job for two large answers. Holds no QObject."""

    __slots__ = ("_base", "_other", "_publish", "_turn", "_wanted")

    def __init__(
        self,
        base: CallResult,
        other: CallResult,
        *,
        publish: Publish,
        turn: Turn,
        wanted: Mapping[Lane, "_Comparison"],
    ) -> None:
        """``wanted`` is asked when it is this job's turn: another answer may have come meanwhile."""
        self._base = base
        self._other = other
        self._publish = publish
        self._turn = turn
        self._wanted = wanted

    def of(self, base: CallResult, other: CallResult) -> bool:
        """Whether these are the answers compared."""
        return (self._base.call_id, self._other.call_id) == (base.call_id, other.call_id)

    def __call__(self, cancel: CancelToken) -> None:
        base, other = self._base, self._other
        with self._turn.taken(cancel):
            if self._wanted.get(other.lane) is not self:
                return
            found = semantic_diff(base.reply.value, other.reply.value, other.fields or None)
        self._publish(
            DifferencesFound(
                at=time.monotonic(),
                base_call=base.call_id,
                call=other.call_id,
                lane=other.lane,
                differences=tuple(found),
            )
        )
