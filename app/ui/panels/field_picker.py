"""Tick boxes for the wanted fields: what is ticked is what the GraphQL query asks for."""

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.ui.stylesheet import restyle
from app.ui.widgets.composite_button import CompositeButton
from app.ui.widgets.labels import ElidedLabel, SectionHeading, role_label
from app.viewmodels.operation import OperationModel

_INDENT = 20  # px for each level of nesting


class FieldPicker(CompositeButton):
    """Shows the wanted fields in a line and opens the tick boxes. GUI thread."""

    def __init__(self, model: OperationModel) -> None:
        self._summary = ElidedLabel()
        super().__init__(role_label("fields", "caption"), self._summary, role_label("▾", "muted"), stretch=1)
        self.setObjectName("fields")
        self.setMinimumWidth(160)
        self._model = model
        self._popup = _FieldPopup(model, self)
        self.clicked.connect(self.open)
        model.fields_changed.connect(self.refresh)
        model.errors_changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def open(self) -> None:
        """Show the tick boxes under the button."""
        self._popup.show_under(self)

    @Slot()
    def refresh(self) -> None:
        """Take over what is wanted."""
        fields = self._model.fields
        text = " · ".join(short_name(path) for path in fields) or "none"
        self._summary.set_full_text(text)
        why = self._model.errors.get("fields", "")
        self.setAccessibleName(f"Wanted fields: {', '.join(fields) or 'none'}")
        self.setToolTip(
            why or "Fields that you want. GraphQL asks for these only; the others show what came too."
        )
        restyle(self, invalid=bool(why))


class _FieldPopup(QFrame):
    """The open list. Built anew when the operation changes."""

    def __init__(self, model: OperationModel, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("field-popup")
        self.setProperty("role", "popover")
        self.setAccessibleName("Wanted fields")
        self._model = model
        self._operation = ""
        self._boxes: dict[str, QCheckBox] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 12, 16, 12)
        self._column.setSpacing(4)
        model.fields_changed.connect(self._refresh)

    def show_under(self, button: QWidget) -> None:
        if self._operation != self._model.operation_id:
            self._build()
        self._refresh()
        self.adjustSize()
        self.move(button.mapToGlobal(QPoint(0, button.height() + 4)))
        self.show()
        first = next(iter(self._boxes.values()), None)
        if first is not None:
            first.setFocus()

    def _build(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._operation = self._model.operation_id
        self._boxes.clear()
        self._column.addWidget(SectionHeading("Wanted fields"))
        groups: set[str] = set()
        for path in self._model.operation.fields:
            self._add_groups(path, groups)
            self._add_box(path)
        self._column.addWidget(self._buttons())

    def _add_groups(self, path: str, known: set[str]) -> None:
        parts = path.split(".")[:-1]
        for depth in range(len(parts)):
            group = ".".join(parts[: depth + 1])
            if group not in known:
                known.add(group)
                label = role_label(parts[depth], "muted")
                label.setContentsMargins(_INDENT * depth, 4, 0, 0)
                self._column.addWidget(label)

    def _add_box(self, path: str) -> None:
        box = QCheckBox(path.rpartition(".")[2])
        box.setObjectName(f"field-{path}")
        box.setAccessibleName(path)
        box.setContentsMargins(0, 0, 0, 0)
        box.toggled.connect(self._toggled)
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(_INDENT * path.count("."), 0, 0, 0)
        line.addWidget(box)
        self._boxes[path] = box
        self._column.addWidget(row)

    def _buttons(self) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 8, 0, 0)
        for text, slot in (("&All", self._model.want_all), ("&Default", self._model.want_default)):
            button = QPushButton(text)
            button.clicked.connect(slot)
            line.addWidget(button)
        line.addStretch()
        return row

    @Slot()
    def _refresh(self) -> None:
        wanted = set(self._model.fields)
        for path, box in self._boxes.items():
            box.blockSignals(True)
            box.setChecked(path in wanted)
            box.blockSignals(False)

    @Slot()
    def _toggled(self) -> None:
        self._model.set_fields(path for path, box in self._boxes.items() if box.isChecked())


def short_name(path: str) -> str:
    """A path without the parts everybody guesses: "items.product.name" reads "items.name"."""
    parts = path.split(".")
    return path if len(parts) < 3 else f"{parts[0]}.{parts[-1]}"
