"""The comparison of the last three answers as a small table, and the choice of the base lane for the diff."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.domain.lanes import Lane
from app.ui.theme import ThemeSource, tabular
from app.ui.widgets.labels import SectionHeading, role_label
from app.viewmodels.compare import BEST, UNKNOWN, CompareModel

ROW = 28  # px
MARK = "● "  # before the best of a column, beside its weight


class _Cell(QStyledItemDelegate):
    """Paints one number: the best one bold with a mark, a missing one muted. GUI thread."""

    def __init__(self, model: CompareModel, themes: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._themes = themes

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Lane names carry their colour as a square, numbers stand to the right."""
        theme = self._themes.theme
        painter.save()
        box = option.rect.adjusted(4, 0, -4, 0)
        font = tabular(option.font)
        text = str(index.data() or "")
        colour = theme["muted" if index.data(UNKNOWN) else "text"]
        if index.column() == 0:
            lane = self._model.table.lane(index.row()).lane
            square = box.adjusted(0, (box.height() - 8) // 2, 0, 0)
            square.setSize(QSize(8, 8))
            painter.fillRect(square, theme[f"lane_{lane.value}"])
            box = box.adjusted(16, 0, 0, 0)
            font.setBold(True)
        elif index.data(BEST):
            font.setBold(True)
            colour = theme["ok"]
            text = MARK + text
        painter.setFont(font)
        painter.setPen(colour)
        side = Qt.AlignmentFlag.AlignRight if index.column() else Qt.AlignmentFlag.AlignLeft
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Room for the bold text with its mark, so that a new best moves nothing."""
        hint = super().sizeHint(option, index)
        room = option.fontMetrics.horizontalAdvance(f"{MARK}{index.data()}") + 24
        return QSize(max(hint.width(), room), ROW)


class ComparePanel(QFrame):
    """Shows a CompareModel. GUI thread."""

    def __init__(
        self, view_model: CompareModel, theme_source: ThemeSource, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = view_model
        self.setProperty("role", "pane")
        self.setAccessibleName("Comparison")
        self.table = QTableView()
        self.table.setProperty("role", "bare")
        self.table.setAccessibleName("This operation on three lanes")
        self.table.setModel(view_model.table)
        self.table.setItemDelegate(_Cell(view_model, theme_source, self.table))
        self.base = QComboBox()
        self.base.setAccessibleName("Base lane of the differences")
        self.base.setToolTip("The lane that the Diff tabs compare with")
        for lane in view_model.lanes:
            self.base.addItem(lane.label, lane.value)
        self.base.setCurrentIndex(self.base.findData(view_model.base.value))
        self.base.currentIndexChanged.connect(self._choose)
        self._lay_out()
        theme_source.theme_changed.connect(self._repaint)
        view_model.base_changed.connect(self._show_base)

    def _lay_out(self) -> None:
        table = self.table
        table.setShowGrid(False)
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(56)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        table.setMinimumHeight(3 * ROW + header.sizeHint().height() + 4)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(SectionHeading("Comparison"))
        top.addStretch()
        top.addWidget(role_label(f"{MARK.strip()} best", "caption"))
        top.addWidget(role_label("Diff against", "muted"))
        top.addWidget(self.base)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(table, 1)

    @Slot(int)
    def _choose(self, index: int) -> None:
        self._model.choose_base(Lane(self.base.itemData(index)))

    @Slot(object)
    def _show_base(self, lane: Lane) -> None:
        self.base.setCurrentIndex(self.base.findData(lane.value))

    @Slot()
    def _repaint(self) -> None:
        self.table.viewport().update()
