"""The bar under the menus: which operation, with what, which fields, and the one primary button."""

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.domain.operations import OPERATIONS
from app.ui.actions import Actions
from app.ui.panels.field_picker import FieldPicker
from app.ui.panels.parameter_form import ParameterForm
from app.ui.stylesheet import restyle
from app.ui.widgets.field import Field
from app.ui.widgets.steady_button import SteadyButton
from app.ui.widgets.tab_order import set_tab_order
from app.viewmodels.operation import OperationModel

_COPY_IDS = ("copy-rest", "copy-graphql", "copy-grpc")
_SEND, _CANCEL = "Send  ⌃⏎", "Cancel  Esc"


class OperationBar(QFrame):
    """Binds an OperationModel to fields and the actions to buttons; an unwired action has no button.

    ``session`` is the button at the right end. Parameters that do not fit take a second row. GUI thread.
    """

    def __init__(self, model: OperationModel, *, actions: Actions, session: QWidget | None = None) -> None:
        super().__init__()
        self.setProperty("role", "pane")
        self.setObjectName("operation-bar")
        self._model = model
        self._actions = actions
        self._combo = QComboBox()
        self._combo.setObjectName("operation")
        self._combo.setMaxVisibleItems(len(OPERATIONS))
        for operation in OPERATIONS.values():
            self._combo.addItem(operation.title, operation.id.value)
        # The open list shows whole titles, however narrow the closed box is.
        self._combo.view().setMinimumWidth(self._combo.view().sizeHintForColumn(0) + 32)
        self._chooser = Field("&Operation", self._combo)
        self._form = ParameterForm(model)
        self._fields = FieldPicker(model)
        self._send = SteadyButton(_SEND, _CANCEL)
        self._repeat = QPushButton("Repeat")
        self._copy = QPushButton("Copy as ▾")
        self._copy_menu = QMenu(self._copy)
        self._session = session
        self._lay_out()
        self._wire()
        self._take_operation()
        self._take_actions()

    @property
    def form(self) -> ParameterForm:
        """The parameter fields."""
        return self._form

    @Slot()
    def focus_operation(self) -> None:
        """Go to the list of operations and open it."""
        self._combo.setFocus()
        self._combo.showPopup()

    @Slot()
    def open_fields(self) -> None:
        """Open the tick boxes."""
        self._fields.open()

    @Slot()
    def show_problem(self) -> None:
        """Give the focus to the first field that cannot be sent; it says why."""
        if not self._form.show_first_error():
            self._fields.open()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Parameters move to a second row, or back."""
        super().resizeEvent(event)
        self._place_form()

    def _lay_out(self) -> None:
        self._send.setObjectName("send")
        self._send.setProperty("role", "primary")
        self._repeat.setObjectName("repeat")
        self._copy.setObjectName("copy-as")
        self._copy.setMenu(self._copy_menu)
        self._chooser.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._fields.setMaximumWidth(360)
        self._first = QHBoxLayout()
        self._first.setSpacing(8)
        for widget in (self._chooser, self._fields, self._send, self._repeat, self._copy):
            self._first.addWidget(widget)
        self._first.addStretch(1)
        if self._session is not None:
            self._first.addWidget(self._session)
        self._second = QHBoxLayout()
        self._second.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addLayout(self._first)
        column.addLayout(self._second)
        self._first.insertWidget(1, self._form)

    def _wire(self) -> None:
        self._combo.currentIndexChanged.connect(self._choose)
        self._send.clicked.connect(self._send_or_cancel)
        self._repeat.clicked.connect(self._ask_repeat)
        self._model.operation_changed.connect(self._take_operation)
        self._model.busy_changed.connect(self._take_busy)
        self._model.send_refused.connect(self.show_problem)
        self._form.size_changed.connect(self._place_form)
        self._actions.available_changed.connect(self._take_actions)

    def _place_form(self) -> None:
        fits = self._form.wanted_width() + self._others_width() <= self.width() - 24
        home, other = (self._first, self._second) if fits else (self._second, self._first)
        if home.indexOf(self._form) < 0:
            other.removeWidget(self._form)
            home.insertWidget(1 if fits else 0, self._form)
        self._form.setVisible(bool(self._form.fields))
        self._order_tabs()
        self.updateGeometry()

    def _order_tabs(self) -> None:
        """Tab follows the eye: a form that was rebuilt would come last otherwise."""
        editors = [field.editor for field in self._form.fields.values()]
        stops = [self._combo, *editors, self._fields, self._send, self._repeat, self._copy]
        if self._session is not None:
            stops.append(self._session)
        set_tab_order(stops)

    def _others_width(self) -> int:
        """The least: the wanted fields may be cut, so that what is sent stays in the first row."""
        others: Sequence[QWidget | None] = (
            self._chooser,
            self._send,
            self._repeat,
            self._copy,
        )
        hints = [each.sizeHint().width() for each in others if each and not each.isHidden()]
        least = [each.minimumSizeHint().width() for each in (self._session,) if each and not each.isHidden()]
        return sum(width + 8 for width in (self._fields.minimumWidth(), *hints, *least))

    @Slot()
    def _choose(self) -> None:
        self._model.choose(self._combo.currentData())

    @Slot()
    def _take_operation(self) -> None:
        self._combo.setCurrentIndex(self._combo.findData(self._model.operation_id.value))
        self._combo.setToolTip("\n".join(self._model.operation.limits.values()))

    @Slot(bool)
    def _take_busy(self, busy: bool) -> None:
        self._send.setText(_CANCEL if busy else _SEND)
        self._send.setAccessibleName("Cancel" if busy else "Send")
        restyle(self._send, role="" if busy else "primary")

    @Slot()
    def _take_actions(self) -> None:
        self._send.setVisible("send" in self._actions)
        self._send.setAccessibleName("Cancel" if self._model.busy else "Send")
        self._repeat.setVisible("repeat" in self._actions)
        entries = [self._actions[each] for each in _COPY_IDS if each in self._actions]
        self._copy.setVisible(bool(entries))
        if self._copy_menu.actions() != entries:
            self._copy_menu.clear()
            self._copy_menu.addActions(entries)

    @Slot()
    def _send_or_cancel(self) -> None:
        wanted: QAction = self._actions["cancel" if self._model.busy else "send"]
        wanted.trigger()

    @Slot()
    def _ask_repeat(self) -> None:
        self._actions["repeat"].trigger()

    @Slot(str)
    def set_repeat_text(self, text: str) -> None:
        """What the repeat button says: "Repeat 200 ×"."""
        self._repeat.setText(text)
