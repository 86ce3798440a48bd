"""The kept runs: which one is shown, which one it is compared with, and the way into a file."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.ui.panels.fields import ScrollSafeCombo, muted, quiet_button
from app.ui.widgets.labels import SectionHeading
from app.viewmodels.repeat import RepeatModel
from app.viewmodels.repeat_words import choice_title, list_title, run_title

_FORMATS = ("Figures (*.json)", "One row for each call (*.csv)", "Picture of figures and charts (*.png)")
_NUMBER = Qt.ItemDataRole.UserRole


class KeptRuns(QWidget):
    """A list with the newest run first. GUI thread.

    ``picture_wanted`` carries the file of a picture: only the widgets that are shown can draw it.
    """

    picture_wanted = Signal(str)

    def __init__(self, model: RepeatModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.list = _RunList()
        self.base = ScrollSafeCombo("Compare the shown run with", [("nothing", None)])
        self.save = quiet_button("Export…", "Save the shown run as JSON, CSV or PNG")
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(SectionHeading("Kept runs"), 1)
        top.addWidget(self.save)
        bottom.setSpacing(8)
        bottom.addWidget(muted("against"))
        bottom.addWidget(self.base, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 4, 12, 12)
        column.setSpacing(6)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        column.addLayout(bottom)
        self.list.currentItemChanged.connect(self._choose)
        self.list.forget_wanted.connect(self._forget)
        self.base.activated.connect(self._compare)
        self.save.clicked.connect(self.open_export)
        model.runs_changed.connect(self._show_runs)
        model.shown_changed.connect(self._show_runs)
        model.comparison_changed.connect(self._show_base)
        self._show_runs()

    @Slot()
    def open_export(self) -> None:
        """Ask for a file; its ending decides what is written."""
        if self._model.shown is None:
            return
        dialog = QFileDialog(self, "Export this run", f"trilane-run-{self._model.shown.number}.json")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(_FORMATS)
        dialog.setDefaultSuffix("json")
        dialog.filterSelected.connect(self._suffix)
        dialog.fileSelected.connect(self.export)
        self._dialog = dialog
        dialog.open()

    @Slot(str)
    def export(self, file: str) -> None:
        """Write the shown run."""
        if file.lower().endswith(".png"):
            self.picture_wanted.emit(file)
        else:
            self._model.export(file)

    @Slot(str)
    def _suffix(self, chosen: str) -> None:
        self._dialog.setDefaultSuffix(chosen.rpartition("*.")[2].rstrip(")"))

    @Slot()
    def _show_runs(self) -> None:
        shown = self._model.shown
        with QSignalBlocker(self.list):
            self.list.clear()
            for kept in self._model.runs:
                item = QListWidgetItem(list_title(kept.number, kept.run))
                item.setToolTip(run_title(kept.number, kept.run))
                item.setData(Qt.ItemDataRole.AccessibleTextRole, item.toolTip())
                item.setData(_NUMBER, kept.number)
                self.list.addItem(item)
                if kept is shown:
                    self.list.setCurrentItem(item)
        self.save.setEnabled(shown is not None)
        self._show_base()

    @Slot()
    def _show_base(self) -> None:
        others = [kept for kept in self._model.runs if kept is not self._model.shown]
        entries: list[tuple[str, object]] = [("nothing", None)]
        entries += [(choice_title(kept.number, kept.run), kept.number) for kept in others]
        with QSignalBlocker(self.base):
            self.base.set_entries(entries)
            self.base.show_value(self._model.base.number if self._model.base else None)
        self.base.setEnabled(bool(others))

    @Slot()
    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._model.show_run(item.data(_NUMBER))

    @Slot()
    def _forget(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._model.forget(item.data(_NUMBER))

    @Slot()
    def _compare(self) -> None:
        self._model.compare_with(self.base.value)


class _RunList(QListWidget):
    """A list whose Delete key asks for an entry to go."""

    forget_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Kept runs")
        self.setToolTip("Delete forgets the chosen run")
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(88)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete."""
        if event.key() == Qt.Key.Key_Delete:
            self.forget_wanted.emit()
        else:
            super().keyPressEvent(event)
