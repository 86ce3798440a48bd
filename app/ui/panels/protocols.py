"""The Protocols page: the usual comparison as a table, with what was measured here under each claim."""

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.domain.lanes import Lane
from app.operations.lesson import LessonProgress
from app.operations.lesson_text import Aspect
from app.ui.stylesheet import restyle
from app.ui.theme import ThemeSource, tabular
from app.ui.widgets.dot import Dot
from app.ui.widgets.entry import set_entry
from app.ui.widgets.labels import SectionHeading, role_label, rule
from app.viewmodels.protocols import ProtocolsModel
from app.viewmodels.repeat_words import EMBEDDED

_ASPECT_WIDTH = 168  # px


class ProtocolsPanel(QScrollArea):
    """Shows a ProtocolsModel. GUI thread."""

    def __init__(self, model: ProtocolsModel, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._themes = themes
        self.setAccessibleName("Protocols")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.measure = QPushButton("Measure")
        self.measure.setObjectName("measure-protocols")
        self.state = role_label(model.words, "muted")
        self.meter = QProgressBar()
        self.meter.setProperty("role", "meter")
        self.meter.setTextVisible(False)
        self.meter.setAccessibleName("Progress of the measurement")
        self.figures: dict[tuple[str, Lane], QLabel] = {}
        self.setWidget(self._content())
        set_entry(self, self.measure)
        self.measure.clicked.connect(self._measure_or_cancel)
        model.running_changed.connect(self._show_running)
        model.progressed.connect(self._show_progress)
        model.measured_changed.connect(self._show_measured)
        self._show_running(model.running)
        self._show_measured()

    def minimumSizeHint(self) -> QSize:
        """Narrower than this, claims become columns of single words."""
        return QSize(640, 200)

    def _content(self) -> QWidget:
        content = QFrame()
        content.setProperty("role", "pane")
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(6)
        column.addLayout(self._head())
        column.addWidget(self.meter)
        column.addLayout(self._table())
        column.addStretch(1)
        column.addWidget(
            _words(EMBEDDED.replace("enter its addresses", "enter its addresses in Repeat"), "caption")
        )
        return content

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(_words(self._model.text.intro, "muted"), 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.state, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.measure)
        return row

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, _ASPECT_WIDTH)
        for number, lane in enumerate(Lane, start=1):
            grid.addWidget(_lane_head(lane, self._themes), 0, number)
            grid.setColumnStretch(number, 1)
        for aspect in self._model.text.aspects:
            self._add_aspect(grid, aspect)
        row = grid.rowCount()
        grid.addWidget(rule(), row, 0, 1, 4)
        grid.addWidget(SectionHeading("When to use"), row + 1, 0, Qt.AlignmentFlag.AlignTop)
        for number, lane in enumerate(Lane, start=1):
            grid.addWidget(_words(self._model.text.use[lane]), row + 1, number)
        return grid

    def _add_aspect(self, grid: QGridLayout, aspect: Aspect) -> None:
        row = grid.rowCount()
        grid.addWidget(rule(), row, 0, 1, 4)
        name = QVBoxLayout()
        name.setSpacing(1)
        name.addWidget(role_label(aspect.title, "title"))
        name.addWidget(_words(aspect.about, "caption"))
        name.addStretch(1)
        grid.addLayout(name, row + 1, 0)
        for number, lane in enumerate(Lane, start=1):
            figure = _words("", "muted")
            figure.setFont(tabular(figure.font()))
            figure.setToolTip(aspect.about)
            self.figures[aspect.measure, lane] = figure
            cell = QVBoxLayout()
            cell.setSpacing(1)
            cell.addWidget(_words(aspect.claims[lane], "muted"))
            cell.addWidget(figure)
            cell.addStretch(1)
            grid.addLayout(cell, row + 1, number)

    @Slot()
    def _measure_or_cancel(self) -> None:
        if self._model.running:
            self._model.cancel()
        else:
            self._model.start()

    @Slot(bool)
    def _show_running(self, running: bool) -> None:
        self.measure.setText(
            "Cancel" if running else "Measure again" if self._model.has_measured else "Measure"
        )
        self.measure.setAccessibleName("Cancel the measurement" if running else "Measure the protocols here")
        self.meter.setRange(0, 1)
        self.meter.setValue(0)
        if not running:
            self.state.setText(self._model.words)

    @Slot(object)
    def _show_progress(self, progress: LessonProgress) -> None:
        self.meter.setMaximum(max(progress.total, 1))
        self.meter.setValue(progress.done)
        self.state.setText(progress.what)

    @Slot()
    def _show_measured(self) -> None:
        for aspect in self._model.text.aspects:
            for lane in Lane:
                figure = self.figures[aspect.measure, lane]
                text = self._model.measured(aspect, lane)
                known = self._model.has_measured and not text.startswith("not measured")
                figure.setText(text)
                figure.setAccessibleName(f"{aspect.title}, {lane.label}: {text}")
                restyle(figure, role="title" if known else "caption")


def _lane_head(lane: Lane, themes: ThemeSource) -> QWidget:
    head = QWidget()
    row = QHBoxLayout(head)
    row.setContentsMargins(0, 4, 0, 0)
    row.setSpacing(8)
    row.addWidget(Dot(themes, f"lane_{lane.value}", square=True))
    row.addWidget(role_label(lane.label, "title"))
    row.addStretch(1)
    return head


def _words(text: str, role: str = "") -> QLabel:
    label = role_label(text, role)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    return label
