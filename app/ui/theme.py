"""Colours and fonts by name, from the tokens in ``resources/themes``. Widgets hold no colour of their own."""

import tomllib
from importlib.resources import files

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo


class Theme:
    """One set of tokens. Unknown names raise KeyError at once."""

    def __init__(self, name: str, tokens: dict[str, str]) -> None:
        self.name = name
        self.tokens = tokens
        self._colors = {key: QColor(value) for key, value in tokens.items()}

    @property
    def dark(self) -> bool:
        """Whether text is light on dark."""
        return self._colors["surface1"].lightness() < 128

    def __getitem__(self, token: str) -> QColor:
        return QColor(self._colors[token])

    def mix(self, token: str, other: str, share: float) -> QColor:
        """``token`` with ``share`` (0 to 1) of ``other`` in it: hover and pressed shades."""
        one, two = self._colors[token], self._colors[other]
        keep = 1 - share
        return QColor(
            round(one.red() * keep + two.red() * share),
            round(one.green() * keep + two.green() * share),
            round(one.blue() * keep + two.blue() * share),
        )


def load_theme(name: str) -> Theme:
    """Read ``dark`` or ``light``."""
    text = files("resources").joinpath("themes", f"{name}.toml").read_text(encoding="utf-8")
    return Theme(name, tomllib.loads(text))


class ThemeSource(QObject):
    """Holds the theme in force and says when it changes. GUI thread."""

    theme_changed = Signal(object)

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    @property
    def theme(self) -> Theme:
        """The theme in force."""
        return self._theme

    def use(self, theme: Theme) -> None:
        """Switch; widgets repaint through ``theme_changed``."""
        self._theme = theme
        self.theme_changed.emit(theme)


def point_size(font: QFont) -> float:
    """The size in points, also of a font that was given in pixels."""
    return QFontInfo(font).pointSizeF()


def mono_font(points: float | None = None) -> QFont:
    """The one monospace family, for bodies and identifiers; the system's own, at ``points`` or its size."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setStyleHint(QFont.StyleHint.Monospace)
    if points is not None:
        font.setPointSizeF(points)
    return font


def tabular(font: QFont) -> QFont:
    """The same font with figures of one width, so that a ticking number does not move its neighbours."""
    steady = QFont(font)
    steady.setFeature(QFont.Tag("tnum"), 1)
    return steady
