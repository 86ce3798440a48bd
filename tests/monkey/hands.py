"""Does a deed with real window-system events, one small event at a turn of the event loop.

Nothing is called on the program's objects: a click is sent to the window that is there at that point of
the screen, and Qt finds the widget, as for a hand. Menus and drags run loops of their own; turns go on inside
them.

Any event may take its window away, and Qt's test library sends all events of one call to the window it was
given: of Ctrl+K it would press K in a window that Ctrl saw vanish, and the process would die of it, as no
process dies of a keyboard. So each call here sends one event, to the window that has the keyboard then.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from tests.monkey.deeds import Deed

Step = Callable[[], None]
BUTTONS = {"left": Qt.MouseButton.LeftButton, "right": Qt.MouseButton.RightButton}
NONE = Qt.KeyboardModifier.NoModifier
MODIFIERS = {
    "ctrl": Qt.KeyboardModifier.ControlModifier,
    "shift": Qt.KeyboardModifier.ShiftModifier,
    "alt": Qt.KeyboardModifier.AltModifier,
}
MODIFIER_KEYS = {"ctrl": Qt.Key.Key_Control, "shift": Qt.Key.Key_Shift, "alt": Qt.Key.Key_Alt}
DRAG_STEPS = 8


def widget_at(x: int, y: int) -> QWidget | None:
    """The widget under a point of the screen."""
    return QApplication.widgetAt(QPoint(x, y))


def name_of(widget: QWidget | None) -> str:
    """A widget in words, for people who read the log."""
    if widget is None:
        return "nothing"
    words = widget.objectName() or widget.accessibleName()
    window = widget.window()
    inside = window.objectName() or type(window).__name__
    return f"{type(widget).__name__} {words} in {inside}".replace("  ", " ")


class Hands:
    """Turns deeds into steps and takes one step when asked. GUI thread."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._steps: deque[Step] = deque()
        self._held: QWindow | None = None  # where a button was pressed and is still down

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do of the last deed."""
        return not self._steps

    def begin(self, deed: Deed) -> bool:
        """Plan a deed. False for one that is not a hand's work."""
        plan = _PLANS.get(deed.do)
        if plan is None:
            return False
        self._steps.extend(plan(self, deed.how))
        return True

    def step(self) -> None:
        """Do the next small thing."""
        if self._steps:
            self._steps.popleft()()

    # -- plans -----------------------------------------------------------------------------------------

    def _click(self, how: Mapping[str, Any]) -> Iterator[Step]:
        at = QPoint(how["x"], how["y"])
        button = BUTTONS[how.get("button", "left")]
        modifier = MODIFIERS.get(how.get("with", ""), NONE)
        yield partial(self._move, at)
        for _ in range(how.get("times", 1)):
            yield partial(self._press, at, button, modifier)
            yield partial(self._release, at, button, modifier)

    def _double(self, how: Mapping[str, Any]) -> Iterator[Step]:
        at = QPoint(how["x"], how["y"])
        left = Qt.MouseButton.LeftButton
        yield partial(self._move, at)
        yield partial(self._press, at, left, NONE)
        yield partial(self._release, at, left, NONE)
        yield partial(self._press_again, at)
        yield partial(self._release, at, left, NONE)

    def _hover(self, how: Mapping[str, Any]) -> Iterator[Step]:
        yield partial(self._move, QPoint(how["x"], how["y"]))

    def _drag(self, how: Mapping[str, Any]) -> Iterator[Step]:
        begin, end = QPoint(how["x"], how["y"]), QPoint(how["to_x"], how["to_y"])
        left = Qt.MouseButton.LeftButton
        yield partial(self._move, begin)
        yield partial(self._press, begin, left, NONE)
        for step in range(1, DRAG_STEPS + 1):
            yield partial(self._move, begin + (end - begin) * (step / DRAG_STEPS))
        yield partial(self._release, end, left, NONE)

    def _wheel(self, how: Mapping[str, Any]) -> Iterator[Step]:
        at, angle = QPoint(how["x"], how["y"]), QPoint(how.get("dx", 0), how.get("dy", 0))
        for _ in range(how.get("times", 1)):
            yield partial(self._turn_wheel, at, angle, MODIFIERS.get(how.get("with", ""), NONE))

    def _type(self, how: Mapping[str, Any]) -> Iterator[Step]:
        for letter in how["text"]:
            yield from self._stroke(_letter_key(letter), NONE, letter)

    def _keys(self, how: Mapping[str, Any]) -> Iterator[Step]:
        """``keys``: portable names with blanks between them, "Ctrl+K Down Down Enter"."""
        for name in how["keys"].split(" "):
            *held, last = name.split("+")
            modifiers = [each.lower() for each in held]
            before = NONE
            for each in modifiers:
                yield partial(self._key, True, MODIFIER_KEYS[each], before)
                before |= MODIFIERS[each]
            key = getattr(Qt.Key, f"Key_{last}")
            yield from self._stroke(key, before, _text_of(key))
            for each in reversed(modifiers):
                before &= ~MODIFIERS[each]
                yield partial(self._key, False, MODIFIER_KEYS[each], before)

    def _stroke(self, key: Qt.Key, modifier: Qt.KeyboardModifier, text: str) -> Iterator[Step]:
        yield partial(self._key, True, key, modifier, text)
        yield partial(self._key, False, key, modifier, text)

    def _command(self, how: Mapping[str, Any]) -> Iterator[Step]:
        """The palette, the name of something, Enter."""
        yield from self._sequence("Escape Ctrl+K", how["title"], "Return")

    def _log_in(self, how: Mapping[str, Any]) -> Iterator[Step]:
        yield from self._sequence(
            "Escape Ctrl+I Ctrl+A", how["email"], "Tab Ctrl+A", how["password"], "Return"
        )

    def _file(self, how: Mapping[str, Any]) -> Iterator[Step]:
        yield from self._sequence("Ctrl+A", how["path"], "Return")

    def _sequence(self, *parts: str) -> Iterator[Step]:
        """Keys and texts in turn."""
        for index, part in enumerate(parts):
            yield from self._type({"text": part}) if index % 2 else self._keys({"keys": part})

    def _resize(self, how: Mapping[str, Any]) -> Iterator[Step]:
        yield partial(self._set_size, how["width"], how["height"])

    def _state(self, how: Mapping[str, Any]) -> Iterator[Step]:
        yield partial(self._set_state, how["state"])

    # -- small things ----------------------------------------------------------------------------------

    def _set_size(self, width: int, height: int) -> None:
        self._window.resize(width, height)

    def _set_state(self, state: str) -> None:
        {
            "maximised": self._window.showMaximized,
            "minimised": self._window.showMinimized,
            "normal": self._window.showNormal,
            "whole screen": self._window.showFullScreen,
        }[state]()

    def _press(self, at: QPoint, button: Qt.MouseButton, modifier: Qt.KeyboardModifier) -> None:
        window = _window_at(at)
        if window is not None:
            self._held = window
            QTest.mousePress(window, button, modifier, window.mapFromGlobal(at))

    def _release(self, at: QPoint, button: Qt.MouseButton, modifier: Qt.KeyboardModifier) -> None:
        window = self._target(at)
        self._held = None
        if window is not None:
            QTest.mouseRelease(window, button, modifier, window.mapFromGlobal(at))

    def _press_again(self, at: QPoint) -> None:
        """The second press of a double click: the test library only sends all four events at once."""
        window = _window_at(at)
        if window is None:
            return
        self._held = window
        left = Qt.MouseButton.LeftButton
        kind, inside = QEvent.Type.MouseButtonDblClick, QPointF(window.mapFromGlobal(at))
        QCoreApplication.sendEvent(window, QMouseEvent(kind, inside, QPointF(at), left, left, NONE))

    def _move(self, at: QPoint) -> None:
        window = self._target(at)
        if window is not None:
            QTest.mouseMove(window, window.mapFromGlobal(at))

    def _turn_wheel(self, at: QPoint, angle: QPoint, modifier: Qt.KeyboardModifier) -> None:
        window = _window_at(at)
        if window is not None:
            QTest.wheelEvent(window, QPointF(window.mapFromGlobal(at)), angle, QPoint(), modifier)

    def _key(self, down: bool, key: Qt.Key, modifier: Qt.KeyboardModifier, text: str = "") -> None:
        window = _typing_window(self._window)
        if window is not None:
            QTest.simulateEvent(window, down, key.value, modifier, text, False)

    def _target(self, at: QPoint) -> QWindow | None:
        """The window that holds the mouse while a button is down, else the one under the point."""
        held = self._held
        if held is not None and isValid(held) and held.isVisible():
            return held
        return _window_at(at)


def _window_at(at: QPoint) -> QWindow | None:
    return QGuiApplication.topLevelAt(at)


def _letter_key(letter: str) -> Qt.Key:
    """The key of a letter; one that no keyboard has comes as text only, as from an input method."""
    if ord(letter) >= 128:
        return Qt.Key.Key_unknown
    return Qt.Key(QTest.asciiToKey(letter))  # type: ignore[arg-type]  # the stubs say int, wrongly


def _text_of(key: Qt.Key) -> str:
    """What a key writes; nothing for those that only do something."""
    return str(QTest.keyToAscii(key)).rstrip("\0")


def _typing_window(fallback: QWidget) -> QWindow | None:
    return QGuiApplication.focusWindow() or fallback.windowHandle()


_PLANS: dict[str, Callable[[Hands, Mapping[str, Any]], Iterator[Step]]] = {
    "click": Hands._click,
    "double": Hands._double,
    "hover": Hands._hover,
    "drag": Hands._drag,
    "wheel": Hands._wheel,
    "type": Hands._type,
    "keys": Hands._keys,
    "command": Hands._command,
    "log in": Hands._log_in,
    "file": Hands._file,
    "resize": Hands._resize,
    "state": Hands._state,
}
