"""The settings of a repeat, with the sentences that say what each choice does to the figures."""

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.lanes import Lane
from app.operations.addresses import EXAMPLES
from app.operations.repeat_results import MOST_CALLS, MOST_CONCURRENT, MOST_WARM_UP
from app.ui.panels.fields import add_row, form, whole_box
from app.ui.widgets.field import Field
from app.ui.widgets.labels import SectionHeading, role_label
from app.viewmodels.repeat import RepeatModel
from app.viewmodels.repeat_words import BARE, GUARDED, IN_TURN, OWN_LOG_IN, TOGETHER


class RepeatForm(QWidget):
    """Binds a RepeatModel's settings to inputs. GUI thread."""

    def __init__(self, model: RepeatModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.count = whole_box("Calls on each lane", 1, MOST_CALLS)
        self.concurrency = whole_box("Calls at once on each lane", 1, MOST_CONCURRENT)
        self.warm_up = whole_box("Calls to warm up, not counted", 0, MOST_WARM_UP)
        self.lanes = {lane: QCheckBox(lane.label) for lane in Lane}
        self.in_turn = QRadioButton("one after the other")
        self.together = QRadioButton("together")
        self.resilient = QCheckBox("with retries and circuit breaker")
        self.editors = {lane: _address_editor() for lane in Lane}
        self.addresses = {lane: _address_field(lane, editor) for lane, editor in self.editors.items()}
        self.email, self.password = QLineEdit(), QLineEdit()
        self.log_in = QWidget()
        self.order_words = _words()
        self.policy_words = _words()
        self.run = QPushButton("Run")
        self.run.setObjectName("run-repeat")
        self._lay_out()
        self._wire()
        self._show_settings()
        self._show_running(model.running)

    def _lay_out(self) -> None:
        numbers, grid = form()
        add_row(grid, "calls", self.count)
        add_row(grid, "at once", self.concurrency)
        add_row(grid, "warm-up", self.warm_up)
        boxes, order = QHBoxLayout(), QHBoxLayout()
        for row, widgets in ((boxes, list(self.lanes.values())), (order, [self.in_turn, self.together])):
            row.setSpacing(12)
            for widget in widgets:
                row.addWidget(widget)
            row.addStretch(1)
        self._order = QButtonGroup(self)
        for button in (self.in_turn, self.together):
            self._order.addButton(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(6)
        column.addWidget(self.run)
        column.addSpacing(4)
        column.addWidget(numbers)
        column.addWidget(SectionHeading("Lanes"))
        column.addLayout(boxes)
        column.addLayout(order)
        column.addWidget(self.order_words)
        column.addWidget(self.resilient)
        column.addWidget(self.policy_words)
        column.addWidget(SectionHeading("Servers"))
        for field in self.addresses.values():
            column.addWidget(field)
        self._lay_out_log_in()
        column.addWidget(self.log_in)
        column.addStretch(1)

    def _lay_out_log_in(self) -> None:
        """Seen only while a lane is pointed elsewhere."""
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        column = QVBoxLayout(self.log_in)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for name, editor in (("e-mail", self.email), ("password", self.password)):
            column.addWidget(Field(name, editor, hint=OWN_LOG_IN))
            editor.setAccessibleName(f"{name.capitalize()} for the servers elsewhere")
        words = _words()
        words.setText(OWN_LOG_IN)
        column.addWidget(words)

    def _wire(self) -> None:
        model = self._model
        self.count.valueChanged.connect(self._change)
        self.concurrency.valueChanged.connect(self._change)
        self.warm_up.valueChanged.connect(self._change)
        for box in self.lanes.values():
            box.toggled.connect(self._change)
        self.together.toggled.connect(self._change)
        self.resilient.toggled.connect(self._change)
        for editor in self.editors.values():
            editor.textChanged.connect(self._change)
        for editor in (self.email, self.password):
            editor.textChanged.connect(self._change_log_in)
        self.run.clicked.connect(self._run_or_cancel)
        model.settings_changed.connect(self._show_settings)
        model.credentials_changed.connect(self._show_log_in)
        model.running_changed.connect(self._show_running)

    @Slot()
    def _run_or_cancel(self) -> None:
        if self._model.running:
            self._model.cancel()
        else:
            for box in (self.count, self.concurrency, self.warm_up):
                box.interpretText()  # a number still being typed counts
            self._model.start()

    @Slot()
    def _change(self) -> None:
        lanes = tuple(lane for lane, box in self.lanes.items() if box.isChecked())
        self._model.change(
            count=self.count.value(),
            concurrency=self.concurrency.value(),
            warm_up=self.warm_up.value(),
            together=self.together.isChecked(),
            resilient=self.resilient.isChecked(),
            lanes=lanes or self._model.settings.lanes,
            addresses={lane: editor.text() for lane, editor in self.editors.items()},
        )
        if not lanes:
            self._show_settings()  # the last lane stays

    @Slot()
    def _change_log_in(self) -> None:
        self._model.log_in_as(self.email.text().strip(), self.password.text())

    @Slot()
    def _show_log_in(self) -> None:
        if self._model.credentials is None:
            for editor in (self.email, self.password):
                with QSignalBlocker(editor):
                    editor.clear()

    @Slot()
    def _show_settings(self) -> None:
        settings = self._model.settings
        for box, value in (
            (self.count, settings.count),
            (self.concurrency, settings.concurrency),
            (self.warm_up, settings.warm_up),
        ):
            with QSignalBlocker(box):
                box.setValue(value)
        for lane, tick in self.lanes.items():
            with QSignalBlocker(tick):
                tick.setChecked(lane in settings.lanes)
        with QSignalBlocker(self.together), QSignalBlocker(self.in_turn):
            (self.together if settings.together else self.in_turn).setChecked(True)
        with QSignalBlocker(self.resilient):
            self.resilient.setChecked(settings.resilient)
        self._show_addresses()
        self.order_words.setText(TOGETHER if settings.together else IN_TURN)
        self.policy_words.setText(GUARDED if settings.resilient else BARE)

    def _show_addresses(self) -> None:
        settings, problems = self._model.settings, self._model.settings.problems
        for lane, field in self.addresses.items():
            editor = self.editors[lane]
            if editor.text() != settings.addresses[lane]:
                with QSignalBlocker(editor):
                    editor.setText(settings.addresses[lane])
            field.setEnabled(lane in settings.lanes)
            why = problems.get(lane, "")
            field.set_error(f"The address {why}" if why else "")
        self.log_in.setVisible(bool(settings.elsewhere))

    @Slot(bool)
    def _show_running(self, running: bool) -> None:
        self.run.setText("Cancel" if running else "Run")
        self.run.setAccessibleName("Cancel the run" if running else "Run the measurement")


def _address_editor() -> QLineEdit:
    editor = QLineEdit()
    editor.setPlaceholderText("this program's own")
    return editor


def _address_field(lane: Lane, editor: QLineEdit) -> Field:
    hint = f"Address of a server elsewhere, such as {EXAMPLES[lane]}; empty: this program's own"
    field = Field(lane.label, editor, hint=hint)
    editor.setAccessibleName(f"Address of the {lane.label} server")
    return field


def _words() -> QLabel:
    label = role_label("", "caption")
    label.setWordWrap(True)
    return label
