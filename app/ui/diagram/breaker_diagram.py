"""The breaker diagram as a panel: commands for the selected lane, picture, last transitions."""

from PySide6.QtCore import QPoint, QRect, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHeaderView,
    QLabel,
    QMenu,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.domain.lanes import Lane
from app.ui.diagram.breaker_canvas import BreakerCanvas
from app.ui.stylesheet import restyle
from app.ui.theme import ThemeSource
from app.ui.widgets.fitting_row import FittingRow
from app.viewmodels.breakers import BreakersModel
from app.viewmodels.timeline_store import state_word


class BreakerDiagram(QWidget):
    """Three circuit breakers at once, and what a person may do to each. GUI thread.

    ``header`` holds the commands for the selected lane, for the title line of a dock.
    """

    def __init__(
        self,
        model: BreakersModel,
        themes: ThemeSource,
        *,
        still: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self.setAccessibleName("Circuit breakers")
        self.canvas = BreakerCanvas(model, themes, still=still)
        self.canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.canvas.customContextMenuRequested.connect(self.open_menu)
        self.canvas.lane_selected.connect(self._show_lane)
        self._lane = QLabel()
        self._lane.setProperty("role", "lane")
        self.force_open = self._button("Force open", "Reject every call until reset", self._force_open)
        self.disable = self._button("Disable", "Admit every call, count nothing", self._disable)
        self.reset = self._button("Reset", "Close, and start counting anew", self._reset)
        self.history = self._button("History", "The last transitions with reason and time", self.show_history)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 8)
        self.header = self._header()
        layout.addWidget(self.canvas, 1)
        self._show_lane(self.canvas.selected)

    def mirror_text(self) -> str:
        """The diagram in words, one breaker a line: "gRPC circuit open, 5 failures in a row, …"."""
        return self.canvas.mirror_text()

    @Slot(bool)
    def set_still(self, still: bool) -> None:
        """Reduced motion on or off."""
        self.canvas.set_still(still)

    @Slot(QPoint)
    def open_menu(self, point: QPoint) -> None:
        """The commands for the row under the pointer."""
        lane = self.canvas.lane_at(point)
        if lane is not None:
            self.canvas.select(lane)
        menu = self.context_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.canvas.mapToGlobal(point))

    def context_menu(self) -> QMenu:
        """A fresh menu for the selected lane."""
        menu = QMenu(self)
        menu.addSection(self.canvas.selected.label)
        menu.addAction("Force open", self._force_open)
        menu.addAction("Disable", self._disable)
        menu.addAction("Reset", self._reset)
        menu.addSeparator()
        menu.addAction("Last transitions…", self.show_history)
        menu.addAction("Copy as text", self.copy_text)
        return menu

    @Slot()
    def copy_text(self) -> None:
        """Put the diagram in words on the clipboard."""
        words = [self._model.explain(lane) for lane in Lane]
        QGuiApplication.clipboard().setText("\n\n".join(words))

    @Slot()
    def show_history(self) -> None:
        """Open the list of the last transitions."""
        popup = self.history_popup()
        corner = self.header.mapToGlobal(QPoint(self.header.width(), 0))
        popup.resize(560, 260)
        place = QRect(corner.x() - popup.width(), corner.y() - popup.height() - 4, 560, 260)
        popup.move(_held_inside(place, self.screen().availableGeometry()))
        popup.show()
        popup.setFocus()

    def history_popup(self) -> QFrame:
        """A fresh popup with all lanes' last transitions, newest first."""
        popup = QFrame(self, Qt.WindowType.Popup)
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        popup.setProperty("role", "popover")
        tree = QTreeWidget()
        tree.setAccessibleName("Last transitions")
        tree.setRootIsDecorated(False)
        tree.setHeaderLabels(["time", "lane", "change", "reason"])
        for change in self._model.all_transitions():
            arrow = f"{state_word(change.before.value)} → {state_word(change.after.value)}"
            row = [self._model.wall(change.at), change.lane.label, arrow, change.reason]
            tree.addTopLevelItem(QTreeWidgetItem(row))
        if tree.topLevelItemCount() == 0:
            tree.addTopLevelItem(QTreeWidgetItem(["", "", "nothing yet", "the circuits have not moved"]))
        tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        layout = QVBoxLayout(popup)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(tree)
        popup.setFocusProxy(tree)
        return popup

    def _header(self) -> FittingRow:
        return FittingRow((self.force_open, self.disable, self.reset, self.history), label=self._lane)

    @staticmethod
    def _button(text: str, tip: str, slot: object) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "quiet")
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(slot)
        return button

    @Slot(object)
    def _show_lane(self, lane: Lane) -> None:
        self._lane.setText(lane.label)
        restyle(self._lane, lane=lane.value)
        self.header.updateGeometry()
        self.header.arrange()
        for button in (self.force_open, self.disable, self.reset):
            button.setAccessibleName(f"{button.text()} the {lane.label} circuit")

    @Slot()
    def _force_open(self) -> None:
        self._model.force_open(self.canvas.selected)

    @Slot()
    def _disable(self) -> None:
        self._model.disable(self.canvas.selected)

    @Slot()
    def _reset(self) -> None:
        self._model.reset(self.canvas.selected)


def _held_inside(place: QRect, screen: QRect) -> QPoint:
    """The corner nearest to the wanted one at which nothing is cut off; too large ones begin at the left top.

    The panel may stand at any edge of the screen: its history is wider than the panel.
    """
    left = max(screen.left(), min(place.left(), screen.right() + 1 - place.width()))
    top = max(screen.top(), min(place.top(), screen.bottom() + 1 - place.height()))
    return QPoint(left, top)
