"""The style sheet and the theme in force: rendered whole, following the choice, leaving the font alone."""

import logging
import re
from importlib.resources import files

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.ui.icons import icon
from app.ui.stylesheet import StyleKeeper, render_stylesheet, restyle
from app.ui.system_theme import SystemTheme
from app.ui.theme import ThemeSource, load_theme, mono_font, tabular
from app.ui.widgets.chip import Chip
from app.ui.widgets.labels import ElidedLabel, NumberLabel
from app.viewmodels.appearance import AppearanceModel
from app.viewmodels.memory import NoMemory


@pytest.mark.parametrize("name", ["dark", "light"])
def test_the_style_sheet_is_rendered_whole(qapp: QApplication, name: str) -> None:
    """No placeholder is left, every colour is a token or a shade of one, and every picture exists."""
    sheet = render_stylesheet(load_theme(name), ui_font=QFont("Inter", 10))
    assert "$" not in sheet
    for path in re.findall(r'url\("([^"]+)"\)', sheet):
        assert path.endswith(".svg")
        with open(path, encoding="utf-8") as picture:  # noqa: PTH123 - the path as Qt will open it
            assert picture.read().startswith("<svg")


def test_the_template_holds_no_colour() -> None:
    """Colours in the style sheet come from tokens only."""
    template = files("resources").joinpath("themes", "application.qss").read_text(encoding="utf-8")
    assert re.findall(r"#[0-9A-Fa-f]{3,8}\b|rgba?\(", template) == []


def test_qt_takes_the_style_sheet_without_complaint(
    qapp: QApplication, styled: StyleKeeper, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    """Qt parses all of it, and the system's font keeps its family and size."""
    before = qapp.font().toString()
    label = QLabel("text")
    qtbot.addWidget(label)
    label.ensurePolished()
    assert qapp.font().toString() == before
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert label.fontInfo().pointSizeF() == pytest.approx(qapp.font().pointSizeF(), abs=0.5)


def test_a_role_changed_later_is_drawn(styled: StyleKeeper, qtbot: QtBot, themes: ThemeSource) -> None:
    """restyle() brings the new role's look at once."""
    button = QPushButton("Send")
    qtbot.addWidget(button)
    button.show()
    restyle(button, role="primary")
    assert button.grab().toImage().pixelColor(button.width() // 2, 4) == themes.theme["accent"]
    restyle(button, role="")
    assert button.grab().toImage().pixelColor(button.width() // 2, 4) == themes.theme["surface1"]


def test_a_change_of_theme_repaints(styled: StyleKeeper, qtbot: QtBot, themes: ThemeSource) -> None:
    """The same button has the other theme's colour after the switch."""
    button = QPushButton("Send")
    button.setProperty("role", "primary")
    qtbot.addWidget(button)
    button.show()
    themes.use(load_theme("light"))
    assert button.grab().toImage().pixelColor(button.width() // 2, 4) == load_theme("light")["accent"]


def test_bodies_grow_and_controls_do_not(styled: StyleKeeper, qapp: QApplication) -> None:
    """The size of bodies is theirs alone."""
    styled.set_body_points(17)
    assert "17pt" in qapp.styleSheet()
    assert qapp.font().pointSizeF() < 17


def test_the_choice_reaches_the_theme_in_force(qapp: QApplication, themes: ThemeSource) -> None:
    """Light chosen in the model is light in the source; System gives the choice back to the desktop."""
    appearance = AppearanceModel(NoMemory(), system_dark=True)
    system = SystemTheme(appearance, themes)
    appearance.set_mode("light")
    assert themes.theme.name == "light"
    appearance.set_mode("system")
    assert themes.theme.name == "dark"
    appearance.set_system_dark(False)
    assert themes.theme.name == "light"
    assert QGuiApplication.styleHints().colorScheme() in set(Qt.ColorScheme)
    system.deleteLater()


def test_icons_take_the_colour_they_are_asked_for(qapp: QApplication, themes: ThemeSource) -> None:
    """Every visible pixel of an icon is its token's colour."""
    image = icon("cancel", themes.theme, "error").pixmap(16, 16).toImage()
    seen = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }
    assert seen <= {themes.theme["error"].name()}
    with pytest.raises(FileNotFoundError):
        icon("no-such-icon", themes.theme)


def test_a_chip_says_its_value_and_refuses_an_unknown_tone(qtbot: QtBot) -> None:
    """Text and accessible name are the value; the tone is one of five."""
    chip = Chip("200 OK", tone="ok")
    qtbot.addWidget(chip)
    chip.show_value("5.9 ms", meaning="Time to the last byte.")
    assert (chip.text(), chip.accessibleName(), chip.toolTip()) == (
        "5.9 ms",
        "5.9 ms",
        "Time to the last byte.",
    )
    with pytest.raises(ValueError, match="tone"):
        chip.show_value("5.9 ms", tone="purple")


def test_a_long_text_is_cut_and_kept_as_tool_tip(qtbot: QtBot) -> None:
    """An elided label never asks for more room than it has, and the whole text stays readable."""
    label = ElidedLabel("127.0.0.1:38011/graphql")
    qtbot.addWidget(label)
    label.resize(60, 20)
    label.show()
    assert label.text().endswith("…")
    assert label.toolTip() == "127.0.0.1:38011/graphql"
    label.resize(600, 20)
    assert label.text() == "127.0.0.1:38011/graphql"
    assert label.toolTip() == ""


def test_a_ticking_number_keeps_its_width(styled: StyleKeeper, qtbot: QtBot) -> None:
    """A number label asks for the same room whatever the figures are."""
    label = NumberLabel("JWT 00:00:00")
    qtbot.addWidget(label)
    widths = set()
    for text in ("JWT 11:11:11", "JWT 23:48:50", "JWT 00:00:01"):
        label.setText(text)
        widths.add(label.sizeHint().width())
    assert len(widths) == 1


def test_mono_is_monospaced(qapp: QApplication) -> None:
    """The body family has one width, and the tabular variant keeps the family."""
    assert mono_font(11).pointSizeF() == 11
    assert tabular(qapp.font()).family() == qapp.font().family()
