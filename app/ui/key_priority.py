"""Puts the window's keys before an editor's: Ctrl+K opens the palette and deletes no line.

Text editors claim such keys before any action sees them (on X11, Ctrl+K and Ctrl+E among others).
"""

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.actions import Actions


class KeyPriority(QObject):
    """Watches the focused widget only: a filter on the application would see every event. GUI thread."""

    def __init__(self, actions: Actions, app: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        self._actions = actions
        self._keys: frozenset[str] = frozenset()
        app.focusChanged.connect(self._follow_focus)
        actions.available_changed.connect(self._take_keys)
        self._take_keys()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the editor from claiming one of our keys."""
        ours = (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and QKeySequence(event.keyCombination()).toString() in self._keys
        )
        if ours:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    @Slot()
    def _take_keys(self) -> None:
        self._keys = frozenset(
            key.toString()
            for _, action in self._actions
            if action.shortcutContext() is Qt.ShortcutContext.WindowShortcut
            for key in action.shortcuts()
            if "Ctrl+" in key.toString()
        )

    @Slot(QWidget, QWidget)
    def _follow_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        if before is not None:
            before.removeEventFilter(self)
        if now is not None:
            now.installEventFilter(self)
