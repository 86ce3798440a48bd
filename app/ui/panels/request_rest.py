"""The REST request: method and path, query, headers, JSON body, and the requests that will follow."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.drafts import Draft, RestDraft
from app.ui.panels.request_pane import TAB_TOP, EditorPage, RequestPane
from app.ui.theme import ThemeSource
from app.ui.widgets.code_editor import CodeEditor
from app.ui.widgets.code_view import CodeView
from app.ui.widgets.pair_table import PairTable
from app.viewmodels.lane import LaneModel
from app.viewmodels.request_text import rest_preview

_REQUEST, QUERY, HEADERS, BODY = range(4)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


class RestRequest(RequestPane):
    """Edits a RestDraft. GUI thread."""

    blank = RestDraft(method="GET", path="")

    def __init__(self, model: LaneModel, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._follow: tuple[str, ...] = ()
        self.method = QComboBox()
        self.method.addItems(METHODS)
        self.method.setEditable(False)
        self.method.setAccessibleName("Method")
        self.path = QLineEdit()
        self.path.setAccessibleName("Path")
        for widget in (self.method, self.path):
            widget.setProperty("role", "code")
        self.preview = CodeView(themes, name="Request as it will be sent", foldable=False)
        self.query = PairTable(name="Query parameters")
        self.headers = PairTable(name="Request headers")
        self.body = EditorPage(CodeEditor(themes, language="json", name="Request body"))
        self.addTab(self._first_page(), "Request")
        self.addTab(_page(self.query), "Query")
        self.addTab(_page(self.headers), "Headers")
        self.addTab(self.body, "Body")
        self.method.currentTextChanged.connect(self.report)
        self.path.textEdited.connect(self.report)
        self.query.edited.connect(self.report)
        self.headers.edited.connect(self.report)
        self.body.editor.edited.connect(self.report)
        self.start()

    def _first_page(self) -> QWidget:
        page = QWidget()
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.method)
        line.addWidget(self.path, 1)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, TAB_TOP, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(line)
        layout.addWidget(self.preview, 1)
        return page

    def fill(self, draft: Draft) -> None:
        """Show every part."""
        assert isinstance(draft, RestDraft)
        self._follow = draft.follow
        if self.method.findText(draft.method) < 0:
            self.method.addItem(draft.method)
        self.method.setCurrentText(draft.method)
        if self.path.text() != draft.path:
            self.path.setText(draft.path)
            self.path.setCursorPosition(0)  # in a narrow lane the beginning is what tells
        self.query.show_pairs(draft.query)
        self.headers.show_pairs(draft.headers)
        self.body.editor.show_text(draft.body)
        self._tell(draft)

    def current(self) -> RestDraft:
        """The parts put together."""
        return RestDraft(
            method=self.method.currentText(),
            path=self.path.text().strip(),
            query=self.query.pairs(),
            headers=self.headers.pairs(),
            body=self.body.editor.toPlainText(),
            follow=self._follow,
        )

    def _tell(self, draft: RestDraft) -> None:
        self.preview.show_document(rest_preview(draft))
        self.show_count(QUERY, "Query", len(draft.query))
        self.show_count(HEADERS, "Headers", len(draft.headers))
        self.show_count(BODY, "Body •" if draft.body.strip() else "Body", 0)
        self.body.check_json()

    @Slot()
    def report(self) -> None:
        """Tell the model and what depends on the parts."""
        super().report()
        if not self._filling:
            self._tell(self.current())


def _page(widget: QWidget) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, TAB_TOP, 0, 0)
    layout.addWidget(widget)
    return page
