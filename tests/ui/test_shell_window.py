"""The window around the panels: menus, palette, keys, docks, workspaces and what comes back next time."""

import pytest
from PySide6.QtCore import QSettings, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QListView,
    QMenuBar,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.domain.operations import OperationId
from app.ui.palette import CommandPalette
from app.ui.shortcut_sheet import ShortcutSheet
from app.ui.stylesheet import StyleKeeper
from app.ui.theme import ThemeSource
from app.viewmodels.appearance import ThemeMode
from tests.support.sample_panels import SampleShell

CTRL = Qt.KeyboardModifier.ControlModifier


def _palette(shell: SampleShell) -> CommandPalette:
    found = shell.window.findChild(CommandPalette)
    assert isinstance(found, CommandPalette)
    return found


def _menu_titles(shell: SampleShell) -> list[str]:
    bar = shell.window.findChild(QMenuBar)
    assert isinstance(bar, QMenuBar)
    return [action.text().replace("&", "") for action in bar.actions()]


@pytest.mark.parametrize("size", [QSize(1280, 800), QSize(1920, 1080)])
def test_three_lanes_are_equal_and_inside_the_window(
    shell: SampleShell, styled: StyleKeeper, qtbot: QtBot, size: QSize
) -> None:
    """At both sizes the lanes differ by two pixels at most, and nothing makes the window wider."""
    shell.bring_up()
    shell.window.resize(size)
    qtbot.waitUntil(lambda: shell.window.size() == size, timeout=1000)
    splitter = shell.window.findChild(QSplitter, "lanes")
    assert isinstance(splitter, QSplitter)
    widths = splitter.sizes()
    assert len(widths) == 3
    assert max(widths) - min(widths) <= 2
    assert min(widths) >= 280
    assert shell.window.minimumSizeHint().width() <= 1280


def test_an_action_without_a_handler_is_nowhere(shell: SampleShell) -> None:
    """Scenarios are not wired here: no menu, no palette entry, no action."""
    assert "Scenarios" not in _menu_titles(shell)
    assert _menu_titles(shell) == ["File", "Edit", "Call", "View", "Help"]
    assert "scenario" not in shell.actions
    shell.actions.provide("scenario", shell.repeated)
    assert "Scenarios" in _menu_titles(shell)


def test_no_two_actions_share_a_key(shell: SampleShell) -> None:
    """Each key means one thing in the window."""
    keys = [key.toString() for _, action in shell.actions for key in action.shortcuts()]
    assert len(keys) == len(set(keys))


def test_the_palette_finds_an_operation_by_a_few_letters(shell: SampleShell, qtbot: QtBot) -> None:
    """Ctrl+K, "crepr", Enter: the operation is Create product."""
    field = shell.window.findChild(QLineEdit, "parameter-id")
    assert isinstance(field, QLineEdit)
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_K, CTRL)
    palette = _palette(shell)
    assert palette.isVisible()
    search = palette.findChild(QLineEdit)
    assert isinstance(search, QLineEdit)
    qtbot.keyClicks(search, "crepr")
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert shell.operation.operation_id is OperationId.CREATE_PRODUCT
    assert not palette.isVisible()


def test_the_palette_moves_with_arrows_and_says_when_nothing_fits(shell: SampleShell, qtbot: QtBot) -> None:
    """Arrows move the choice around its ends; letters that fit nothing get a sentence instead of a list."""
    shell.actions["palette"].trigger()
    palette = _palette(shell)
    search, choices = palette.findChild(QLineEdit), palette.findChild(QListView)
    assert isinstance(search, QLineEdit)
    assert isinstance(choices, QListView)
    assert choices.currentIndex().data() == "Send"
    qtbot.keyClick(search, Qt.Key.Key_Up)
    assert choices.currentIndex().row() == choices.model().rowCount() - 1
    qtbot.keyClick(search, Qt.Key.Key_Down)
    assert choices.currentIndex().row() == 0
    qtbot.keyClicks(search, "zzzz")
    assert not choices.isVisible()
    assert any("Nothing fits" in label.text() for label in palette.findChildren(QLabel) if label.isVisible())
    palette.close()


def test_f1_shows_every_wired_key(shell: SampleShell, qtbot: QtBot) -> None:
    """The sheet lists what the menus list, with the same keys."""
    qtbot.keyClick(shell.window, Qt.Key.Key_F1)
    sheet = shell.window.findChild(ShortcutSheet)
    assert isinstance(sheet, ShortcutSheet)
    texts = {label.text() for label in sheet.findChildren(QLabel)}
    wanted = {spec.title for spec, _ in shell.actions if spec.keys}
    assert wanted <= texts
    assert {"Ctrl+Enter", "Ctrl+K", "F1"} <= texts
    sheet.close()


