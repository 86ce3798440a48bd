"""The parameters of the chosen operation as labelled fields in a row; what is wrong is said, not blocked."""

from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from app.domain.operations import Parameter, ParameterKind
from app.ui.widgets.field import Field
from app.ui.widgets.labels import role_label
from app.viewmodels.operation import OperationModel

_CHARACTERS = {ParameterKind.INTEGER: 6, ParameterKind.DECIMAL: 8, ParameterKind.LINES: 16}
_SHORT = {"id": 5, "page": 4, "limit": 4, "name": 14, "user_id": 10}
_ANY = "any"  # how an empty choice reads


class ParameterForm(QWidget):
    """Fields for one operation, rebuilt when it changes. Empty operations show nothing. GUI thread."""

    size_changed = Signal()

    def __init__(self, model: OperationModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._fields: dict[str, Field] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._bubble: QLabel | None = None
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        model.operation_changed.connect(self.rebuild)
        model.errors_changed.connect(self._show_errors)
        model.value_changed.connect(self._take_value)
        self.rebuild()

    @property
    def fields(self) -> dict[str, Field]:
        """The fields by parameter name."""
        return dict(self._fields)

    @Slot()
    def rebuild(self) -> None:
        """Make the fields of the operation in force."""
        self._hide_bubble()
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._fields = {each.name: self._field(each) for each in self._model.operation.parameters}
        for field in self._fields.values():
            self._row.addWidget(field)
        for field in self._fields.values():  # after all have their place: showing one may lay the bar out
            field.show()
        self._show_errors()
        self.updateGeometry()
        self.size_changed.emit()

    def show_first_error(self) -> bool:
        """Put the focus on the first field that cannot be sent; False when all can."""
        for name in self._model.errors:
            if name in self._fields:
                self._fields[name].editor.setFocus()
                self._show_bubble(self._fields[name])
                return True
        return False

    def wanted_width(self) -> int:
        """Pixels for all fields in one row."""
        return self._row.sizeHint().width() if self._fields else 0

    def _field(self, parameter: Parameter) -> Field:
        text = self._model.values[parameter.name]
        editor = (
            _choice(parameter, text) if parameter.kind is ParameterKind.CHOICE else _line(parameter, text)
        )
        editor.setObjectName(f"parameter-{parameter.name}")
        if isinstance(editor, QComboBox):
            editor.currentIndexChanged.connect(self._chosen)
        else:
            editor.textChanged.connect(self._typed)
        label = f"{parameter.label}*" if parameter.required and parameter.name != "id" else parameter.label
        field = Field(label, editor, hint=parameter.hint)
        field.focus_changed.connect(self._focus_changed)
        return field

    @Slot()
    def _typed(self) -> None:
        for name, field in self._fields.items():
            if isinstance(field.editor, QLineEdit):
                self._model.set_value(name, field.editor.text())

    @Slot()
    def _chosen(self) -> None:
        for name, field in self._fields.items():
            if isinstance(field.editor, QComboBox):
                self._model.set_value(name, field.editor.currentData())

    @Slot(str, str)
    def _take_value(self, name: str, text: str) -> None:
        editor = self._fields[name].editor
        if isinstance(editor, QLineEdit) and editor.text() != text:
            editor.setText(text)
        elif isinstance(editor, QComboBox) and editor.currentData() != text:
            editor.setCurrentIndex(editor.findData(text))

    @Slot()
    def _show_errors(self) -> None:
        errors = self._model.errors
        for name, field in self._fields.items():
            field.set_error(errors.get(name, ""))
        self._focus_changed()

    @Slot()
    def _focus_changed(self) -> None:
        focused = [field for field in self._fields.values() if field.error and field.editor.hasFocus()]
        if focused:
            self._show_bubble(focused[0])
        else:
            self._hide_bubble()

    def _show_bubble(self, field: Field) -> None:
        """Say under the field what is wrong, over whatever is there: nothing moves."""
        if self._bubble is None or self._bubble.parentWidget() is not self.window():
            self._hide_bubble()
            self._bubble = role_label("", "bubble", parent=self.window())
            self._bubble.setObjectName("parameter-error")
            self._bubble.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._bubble.setText(f"{field.label.text().rstrip('*')} {field.error}")
        self._bubble.adjustSize()
        self._bubble.move(field.mapTo(self.window(), QPoint(0, field.height() + 4)))
        self._bubble.show()
        self._bubble.raise_()

    def _hide_bubble(self) -> None:
        if self._bubble is not None:
            self._bubble.hide()


def _line(parameter: Parameter, text: str) -> QLineEdit:
    edit = _SizedLine(_SHORT.get(parameter.name, _CHARACTERS.get(parameter.kind, 10)))
    edit.setText(text)
    if not parameter.required:
        edit.setPlaceholderText("–")
    return edit


def _choice(parameter: Parameter, text: str) -> QComboBox:
    combo = QComboBox()
    for choice in parameter.choices:
        combo.addItem(choice or _ANY, choice)
    combo.setCurrentIndex(max(0, combo.findData(text)))
    return combo


class _SizedLine(QLineEdit):
    """A line edit that asks for room for so many characters."""

    def __init__(self, characters: int) -> None:
        super().__init__()
        self._characters = characters
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance("0") * self._characters + 4
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("0") * 3, super().minimumSizeHint().height())
