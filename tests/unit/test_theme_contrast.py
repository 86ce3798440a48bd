"""Contrast over the theme tokens, and marks that keep to them."""

import re
from importlib.resources import files

import pytest
from PySide6.QtGui import QColor

from app.ui.theme import Theme, load_theme

THEMES = ("dark", "light")
SURFACES = ("surface0", "surface1", "surface2")
TEXT_TOKENS = (
    "text",
    "muted",
    "accent",
    "ok",
    "warning",
    "error",
    "lane_rest",
    "lane_graphql",
    "lane_grpc",
    "code_key",
    "code_string",
    "code_number",
    "code_keyword",
)
GRAPHICS = ("line_strong", "accent", "lane_rest", "lane_graphql", "lane_grpc", "ok", "warning", "error")
STATES = ("state_closed", "state_half_open", "state_open", "state_forced")


def luminance(color: QColor) -> float:
    """Relative luminance after WCAG 2.2."""
    parts = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in color.getRgbF()[:3]
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: QColor, two: QColor) -> float:
    """Contrast ratio after WCAG 2.2, from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(params=THEMES)
def theme(request: pytest.FixtureRequest) -> Theme:
    """Each theme in turn."""
    return load_theme(request.param)


def test_contrast_of_black_and_white_is_21() -> None:
    """The formula gives the known extremes."""
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21)
    assert contrast(QColor("red"), QColor("red")) == pytest.approx(1)


@pytest.mark.parametrize("surface", [*SURFACES, "selection"])
def test_text_reaches_4_5(theme: Theme, surface: str) -> None:
    """Every token that words are written in can be read on every surface they stand on."""
    tokens = TEXT_TOKENS if surface != "selection" else ("text",)
    weak = {each: round(contrast(theme[each], theme[surface]), 2) for each in tokens}
    assert {each: ratio for each, ratio in weak.items() if ratio < 4.5} == {}


def test_words_on_filled_shapes_reach_4_5(theme: Theme) -> None:
    """The primary button's word and the word inside a state's node can be read."""
    assert contrast(theme["on_accent"], theme["accent"]) >= 4.5
    inks = (theme["on_state"], theme["on_state_dark"])
    ratios = {each: round(max(contrast(ink, theme[each]) for ink in inks), 2) for each in STATES}
    assert {each: ratio for each, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("surface", ["surface0", "surface1"])
def test_graphics_reach_3(theme: Theme, surface: str) -> None:
    """Marks, lanes, focus rings and states stand out from what is behind them."""
    ratios = {each: round(contrast(theme[each], theme[surface]), 2) for each in (*GRAPHICS, *STATES)}
    assert {each: ratio for each, ratio in ratios.items() if ratio < 3} == {}


def test_both_themes_have_the_same_tokens() -> None:
    """A token that one theme has, the other has too."""
    assert set(load_theme("dark").tokens) == set(load_theme("light").tokens)


def test_marks_hold_only_colours_of_their_theme(theme: Theme) -> None:
    """Check marks and arrows are files for the style sheet's sake; their colours are tokens all the same."""
    folder = files("resources").joinpath("icons", "marks", theme.name)
    allowed = {value.upper() for value in theme.tokens.values()}
    for mark in folder.iterdir():
        colors = {each.upper() for each in re.findall(r"#[0-9A-Fa-f]{6}", mark.read_text(encoding="utf-8"))}
        assert colors, mark.name
        assert colors <= allowed, mark.name


def test_icons_have_one_colour_and_it_is_not_theirs() -> None:
    """An icon says currentColor and nothing else, so that the theme paints it."""
    for picture in files("resources").joinpath("icons").iterdir():
        if picture.name.endswith(".svg"):
            text = picture.read_text(encoding="utf-8")
            assert "currentColor" in text, picture.name
            assert "#" not in text, picture.name
