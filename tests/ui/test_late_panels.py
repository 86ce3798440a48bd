"""Panels that come after the window: what is there when, and what a person who is quicker gets."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.bootstrap.desktop import Desktop
from app.infrastructure.paths import user_paths
from app.ui.panels.outage import OutagePanel
from app.ui.widgets.late import Built, LatePanel
from backends.serving import ServerSettings


def late(qtbot: QtBot) -> tuple[LatePanel, list[str]]:
    """A visible panel, and what it has built."""
    built: list[str] = []

    def build() -> Built:
        built.append("body")
        return QLabel("the body"), None

    panel = LatePanel(build, width=200)
    qtbot.addWidget(panel)
    panel.resize(240, 120)
    panel.show()
    qtbot.waitExposed(panel)
    return panel, built


def test_a_panel_is_built_once_when_it_is_allowed(qtbot: QtBot) -> None:
    """Being seen alone is not enough; being allowed twice builds no second body."""
    panel, built = late(qtbot)
    assert built == []
    panel.allow()
    qtbot.waitUntil(lambda: built == ["body"])
    panel.allow()
    panel.repaint()
    assert built == ["body"]


def test_a_click_does_not_wait(qtbot: QtBot) -> None:
    """Whoever reaches into an empty panel has its content at once."""
    panel, built = late(qtbot)
    qtbot.mouseClick(panel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: built == ["body"])


def test_panels_come_though_servers_do_not(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the servers take long, the rest of the window does not wait for them."""
    monkeypatch.setattr("app.bootstrap.desktop.FILL_MS", 1)
    desktop = Desktop(qapp, ServerSettings(ephemeral=True), user_paths())
    begun: list[bool] = []
    monkeypatch.setattr(desktop.core.servers, "start", lambda: begun.append(True))
    try:
        desktop.window.show()
        qtbot.waitUntil(lambda: desktop.window.findChild(OutagePanel) is not None, timeout=10_000)
        assert begun == [True]
    finally:
        assert desktop.close()
