"""The Repeat panel: settings at the left, figures and charts of the shown run at the right."""

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QProgressBar,
    QScrollArea,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.operations.repeat_results import RepeatProgress
from app.ui.charts.histogram import LatencyHistogram
from app.ui.charts.lane_chart import LaneChart
from app.ui.charts.latency_series import LatencySeries
from app.ui.panels.compare import ROW, FigureCell
from app.ui.panels.repeat_form import RepeatForm
from app.ui.panels.repeat_runs import KeptRuns
from app.ui.stylesheet import restyle
from app.ui.theme import ThemeSource
from app.ui.widgets.entry import set_entry
from app.ui.widgets.labels import ElidedLabel, SectionHeading, role_label, rule
from app.viewmodels.figures import NBSP, count
from app.viewmodels.repeat import RepeatModel
from app.viewmodels.repeat_table import RepeatTable
from app.viewmodels.repeat_words import (
    HOW_COMPARED,
    against,
    comparison_sentence,
    grouped,
    run_notes,
    run_title,
    surroundings,
)

SETTINGS_WIDTH = 292  # px
RESULTS_LEAST = QSize(640, 440)  # px: a smaller dock scrolls, so that figures stay whole
_GO_FIRST = (
    "mean",
    "trips",
    "tries",
    "sent",
    "p90",
    "1st byte",
    "received",
)  # where there is no room for all
_SHOWN_NOTES = 6
_FIRST = "Run it once to see figures."


class RepeatPanel(QFrame):
    """Shows a RepeatModel. GUI thread."""

    def __init__(self, model: RepeatModel, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._themes = themes
        self.setProperty("role", "pane")
        self.setAccessibleName("Repeat")
        self.form = RepeatForm(model)
        self.runs = KeptRuns(model)
        self.results = Results(model, themes)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._left())
        row.addWidget(rule(vertical=True))
        row.addWidget(_scrolled(self.results, "Results of the run"), 1)
        self.runs.picture_wanted.connect(self.results.save_picture)
        set_entry(self, self.form.run)

    def minimumSizeHint(self) -> QSize:
        """Low docks scroll the settings and shrink the charts."""
        return QSize(SETTINGS_WIDTH + 360, 200)

    def _left(self) -> QWidget:
        scroll = _scrolled(self.form, "Settings of the run")
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.setFixedWidth(SETTINGS_WIDTH)
        split.addWidget(scroll)
        split.addWidget(self.runs)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        return split


def _scrolled(widget: QWidget, name: str) -> QScrollArea:
    scroll = QScrollArea()
    scroll.setWidget(widget)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setAccessibleName(name)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return scroll


