"""A change of theme is one change for each widget, however deep it lies."""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.stylesheet import StyleKeeper
from app.ui.theme import ThemeSource, load_theme

DEPTH = 12
ONCE = 2  # the sheet goes off and on again


class StyleChanges(QObject):
    """Counts what a widget is told."""

    def __init__(self, watched: QObject) -> None:
        super().__init__(watched)
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's hook."""
        self.count += event.type() is QEvent.Type.StyleChange
        return False


def test_a_deep_widget_is_polished_no_more_often_than_its_window(
    styled: StyleKeeper, qtbot: QtBot, themes: ThemeSource
) -> None:
    """Where one sheet takes another's place, Qt polishes a widget once for each of its parents."""
    window = QWidget()
    qtbot.addWidget(window)
    deepest = window
    for _ in range(DEPTH):
        layout, inner = QVBoxLayout(deepest), QWidget()
        layout.addWidget(inner)
        deepest = inner
    window.show()
    changes = StyleChanges(deepest)
    themes.use(load_theme("light"))
    assert 0 < changes.count <= ONCE


def test_a_main_window_hears_nothing_of_a_change_of_theme(
    styled: StyleKeeper, qapp: QApplication, qtbot: QtBot, themes: ThemeSource
) -> None:
    """It would lay its docks out for the separators of no sheet and back, and leave them a pixel off."""
    heard: list[str] = []

    class Window(QMainWindow):
        def event(self, event: QEvent) -> bool:
            if event.type() is QEvent.Type.StyleChange:
                heard.append(qapp.styleSheet())
            return super().event(event)

    window = Window()
    qtbot.addWidget(window)
    window.show()
    heard.clear()
    themes.use(load_theme("light"))
    assert heard == []
