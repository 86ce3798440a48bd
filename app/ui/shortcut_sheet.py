"""The shortcut sheet: every key of the actions table, grouped as in the menus."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.actions import CALL, GO_TO, VIEW, ActionSpec, key_text, plain
from app.ui.widgets.labels import SectionHeading, role_label

_COLUMNS = 2


class ShortcutSheet(QDialog):
    """Shows keys and what they do; Esc closes. GUI thread."""

    def __init__(self, specs: Iterable[ActionSpec], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setObjectName("shortcut-sheet")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        groups: dict[str, list[ActionSpec]] = {}
        for spec in specs:
            if spec.keys:
                groups.setdefault(spec.group, []).append(spec)
        groups = {name: groups[name] for name in sorted(groups, key=_rank)}
        for rows in groups.values():
            rows.sort(key=lambda spec: key_text(spec.keys[0]) if spec.menu == GO_TO else "")
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 16, 24, 24)
        row.setSpacing(48)
        for column in _columns(groups):
            row.addLayout(_column(column))


def _rank(group: str) -> int:
    """What is pressed most comes first; the rest stays as in the menus."""
    first = (plain(CALL), plain(VIEW))
    return first.index(group) if group in first else len(first)


def _columns(groups: dict[str, list[ActionSpec]]) -> list[list[tuple[str, list[ActionSpec]]]]:
    """Groups spread over columns of about the same height, in their order."""
    total = sum(len(rows) + 2 for rows in groups.values())
    columns: list[list[tuple[str, list[ActionSpec]]]] = [[]]
    height = 0
    for name, rows in groups.items():
        if height >= total / _COLUMNS and len(columns) < _COLUMNS:
            columns.append([])
            height = 0
        columns[-1].append((name, rows))
        height += len(rows) + 2
    return columns


def _column(groups: list[tuple[str, list[ActionSpec]]]) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(8)
    for name, rows in groups:
        column.addSpacing(8)
        column.addWidget(SectionHeading(name))
        column.addLayout(_table(rows))
    column.addStretch()
    return column


def _table(rows: list[ActionSpec]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(8)
    for number, spec in enumerate(rows):
        name, key = QLabel(spec.title), role_label(key_text(spec.keys[0]), "key")
        name.setToolTip(spec.hint)
        key.setAccessibleName(f"{spec.title}: {key.text()}")
        grid.addWidget(name, number, 0)
        grid.addWidget(key, number, 1, Qt.AlignmentFlag.AlignRight)
    grid.setColumnStretch(0, 1)
    return grid
