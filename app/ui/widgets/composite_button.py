"""A push button that holds small labels: the session, the wanted fields, the workspace."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget


class CompositeButton(QPushButton):
    """A button whose face is a row of widgets that never take the mouse. GUI thread."""

    def __init__(self, *faces: QWidget, role: str = "field", stretch: int = -1) -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(9, 0, 9, 0)
        row.setSpacing(8)
        for index, face in enumerate(faces):
            face.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            face.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(face, 1 if index == stretch else 0)

    def sizeHint(self) -> QSize:
        """As wide as the faces, as high as every other button."""
        return QSize(self._row.sizeHint().width(), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """The faces' own minimum."""
        return QSize(self._row.minimumSize().width(), super().minimumSizeHint().height())
