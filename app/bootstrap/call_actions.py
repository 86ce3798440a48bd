"""What the window does with requests and answers: copy as a command, export, show an earlier one again."""

import json
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from app.bootstrap.models import Models
from app.domain.lanes import Lane
from app.operations.copy_as import command, needs_token
from app.operations.records import comparison_record
from app.ui.actions import Actions
from app.ui.main_window import MainWindow


class CallActions(QObject):
    """Handlers of the table's rows about one call. GUI thread."""

    def __init__(self, window: MainWindow, models: Models, actions: Actions) -> None:
        super().__init__(window)
        self._window, self._models = window, models
        actions.provide("copy-rest", self.copy_rest)
        actions.provide("copy-graphql", self.copy_graphql)
        actions.provide("copy-grpc", self.copy_grpc)
        self._actions = actions
        actions.provide("export-comparison", self.export)
        models.history.forgotten.connect(self._tell)
        models.timeline.call_selected.connect(models.history.show_call)
        for lane in models.lanes.values():
            lane.draft_changed.connect(self._offer)
            lane.result_changed.connect(self._offer)
        self._offer()

    @Slot()
    def copy_rest(self) -> None:
        """The REST request as it stands in its lane."""
        self._copy(Lane.REST)

    @Slot()
    def copy_graphql(self) -> None:
        """The GraphQL request."""
        self._copy(Lane.GRAPHQL)

    @Slot()
    def copy_grpc(self) -> None:
        """The gRPC call."""
        self._copy(Lane.GRPC)

    @Slot()
    def export(self) -> None:
        """Ask where the comparison of the answers on the screen shall go."""
        dialog = QFileDialog(
            self._window, "Export the comparison", "trilane-comparison.json", "JSON (*.json)"
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.export_to)
        dialog.open()

    @Slot(str)
    def export_to(self, path: str) -> None:
        """Write it; the status bar says how that went."""
        results = [lane.result for lane in self._models.lanes.values() if lane.result is not None]
        try:
            Path(path).write_text(json.dumps(comparison_record(results), indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            self._tell(f"The comparison was not saved: {error.strerror}.")
        else:
            self._tell(f"The comparison is in {path}.")

    def _copy(self, lane: Lane) -> None:
        model = self._models.lanes[lane]
        if model.draft is None or not model.address:
            return
        text = command(model.draft, model.address)
        QGuiApplication.clipboard().setText(text)
        told = f"Copied the {lane.label} request as a command."
        if needs_token(text):
            told += " The token stayed here: set TOKEN to it first (Session, Copy)."
        self._tell(told)

    @Slot(str)
    def _tell(self, sentence: str) -> None:
        self._window.status_bar.tell(sentence)

    @Slot()
    def _offer(self) -> None:
        lanes = self._models.lanes
        for lane, model in lanes.items():
            self._actions.set_enabled(f"copy-{lane}", model.draft is not None and bool(model.address))
        answered = any(model.result is not None for model in lanes.values())
        self._actions.set_enabled("export-comparison", answered)