def test_ctrl_digits_show_and_focus_panels(shell: SampleShell, qtbot: QtBot) -> None:
    """Ctrl+2 goes to the GraphQL lane; Ctrl+4 opens the closed outage dock and goes into it."""
    splitter = shell.window.findChild(QSplitter, "lanes")
    assert isinstance(splitter, QSplitter)
    qtbot.keyClick(shell.window, Qt.Key.Key_2, CTRL)
    assert splitter.widget(1).isAncestorOf(_focused(shell))
    dock = shell.window.docks["outage"]
    dock.close()
    qtbot.keyClick(shell.window, Qt.Key.Key_4, CTRL)
    assert dock.isVisible()
    assert dock.isAncestorOf(_focused(shell))


def test_a_workspace_shows_its_panels_and_remembers_how_it_was_left(shell: SampleShell) -> None:
    """Switching away and back brings the docks as they were left, not as they were at first."""
    shell.actions["workspace-outage"].trigger()
    shell.window.docks["timeline"].close()
    shell.actions["workspace-compare"].trigger()
    assert not any(dock.isVisible() for dock in shell.window.docks.values())
    button = shell.window.findChild(QPushButton, "workspace")
    assert isinstance(button, QPushButton)
    assert button.accessibleName() == "Workspace: Compare"
    shell.actions["workspace-outage"].trigger()
    shown = {name for name, dock in shell.window.docks.items() if dock.isVisible()}
    assert shown == {"outage", "orders", "breakers"}
    shell.actions["workspace-reset"].trigger()
    assert shell.window.docks["timeline"].isVisible()


def test_the_window_comes_back_as_it_was_left(
    shell: SampleShell, qtbot: QtBot, themes: ThemeSource, layout_file: QSettings
) -> None:
    """Size, workspace and docks of the last run are those of the next."""
    shell.actions["workspace-stream"].trigger()
    shell.window.resize(0, 700)  # as narrow as it gets: the offscreen screen is small
    width = shell.window.width()
    shell.window.close()
    again = SampleShell(layout_file, themes)
    qtbot.addWidget(again.window)
    again.window.show()
    assert again.window.height() == 700
    assert again.window.width() == pytest.approx(width, abs=16)
    assert {name for name, dock in again.window.docks.items() if dock.isVisible()} == {"orders"}
    again.window.close()


@pytest.mark.usefixtures("styled")
def test_the_window_fits_the_screen(shell: SampleShell, qtbot: QtBot) -> None:
    """A window held wider than its screen while it was built gets as narrow as its panels allow."""
    window = shell.window
    window.resize(4000, 3000)
    window.show()
    qtbot.waitExposed(window)
    window.fit_screen()
    room = window.screen().availableVirtualSize()
    least = window.minimumSizeHint()
    assert window.width() <= max(room.width(), least.width())
    assert window.height() <= max(room.height(), least.height())
    fitting = window.size()
    window.fit_screen()
    assert window.size() == fitting
    window.close()