class FigureTable(QTableView):
    """Rather loses a column than cuts a figure: the least telling ones go first. GUI thread."""

    def __init__(self, model: RepeatTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        model.dataChanged.connect(self.fit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt's hook."""
        self.fit()
        super().resizeEvent(event)

    @Slot()
    def fit(self) -> None:
        """Show as many columns as have room; every other one is in the tool tip of its lane's name."""
        needed = {column: self._needed(column) for column in range(self.model().columnCount())}
        places = {
            str(self.model().headerData(column, Qt.Orientation.Horizontal)): column for column in needed
        }
        hidden: set[int] = set()
        for name in _GO_FIRST:
            shown = [width for column, width in needed.items() if column and column not in hidden]
            # Beside the lane's name all columns share the room equally.
            if needed[0] + max(shown) * len(shown) <= self.viewport().width():
                break
            hidden.add(places[name])
        for column in needed:
            if self.isColumnHidden(column) != (column in hidden):
                self.setColumnHidden(column, column in hidden)

    def _needed(self, column: int) -> int:
        model, metrics = self.model(), self.fontMetrics()
        texts = [str(model.index(row, column).data() or "") for row in range(model.rowCount())]
        widest = max(metrics.horizontalAdvance(text) for text in texts)
        head = (
            self.horizontalHeader()
            .fontMetrics()
            .horizontalAdvance(str(model.headerData(column, Qt.Orientation.Horizontal)))
        )
        return max(widest + (28 if column == 0 else 8), head + 4)


class Results(QFrame):
    """Progress, table, comparison and the two charts. GUI thread."""

    def __init__(self, model: RepeatModel, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setProperty("role", "pane")
        self.title = ElidedLabel(_FIRST, role="title")
        self.state = role_label("", "muted")
        self.meter = QProgressBar()
        self.meter.setProperty("role", "meter")
        self.meter.setTextVisible(False)
        self.meter.setAccessibleName("Progress of the run")
        self.table = FigureTable(model.table)
        self.notes = role_label("", "muted")
        self.notes.setWordWrap(True)
        self.comparison = role_label("", "")
        self.comparison.setWordWrap(True)
        self.comparison.setToolTip(HOW_COMPARED)
        self.place = role_label("", "caption")
        self.place.setWordWrap(True)
        self.histogram = LatencyHistogram(themes)
        self.series = LatencySeries(themes)
        self._dress_table(themes)
        self._lay_out()
        self.setMinimumSize(RESULTS_LEAST)
        model.progressed.connect(self._show_progress)
        model.running_changed.connect(self._show_running)
        model.shown_changed.connect(self._show_run)
        model.settings_changed.connect(self._show_place)
        model.comparison_changed.connect(self._show_comparison)
        model.problem_changed.connect(self._show_problem)
        model.exported.connect(self._show_export)
        themes.theme_changed.connect(self._repaint)
        self._show_run()
        self._show_running(model.running)

    @Slot(str)
    def save_picture(self, file: str) -> None:
        """Write what is shown as PNG, without what was said of an earlier file."""
        self.state.clear()
        saved = self.grab().save(file, "PNG")
        self._show_export(file, "" if saved else "the file cannot be written")

    def _dress_table(self, themes: ThemeSource) -> None:
        table = self.table
        table.setProperty("role", "bare")
        table.setAccessibleName("Figures of the shown run")
        table.setItemDelegate(FigureCell(themes, table))
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)  # Tab leaves; arrows walk inside
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.verticalHeader().hide()
        table.verticalHeader().setMinimumSectionSize(ROW)
        table.verticalHeader().setDefaultSectionSize(ROW)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(44)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        table.setFixedHeight(ROW * 3 + 30)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self.title, 1)
        top.addWidget(self.state)
        charts = QGridLayout()
        charts.setHorizontalSpacing(16)
        charts.setVerticalSpacing(4)
        charts.setRowStretch(1, 1)
        for number, (chart, name, kind) in enumerate(
            (
                (self.histogram, "How long calls took", "both axes logarithmic"),
                (self.series, "Through the run", "fastest to slowest, point at the median"),
            )
        ):
            charts.addWidget(_ChartHead(chart, name, kind), 0, number)
            charts.addWidget(chart, 1, number)
            charts.setColumnStretch(number, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self.meter)
        column.addWidget(self.table)
        column.addWidget(self.notes)
        column.addWidget(self.comparison)
        column.addLayout(charts, 1)
        column.addWidget(self.place)

    @Slot(object)
    def _show_progress(self, progress: RepeatProgress) -> None:
        self.meter.setMaximum(max(progress.total, 1))
        self.meter.setValue(progress.done)
        where = progress.lane.label if progress.lane else "all lanes"
        counted = f"{grouped(progress.done)} of {grouped(progress.total)}"
        what = "warming up" if progress.warming_up else counted
        failed = f" · {count(progress.failed, 'error')}" if progress.failed else ""
        self.state.setText(f"{where} · {what} · {grouped(progress.rate)}{NBSP}calls/s{failed}")

    @Slot(bool)
    def _show_running(self, running: bool) -> None:
        if running:
            self.meter.setRange(0, 1)
            self.meter.setValue(0)
            self.state.setText("starting")
            if self._model.shown is None:
                self.title.set_full_text("Running")
            restyle(self.state, role="muted")
        elif not self._model.problem:
            self.state.clear()
        # The place stays: the table must not jump when a run begins.
        self.meter.setValue(self.meter.value() if running else 0)

    @Slot()
    def _show_run(self) -> None:
        shown = self._model.shown
        self.title.set_full_text(run_title(shown.number, shown.run) if shown else _FIRST)
        notes = run_notes(shown.run) if shown else []
        more = [f"and {len(notes) - _SHOWN_NOTES} more"] if len(notes) > _SHOWN_NOTES else []
        self.notes.setText("\n".join([*notes[:_SHOWN_NOTES], *more]))
        self.notes.setVisible(bool(notes))
        self._show_place()
        self._show_charts()

    @Slot()
    def _show_place(self) -> None:
        """Say what the place of the servers did to the figures, or will do to the first ones."""
        shown, settings = self._model.shown, self._model.settings
        if shown is not None:
            words = surroundings(len(shown.run.plan.lanes), len(shown.run.addresses))
        else:
            words = surroundings(len(settings.lanes), len(settings.elsewhere))
        self.place.setText(words)

    @Slot()
    def _show_comparison(self) -> None:
        base, shown = self._model.base, self._model.shown
        words = [comparison_sentence(each) for each in self._model.comparison]
        if base is not None and shown is not None:
            words.insert(0, against(base.number, base.run, shown.run))
        self.comparison.setText("\n".join(words))
        self.comparison.setVisible(base is not None)
        self._show_charts()

    def _show_charts(self) -> None:
        shown, base = self._model.shown, self._model.base
        picture = shown.picture if shown else None
        for chart in (self.histogram, self.series):
            chart.show_picture(picture, base.picture if base else None)

    @Slot(str)
    def _show_problem(self, problem: str) -> None:
        self.state.setText(problem)
        restyle(self.state, role="error" if problem else "muted")

    @Slot(str, str)
    def _show_export(self, file: str, problem: str) -> None:
        self.state.setText(f"{file}: {problem}" if problem else f"Saved as {file}")
        restyle(self.state, role="error" if problem else "muted")

    @Slot()
    def _repaint(self) -> None:
        self.table.viewport().update()


class _ChartHead(QWidget):
    """A chart's name, and what its cursor is on instead while there is one."""

    def __init__(self, chart: LaneChart, name: str, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self._words = ElidedLabel(kind, role="caption")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(SectionHeading(name))
        row.addWidget(self._words, 1)
        chart.read_out_changed.connect(self._show)

    @Slot(str)
    def _show(self, text: str) -> None:
        self._words.set_full_text(text or self._kind)
