"""The chosen operation with its typed parameters and wanted fields: all that the drafts follow from."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS, Operation, OperationId, Question
from app.domain.parameters import problems
from app.viewmodels.memory import Memory


class OperationModel(QObject):
    """Holds one operation, its texts as typed and what is wrong with them. GUI thread.

    ``changed`` follows every change that alters a request; values and fields are remembered per operation.
    """

    operation_changed = Signal(str)  # OperationId
    value_changed = Signal(str, str)  # parameter name, text
    errors_changed = Signal()
    fields_changed = Signal()
    busy_changed = Signal(bool)
    changed = Signal()
    send_requested = Signal()
    cancel_requested = Signal()
    send_refused = Signal()  # something in ``errors`` has to be mended first

    def __init__(self, memory: Memory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._memory = memory
        self._busy = False
        self._operation = OPERATIONS[_known(memory.recall("operation.last", OperationId.GET_ORDER))]
        self._values: dict[str, str] = {}
        self._fields: tuple[str, ...] = ()
        self._errors: dict[str, str] = {}
        self._recall()

    @property
    def operation(self) -> Operation:
        """The chosen operation."""
        return self._operation

    @property
    def operation_id(self) -> OperationId:
        """Its id."""
        return self._operation.id

    @property
    def values(self) -> dict[str, str]:
        """Every parameter as typed."""
        return dict(self._values)

    @property
    def params(self) -> dict[str, str]:
        """What is sent: the texts that are not empty."""
        return {name: text.strip() for name, text in self._values.items() if text.strip()}

    @property
    def fields(self) -> tuple[str, ...]:
        """The wanted fields, in the operation's order."""
        return self._fields

    @property
    def question(self) -> Question:
        """All three as they stand."""
        return Question(operation=self.operation_id, params=self.params, fields=self.fields)

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong, by parameter name; "fields" when none is wanted."""
        return dict(self._errors)

    @property
    def valid(self) -> bool:
        """Whether it can be sent as it stands."""
        return not self._errors

    @property
    def busy(self) -> bool:
        """Whether a call of this operation is in flight: Send is Cancel then."""
        return self._busy

    def note(self, lane: Lane) -> str:
        """Why this lane differs or has no counterpart; empty when there is nothing to say."""
        return self._operation.limits.get(lane, "")

    def supported(self, lane: Lane) -> bool:
        """Whether this lane can express the operation."""
        return lane not in self._operation.unsupported

    @Slot(str)
    def choose(self, operation: str) -> None:
        """Switch to another operation, with the values and fields it had last."""
        chosen = OPERATIONS[OperationId(operation)]
        if chosen is self._operation:
            return
        self._operation = chosen
        self._memory.keep("operation.last", chosen.id.value)
        self._recall()
        self.operation_changed.emit(chosen.id.value)
        self.fields_changed.emit()
        self.errors_changed.emit()
        self.changed.emit()

    @Slot(str, str)
    def set_value(self, name: str, text: str) -> None:
        """Take over what was typed. KeyError for a name that the operation does not have."""
        if self._values[name] == text:
            return
        self._values[name] = text
        self._memory.keep(f"operation.{self.operation_id}.{name}", text)
        self._check()
        self.value_changed.emit(name, text)
        self.changed.emit()

    def set_fields(self, paths: Iterable[str]) -> None:
        """Replace the wanted fields; unknown paths are left out."""
        wanted = set(paths)
        fields = tuple(path for path in self._operation.fields if path in wanted)
        if fields == self._fields:
            return
        self._fields = fields
        self._memory.keep(f"operation.{self.operation_id}.@fields", " ".join(fields))
        self._check()
        self.fields_changed.emit()
        self.changed.emit()

    @Slot()
    def want_all(self) -> None:
        """Tick every field."""
        self.set_fields(self._operation.fields)

    @Slot()
    def want_default(self) -> None:
        """Tick what was ticked at first."""
        self.set_fields(self._operation.default_fields)

    @Slot(bool)
    def set_busy(self, busy: bool) -> None:
        """Told by whoever runs the calls."""
        if busy != self._busy:
            self._busy = busy
            self.busy_changed.emit(busy)

    @Slot()
    def request_send(self) -> None:
        """Ask for the operation to be sent, unless it cannot be or is in flight already."""
        if self._busy:
            return
        (self.send_requested if self.valid else self.send_refused).emit()

    @Slot()
    def request_cancel(self) -> None:
        """Ask for what is in flight to stop."""
        if self._busy:
            self.cancel_requested.emit()

    def _recall(self) -> None:
        name = self.operation_id
        self._values = {
            each.name: self._memory.recall(f"operation.{name}.{each.name}", each.default)
            for each in self._operation.parameters
        }
        kept = self._memory.recall(f"operation.{name}.@fields", " ".join(self._operation.default_fields))
        self._fields = tuple(path for path in self._operation.fields if path in kept.split())
        self._fields = self._fields or self._operation.default_fields
        self._errors = problems(self._operation, self._values)

    def _check(self) -> None:
        found = problems(self._operation, self._values)
        if not self._fields:
            found["fields"] = "choose at least one field"
        if found != self._errors:
            self._errors = found
            self.errors_changed.emit()


def _known(text: str) -> OperationId:
    # A settings file of another version may name anything.
    return next((known for known in OPERATIONS if known == text), OperationId.GET_ORDER)
