"""A small editor for request bodies: colours, errors underlined where they are, indents that keep."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, Qt, Signal, Slot
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QToolTip, QWidget

from app.ui.stylesheet import restyle
from app.ui.theme import ThemeSource
from app.ui.widgets.code_tokens import rules
from app.viewmodels.text_marks import Problem

LARGEST_COLOURED = 100_000  # characters: beyond this the text stays plain, so that typing stays quick
_PAIRS = {"{": "}", "[": "]", "(": ")"}


class _Colours(QSyntaxHighlighter):
    """Colours one document by the rules of its language."""

    def __init__(self, document: QTextDocument, themes: ThemeSource, language: str) -> None:
        super().__init__(document)
        self._themes = themes
        self._rules = rules(language)

    def highlightBlock(self, text: str) -> None:  # noqa: N802
        """Qt asks line by line."""
        if self.document().characterCount() > LARGEST_COLOURED:
            return
        theme = self._themes.theme
        for pattern, style in self._rules:
            for match in pattern.finditer(text):
                self.setFormat(match.start(), match.end() - match.start(), theme[style.value])


class CodeEditor(QPlainTextEdit):
    """Plain text with colours and error marks. GUI thread."""

    edited = Signal(str)  # a person changed the text

    def __init__(
        self,
        themes: ThemeSource,
        *,
        language: str,
        name: str,
        read_only: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """``language`` is json, graphql, proto or text; ``name`` what a screen reader calls it."""
        super().__init__(parent)
        self._themes = themes
        self._problems: tuple[Problem, ...] = ()
        self._filling = False
        self.setProperty("role", "code")
        self.setAccessibleName(name)
        self.setReadOnly(read_only)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(
            QPlainTextEdit.LineWrapMode.WidgetWidth if not read_only else QPlainTextEdit.LineWrapMode.NoWrap
        )
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._colours = _Colours(self.document(), themes, language)
        themes.theme_changed.connect(self._recolour)
        self.textChanged.connect(self._tell)

    def show_text(self, text: str) -> None:
        """Replace the text without calling it an edit; the caret stays where it can."""
        if text == self.toPlainText():
            return
        self._filling = True
        at = self.textCursor().position()
        self.setPlainText(text)
        cursor = self.textCursor()
        cursor.setPosition(min(at, len(text)))
        self.setTextCursor(cursor)
        self._filling = False

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The errors marked now."""
        return self._problems

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Underline each with a wave; hovering tells the reason."""
        self._problems = tuple(problems)
        self.setExtraSelections([self._mark(problem) for problem in self._problems])
        restyle(self, invalid=bool(problems))
        self.setAccessibleDescription("; ".join(problem.message for problem in self._problems))

    def _mark(self, problem: Problem) -> QTextEdit.ExtraSelection:
        mark = QTextEdit.ExtraSelection()
        shape = QTextCharFormat()
        shape.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        shape.setUnderlineColor(self._themes.theme["error"])
        cursor = self.textCursor()
        length = self.document().characterCount() - 1
        cursor.setPosition(min(problem.start, max(length - 1, 0)))
        end = min(problem.start + max(problem.length, 1), length)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        mark.cursor, mark.format = cursor, shape
        return mark

    @Slot()
    def _tell(self) -> None:
        if not self._filling:
            self.edited.emit(self.toPlainText())

    @Slot()
    def _recolour(self) -> None:
        self._filling = True
        self._colours.rehighlight()
        self._filling = False
        self.show_problems(self._problems)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep the indent on a new line, one step deeper behind an opening bracket."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self._new_line()
            return
        super().keyPressEvent(event)

    def _new_line(self) -> None:
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        after = cursor.block().text()[cursor.positionInBlock() :].lstrip()
        indent = before[: len(before) - len(before.lstrip())]
        opener = before.rstrip()[-1:]
        cursor.insertText("\n" + indent + ("  " if opener in _PAIRS else ""))
        if opener in _PAIRS and after.startswith(_PAIRS[opener]):
            inside = cursor.position()
            cursor.insertText("\n" + indent)
            cursor.setPosition(inside)
        self.setTextCursor(cursor)

    def event(self, event: QEvent) -> bool:
        """Show the reason of an underlined place as tool tip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._explain(event.pos(), event.globalPos())
            return True
        return super().event(event)

    def _explain(self, place: QPoint, screen: QPoint) -> None:
        at = self.cursorForPosition(self.viewport().mapFromParent(place)).position()
        found = [one.message for one in self._problems if one.start <= at <= one.start + one.length]
        if found:
            QToolTip.showText(screen, "\n".join(found), self)
        else:
            QToolTip.hideText()
