"""Labels with a role: headings, second-rank text, and text that is cut where it would not fit."""

import re

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QFont, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QSizePolicy, QWidget

from app.ui.theme import tabular

_OPTION = re.compile(r"(?<!\S)--?[a-z][\w-]*")  # of a command line
_UNBROKEN = "\N{NON-BREAKING HYPHEN}"


def role_label(text: str, role: str, *, parent: QWidget | None = None, **properties: str) -> QLabel:
    """A label with a role of the style sheet and further properties, such as ``lane="rest"``."""
    label = QLabel(text, parent)
    label.setProperty("role", role)
    for name, value in properties.items():
        label.setProperty(name, value)
    return label


def rule(*, vertical: bool = False) -> QFrame:
    """A hairline."""
    line = QFrame()
    line.setProperty("role", "vrule" if vertical else "rule")
    return line


class SectionHeading(QLabel):
    """Small capitals over a group, muted and slightly spaced. GUI thread."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("role", "heading")
        font = self.font()
        font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 104)
        self.setFont(font)


class NumberLabel(QLabel):
    """A number that ticks: figures of one width, and room for the widest text seen so far. GUI thread."""

    def __init__(self, widest: str = "", *, role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if role:
            self.setProperty("role", role)
        self.setFont(tabular(self.font()))
        self._widest = widest

    def sizeHint(self) -> QSize:
        """As wide as the widest text that was announced or shown."""
        hint = super().sizeHint()
        width = self.fontMetrics().horizontalAdvance(self._widest) + 2
        return QSize(max(hint.width(), width), hint.height())

    minimumSizeHint = sizeHint


class ElidedLabel(QLabel):
    """One line that shows an ellipsis where it does not fit, and the whole text as tool tip. GUI thread."""

    def __init__(
        self,
        text: str = "",
        *,
        role: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        if role:
            self.setProperty("role", role)
        self._full = ""
        self._mode = mode
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_full_text(text)

    @property
    def full_text(self) -> str:
        """The text without an ellipsis."""
        return self._full

    def set_full_text(self, text: str) -> None:
        """Change the text."""
        self._full = text
        self.setAccessibleName(text)
        self._fit()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Room for the whole text."""
        width = self.fontMetrics().horizontalAdvance(self._full) + 2
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Room for three letters."""
        return QSize(self.fontMetrics().horizontalAdvance("ab…"), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._full, self._mode, max(self.width(), 0))
        self.setText(shown)
        self.setToolTip(self._full if shown != self._full else "")


class WrappedLabel(QLabel):
    """A sentence over as many lines as it needs. It never widens what it stands in. GUI thread.

    Options such as ``--ephemeral`` stay in one piece: Qt would end a line behind their hyphens. So hyphens
    that do not break are shown for them; whoever copies the text gets those of the keyboard.
    """

    def __init__(self, text: str = "", *, role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.set_sentence(text)
        if role:
            self.setProperty("role", role)
        self.setWordWrap(True)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def set_sentence(self, text: str) -> None:
        """Change the sentence."""
        self.setText(_OPTION.sub(lambda option: option[0].replace("-", _UNBROKEN), text))
        self.setAccessibleName(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy what is meant instead of what is shown."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy, as other labels do."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy", self._copy).setEnabled(self.hasSelectedText())
        menu.popup(event.globalPos())

    def _copy(self) -> None:
        if self.hasSelectedText():
            QGuiApplication.clipboard().setText(self.selectedText().replace(_UNBROKEN, "-"))
