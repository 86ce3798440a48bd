"""The figures of one run as a table: a row for each lane, numbers with units, meanings as tool tips."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.domain.lanes import Lane
from app.domain.values import dataclass
from app.operations.latencies import LatencySummary
from app.operations.repeat_results import MEANINGS, LaneRun, RepeatRun
from app.viewmodels.compare import LANE, UNKNOWN
from app.viewmodels.figures import NBSP, seconds, size
from app.viewmodels.repeat_words import grouped

Index = QModelIndex | QPersistentModelIndex
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class _Column:
    """One figure of a lane."""

    title: str
    meaning: str
    text: Callable[[LaneRun], str]


def _latency(read: Callable[[LatencySummary], float]) -> Callable[[LaneRun], str]:
    def text(lane: LaneRun) -> str:
        return NOTHING if lane.latency is None else seconds(read(lane.latency))

    return text


def _rate(lane: LaneRun) -> str:
    return f"{grouped(lane.rate) if lane.rate >= 10 else f'{lane.rate:.1f}'}{NBSP}/s"


def _first_byte(lane: LaneRun) -> str:
    return NOTHING if lane.first_byte is None else seconds(lane.first_byte.p50)


def _bytes(lane: LaneRun, total: int | None, unseen: int) -> str:
    mean = lane.per_call(total)
    if mean is None:
        return size(None, brief=True)
    return f"{f'≥{NBSP}' if unseen else ''}{size(round(mean), brief=True)}"


def _per_call(lane: LaneRun, total: int) -> str:
    mean = lane.per_call(total)
    return NOTHING if mean is None else f"{mean:.2f}".removesuffix(".00")


COLUMNS: tuple[_Column, ...] = (
    _Column("calls", MEANINGS["calls"], lambda lane: grouped(lane.calls)),
    _Column("errors", MEANINGS["errors"], lambda lane: grouped(lane.failed)),
    _Column("rate", MEANINGS["rate"], _rate),
    _Column("p50", MEANINGS["p50"], _latency(lambda figures: figures.p50)),
    _Column("p90", MEANINGS["p90"], _latency(lambda figures: figures.p90)),
    _Column("p95", MEANINGS["p95"], _latency(lambda figures: figures.p95)),
    _Column("p99", MEANINGS["p99"], _latency(lambda figures: figures.p99)),
    _Column("max", MEANINGS["max"], _latency(lambda figures: figures.maximum)),
    _Column("mean", MEANINGS["mean"], _latency(lambda figures: figures.mean)),
    _Column("1st byte", MEANINGS["first_byte"], _first_byte),
    _Column("sent", MEANINGS["bytes_up"], lambda lane: _bytes(lane, lane.bytes_up, lane.unseen_up)),
    _Column(
        "received",
        MEANINGS["bytes_down"],
        lambda lane: _bytes(lane, lane.bytes_down, lane.unseen_down),
    ),
    _Column("tries", MEANINGS["attempts"], lambda lane: _per_call(lane, lane.attempts)),
    _Column("trips", MEANINGS["round_trips"], lambda lane: _per_call(lane, lane.round_trips)),
)


class RepeatTable(QAbstractTableModel):
    """The run that is shown; dashes before the first. GUI thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run: RepeatRun | None = None

    def show(self, run: RepeatRun | None) -> None:
        """Show another run."""
        self._run = run
        self.dataChanged.emit(self.index(0, 0), self.index(len(Lane) - 1, len(COLUMNS)))

    def rowCount(self, parent: Index | None = None) -> int:
        """One for each lane."""
        return 0 if parent is not None and parent.isValid() else len(Lane)

    def columnCount(self, parent: Index | None = None) -> int:
        """The lane's name and its figures."""
        return 0 if parent is not None and parent.isValid() else 1 + len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names across; the tool tip defines the figure."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        if section == 0:
            return "Lane" if role == Qt.ItemDataRole.DisplayRole else None
        column = COLUMNS[section - 1]
        words: dict[int, str] = {
            Qt.ItemDataRole.DisplayRole: column.title,
            Qt.ItemDataRole.ToolTipRole: column.meaning,
        }
        return words.get(role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Figures with units; a dash where nothing was measured."""
        if not index.isValid():
            return None
        lane = tuple(Lane)[index.row()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(index.column())
        if index.column() == 0:
            named: dict[int, str] = {Qt.ItemDataRole.DisplayRole: lane.label, LANE: lane.value}
            named[Qt.ItemDataRole.ToolTipRole] = self._all_figures(lane)
            return named.get(role)
        column = COLUMNS[index.column() - 1]
        run = self._run.lane(lane) if self._run is not None else None
        text = NOTHING if run is None else column.text(run)
        return {
            Qt.ItemDataRole.DisplayRole: text,
            Qt.ItemDataRole.AccessibleTextRole: f"{lane.label} {column.title} {text}",
            Qt.ItemDataRole.ToolTipRole: column.meaning,
            UNKNOWN: text in (NOTHING, "unknown"),
        }.get(role)

    def _all_figures(self, lane: Lane) -> str:
        """Also those that a narrow table leaves out."""
        run = self._run.lane(lane) if self._run is not None else None
        if run is None:
            return f"{lane.label}: nothing measured yet"
        return "\n".join(f"{column.title}: {column.text(run)}" for column in COLUMNS)


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
