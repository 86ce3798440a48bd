"""A framed body viewer with its search bar: Ctrl+F opens it, Enter goes on, Escape closes."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from app.ui.stylesheet import restyle
from app.ui.theme import ThemeSource
from app.ui.widgets.json_view import JsonView
from app.ui.widgets.line_painter import GUTTER, MARGIN
from app.viewmodels.line_document import LineDocument


class SearchBar(QFrame):
    """The words to look for and how many places hold them. GUI thread."""

    search_requested = Signal(str)
    step_requested = Signal(int)  # 1 next, -1 previous
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "pane")
        self.words = QLineEdit(self)
        self.words.setPlaceholderText("Find in this body")
        self.words.setAccessibleName("Find in this body")
        self.words.textChanged.connect(self.search_requested)
        self.words.returnPressed.connect(self._go_on)
        self.found = QLabel(self)
        self.found.setProperty("role", "caption")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 0)
        layout.setSpacing(4)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.found)
        for text, name, slot in (("↑", "Previous match", self._go_back), ("↓", "Next match", self._go_on)):
            layout.addWidget(self._button(text, name, slot))
        layout.addWidget(self._button("✕", "Close the search", self.close_bar))
        self.words.installEventFilter(self)

    def _button(self, text: str, name: str, slot: object) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.clicked.connect(slot)
        return button

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape closes the bar; claimed first, because in the window it cancels calls."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.close_bar()
                return True
        return super().eventFilter(watched, event)

    @Slot(int, bool)
    def show_found(self, count: int, complete: bool) -> None:
        """Say how many lines match; "so far" while the search goes on."""
        text = "no match" if complete and not count else f"{count}" if complete else f"{count} so far"
        self.found.setText(text if self.words.text() else "")

    @Slot()
    def close_bar(self) -> None:
        """Hide and forget the words."""
        self.hide()
        self.words.clear()
        self.closed.emit()

    @Slot()
    def _go_on(self) -> None:
        self.step_requested.emit(1)

    @Slot()
    def _go_back(self) -> None:
        self.step_requested.emit(-1)


class CodeView(QFrame):
    """A JsonView in a hairline box. GUI thread."""

    def __init__(
        self, theme_source: ThemeSource, *, name: str, foldable: bool = True, parent: QWidget | None = None
    ) -> None:
        """``name`` is for screen readers; without ``foldable`` the text stands as in an editor."""
        super().__init__(parent)
        self.setProperty("role", "card")
        self.body = JsonView(theme_source, self, gutter=GUTTER if foldable else MARGIN)
        self.body.setAccessibleName(name)
        self._bar: SearchBar | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addWidget(self.body, 1)
        self.body.focus_changed.connect(self._show_focus)
        find = QShortcut(
            QKeySequence.StandardKey.Find, self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut
        )
        find.activated.connect(self.open_search)
        self.body.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for text, slot in (
            ("Copy", self.body.copy),
            ("Copy everything", self.body.copy_all),
            ("Find …", self.open_search),
            ("Fold everything", self.body.fold_all),
            ("Unfold everything", self.body.unfold_all),
        ):
            action = QAction(text, self.body)
            action.triggered.connect(slot)
            self.body.addAction(action)

    @property
    def bar(self) -> SearchBar:
        """The search bar, made when it is first wanted."""
        if self._bar is None:
            self._bar = SearchBar(self)
            self._bar.hide()
            self._bar.search_requested.connect(self.body.search)
            self._bar.step_requested.connect(self._step)
            self._bar.closed.connect(self.body.setFocus)
            self.body.matches_changed.connect(self._bar.show_found)
            layout = self.layout()
            if isinstance(layout, QVBoxLayout):
                layout.insertWidget(0, self._bar)
        return self._bar

    def show_document(self, document: LineDocument) -> None:
        """Show another body."""
        self.body.show_document(document)

    @Slot(bool)
    def _show_focus(self, focused: bool) -> None:
        restyle(self, focused=focused)

    @Slot()
    def open_search(self) -> None:
        """Show the search bar and put the caret in it."""
        self.bar.show()
        self.bar.words.setFocus()
        self.bar.words.selectAll()

    @Slot(int)
    def _step(self, step: int) -> None:
        self.body.show_match(step=step)
