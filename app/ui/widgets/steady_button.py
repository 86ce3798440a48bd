"""A button that changes its words and keeps its width, so that its neighbours stay where they are."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

_AIR = 16  # px beyond a button's own padding: it is the one that is pressed most


class SteadyButton(QPushButton):
    """As wide as the widest of its ``faces``, in either weight; it shows the first at first. GUI thread."""

    def __init__(self, *faces: str, parent: QWidget | None = None) -> None:
        super().__init__(faces[0], parent)
        self._faces = faces
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Room for each face, asked anew for each font."""
        hint = super().sizeHint()
        heavy = QFont(self.font())
        heavy.setWeight(QFont.Weight.DemiBold)
        metrics = QFontMetrics(heavy)
        widest = max(metrics.horizontalAdvance(face) for face in self._faces)
        padding = hint.width() - self.fontMetrics().horizontalAdvance(self.text())
        return QSize(widest + padding + _AIR, hint.height())

    minimumSizeHint = sizeHint
