"""Follows the desktop's light or dark scheme, and tells the desktop ours, so that title bars match."""

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QGuiApplication

from app.ui.theme import ThemeSource, load_theme
from app.viewmodels.appearance import AppearanceModel, ThemeMode

_SCHEMES = {
    ThemeMode.SYSTEM: Qt.ColorScheme.Unknown,  # gives the choice back to the desktop
    ThemeMode.DARK: Qt.ColorScheme.Dark,
    ThemeMode.LIGHT: Qt.ColorScheme.Light,
}


def system_is_dark() -> bool:
    """Whether the desktop asks for dark; where it does not say, its palette tells. Before any style sheet."""
    scheme = QGuiApplication.styleHints().colorScheme()
    if scheme is Qt.ColorScheme.Unknown:
        return QGuiApplication.palette().window().color().lightness() < 128
    return scheme is Qt.ColorScheme.Dark


class SystemTheme(QObject):
    """Binds an AppearanceModel to the desktop and to the theme in force. GUI thread."""

    def __init__(
        self, appearance: AppearanceModel, themes: ThemeSource, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._themes = themes
        self._hints = QGuiApplication.styleHints()
        self._hints.colorSchemeChanged.connect(self._scheme_changed)
        appearance.mode_changed.connect(self._mode_changed)
        appearance.theme_name_changed.connect(self._use)
        if appearance.mode is not ThemeMode.SYSTEM:
            self._hints.setColorScheme(_SCHEMES[appearance.mode])
        if appearance.theme_name != themes.theme.name:
            self._use(appearance.theme_name)

    @Slot(Qt.ColorScheme)
    def _scheme_changed(self, scheme: Qt.ColorScheme) -> None:
        # Our own choice echoes here too; only the desktop's counts.
        if self._appearance.mode is ThemeMode.SYSTEM and scheme is not Qt.ColorScheme.Unknown:
            self._appearance.set_system_dark(scheme is Qt.ColorScheme.Dark)

    @Slot(str)
    def _mode_changed(self, mode: str) -> None:
        self._hints.setColorScheme(_SCHEMES[ThemeMode(mode)])

    @Slot(str)
    def _use(self, name: str) -> None:
        self._themes.use(load_theme(name))
