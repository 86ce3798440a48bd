"""What the program is, which version runs, and on what.

How it finds that out is imported when somebody asks: ten milliseconds that the first paint need not wait for.
"""

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from app.ui.widgets.labels import role_label


class AboutBox(QDialog):
    """Name, version and surroundings as text that can be copied into a report. GUI thread."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Trilane")
        self.setObjectName("about")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        purpose = role_label(
            "One operation over REST, GraphQL and gRPC, side by side:\n"
            "what each sends, receives and costs, and what happens to each when the backend fails.",
            "muted",
        )
        facts = role_label(surroundings(), "mono")
        facts.setObjectName("about-facts")
        facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        for widget in (role_label("Trilane", "title"), purpose, facts, close):
            column.addWidget(widget)


def surroundings() -> str:
    """Versions, one a line."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    try:
        own = version("trilane")
    except PackageNotFoundError:  # run from a checkout that was never installed
        own = "not installed"
    rows = (
        ("Trilane", own),
        ("Python", platform.python_version()),
        ("Qt", qVersion()),
        ("System", f"{platform.system()} {platform.release()} {platform.machine()}"),
    )
    return "\n".join(f"{name:<8} {value}" for name, value in rows)
