"""Where the keyboard enters a panel when somebody goes to it by a key.

Not Qt's focus proxy: Tab that comes to a widget with one jumps over every control in between.
"""

from weakref import ref

from PySide6.QtWidgets import QWidget

_ENTRY = "keyboard-entry"


def set_entry(panel: QWidget, control: QWidget) -> None:
    """``control`` is inside ``panel`` and lives as long."""
    panel.setProperty(_ENTRY, ref(control))  # itself it would be a bare address


def entry_of(panel: QWidget) -> QWidget | None:
    """What was set; None where nothing was."""
    told: ref[QWidget] | None = panel.property(_ENTRY)
    return told() if told else None
