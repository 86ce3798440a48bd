"""The comparison of the last three answers as a small table, and the choice of the base lane for the diff."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics, QPainter, QResizeEvent
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
from app.ui.widgets.labels import role_label
from app.ui.widgets.painting import painting_cell
from app.viewmodels.compare import BEST, LANE, UNKNOWN, CompareModel

ROW = 24  # px
NARROWEST = 44  # characters
LYING_FROM = 100  # characters: the width from which a row for each lane fits
MARK = "•\u2009"  # before the best of a column, beside its weight
CAVEAT = "Times of one call each, of the first with its connecting. Repeat tells which lane is faster."


class FigureCell(QStyledItemDelegate):
    """Paints one number: the best one bold with a mark, a missing one muted. GUI thread."""

    def __init__(self, themes: ThemeSource, parent: QWidget) -> None:
        super().__init__(parent)
        self._themes = themes

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Lane names carry their colour as a square, numbers stand to the right."""
        with painting_cell(painter, option.widget):
            theme = self._themes.theme
            # Numbers stand to the right: the room on their left is for the mark.
            box = option.rect.adjusted(0 if index.column() else 4, 0, -4, 0)
            font = tabular(option.font)
            text, lane = str(index.data() or ""), index.data(LANE)
            colour = theme["muted" if index.data(UNKNOWN) or (index.column() == 0 and not lane) else "text"]
            if lane is not None:
                square = box.adjusted(0, (box.height() - 8) // 2, 0, 0)
                square.setSize(QSize(8, 8))
                painter.fillRect(square, theme[f"lane_{lane}"])
                box = box.adjusted(16, 0, 0, 0)
                font.setBold(True)
            elif index.data(BEST):
                font.setBold(True)
                colour = theme["ok"]
            painter.setFont(font)
            painter.setPen(colour)
            room = painter.fontMetrics()
            if index.data(BEST) and room.horizontalAdvance(MARK + text) <= box.width():
                text = MARK + text
            side = Qt.AlignmentFlag.AlignRight if index.column() else Qt.AlignmentFlag.AlignLeft
            shown = room.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, shown)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Room for the bold text, and beside a lane's name for its square."""
        font = tabular(option.font)
        font.setBold(True)
        room = QFontMetrics(font).horizontalAdvance(str(index.data() or "")) + 12
        return QSize(room + (16 if index.data(LANE) is not None else 0), ROW)


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
        self.table.setItemDelegate(FigureCell(theme_source, self.table))
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
        table.setTabKeyNavigation(False)  # Tab leaves; arrows walk inside
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        table.verticalHeader().hide()
        table.verticalHeader().setMinimumSectionSize(ROW)
        table.verticalHeader().setDefaultSectionSize(ROW)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(role_label("Diff against", "muted"))
        top.addWidget(self.base)
        top.addStretch()
        top.addWidget(role_label(f"{MARK}best", "caption"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(table, 1)
        caveat = role_label(CAVEAT, "caption")
        caveat.setWordWrap(True)
        layout.addWidget(caveat)

    def minimumSizeHint(self) -> QSize:
        """Room for three lanes beside one another, upright and brief."""
        return QSize(self.fontMetrics().averageCharWidth() * NARROWEST, 160)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand the table up where its columns would not fit side by side."""
        super().resizeEvent(event)
        upright = self.width() < self.fontMetrics().averageCharWidth() * LYING_FROM
        self._model.table.set_upright(upright)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)

    @Slot(int)
    def _choose(self, index: int) -> None:
        self._model.choose_base(Lane(self.base.itemData(index)))

    @Slot(object)
    def _show_base(self, lane: Lane) -> None:
        self.base.setCurrentIndex(self.base.findData(lane.value))

    @Slot()
    def _repaint(self) -> None:
        self.table.viewport().update()
