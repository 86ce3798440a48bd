"""Completion under the caret: opens while a name is typed or by Ctrl+Space; Enter or Tab takes the choice."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt, Slot
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QAbstractItemView, QCompleter, QListView

from app.ui.widgets.code_editor import CodeEditor
from app.viewmodels.text_marks import Suggestion

Complete = Callable[[str, int], tuple[int, Sequence[Suggestion]]]


class SuggestionModel(QAbstractListModel):
    """Names with their types. GUI thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: tuple[Suggestion, ...] = ()

    def show_items(self, items: Sequence[Suggestion]) -> None:
        """Replace the list."""
        self.beginResetModel()
        self._items = tuple(items)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        """Suggestions; none below one."""
        return 0 if parent is not None and parent.isValid() else len(self._items)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        """Name and type to read, the name alone to insert, the description as tool tip."""
        if not index.isValid():
            return None
        item = self._items[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return f"{item.name}   {item.detail}".rstrip()
            case Qt.ItemDataRole.EditRole:
                return item.name
            case Qt.ItemDataRole.ToolTipRole:
                return item.description or None
        return None


class Completion(QObject):
    """Watches one editor and offers what ``complete`` knows. GUI thread."""

    def __init__(self, editor: CodeEditor, complete: Complete) -> None:
        super().__init__(editor)
        self._editor = editor
        self._complete = complete
        self._model = SuggestionModel(self)
        self._start = 0
        self._completer = QCompleter(self._model, self)
        self._completer.setWidget(editor)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setCompletionRole(Qt.ItemDataRole.EditRole)
        self._popup = self._completer.popup() or QListView()  # QCompleter always makes one
        self._popup.setAccessibleName("Completions")
        self._completer.activated.connect(self.insert)
        editor.installEventFilter(self)
        # An open list gets the keys first, and QCompleter would hand Enter to the editor past its filters.
        self._popup.installEventFilter(self)
        editor.edited.connect(self._typed)

    @property
    def offered(self) -> list[str]:
        """The names in the open list; empty when it is closed."""
        if not self._popup.isVisible():
            return []
        rows = range(self._model.rowCount())
        return [str(self._model.index(row).data(Qt.ItemDataRole.EditRole)) for row in rows]

    @property
    def popup(self) -> QAbstractItemView:
        """The list under the caret."""
        return self._popup

    def open(self) -> None:
        """Offer what may stand at the caret."""
        self._offer(least=0)

    @Slot()
    def _typed(self) -> None:
        if self._editor.hasFocus():
            self._offer(least=1)

    def _offer(self, *, least: int) -> None:
        at = self._editor.textCursor().position()
        text = self._editor.toPlainText()
        self._start, found = self._complete(text, at)
        word = text[self._start : at]
        if len(word) < least or not found or [one.name for one in found] == [word]:
            self._popup.hide()
            return
        self._model.show_items(found)
        place = self._editor.cursorRect()
        popup = self._popup
        place.setWidth(popup.sizeHintForColumn(0) + popup.verticalScrollBar().sizeHint().width() + 16)
        self._completer.complete(place.translated(self._editor.viewport().pos()))
        popup.setCurrentIndex(self._model.index(0))

    @Slot(str)
    def insert(self, name: str) -> None:
        """Put ``name`` in place of the word at the caret."""
        cursor = self._editor.textCursor()
        at = cursor.position()
        cursor.setPosition(self._start)
        cursor.setPosition(at, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(name)
        self._editor.setTextCursor(cursor)
        self._popup.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ctrl+Space opens; while open, Enter and Tab take the choice and Escape closes."""
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
            claimed = self._popup.isVisible()  # in the window Escape cancels calls
            event.setAccepted(claimed)
            return claimed
        return event.type() == QEvent.Type.KeyPress and self._takes(event)

    def _takes(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Space and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.open()
            return True
        if not self._popup.isVisible():
            return False
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Tab:
                self.insert(str(self._popup.currentIndex().data(Qt.ItemDataRole.EditRole) or ""))
            case Qt.Key.Key_Escape:
                self._popup.hide()
            case _:
                return False
        return True
