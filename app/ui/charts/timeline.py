"""The attempt timeline as a panel: buttons, the picture, a scroll bar, a legend."""

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QMenu,
    QPushButton,
    QScrollBar,
    QVBoxLayout,
    QWidget,
)

from app.ui.charts.timeline_canvas import TimelineCanvas
from app.ui.charts.timeline_legend import TimelineLegend
from app.ui.theme import ThemeSource
from app.ui.widgets.fitting_row import FittingRow
from app.ui.widgets.labels import ElidedLabel
from app.viewmodels.timeline import SPEEDS, Mode, TimelineModel

TICKS = 10  # scroll bar steps a second


class AttemptTimeline(QWidget):
    """Attempts, waits and outages of three lanes on one time axis. GUI thread.

    ``header`` holds what is in view and the buttons, for the title line of a dock. The window connects
    ``model.call_selected`` to show a call in its lane.
    """

    def __init__(self, model: TimelineModel, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setAccessibleName("Attempts and retry delays")
        self._words = ElidedLabel(role="caption")
        self._pause = self._button("Pause", "Hold the picture, or go on (Space)", model.toggle)
        self._now = self._button("Now", "Follow what happens now (End)", model.follow)
        self._replay = self._button("Replay", "Play the record again (R)", model.replay)
        self._speed = self._speed_button()
        self.canvas = TimelineCanvas(model, themes)
        self._bar = QScrollBar(Qt.Orientation.Horizontal)
        self._bar.setAccessibleName("Scrub through the record")
        self._bar.setSingleStep(TICKS)
        self._bar.valueChanged.connect(self._scrub)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 8)
        layout.setSpacing(4)
        self.header = self._header()
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self._bar)
        layout.addWidget(TimelineLegend(themes))
        model.mode_changed.connect(self._show_mode)
        model.span_changed.connect(self._show_mode)
        self.canvas.frame_drawn.connect(self._place_bar)
        self._show_mode()

    @Slot()
    def copy_view(self) -> None:
        """Put what is in view on the clipboard as JSON."""
        QGuiApplication.clipboard().setText(self._model.view_json())

    @Slot()
    def copy_history(self) -> None:
        """Put the whole record on the clipboard as JSON."""
        QGuiApplication.clipboard().setText(self._model.history_json())

    @Slot()
    def ask_where_to_save(self) -> None:
        """Open a file dialog and save the whole record."""
        dialog = QFileDialog(self, "Save the timeline", "trilane-timeline.json", "JSON (*.json)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.save_to)
        dialog.open()

    @Slot(str)
    def save_to(self, path: str) -> None:
        """Write the whole record to a file; the heading says when that fails."""
        try:
            Path(path).write_text(self._model.history_json(), encoding="utf-8")
        except OSError as error:
            self._words.set_full_text(f"Could not save: {error.strerror}")

    def _header(self) -> FittingRow:
        zoom_out = self._button("−", "Show a longer time (−)", self._zoom_out)
        zoom_in = self._button("+", "Show a shorter time (+)", self._zoom_in)
        buttons = (self._pause, self._now, zoom_out, zoom_in, self._replay, self._speed, self._json_button())
        return FittingRow(buttons, label=self._words)

    def _button(self, text: str, tip: str, slot: object) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "quiet")
        button.setToolTip(tip)
        button.setAccessibleName(tip.partition(" (")[0])
        button.setAutoDefault(False)
        if slot is not None:
            button.clicked.connect(slot)
        return button

    def _json_button(self) -> QPushButton:
        button = self._button("JSON", "Copy or save the record as JSON", None)
        menu = QMenu(button)
        menu.addAction("Copy view", self.copy_view)
        menu.addAction("Copy whole record", self.copy_history)
        menu.addAction("Save whole record…", self.ask_where_to_save)
        menu.addSeparator()
        menu.addAction("Clear record", self._model.clear)
        button.setMenu(menu)
        return button

    def _speed_button(self) -> QPushButton:
        button = self._button("1 ×", "Replay speed", None)
        menu = QMenu(button)
        group = QActionGroup(menu)
        for speed in SPEEDS:
            entry = group.addAction(menu.addAction(f"{speed:g} ×"))
            entry.setData(speed)
            entry.setCheckable(True)
            entry.setChecked(speed == self._model.speed)
        group.triggered.connect(self._set_speed)
        button.setMenu(menu)
        button.setMinimumWidth(button.fontMetrics().horizontalAdvance("0.25 ×") + 18)
        return button

    @Slot()
    def _zoom_in(self) -> None:
        self._model.zoom(0.5)

    @Slot()
    def _zoom_out(self) -> None:
        self._model.zoom(2.0)

    @Slot(QAction)
    def _set_speed(self, entry: QAction) -> None:
        self._model.set_speed(entry.data())
        self._speed.setText(entry.text())

    @Slot(int)
    def _scrub(self, value: int) -> None:
        first, _now = self._model.bounds()
        if value >= self._bar.maximum():
            self._model.follow()
        else:
            self._model.scrub_to(first + self._model.span + value / TICKS)

    @Slot()
    def _place_bar(self) -> None:
        first, now = self._model.bounds()
        length = max(0, round((now - first - self._model.span) * TICKS))
        page = round(self._model.span * TICKS)
        live = self._model.mode is Mode.LIVE
        # Its range grows with every frame; following that would repaint it 30 times a second for nothing.
        slack = max(TICKS, length // 200) if live else 0
        with QSignalBlocker(self._bar):
            if abs(length - self._bar.maximum()) > slack or self._bar.pageStep() != page:
                self._bar.setPageStep(page)
                self._bar.setRange(0, length)
            place = self._bar.maximum()
            if not live:
                place = round((self._model.edge() - first - self._model.span) * TICKS)
            self._bar.setValue(place)

    @Slot()
    def _show_mode(self) -> None:
        span = self._model.span
        length = f"{span:.3g} s" if span < 120 else f"{span / 60:.3g} min"
        match self._model.mode:
            case Mode.LIVE:
                words = f"last {length}"
            case Mode.PAUSED:
                words = f"paused · {length} to {self._model.wall(self._model.edge())[:8]}"
            case Mode.REPLAY:
                words = f"replay · {length}"
        self._words.set_full_text(words)
        paused = self._model.mode is Mode.PAUSED
        self._pause.setText("Go on" if paused else "Pause")
        self._now.setEnabled(self._model.mode is not Mode.LIVE)
        self._pause.setMinimumWidth(max(self._pause.minimumWidth(), self._pause.sizeHint().width()))
        self.header.updateGeometry()
        self.header.arrange()
