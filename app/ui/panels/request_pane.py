"""What the three request editors share: tabs with counts, and the line that says what would be refused."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLineEdit, QTableView, QTabWidget, QVBoxLayout, QWidget

from app.domain.drafts import Draft
from app.ui.widgets.code_editor import CodeEditor
from app.ui.widgets.labels import ElidedLabel
from app.ui.widgets.tab_fit import fit_tabs
from app.viewmodels.lane import LaneModel
from app.viewmodels.text_marks import Problem, json_problem

TAB_TOP = 4  # px between the tabs and what they show


class EditorPage(QWidget):
    """A code editor over a message line that is there only when there is something to say. GUI thread."""

    def __init__(
        self, editor: CodeEditor, *, above: QWidget | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.editor = editor
        self.message = ElidedLabel(role="error")
        self.message.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, TAB_TOP, 0, 0)
        layout.setSpacing(4)
        if above is not None:
            layout.addWidget(above)
        layout.addWidget(editor, 1)
        layout.addWidget(self.message)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Underline them and say the first."""
        self.editor.show_problems(problems)
        self.message.setVisible(bool(problems))
        if problems:
            more = f" (+{len(problems) - 1})" if len(problems) > 1 else ""
            self.message.set_full_text(f"line {problems[0].line}: {problems[0].message}{more}")

    @Slot()
    def check_json(self) -> None:
        """Mark where the text stops being JSON."""
        problem = json_problem(self.editor.toPlainText())
        self.show_problems([problem] if problem else [])


class RequestPane(QTabWidget):
    """Base of the three request editors: shows the model's draft and reports edits. GUI thread."""

    blank: Draft  # what a lane without a counterpart shows

    def __init__(self, model: LaneModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._filling = False
        self.setAccessibleName(f"{model.lane.label} request")
        self.setDocumentMode(True)
        self.tabBar().setExpanding(False)
        self.tabBar().setAccessibleName(f"Parts of the {model.lane.label} request")

    def minimumSizeHint(self) -> QSize:
        """The same for every lane, so that their answers stand at one height."""
        return QSize(0, 96)

    sizeHint = minimumSizeHint

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow lane has its tabs nearer to one another."""
        super().resizeEvent(event)
        fit_tabs(self)

    def setTabText(self, index: int, text: str) -> None:  # noqa: N802  Qt's name
        """Qt's method: other words may need other distances."""
        if text != self.tabText(index):
            super().setTabText(index, text)
            fit_tabs(self)

    def start(self) -> None:
        """Follow the model; called by the subclass when its editors are there."""
        self._model.draft_changed.connect(self._show)
        self._show()

    def fill(self, draft: Draft) -> None:
        """Put a draft into the editors."""
        raise NotImplementedError

    def current(self) -> Draft | None:
        """The draft as the editors have it; None while it makes none."""
        raise NotImplementedError

    def first_editor(self) -> QWidget:
        """What a person would type into on the tab in front; the tabs themselves where that is nothing."""
        page = self.currentWidget()
        if isinstance(page, EditorPage):
            return page.editor
        for kind in (QLineEdit, QTableView):
            found = page.findChild(kind)
            if found is not None:
                return found
        return self.tabBar()

    def show_count(self, tab: int, word: str, number: int) -> None:
        """Say in a tab how many rows are behind it."""
        self.setTabText(tab, f"{word}\u00a0{number}" if number else word)

    @Slot()
    def _show(self) -> None:
        draft = self._model.draft
        self.setEnabled(draft is not None)
        self._filling = True
        self.fill(draft or self.blank)
        self._filling = False

    @Slot()
    def report(self) -> None:
        """A person changed something."""
        if not self._filling and (draft := self.current()) is not None:
            self._model.edit(draft)
