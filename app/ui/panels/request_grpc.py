"""The gRPC request: method and message as JSON, metadata, deadline, with the proto at hand to read."""

from importlib.resources import files

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.drafts import Draft, GrpcDraft
from app.ui.panels.request_pane import TAB_TOP, EditorPage, RequestPane
from app.ui.theme import ThemeSource
from app.ui.widgets.code_editor import CodeEditor
from app.ui.widgets.field import indented
from app.ui.widgets.labels import role_label
from app.ui.widgets.pair_table import PairTable
from app.viewmodels.lane import LaneModel

_MESSAGE, METADATA, PROTO, DEADLINE = range(4)
NO_DEADLINE = "none"


def proto_text() -> str:
    """The service's .proto file as it is shipped."""
    return files("products").joinpath("products.proto").read_text(encoding="utf-8")


class _Seconds(QDoubleSpinBox):
    """Seconds to the millisecond, without zeros that say nothing."""

    def textFromValue(self, value: float) -> str:  # noqa: N802
        """5 rather than 5.000."""
        return f"{value:g}"


class GrpcRequest(RequestPane):
    """Edits a GrpcDraft. GUI thread."""

    blank = GrpcDraft(method="", message="")

    def __init__(self, model: LaneModel, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.method = QLineEdit()
        self.method.setAccessibleName("gRPC method")
        self.method.setProperty("role", "code")
        editor = CodeEditor(themes, language="json", name="Message as JSON")
        self.message = EditorPage(editor, above=self.method)
        self.metadata = PairTable(name="Request metadata")
        self.proto = CodeEditor(themes, language="proto", name="products.proto", read_only=True)
        self.limited = QCheckBox("Give up after")
        self.seconds = _Seconds()
        self.seconds.setRange(0.001, 3600.0)
        self.seconds.setDecimals(3)
        self.seconds.setSuffix(" s")
        indented(self.seconds)
        self.seconds.setAccessibleName("Deadline in seconds")
        for page, title in (
            (self.message, "Message"),
            (_page(self.metadata), "Metadata"),
            (_page(self.proto), "Proto"),
            (self._deadline_page(), "Deadline"),
        ):
            self.addTab(page, title)
        self.currentChanged.connect(self._show_proto)
        self.method.textEdited.connect(self.report)
        editor.edited.connect(self.report)
        self.metadata.edited.connect(self.report)
        self.limited.toggled.connect(self.report)
        self.seconds.valueChanged.connect(self.report)
        self.start()

    def _deadline_page(self) -> QWidget:
        page = QWidget()
        line = QHBoxLayout()
        line.addWidget(self.limited)
        line.addWidget(self.seconds)
        line.addStretch()
        words = role_label(
            "The server is told, and stops working on the call when the time is up.", "caption"
        )
        words.setWordWrap(True)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, TAB_TOP, 0, 0)
        layout.addLayout(line)
        layout.addWidget(words)
        layout.addStretch()
        return page

    def fill(self, draft: Draft) -> None:
        """Show every part."""
        assert isinstance(draft, GrpcDraft)
        if self.method.text() != draft.method:
            self.method.setText(draft.method)
            self.method.setCursorPosition(0)
        self.message.editor.show_text(draft.message)
        self.metadata.show_pairs(draft.metadata)
        self.limited.setChecked(draft.deadline is not None)
        if draft.deadline is not None:
            self.seconds.setValue(draft.deadline)
        self._tell()

    def current(self) -> GrpcDraft:
        """The parts put together."""
        return GrpcDraft(
            method=self.method.text().strip(),
            message=self.message.editor.toPlainText(),
            metadata=self.metadata.pairs(),
            deadline=self.seconds.value() if self.limited.isChecked() else None,
        )

    @Slot()
    def report(self) -> None:
        """Tell the model and what depends on the parts."""
        super().report()
        if not self._filling:
            self._tell()

    def _tell(self) -> None:
        limited = self.limited.isChecked()
        self.seconds.setEnabled(limited)
        deadline = f"{self.seconds.value():g}\u00a0s" if limited else NO_DEADLINE
        self.setTabText(DEADLINE, f"Deadline\u00a0{deadline}")
        self.show_count(METADATA, "Metadata", len(self.metadata.pairs()))
        self.message.check_json()

    @Slot(int)
    def _show_proto(self, index: int) -> None:
        if index == PROTO and not self.proto.toPlainText():
            self.proto.show_text(proto_text())


def _page(widget: QWidget) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, TAB_TOP, 0, 0)
    layout.addWidget(widget)
    return page
