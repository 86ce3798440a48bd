"""The window follows the desktop through its settings portal: a real message bus, a portal of our own."""

import shutil
import subprocess
from collections.abc import Iterator

import pytest
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusVariant, QDBusVirtualObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.desktop_portal import INTERFACE, KEY, NAMESPACE, PATH, SERVICE
from app.ui.system_theme import SystemTheme
from app.ui.theme import ThemeSource, load_theme
from app.viewmodels.appearance import AppearanceModel

pytestmark = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="needs dbus-daemon")


class Words(dict[str, str]):
    """A memory that remembers."""

    def recall(self, name: str, default: str) -> str:
        return self.get(name, default)

    def keep(self, name: str, value: str) -> None:
        self[name] = value


class FakePortal(QDBusVirtualObject):
    """Answers Read as a desktop does, and tells changes."""

    def __init__(self, bus: QDBusConnection, preference: int) -> None:
        super().__init__()
        self._bus = bus
        self.preference = preference
        assert bus.registerVirtualObject(PATH, self)
        assert bus.registerService(SERVICE)

    def introspect(self, path: str) -> str:
        return ""

    def handleMessage(  # noqa: N802 - Qt's name
        self, message: QDBusMessage, connection: QDBusConnection
    ) -> bool:
        known = message.member() == "Read" and message.arguments() == [NAMESPACE, KEY]
        return known and connection.send(message.createReply(QDBusVariant(self.preference)))

    def change(self, preference: int, namespace: str = NAMESPACE) -> None:
        """Tell as the desktop does when its owner changes the setting."""
        self.preference = preference
        signal = QDBusMessage.createSignal(PATH, INTERFACE, "SettingChanged")
        signal.setArguments([namespace, KEY, QDBusVariant(preference)])
        self._bus.send(signal)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a message bus of this module alone."""
    socket = tmp_path_factory.mktemp("bus") / "socket"
    command = ["dbus-daemon", "--session", "--nofork", "--print-address=1", f"--address=unix:path={socket}"]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert daemon.stdout is not None
    yield daemon.stdout.readline().strip()
    daemon.terminate()
    daemon.communicate()


def connected(address: str, name: str) -> QDBusConnection:
    bus = QDBusConnection.connectToBus(address, name)
    assert bus.isConnected()
    return bus


@pytest.fixture
def buses(address: str) -> Iterator[tuple[QDBusConnection, QDBusConnection]]:
    """The connections of the program and of the desktop."""
    program, desktop = connected(address, "program"), connected(address, "desktop")
    yield program, desktop
    desktop.unregisterService(SERVICE)
    desktop.unregisterObject(PATH)


@pytest.mark.parametrize(("preference", "name"), [(1, "dark"), (2, "light")])
def test_the_desktop_is_asked_at_the_start(
    qtbot: QtBot,
    buses: tuple[QDBusConnection, QDBusConnection],
    preference: int,
    name: str,
) -> None:
    """What the portal says at the start wins over what Qt believed."""
    program, desktop = buses
    portal = FakePortal(desktop, preference)
    themes = ThemeSource(load_theme("light" if name == "dark" else "dark"))
    appearance = AppearanceModel(Words(), system_dark=name == "light")
    system = SystemTheme(appearance, themes, bus=program)
    qtbot.waitUntil(lambda: themes.theme.name == name)
    system.deleteLater()
    portal.deleteLater()


def test_a_change_of_the_desktop_changes_the_window(
    qtbot: QtBot, buses: tuple[QDBusConnection, QDBusConnection]
) -> None:
    """Light and dark follow the desktop at once; other settings of it change nothing."""
    program, desktop = buses
    portal = FakePortal(desktop, 2)
    themes = ThemeSource(load_theme("dark"))
    appearance = AppearanceModel(Words(), system_dark=True)
    system = SystemTheme(appearance, themes, bus=program)
    qtbot.waitUntil(lambda: themes.theme.name == "light")
    portal.change(1)
    qtbot.waitUntil(lambda: themes.theme.name == "dark")
    portal.change(2, namespace="org.example.other")
    portal.change(2)
    qtbot.waitUntil(lambda: themes.theme.name == "light")
    system.deleteLater()
    portal.deleteLater()


def test_a_chosen_theme_stays_whatever_the_desktop_says(
    qtbot: QtBot, buses: tuple[QDBusConnection, QDBusConnection]
) -> None:
    """With Light chosen a dark desktop changes nothing until System is chosen again."""
    program, desktop = buses
    portal = FakePortal(desktop, 2)
    words = Words({"desktop.scheme": ""})
    appearance = AppearanceModel(words, system_dark=False)
    themes = ThemeSource(load_theme("light"))
    system = SystemTheme(appearance, themes, bus=program)
    appearance.set_mode("light")
    portal.change(1)
    qtbot.waitUntil(lambda: words["desktop.scheme"] == "dark")
    assert themes.theme.name == "light"
    appearance.set_mode("system")
    assert themes.theme.name == "dark"
    system.deleteLater()
    portal.deleteLater()


def test_without_a_portal_qt_decides(
    qtbot: QtBot, qapp: QApplication, buses: tuple[QDBusConnection, QDBusConnection]
) -> None:
    """A bus on which no portal answers leaves the choice to Qt, and corrects what was remembered."""
    words = Words({"desktop.scheme": "dark"})
    appearance = AppearanceModel(words, system_dark=False, settled=False)
    assert appearance.theme_name == "dark"
    themes = ThemeSource(load_theme("dark"))
    system = SystemTheme(appearance, themes, bus=buses[0])
    believed = "dark" if qapp.palette().window().color().lightness() < 128 else "light"
    qtbot.waitUntil(lambda: words["desktop.scheme"] == believed)
    assert themes.theme.name == believed
    system.deleteLater()


def test_a_window_opens_as_the_desktop_was_last_time() -> None:
    """Until the desktop answers, its last word counts; where it has answered, only its answer."""
    words = Words({"desktop.scheme": "dark"})
    assert AppearanceModel(words, system_dark=False, settled=False).theme_name == "dark"
    assert AppearanceModel(words, system_dark=False).theme_name == "light"
    assert AppearanceModel(Words(), system_dark=True, settled=False).theme_name == "dark"
