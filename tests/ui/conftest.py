"""The shell with stand-ins for what other rooms put into it, and the whole program."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.infrastructure.paths import user_paths
from app.ui.stylesheet import StyleKeeper
from app.ui.theme import ThemeSource, load_theme
from backends.serving import ServerSettings
from tests.support.sample_panels import SampleShell


@pytest.fixture
def themes() -> ThemeSource:
    """The dark theme in force."""
    return ThemeSource(load_theme("dark"))


@pytest.fixture
def styled(qapp: QApplication, themes: ThemeSource) -> Iterator[StyleKeeper]:
    """The application style sheet, taken off again afterwards."""
    keeper = StyleKeeper(qapp, themes)
    yield keeper
    themes.theme_changed.disconnect(keeper.apply)
    qapp.setStyleSheet("")
    keeper.deleteLater()


@pytest.fixture
def layout_file(tmp_path: Path) -> QSettings:
    """An empty layout store."""
    return QSettings(str(tmp_path / "layout.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def shell(qtbot: QtBot, themes: ThemeSource, layout_file: QSettings) -> Iterator[SampleShell]:
    """The window, shown and active at 1280 x 800."""
    made = SampleShell(layout_file, themes)
    qtbot.addWidget(made.window)
    made.window.resize(1280, 800)
    made.window.show()
    made.window.activateWindow()
    qtbot.waitExposed(made.window)
    yield made
    made.session.log_out()
    made.window.close()


@pytest.fixture
def desktop(qapp: QApplication, qtbot: QtBot) -> Iterator[Desktop]:
    """The program, shown and active at 1280 x 800, its three servers up."""
    made = Desktop(qapp, ServerSettings(ephemeral=True), user_paths())
    made.window.resize(1280, 800)
    with qtbot.waitSignal(made.models.backends.all_ready, timeout=30_000):
        made.window.show()
    made.window.activateWindow()
    yield made
    assert made.close()
