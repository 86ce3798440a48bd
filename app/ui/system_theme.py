"""Follows the desktop's light or dark scheme, and tells the desktop ours, so that title bars match."""

import sys

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtDBus import QDBusConnection
from PySide6.QtGui import QGuiApplication

from app.ui.desktop_portal import DesktopPortal, Preference
from app.ui.theme import ThemeSource, load_theme
from app.viewmodels.appearance import AppearanceModel, ThemeMode

_PREFERRED = {
    Preference.NONE: Qt.ColorScheme.Unknown,  # gives the choice back to Qt
    Preference.DARK: Qt.ColorScheme.Dark,
    Preference.LIGHT: Qt.ColorScheme.Light,
}
_SCHEMES = {
    ThemeMode.DARK: Qt.ColorScheme.Dark,
    ThemeMode.LIGHT: Qt.ColorScheme.Light,
}


def system_is_dark() -> bool:
    """Whether the desktop asks for dark; where it does not say, its palette tells. Before any style sheet."""
    scheme = QGuiApplication.styleHints().colorScheme()
    if scheme is Qt.ColorScheme.Unknown:
        return QGuiApplication.palette().window().color().lightness() < 128
    return scheme is Qt.ColorScheme.Dark


def session_bus() -> QDBusConnection | None:
    """Where a portal may be asked: on a Linux desktop, not where nothing is shown."""
    if sys.platform != "linux" or QGuiApplication.platformName() not in ("xcb", "wayland"):
        return None
    bus = QDBusConnection.sessionBus()
    return bus if bus.isConnected() else None


class SystemTheme(QObject):
    """Binds an AppearanceModel to the desktop and to the theme in force. GUI thread.

    A portal's word counts more than Qt's, which comes late or not at all on some desktops.
    """

    def __init__(
        self,
        appearance: AppearanceModel,
        themes: ThemeSource,
        *,
        bus: QDBusConnection | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._themes = themes
        self._preference = Preference.NONE
        self._qt_dark = system_is_dark()
        self._hints = QGuiApplication.styleHints()
        if bus is not None:
            self._portal = DesktopPortal(bus, self)
            self._portal.told.connect(self._portal_told)
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
        ours = self._preference is not Preference.NONE or self._appearance.mode is not ThemeMode.SYSTEM
        if not ours and scheme is not Qt.ColorScheme.Unknown:
            self._qt_dark = scheme is Qt.ColorScheme.Dark
            self._appearance.set_system_dark(self._qt_dark)

    @Slot(object)
    def _portal_told(self, preference: Preference) -> None:
        self._preference = preference
        if self._appearance.mode is ThemeMode.SYSTEM:
            self._hints.setColorScheme(self._desktop_scheme())
        unsaid = preference is Preference.NONE
        self._appearance.set_system_dark(self._qt_dark if unsaid else preference is Preference.DARK)

    @Slot(str)
    def _mode_changed(self, mode: str) -> None:
        chosen = ThemeMode(mode)
        system = chosen is ThemeMode.SYSTEM
        self._hints.setColorScheme(self._desktop_scheme() if system else _SCHEMES[chosen])

    def _desktop_scheme(self) -> Qt.ColorScheme:
        """What Qt is told when the desktop decides: Unknown leaves it to Qt."""
        return _PREFERRED[self._preference]

    @Slot(str)
    def _use(self, name: str) -> None:
        self._themes.use(load_theme(name))
