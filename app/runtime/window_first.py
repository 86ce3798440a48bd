"""The window goes before computing jobs: they pause from its first step in a turn until the turn is over."""

from PySide6.QtCore import QTimer

from app.domain.slices import SLICES


def window_works() -> None:
    """Called where the event loop enters our code with more than a word to say. GUI thread.

    Costs a fraction of a microsecond unless a job computes.
    """
    if SLICES.hold():
        QTimer.singleShot(1, SLICES.let_go)  # after the layouts and repaints that were asked for