def test_a_floating_panel_has_an_edge(shell: SampleShell, qtbot: QtBot, themes: ThemeSource) -> None:
    """A panel that floats over the window is drawn with a line around it."""
    shell.window.show()
    dock = next(dock for dock in shell.window.docks.values() if dock.isVisible())
    dock.setFloating(True)
    qtbot.waitExposed(dock)
    edge = dock.grab().toImage().pixelColor(0, dock.height() // 2)
    assert edge.name() == themes.theme["line_strong"].name()
    dock.setFloating(False)


def test_a_broken_layout_file_gives_the_first_layout(
    qtbot: QtBot, themes: ThemeSource, layout_file: QSettings
) -> None:
    """Bytes that are no layout are ignored; the window opens all the same."""
    layout_file.setValue("window/geometry", "nonsense")
    layout_file.setValue("workspace/outage/state", b"nonsense")
    shell = SampleShell(layout_file, themes)
    qtbot.addWidget(shell.window)
    shell.window.show()
    assert all(dock.isVisible() for dock in shell.window.docks.values())
    shell.window.close()


def test_the_theme_menu_is_the_appearance(shell: SampleShell) -> None:
    """Choosing Light in the menu puts the light theme in force; the entries follow the choice."""
    shell.actions["theme-light"].trigger()
    assert shell.appearance.mode is ThemeMode.LIGHT
    assert shell.appearance.theme_name == "light"
    assert shell.actions["theme-light"].isChecked()
    shell.appearance.set_mode("system")
    assert shell.actions["theme-system"].isChecked()


def test_every_control_has_a_name(shell: SampleShell) -> None:
    """Whatever takes the keyboard in the shell can be announced: by its text or by an accessible name."""
    shell.bring_up()
    nameless = [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget in shell.window.operation_bar.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible() and not _name(widget)
    ]
    assert nameless == []


def test_tab_goes_along_the_bar(shell: SampleShell, qtbot: QtBot) -> None:
    """Tab goes from the operation to its parameters and on to Send, in reading order."""
    start = shell.window.findChild(QWidget, "operation")
    assert isinstance(start, QWidget)
    start.setFocus()
    names = []
    for _ in range(5):
        names.append(_focused(shell).objectName())
        qtbot.keyClick(_focused(shell), Qt.Key.Key_Tab)
    assert names == ["operation", "parameter-id", "fields", "send", "repeat"]


def _focused(shell: SampleShell) -> QWidget:
    found = shell.window.focusWidget()
    assert isinstance(found, QWidget)
    return found


def _name(widget: QWidget) -> str:
    text = widget.accessibleName()
    if not text and isinstance(widget, QPushButton):
        text = widget.text()
    return text


def test_menu_entries_carry_their_keys(shell: SampleShell) -> None:
    """The menu shows the key that the table gives."""
    assert isinstance(shell.actions["send"], QAction)
    assert [key.toString() for key in shell.actions["send"].shortcuts()] == ["Ctrl+Enter", "Ctrl+Return"]
    assert shell.actions["shortcuts"].shortcut().toString() == "F1"


def test_about_names_the_versions(shell: SampleShell) -> None:
    """What a report needs stands in the box and can be copied."""
    shell.actions["about"].trigger()
    facts = shell.window.findChild(QLabel, "about-facts")
    assert isinstance(facts, QLabel)
    assert [line.split()[0] for line in facts.text().splitlines()] == ["Trilane", "Python", "Qt", "System"]
    facts.window().close()


def test_the_view_menu_reads_places_before_looks(shell: SampleShell) -> None:
    """Go to, Panels, Workspace, Theme: in this order."""
    bar = shell.window.findChild(QMenuBar)
    assert isinstance(bar, QMenuBar)
    view = next(action.menu() for action in bar.actions() if action.text() == "&View")
    titles = [action.text().replace("&", "") for action in view.actions()]
    assert titles == ["Go to", "Panels", "Workspace", "Theme"]


def test_log_out_is_offered_only_to_somebody_logged_in(shell: SampleShell) -> None:
    """The entry is there when it is wired, and enabled while there is a token."""
    shell.actions.provide("log-out", shell.session.log_out)
    shell.bring_up()
    assert shell.actions["log-out"].isEnabled()
    shell.actions["log-out"].trigger()
    assert shell.session.token is None
    assert not shell.actions["log-out"].isEnabled()


def test_ctrl_k_in_a_text_body_opens_the_palette_and_deletes_nothing(
    shell: SampleShell, qtbot: QtBot
) -> None:
    """The window's keys come before an editor's own, and the text stays."""
    body = shell.window.findChild(QPlainTextEdit)
    assert isinstance(body, QPlainTextEdit)
    body.setFocus()
    text = body.toPlainText()
    qtbot.keyClick(body, Qt.Key.Key_K, CTRL)
    assert body.toPlainText() == text
    assert _palette(shell).isVisible()
    _palette(shell).close()


def test_panels_share_their_edge_by_weight(shell: SampleShell, styled: StyleKeeper, qtbot: QtBot) -> None:
    """At first the bottom has a third of the window, and in it the timeline half as much again."""
    shell.actions["workspace-reset"].trigger()
    docks = shell.window.docks
    qtbot.waitUntil(
        lambda: docks["timeline"].width() == pytest.approx(1.5 * docks["breakers"].width(), rel=0.05),
        timeout=1000,
    )
    qtbot.waitUntil(
        lambda: docks["outage"].width() == pytest.approx(0.2 * shell.window.width(), rel=0.15), timeout=1000
    )
    assert docks["breakers"].height() == pytest.approx(0.33 * shell.window.height(), rel=0.1)
