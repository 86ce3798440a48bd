"""A chip: one value in a rounded box, in words and numbers, with colour only as a second cue."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from app.ui.stylesheet import restyle
from app.ui.theme import tabular

TONES = ("", "ok", "warning", "error", "accent", "muted")


class Chip(QLabel):
    """Shows ``text`` in a tone. GUI thread."""

    def __init__(self, text: str = "", *, tone: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("role", "chip")
        self.setFont(tabular(self.font()))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.show_value(text, tone=tone)

    def show_value(self, text: str, *, tone: str = "", meaning: str = "") -> None:
        """Change the text, the tone (one of TONES) and the tool tip that defines the number."""
        if tone not in TONES:
            raise ValueError(f"tone: {tone!r} is none of {TONES}")
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(meaning)
        restyle(self, tone=tone)
