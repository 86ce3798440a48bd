"""Panels in docks: one title line in our own look, movable, floatable, closable."""

from PySide6.QtCore import QObject, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QToolButton, QWidget

from app.domain.values import dataclass
from app.ui.icons import icon
from app.ui.theme import ThemeSource
from app.ui.widgets.entry import entry_of
from app.ui.widgets.labels import SectionHeading
from app.ui.widgets.late import LatePanel


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A widget for the right or bottom edge. ``header`` stands in the title line, right of the title."""

    id: str  # stable: layouts are kept under it
    title: str
    widget: QWidget
    key: str = ""  # "Ctrl+4"
    header: QWidget | None = None
    tabbed: bool = False  # on top of the panel before it instead of beside it
    weight: float = 1  # share of its edge at first, against its neighbours


class FocusTarget(QObject):
    """Gives the focus to the first control inside a widget. GUI thread.

    ``place`` is what a workspace may have hidden around it, and is shown first.
    """

    def __init__(self, widget: QWidget, parent: QObject, *, place: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widget = widget
        self._place = place or widget

    @Slot()
    def take_focus(self) -> None:
        """Focus the widget's entry, or its first control that takes the keyboard."""
        if self._place.isHidden():
            self._place.show()
        if isinstance(self._widget, LatePanel):
            self._widget.fill()  # a tab that was never in front has no controls yet
        target = entry_of(self._widget) or _first_control(self._widget) or self._widget
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)


class PanelDock(QDockWidget):
    """One panel at an edge of the window. GUI thread."""

    def __init__(self, panel: Panel, themes: ThemeSource, parent: QWidget) -> None:
        super().__init__(panel.title, parent)
        self.setObjectName(f"dock-{panel.id}")
        self.panel = panel
        self._themes = themes
        self.setAccessibleName(panel.title)
        self.setTitleBarWidget(_DockTitle(panel, themes, self))
        panel.widget.setParent(self)
        self.setWidget(panel.widget)
        self._target = FocusTarget(panel.widget, self)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A floating panel has an edge: without one it looks docked where it happens to hang."""
        super().paintEvent(event)
        if self.isFloating():
            painter = QPainter(self)
            painter.setPen(self._themes.theme["line_strong"])
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    @Slot()
    def take_focus(self) -> None:
        """Show, bring to the front, and give the keyboard to the panel."""
        self.show()
        self.raise_()
        self._target.take_focus()


class _DockTitle(QWidget):
    """Heading, the panel's own header, float and close. The mouse falls through to the dock for dragging."""

    def __init__(self, panel: Panel, themes: ThemeSource, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._themes = themes
        self._float = _button("Float or dock", f"Float {panel.title}")
        self._close = _button("Close", f"Close {panel.title}")
        self._dock = dock
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 0)
        row.setSpacing(8)
        row.addWidget(SectionHeading(panel.title), 0 if panel.header else 1)
        if panel.header is not None:
            row.addWidget(panel.header, 1)
        row.addWidget(self._float)
        row.addWidget(self._close)
        self._float.clicked.connect(self._toggle_floating)
        self._close.clicked.connect(dock.close)
        themes.theme_changed.connect(self._recolour)
        self._recolour()

    @Slot()
    def _toggle_floating(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())

    @Slot()
    def _recolour(self) -> None:
        self._float.setIcon(icon("float", self._themes.theme))
        self._close.setIcon(icon("close", self._themes.theme))


def _button(tip: str, name: str) -> QToolButton:
    button = QToolButton()
    button.setToolTip(tip)
    button.setAccessibleName(name)
    button.setIconSize(QSize(12, 12))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _first_control(widget: QWidget) -> QWidget | None:
    for child in widget.findChildren(QWidget):
        if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isVisibleTo(widget) and child.isEnabled():
            return child
    return None
