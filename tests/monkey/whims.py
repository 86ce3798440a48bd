"""What the monkey feels like next: draws deeds from a seed and from what is on the screen."""

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QFileDialog,
    QLineEdit,
    QMenuBar,
    QMessageBox,
    QSplitterHandle,
    QTabBar,
    QWidget,
)

from app.domain.lanes import Lane
from app.ui.main_window import MainWindow
from tests.monkey.hands import name_of, widget_at
from tests.monkey.weather import random_rules

Whim = tuple[str, Mapping[str, Any], str]  # do, how, on
CONTROLS = (
    QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QMenuBar, QTabBar,
    QAbstractItemView,
)  # fmt: skip
TEXTS = (
    "1", "2", "42", "0", "-1", "999999", "1.5", "abc", "   ", "user@example.com", "password", "x" * 60,
    "order", "Ünï→码", "{}", '{"id": "1"}', "{ product(id: \"1\") { id name } }", "query {", "id name price",
    "%00", "'; drop table products; --", "127.0.0.1:9", "http://127.0.0.1:9", "1e999", "nan", "electronics",
)  # fmt: skip
KEYS = (
    "Tab", "Tab Tab Tab", "Shift+Tab", "Enter", "Return", "Escape", "Escape Escape", "Space", "Up", "Down",
    "Left", "Right", "Home", "End", "PageUp", "PageDown", "Delete", "Backspace", "Ctrl+A", "Ctrl+A Delete",
    "Ctrl+C", "Ctrl+V", "Ctrl+X", "Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+Y", "Ctrl+F", "Ctrl+Space", "Alt+Down",
    "Ctrl+Home", "Ctrl+End", "Shift+End", "Ctrl+PageDown", "Ctrl+PageUp", "F2", "F3", "Menu", "Ctrl+Tab",
)  # fmt: skip
SHORTCUTS = (
    "Ctrl+Return", "Ctrl+Return", "Ctrl+Enter", "Ctrl+Shift+Return", "Escape", "Ctrl+L", "Ctrl+Shift+L",
    "Ctrl+K", "Ctrl+E", "Ctrl+T", "Ctrl+I", "Ctrl+1", "Ctrl+2", "Ctrl+3", "Ctrl+4", "Ctrl+5", "Ctrl+6",
    "Ctrl+7", "Ctrl+8", "Ctrl+Comma", "F1", "Space", "Alt+F", "Alt+E", "Alt+C", "Alt+V", "Alt+S", "Alt+T",
    "Alt+H", "Ctrl+Shift+S",
)  # fmt: skip
SIZES = ((1280, 800), (1600, 1000), (1440, 900), (1024, 640), (1900, 1060), (900, 600), (640, 480))
NEVER = ("quit",)  # actions that end the program


