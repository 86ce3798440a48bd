"""The form of the login popover."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.ui.widgets.field import indented
from app.ui.widgets.labels import role_label
from app.viewmodels.session import LIFETIMES, LONGEST_LIFE, SessionModel

_CUSTOM = "custom"


class LoginForm(QWidget):
    """Email, password, token life. GUI thread."""

    def __init__(self, model: SessionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._reason = role_label("", "warning")
        self._error = role_label("", "error")
        self._email = QLineEdit(model.email)
        self._password = QLineEdit()
        self._life = QComboBox()
        self._seconds = QSpinBox()
        self._submit = QPushButton("&Log in")
        self._build()
        self._choose_life(model.lifetime)
        self._life.currentIndexChanged.connect(self._life_chosen)
        self._submit.clicked.connect(self._log_in)
        for edit in (self._email, self._password):
            edit.returnPressed.connect(self._log_in)
        model.busy_changed.connect(self._take_busy)
        model.failed.connect(self._show_error)
        model.session_changed.connect(self._clear)

    def start(self) -> None:
        """Put the focus where the typing goes on."""
        first = self._password if self._email.text() else self._email
        first.setFocus()
        first.selectAll()

    def explain(self, reason: str) -> None:
        """Say why a login is wanted; empty says nothing."""
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
        self._take_busy(self._model.busy)

    def _build(self) -> None:
        self._email.setObjectName("login-email")
        self._password.setObjectName("login-password")
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._password.setPlaceholderText("“password” out of the box")
        self._life.setObjectName("login-life")
        for text, seconds in LIFETIMES.items():
            self._life.addItem(text, seconds)
        self._life.addItem("Custom", _CUSTOM)
        self._seconds.setRange(1, LONGEST_LIFE)
        indented(self._seconds)
        self._seconds.setSuffix(" s")
        self._seconds.setObjectName("login-seconds")
        self._submit.setProperty("role", "primary")
        self._submit.setObjectName("login-submit")
        for label in (self._reason, self._error):
            label.setWordWrap(True)
            label.hide()
        self._error.setObjectName("login-error")
        life = QHBoxLayout()
        life.setSpacing(8)
        life.addWidget(self._life, 1)
        life.addWidget(self._seconds, 1)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        _add_row(form, "&Email", self._email, self._email)
        _add_row(form, "&Password", self._password, self._password)
        _add_row(form, "&Token life", life, self._life)
        self._seconds.setAccessibleName("Token life in seconds")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(role_label("Log in", "title"))
        column.addWidget(self._reason)
        column.addLayout(form)
        column.addWidget(self._error)
        foot = QHBoxLayout()
        foot.addWidget(role_label("One login serves all three lanes.", "caption"), 1)
        foot.addWidget(self._submit)
        column.addLayout(foot)

    def _choose_life(self, seconds: int) -> None:
        index = self._life.findData(seconds)
        self._life.setCurrentIndex(index if index >= 0 else self._life.findData(_CUSTOM))
        self._seconds.setValue(seconds)
        self._life_chosen()

    @Slot()
    def _life_chosen(self) -> None:
        self._seconds.setVisible(self._life.currentData() == _CUSTOM)

    @Slot()
    def _log_in(self) -> None:
        chosen = self._life.currentData()
        seconds = self._seconds.value() if chosen == _CUSTOM else int(chosen)
        self._show_error("")
        self._model.log_in(self._email.text(), self._password.text(), seconds)

    @Slot(bool)
    def _take_busy(self, busy: bool) -> None:
        self._submit.setEnabled(not busy)
        rest = "&Log in and try again" if self._model.wished else "&Log in"
        self._submit.setText("Logging in…" if busy else rest)

    @Slot(str)
    def _show_error(self, why: str) -> None:
        self._error.setText(why)
        self._error.setVisible(bool(why))

    @Slot()
    def _clear(self) -> None:
        self._password.clear()
        self._show_error("")


def _add_row(form: QFormLayout, text: str, row: QWidget | QHBoxLayout, editor: QWidget) -> None:
    label = QLabel(text)
    label.setBuddy(editor)
    editor.setAccessibleName(text.replace("&", ""))
    form.addRow(label, row)
