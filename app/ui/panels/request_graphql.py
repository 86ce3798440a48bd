"""The GraphQL request: query with completion and errors, variables, a schema to browse, headers."""

from collections.abc import Sequence
from functools import cached_property

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.domain.drafts import Draft, GraphqlDraft
from app.ui.panels.request_pane import TAB_TOP, EditorPage, RequestPane
from app.ui.theme import ThemeSource
from app.ui.widgets.code_editor import CodeEditor
from app.ui.widgets.completer import Completion
from app.ui.widgets.labels import ElidedLabel
from app.ui.widgets.pair_table import PairTable
from app.viewmodels.lane import LaneModel
from app.viewmodels.schema import SchemaModel
from app.viewmodels.text_marks import Suggestion

_QUERY, _VARIABLES, SCHEMA, HEADERS = range(4)
CHECK_AFTER = 150  # ms after the last key


class SchemaBrowser(QWidget):
    """Types and their fields; filtered by name. GUI thread."""

    def __init__(self, model: SchemaModel | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Find a type or field")
        self.filter.setAccessibleName("Find a type or field")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._narrow)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(["Field", "Type"])
        self.tree.setAccessibleName("Schema")
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setStretchLastSection(False)
        self.tree.setIndentation(14)
        self.why = ElidedLabel(role="muted")
        self.again = QPushButton("Read again")
        self.again.setToolTip("Ask the server for its schema again")
        foot = QHBoxLayout()
        foot.addWidget(self.why, 1)
        foot.addWidget(self.again)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, TAB_TOP, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.filter)
        layout.addWidget(self.tree, 1)
        layout.addLayout(foot)
        if model is not None:
            model.changed.connect(self._show)
            self.again.clicked.connect(model.load)
        self._show()

    @Slot()
    def _show(self) -> None:
        assist = self._model.assist if self._model else None
        why = self._model.why if self._model else "No schema"
        self.why.set_full_text(why)
        self.why.setVisible(bool(why))
        self.again.setVisible(bool(why) and self._model is not None and not self._model.loading)
        self.tree.setVisible(assist is not None)
        if assist is None:
            return
        self.tree.clear()
        for node in assist.tree():
            top = QTreeWidgetItem([node.name, node.type])
            top.setToolTip(0, node.description)
            for child in node.children:
                item = QTreeWidgetItem([child.name, child.type])
                for column in (0, 1):
                    item.setToolTip(column, child.description or f"{child.name}: {child.type}")
                top.addChild(item)
            self.tree.addTopLevelItem(top)
        self.tree.expand(self.tree.model().index(0, 0))

    @Slot(str)
    def _narrow(self, words: str) -> None:
        wanted = words.casefold()
        for top in self.tree.findItems("", Qt.MatchFlag.MatchContains):
            fields = [item for row in range(top.childCount()) if (item := top.child(row)) is not None]
            own, found = wanted in top.text(0).casefold(), False
            for item in fields:
                match = own or wanted in item.text(0).casefold()
                item.setHidden(not match)
                found = found or match
            top.setHidden(not found)
            top.setExpanded(bool(wanted) and found)


class GraphqlRequest(RequestPane):
    """Edits a GraphqlDraft. GUI thread."""

    blank = GraphqlDraft(query="", variables="")

    def __init__(self, model: LaneModel, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._schema = model.schema
        self.query = EditorPage(CodeEditor(themes, language="graphql", name="GraphQL query"))
        self.variables = EditorPage(CodeEditor(themes, language="json", name="GraphQL variables"))
        self.headers = PairTable(name="Request headers")
        self.completion = Completion(self.query.editor, self._complete)
        headers = QWidget()
        layout = QVBoxLayout(headers)
        layout.setContentsMargins(0, TAB_TOP, 0, 0)
        layout.addWidget(self.headers)
        for page, title in (
            (self.query, "Query"),
            (self.variables, "Variables"),
            (QWidget(), "Schema"),
            (headers, "Headers"),
        ):
            self.addTab(page, title)
        self.currentChanged.connect(self._show_browser)
        self._check_later = QTimer(self)
        self._check_later.setSingleShot(True)
        self._check_later.setInterval(CHECK_AFTER)
        self._check_later.timeout.connect(self.check)
        self.query.editor.edited.connect(self.report)
        self.variables.editor.edited.connect(self.report)
        self.headers.edited.connect(self.report)
        if self._schema is not None:
            self._schema.changed.connect(self.check)
        self.start()

    @cached_property
    def browser(self) -> SchemaBrowser:
        """What the Schema tab holds, made when it is first opened."""
        made = SchemaBrowser(self._schema)
        page = self.widget(SCHEMA)
        if page is not None:
            layout = QVBoxLayout(page)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.addWidget(made)
        return made

    @Slot(int)
    def _show_browser(self, tab: int) -> None:
        if tab == SCHEMA:
            self.browser.setVisible(True)

    def fill(self, draft: Draft) -> None:
        """Show every part."""
        assert isinstance(draft, GraphqlDraft)
        self.query.editor.show_text(draft.query)
        self.variables.editor.show_text(draft.variables)
        self.headers.show_pairs(draft.headers)
        self.show_count(HEADERS, "Headers", len(draft.headers))
        self.check()

    def current(self) -> GraphqlDraft:
        """The parts put together."""
        return GraphqlDraft(
            query=self.query.editor.toPlainText(),
            variables=self.variables.editor.toPlainText(),
            headers=self.headers.pairs(),
        )

    @Slot()
    def report(self) -> None:
        """Tell the model, and look for errors when the typing pauses."""
        super().report()
        if not self._filling:
            self.show_count(HEADERS, "Headers", len(self.headers.pairs()))
            self._check_later.start()

    @Slot()
    def check(self) -> None:
        """Mark what the server would refuse."""
        assist = self._schema.assist if self._schema else None
        text = self.query.editor.toPlainText()
        known = assist is not None and self._model.draft is not None
        self.query.show_problems(assist.problems(text) if assist and known else ())
        self.variables.check_json()

    def _complete(self, text: str, cursor: int) -> tuple[int, Sequence[Suggestion]]:
        assist = self._schema.assist if self._schema else None
        return assist.complete(text, cursor) if assist else (cursor, ())
