"""Everything written on the outage pictures can be read, in both themes."""

import pytest
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from app.resilience.states import CircuitState
from app.ui.charts.legible import best_on, contrast, legible
from app.ui.charts.timeline_glyphs import STATE_TOKENS, Glyphs
from app.ui.diagram.row_paint import TOKENS
from app.ui.theme import load_theme


@pytest.mark.parametrize("name", ["dark", "light"])
def test_labels_of_the_timeline_reach_the_ratio(qapp: QApplication, name: str) -> None:
    """Bands, waits and state words keep 4.5:1 on what they stand on."""
    theme = load_theme(name)
    glyphs = Glyphs(theme, QFont(), 1.0)
    assert contrast(glyphs.band_text, glyphs.band) >= 4.5
    assert contrast(glyphs.wait_text, glyphs.band) >= 4.5
    assert contrast(glyphs.plate_text, glyphs.number_plate) >= 4.5
    for word in STATE_TOKENS:
        for surface in (glyphs.band, theme["surface1"]):
            assert contrast(glyphs.state_text(word, surface), surface) >= 4.5


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("state", list(CircuitState))
def test_words_in_nodes_reach_the_ratio(name: str, state: CircuitState) -> None:
    """The better of the two inks keeps 4.5:1 on every state colour."""
    theme = load_theme(name)
    fill = theme[TOKENS[state]]
    inks = (theme["text"],) if state is CircuitState.DISABLED else (theme["on_state"], theme["on_state_dark"])
    assert contrast(best_on(fill, *inks), fill) >= 4.5


@pytest.mark.parametrize("name", ["dark", "light"])
def test_bars_stand_out_from_a_band(name: str) -> None:
    """Success and failure keep 3:1 also inside an outage."""
    theme = load_theme(name)
    for token in ("state_closed", "state_open"):
        assert contrast(theme[token], theme["fault_band"]) >= 3.0


def test_a_colour_that_can_be_read_is_left_alone() -> None:
    """Only what is too faint is moved, and no further than needed."""
    theme = load_theme("light")
    assert legible(theme["text"], theme["surface1"], theme["text"]) == theme["text"]
    faint = legible(theme["state_open"], theme["surface1"], theme["text"])
    assert 4.5 <= contrast(faint, theme["surface1"]) < 7
