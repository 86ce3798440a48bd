"""Pictures of the window and of every styled control, in both themes, for a designer's eye.

Run: ``python -m tests.support.gallery FOLDER``. Draws sample panels only; nothing here talks to a backend.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings, QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSlider,
    QSpinBox,
    QTabBar,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.domain.events import LoginFailed, TokenTrick, TokenTried
from app.domain.lanes import Lane
from app.ui.palette import CommandPalette
from app.ui.panels.field_picker import FieldPicker
from app.ui.panels.login import LoginPopover
from app.ui.panels.settings_dialog import SettingsDialog
from app.ui.shortcut_sheet import ShortcutSheet
from app.ui.stylesheet import StyleKeeper
from app.ui.theme import ThemeSource, load_theme
from app.ui.widgets.chip import TONES, Chip
from tests.support.sample_panels import SampleShell

SIZES = (QSize(1280, 800), QSize(1920, 1080))


def role_label(text: str, role: str, **properties: str) -> QLabel:
    """A label with a role and further properties."""
    label = QLabel(text)
    label.setProperty("role", role)
    for name, value in properties.items():
        label.setProperty(name, value)
    return label


def controls() -> QWidget:
    """Every control that the style sheet knows, once."""
    sheet = QFrame()
    sheet.setProperty("role", "pane")
    grid = QGridLayout(sheet)
    grid.setContentsMargins(16, 16, 16, 16)
    grid.setSpacing(12)
    for column, block in enumerate((_texts(), _buttons(), _inputs(), _bodies())):
        grid.addLayout(block, 0, column)
    grid.setColumnStretch(3, 1)
    return sheet


def _column(*widgets: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(8)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch()
    return column


def _texts() -> QVBoxLayout:
    roles = ("heading", "title", "muted", "caption", "mono", "ok", "warning", "error", "key")
    lanes = [role_label(lane, "lane", lane=lane) for lane in ("rest", "graphql", "grpc")]
    chips = [Chip(f"{tone or 'neutral'} 1 284 B", tone=tone) for tone in TONES]
    return _column(*[role_label(f"{role} text", role) for role in roles], *lanes, *chips)


def _buttons() -> QVBoxLayout:
    buttons: list[QWidget] = []
    for role in ("", "primary", "quiet", "danger", "field"):
        button = QPushButton(role or "secondary")
        button.setProperty("role", role)
        buttons.append(button)
    disabled = QPushButton("disabled")
    disabled.setEnabled(False)
    tool = QToolButton()
    tool.setText("tool")
    focused = QPushButton("focused")
    focused.setObjectName("focused")
    return _column(*buttons, disabled, tool, focused)


def _inputs() -> QVBoxLayout:
    combo = QComboBox()
    combo.addItems(["Order with its products", "Get product"])
    ticked, unticked, partly = QCheckBox("ticked"), QCheckBox("unticked"), QCheckBox("partly")
    ticked.setChecked(True)
    partly.setCheckState(Qt.CheckState.PartiallyChecked)
    radio, other = QRadioButton("chosen"), QRadioButton("other")
    radio.setChecked(True)
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setValue(40)
    tone = QSlider(Qt.Orientation.Horizontal)
    tone.setValue(70)
    tone.setProperty("tone", "error")
    meter = QProgressBar()
    meter.setProperty("role", "meter")
    meter.setProperty("tone", "warning")
    meter.setTextVisible(False)
    meter.setValue(58)
    invalid = QLineEdit("not a number")
    invalid.setProperty("invalid", "true")
    return _column(
        QLineEdit("text"),
        invalid,
        combo,
        QSpinBox(),
        ticked,
        unticked,
        partly,
        radio,
        other,
        slider,
        tone,
        meter,
    )


def _bodies() -> QVBoxLayout:
    tabs = QTabBar()
    for name in ("Response", "Raw", "Headers 9", "Timing", "Diff"):
        tabs.addTab(name)
    body = QPlainTextEdit('{\n  "id": "1",\n  "total": 1059.97\n}\n' * 12)
    body.setProperty("role", "code")
    tree = QTreeWidget()
    tree.setHeaderLabels(["field", "type"])
    root = QTreeWidgetItem(["order", "Order"])
    root.addChild(QTreeWidgetItem(["id", "String!"]))
    tree.addTopLevelItem(root)
    root.setExpanded(True)
    return _column(tabs, body, tree)


def save(widget: QWidget, path: Path) -> None:
    """Paint ``widget`` into ``path``."""
    QApplication.processEvents()
    widget.grab().save(str(path))


def application() -> QApplication:
    """The application in the drawing's font, so that pictures can be laid side by side."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setFont(QFont("Inter", 10))
    return app


def main(folder: Path) -> None:
    """Save all pictures into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    app = application()
    themes = ThemeSource(load_theme("dark"))
    StyleKeeper(app, themes)
    sheet = controls()
    sheet.resize(1100, 560)
    sheet.show()
    with TemporaryDirectory() as place:
        shell = SampleShell(QSettings(f"{place}/layout.ini", QSettings.Format.IniFormat), themes)
        shell.window.show()
        shell.bring_up()
        for name in ("dark", "light"):
            themes.use(load_theme(name))
            save(sheet, folder / f"controls-{name}.png")
            for size in SIZES:
                shell.window.resize(size)
                save(shell.window, folder / f"window-{name}-{size.width()}.png")
            popups(shell, folder, name)
        shell.window.close()


def popups(shell: SampleShell, folder: Path, name: str) -> None:
    """What opens over the window, one picture each."""
    window = shell.window
    window.resize(SIZES[0])
    shell.operation.choose("list-products")
    shell.operation.set_value("limit", "many")
    shell.operation.request_send()
    save(window, folder / f"form-{name}.png")
    shell.operation.choose("get-order")
    for action, kind in (
        ("palette", CommandPalette),
        ("shortcuts", ShortcutSheet),
        ("settings", SettingsDialog),
    ):
        shell.actions[action].trigger()
        opened = window.findChild(kind)
        if isinstance(opened, QDialog):
            save(opened, folder / f"{action}-{name}.png")
            opened.close()
    shell.actions["session"].trigger()
    popover = window.findChild(LoginPopover)
    if popover is not None:
        shell.session.on_token_tried(
            TokenTried(
                at=0,
                lane=Lane.REST,
                trick=TokenTrick.TAMPERED,
                status="401 UNAUTHORIZED",
                message="bad signature",
            )
        )
        save(popover, folder / f"token-{name}.png")
        shell.session.log_out()
        shell.session.on_login_failed(LoginFailed(at=0, message="Email or password is wrong."))
        save(popover, folder / f"login-{name}.png")
        popover.close()
    shell.bring_up()
    picker = window.findChild(FieldPicker)
    if picker is not None:
        picker.open()
        opened = picker.findChild(QFrame, "field-popup")
        if opened is not None:
            save(opened, folder / f"fields-{name}.png")
            opened.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
