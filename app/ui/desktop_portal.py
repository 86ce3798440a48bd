"""Asks the desktop's settings portal for dark or light, and hears of changes.

Qt follows some desktops by itself: not the bare window managers, and on GNOME only from the first change on,
not at the start. The portal (org.freedesktop.appearance, color-scheme) is the one place where all of them say
it. May not decide what is drawn, and says nothing where there is no portal.
"""

from enum import IntEnum

from PySide6.QtCore import SLOT, QObject, Signal, Slot
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher, QDBusVariant

SERVICE = "org.freedesktop.portal.Desktop"
PATH = "/org/freedesktop/portal/desktop"
INTERFACE = "org.freedesktop.portal.Settings"
NAMESPACE, KEY = "org.freedesktop.appearance", "color-scheme"


class Preference(IntEnum):
    """The portal's numbers. None also where there is no portal to ask."""

    NONE = 0
    DARK = 1
    LIGHT = 2


class DesktopPortal(QObject):
    """The desktop's preference, told once after the start and at each change. GUI thread, never waits."""

    told = Signal(object)  # Preference

    def __init__(self, bus: QDBusConnection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bus = bus
        slot = SLOT("_changed(QString,QString,QDBusVariant)")
        # The stubs of PySide ask for bytes, the call refuses them.
        bus.connect(SERVICE, PATH, INTERFACE, "SettingChanged", self, slot)  # type: ignore[call-overload]
        question = QDBusMessage.createMethodCall(SERVICE, PATH, INTERFACE, "Read")
        question.setArguments([NAMESPACE, KEY])
        self._asked = QDBusPendingCallWatcher(bus.asyncCall(question), self)
        self._asked.finished.connect(self._answered)

    @Slot(QDBusPendingCallWatcher)
    def _answered(self, asked: QDBusPendingCallWatcher) -> None:
        words = asked.reply().arguments() if not asked.isError() else []
        self.told.emit(_preference(words[0] if words else None))

    @Slot(str, str, QDBusVariant)
    def _changed(self, namespace: str, key: str, value: QDBusVariant) -> None:
        if (namespace, key) == (NAMESPACE, KEY):
            self.told.emit(_preference(value))


def _preference(value: object) -> Preference:
    while isinstance(value, QDBusVariant):  # Read wraps its answer twice
        value = value.variant()
    return Preference(value) if isinstance(value, int) and value in list(Preference) else Preference.NONE
