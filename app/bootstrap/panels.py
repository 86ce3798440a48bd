"""Which panels the window gets and where they stand. Builds widgets, wires nothing."""

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QWidget

from app.bootstrap.models import Models
from app.ui.docks import Panel
from app.ui.theme import ThemeSource


def lane_panels(models: Models, themes: ThemeSource) -> Sequence[QWidget]:
    """The three columns, in the order of the screen."""
    return [QFrame() for _ in models.lanes]


def right_panels(models: Models, themes: ThemeSource) -> Sequence[Panel]:
    """Docks of the right edge, from the top."""
    return ()


def bottom_panels(models: Models, themes: ThemeSource) -> Sequence[Panel]:
    """Docks of the bottom edge, from the left."""
    return ()
