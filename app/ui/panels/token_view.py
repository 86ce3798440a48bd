"""The logged-in side of the login popover: the token read aloud, and what each lane says to a bad one."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.domain.events import TokenTrick
from app.domain.lanes import Lane
from app.ui.stylesheet import restyle
from app.ui.widgets.labels import NumberLabel, SectionHeading, role_label, rule
from app.viewmodels.session import SessionModel

_TIMES = ("iat", "exp", "nbf")
_COPY = "&Copy token"
_COPIED = 2000  # ms the button says that it was done


class TokenView(QWidget):
    """Shows the decoded token. GUI thread."""

    def __init__(self, model: SessionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._who = role_label("", "title")
        self._left = NumberLabel("00:00:00 left", role="muted")
        self._header = _json_box("Token header")
        self._claims = _json_box("Token claims")
        self._copy = QPushButton(_COPY)
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(_COPIED)
        self._copied.timeout.connect(self._offer_copy)
        self._log_out = QPushButton("Log &out")
        self._tricks = _TokenTricks(model)
        self._build()
        self._copy.clicked.connect(self._copy_token)
        self._log_out.clicked.connect(model.log_out)
        model.session_changed.connect(self._show)
        model.remaining_changed.connect(self._tick)
        self._show()

    def _build(self) -> None:
        self._copy.setObjectName("copy-token")
        self._log_out.setObjectName("log-out")
        self._left.setObjectName("token-left")
        head = QHBoxLayout()
        head.addWidget(self._who, 1)
        head.addWidget(self._left)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._copy)
        foot.addStretch(1)
        foot.addWidget(self._log_out)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        for heading, box in (("Header", self._header), ("Claims", self._claims)):
            column.addWidget(SectionHeading(heading))
            column.addWidget(box)
        column.addWidget(role_label("Read without checking: only the backends verify.", "caption"))
        column.addWidget(self._tricks)
        column.addWidget(rule())
        column.addLayout(foot)

    @Slot()
    def _show(self) -> None:
        decoded = self._model.decoded
        self._offer_copy()  # "Copied" would be untrue of another token
        self._who.setText(self._model.email)
        self._tick(self._model.remaining_text)
        _show_json(self._header, pretty(decoded.header) if decoded else "")
        _show_json(self._claims, pretty(decoded.claims) if decoded else "")

    def showEvent(self, event: QShowEvent) -> None:
        """The boxes get their height once the style sheet has given them their font."""
        super().showEvent(event)
        self._show()

    @Slot(str)
    def _tick(self, remaining: str) -> None:
        self._left.setText(f"{remaining} left" if remaining else "")

    @Slot()
    def _copy_token(self) -> None:
        QGuiApplication.clipboard().setText(self._model.token or "")
        self._copy.setText("Copied")
        self._copied.start()

    @Slot()
    def _offer_copy(self) -> None:
        self._copied.stop()
        self._copy.setText(_COPY)


class _TokenTricks(QWidget):
    """Two buttons that send a bad token, and each lane's answer to it."""

    def __init__(self, model: SessionModel) -> None:
        super().__init__()
        self._model = model
        self._answers = {lane: role_label("", "muted") for lane in Lane}
        tampered, expired = QPushButton("Try a &tampered token"), QPushButton("Try an e&xpired token")
        tampered.setObjectName("try-tampered")
        expired.setObjectName("try-expired")
        tampered.clicked.connect(self._try_tampered)
        expired.clicked.connect(self._try_expired)
        tampered.setToolTip("Sends a delete of no real product, with another user in the token.")
        expired.setToolTip("Asks for a token that lives one second, waits it out and sends a delete with it.")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(tampered, 1)
        buttons.addWidget(expired, 1)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setColumnStretch(1, 1)
        for row, (lane, answer) in enumerate(self._answers.items()):
            answer.setWordWrap(True)
            answer.setObjectName(f"refusal-{lane}")
            self._grid.addWidget(role_label(lane.label, "lane", lane=lane.value), row, 0)
            self._grid.addWidget(answer, row, 1)
        self._box = QWidget()
        self._box.setLayout(self._grid)
        self._grid.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        column.addLayout(buttons)
        column.addWidget(self._box)
        model.refusals_changed.connect(self._show)
        model.session_changed.connect(self._show)
        self._show()

    @Slot()
    def _try_tampered(self) -> None:
        self._model.try_token(TokenTrick.TAMPERED)

    @Slot()
    def _try_expired(self) -> None:
        self._model.try_token(TokenTrick.EXPIRED)

    @Slot()
    def _show(self) -> None:
        self.setVisible(self._model.can_try_tokens)
        refusals = self._model.refusals
        self._box.setVisible(bool(refusals))
        for lane, answer in self._answers.items():
            tried = refusals.get(lane)
            if tried is None:
                _say(answer, "…", "muted")
            elif tried.refused:
                _say(answer, _sentence(tried.status, tried.message), "ok")
            elif not tried.judged:
                _say(answer, _sentence(f"no verdict: {tried.status}", tried.message), "muted")
            else:
                _say(answer, _sentence(f"let it pass: {tried.status}", tried.message), "warning")


def pretty(values: Mapping[str, Any]) -> str:
    """JSON over several lines; times also as a person reads them."""
    lines: list[str] = []
    for name, value in values.items():
        comma = "," if len(lines) < len(values) - 1 else ""
        line = f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}{comma}"
        if name in _TIMES and isinstance(value, int | float):
            line += f"   {_moment(value)}"
        lines.append(line)
    return "\n".join(("{", *lines, "}"))


def _moment(seconds: float) -> str:
    try:
        return f"◂ {datetime.fromtimestamp(seconds):%d %b %Y %H:%M:%S}"
    except (ValueError, OverflowError, OSError):  # a forged claim may hold anything
        return "◂ no date"


def _sentence(status: str, message: str) -> str:
    return f"{status} · {message}" if message else status


def _say(label: QLabel, text: str, role: str) -> None:
    label.setText(text)
    restyle(label, role=role)


def _show_json(box: QPlainTextEdit, text: str) -> None:
    """Show all of it: the box is as high as its lines."""
    box.ensurePolished()
    box.setPlainText(text)
    lines = max(1, box.blockCount())
    frame = 2 * (box.frameWidth() + int(box.document().documentMargin()) + 4)
    box.setFixedHeight(lines * box.fontMetrics().lineSpacing() + frame + 4)


def _json_box(name: str) -> QPlainTextEdit:
    box = QPlainTextEdit()
    box.setProperty("role", "code")
    box.setReadOnly(True)
    box.setAccessibleName(name)
    box.setTabChangesFocus(True)
    box.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    return box
