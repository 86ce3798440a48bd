"""Which theme is in force and what the look may do. Knows names, no colours and no widgets."""

from enum import StrEnum

from PySide6.QtCore import QObject, Signal, Slot

from app.viewmodels.memory import Memory

SMALLEST_BODY, LARGEST_BODY = 7, 24  # points


class ThemeMode(StrEnum):
    """What the person chose."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


class AppearanceModel(QObject):
    """The choice of theme, motion and body size, remembered. GUI thread.

    ``settled``: the desktop has said its last word; otherwise what it said last time counts until it answers,
    so that a window does not open white and turn dark.
    """

    theme_name_changed = Signal(str)  # "dark" or "light"
    mode_changed = Signal(str)
    reduced_motion_changed = Signal(bool)
    body_points_changed = Signal(int)  # 0: the system's size

    def __init__(
        self, memory: Memory, *, system_dark: bool, settled: bool = True, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._memory = memory
        last = "" if settled else memory.recall("desktop.scheme", "")
        self._system_dark = last == "dark" if last in ("dark", "light") else system_dark
        self._mode = _mode(memory.recall("appearance.theme", ThemeMode.SYSTEM))
        self._reduced_motion = memory.recall("appearance.reduced_motion", "no") == "yes"
        self._body_points = _points(memory.recall("appearance.body_points", "0"))

    @property
    def mode(self) -> ThemeMode:
        """The choice."""
        return self._mode

    @property
    def theme_name(self) -> str:
        """The theme that follows from choice and system."""
        if self._mode is ThemeMode.SYSTEM:
            return "dark" if self._system_dark else "light"
        return self._mode.value

    @property
    def reduced_motion(self) -> bool:
        """Whether pictures change without moving."""
        return self._reduced_motion

    @property
    def body_points(self) -> int:
        """Size of request and response bodies in points; 0 means the system's."""
        return self._body_points

    @Slot(bool)
    def set_system_dark(self, dark: bool) -> None:
        """The desktop said its scheme."""
        before = self.theme_name
        self._system_dark = dark
        self._memory.keep("desktop.scheme", "dark" if dark else "light")
        self._tell(before)

    @Slot(str)
    def set_mode(self, mode: str) -> None:
        """Choose. ValueError for an unknown word."""
        before = self.theme_name
        chosen = ThemeMode(mode)
        if chosen is self._mode:
            return
        self._mode = chosen
        self._memory.keep("appearance.theme", chosen.value)
        self.mode_changed.emit(chosen.value)
        self._tell(before)

    @Slot(bool)
    def set_reduced_motion(self, reduced: bool) -> None:
        """Stop or allow movement."""
        if reduced != self._reduced_motion:
            self._reduced_motion = reduced
            self._memory.keep("appearance.reduced_motion", "yes" if reduced else "no")
            self.reduced_motion_changed.emit(reduced)

    @Slot(int)
    def set_body_points(self, points: int) -> None:
        """Set the body size; 0 gives it back to the system."""
        wanted = _points(str(points))
        if wanted != self._body_points:
            self._body_points = wanted
            self._memory.keep("appearance.body_points", str(wanted))
            self.body_points_changed.emit(wanted)

    def _tell(self, before: str) -> None:
        if self.theme_name != before:
            self.theme_name_changed.emit(self.theme_name)


def _mode(text: str) -> ThemeMode:
    try:
        return ThemeMode(text)
    except ValueError:  # a settings file edited by hand
        return ThemeMode.SYSTEM


def _points(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        return 0
    return min(max(int(text), SMALLEST_BODY), LARGEST_BODY)