class Whims:
    """Draws the next deed. GUI thread."""

    def __init__(
        self, window: MainWindow, titles: Callable[[], Sequence[str]], home: Path, seed: int
    ) -> None:
        self._window = window
        self._titles = titles
        self._home = home
        self._draw = random.Random(seed)
        self._whims: tuple[tuple[int, Callable[[], Whim]], ...] = (
            (30, self._click),
            (4, self._right_click),
            (4, self._double),
            (6, self._hover),
            (8, self._drag),
            (3, self._move_dock),
            (3, self._move_splitter),
            (10, self._wheel),
            (8, self._type),
            (10, self._keys),
            (8, self._shortcut),
            (8, self._command),
            (3, self._menu),
            (2, self._resize),
            (1, self._state),
            (3, self._faults),
            (1, self._log_in),
        )

    def next(self) -> Whim:
        """Something to do now."""
        dialog = _file_dialog()
        if dialog is not None:
            return self._answer(dialog)
        if self._window.isMinimized():
            return "state", {"state": "normal"}, ""
        weights = [weight for weight, _ in self._whims]
        _, whim = self._draw.choices(self._whims, weights)[0]
        return whim()

    def pause(self) -> int:
        """Milliseconds until the next deed; mostly a quick hand, sometimes a reader."""
        return self._draw.choice((10, 20, 40, 60, 100, 200))

    # -- hands -----------------------------------------------------------------------------------------

    def _click(self) -> Whim:
        how = self._spot()
        held = self._draw.choice(("", "", "", "", "", "ctrl", "shift"))
        return "click", {**how, "with": held} if held else how, self._on(how)

    def _right_click(self) -> Whim:
        how = {**self._spot(), "button": "right"}
        return "click", how, self._on(how)

    def _double(self) -> Whim:
        how = self._spot()
        return "double", how, self._on(how)

    def _hover(self) -> Whim:
        how = self._spot()
        return "hover", how, self._on(how)

    def _drag(self) -> Whim:
        begin, end = self._spot(), self._somewhere()
        return "drag", {**begin, "to_x": end.x(), "to_y": end.y()}, self._on(begin)

    def _move_dock(self) -> Whim:
        docks = [dock for dock in self._window.docks.values() if _seen(dock)]
        if not docks:
            return self._drag()
        dock = self._draw.choice(docks)
        grip = self._inside(dock.titleBarWidget())
        end = self._somewhere()
        return "drag", {"x": grip.x(), "y": grip.y(), "to_x": end.x(), "to_y": end.y()}, name_of(dock)

    def _move_splitter(self) -> Whim:
        handles = [each for each in self._window.findChildren(QSplitterHandle) if _seen(each)]
        if not handles:
            return self._drag()
        handle = self._draw.choice(handles)
        grip, end = self._inside(handle), self._somewhere()
        return "drag", {"x": grip.x(), "y": grip.y(), "to_x": end.x(), "to_y": end.y()}, name_of(handle)

    def _wheel(self) -> Whim:
        draw, how = self._draw, self._spot()
        angle = draw.choice((-120, 120, -1200, 1200, -30, 30))
        way = {"dy": angle} if draw.random() < 0.8 else {"dx": angle}
        more: dict[str, Any] = {"times": draw.randrange(1, 6), **way}
        if draw.random() < 0.2:
            more["with"] = draw.choice(("ctrl", "shift"))
        return "wheel", {**how, **more}, self._on(how)

    def _type(self) -> Whim:
        return "type", {"text": self._draw.choice(TEXTS)}, name_of(QApplication.focusWidget())

    def _keys(self) -> Whim:
        return "keys", {"keys": self._draw.choice(KEYS)}, name_of(QApplication.focusWidget())

    def _shortcut(self) -> Whim:
        return "keys", {"keys": self._draw.choice(SHORTCUTS)}, name_of(QApplication.focusWidget())

    def _command(self) -> Whim:
        """Anything from the palette, as a person would: Ctrl+K, its name, Enter."""
        return "command", {"title": self._draw.choice(self._titles())}, ""

    def _menu(self) -> Whim:
        """Walk into a menu with the keyboard."""
        draw = self._draw
        top = draw.choice(("Alt+F", "Alt+E", "Alt+C", "Alt+V", "Alt+S", "Alt+T", "Alt+H"))
        steps = ["Down"] * draw.randrange(1, 9) + draw.choice(
            (["Return"], ["Right", "Down", "Return"], ["Escape"])
        )
        return "keys", {"keys": " ".join((top, *steps))}, ""

    def _resize(self) -> Whim:
        draw = self._draw
        size = (
            draw.choice(SIZES)
            if draw.random() < 0.7
            else (draw.randrange(300, 1900), draw.randrange(200, 1050))
        )
        return "resize", {"width": size[0], "height": size[1]}, ""

    def _state(self) -> Whim:
        return (
            "state",
            {"state": self._draw.choice(("maximised", "normal", "normal", "minimised", "whole screen"))},
            "",
        )

    def _log_in(self) -> Whim:
        return "log in", {"email": "user@example.com", "password": "password"}, ""

    def _faults(self) -> Whim:
        lane = self._draw.choice(tuple(Lane))
        return "faults", {"lane": lane.value, "rules": random_rules(self._draw, lane)}, ""

    def _answer(self, dialog: QFileDialog) -> Whim:
        """A file dialog is never clicked around in: it could rename what is not the monkey's."""
        draw = self._draw
        asks = isinstance(QApplication.activeModalWidget(), QMessageBox)  # whether to replace the file
        if asks or draw.random() < 0.3:
            return "keys", {"keys": draw.choice(("Escape", "Return")) if asks else "Escape"}, name_of(dialog)
        name = draw.choice(
            ("one.json", "two.csv", "three.png", "good.toml", "bad.toml", "none.toml", "no/where.json")
        )
        return "file", {"path": str(self._home / name)}, name_of(dialog)

    # -- places ----------------------------------------------------------------------------------------

    def _spot(self) -> dict[str, Any]:
        """A point on the screen, rather on a control than beside one, rather in front than behind."""
        points = [self._somewhere() for _ in range(8)]
        over = [point for point in points if isinstance(widget_at(point.x(), point.y()), CONTROLS)]
        chosen = over[0] if over and self._draw.random() < 0.8 else points[0]
        return {"x": chosen.x(), "y": chosen.y()}

    def _somewhere(self) -> QPoint:
        windows = [each for each in QApplication.topLevelWidgets() if each.isVisible()]
        front = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if front is not None and self._draw.random() < 0.8:
            return self._inside(front)
        if windows and self._draw.random() < 0.2:
            # Sorted, for Qt lists them in no order that another run would repeat.
            return self._inside(self._draw.choice(sorted(windows, key=name_of)))
        return self._inside(self._window)

    def _inside(self, widget: QWidget) -> QPoint:
        place: QRect = widget.rect()
        across = self._draw.randrange(max(1, place.width()))
        down = self._draw.randrange(max(1, place.height()))
        return widget.mapToGlobal(QPoint(across, down))

    def _on(self, how: Mapping[str, Any]) -> str:
        return name_of(widget_at(how["x"], how["y"]))


def _file_dialog() -> QFileDialog | None:
    for window in QApplication.topLevelWidgets():
        if isinstance(window, QFileDialog) and window.isVisible():
            return window
    return None


def _seen(widget: QWidget) -> bool:
    if isinstance(widget, QDockWidget) and widget.titleBarWidget() is None:
        return False
    return widget.isVisible() and not widget.visibleRegion().isEmpty()
