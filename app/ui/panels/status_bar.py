"""The bottom line: one pill for each server, how many calls went through, and the keys to remember."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStatusBar, QWidget

from app.domain.lanes import Lane
from app.ui.actions import Actions, key_text
from app.ui.theme import ThemeSource, tabular
from app.ui.widgets.dot import Dot
from app.ui.widgets.labels import ElidedLabel, NumberLabel, role_label
from app.viewmodels.backends import BackendsModel

_HINTS = {"palette": "palette", "send": "send", "shortcuts": "shortcuts"}  # id: word
_PASSING = 8000  # ms a sentence about what was just done stays
_SETTLE = 100  # ms: counters are drawn at most ten times a second, however fast the calls come


class BackendPill(QWidget):
    """One server: mark, words, and Retry when it did not come up or takes long. GUI thread."""

    def __init__(self, model: BackendsModel, lane: Lane, themes: ThemeSource) -> None:
        super().__init__()
        self._model = model
        self._lane = lane
        self._dot = Dot(themes, "muted")
        self._text = QLabel()
        self._text.setObjectName(f"pill-{lane}")
        self._retry = QPushButton("Retry")
        self._retry.setProperty("role", "compact")
        self._retry.setObjectName(f"retry-{lane}")
        self._retry.setAccessibleName(f"Start {lane.label} again")
        self._retry.clicked.connect(self._ask_retry)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self._dot, self._text, self._retry):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        model.status_changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        status = self._model.status(self._lane)
        self._dot.set_token(status.tone or "muted")
        self._text.setText(status.text)
        self._text.setAccessibleName(f"{status.text}: {status.explanation}")
        self.setToolTip(status.explanation)
        self._retry.setVisible(status.offers_retry and self._model.can_retry)

    @Slot()
    def _ask_retry(self) -> None:
        self._model.retry(self._lane)


class StatusBar(QStatusBar):
    """Pills left, counters beside them, key hints right. GUI thread."""

    def __init__(self, model: BackendsModel, *, actions: Actions, themes: ThemeSource) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self._model = model
        self._actions = actions
        self._calls = NumberLabel("00 000 calls · 00 in flight", role="muted")
        self._calls.setObjectName("call-counts")
        self._note = ElidedLabel(role="muted")  # a notice may be longer than the bar
        self._note.setFont(tabular(self._note.font()))
        self._standing, self._hint = "", ""
        self._passing = QTimer(self)
        self._passing.setSingleShot(True)
        self._passing.setInterval(_PASSING)
        self._passing.timeout.connect(self._show_standing)
        self._hints = role_label("", "muted")
        self._hints.setObjectName("key-hints")
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE)
        self._left = QWidget()
        row = QHBoxLayout(self._left)
        row.setContentsMargins(12, 0, 0, 0)
        row.setSpacing(16)
        for lane in Lane:
            row.addWidget(BackendPill(model, lane, themes))
        row.addWidget(self._calls)
        row.addWidget(self._note, 1)
        self.addWidget(self._left, 1)
        self._hints.setContentsMargins(0, 0, 12, 0)
        self.addPermanentWidget(self._hints)
        model.counts_changed.connect(self._counts_changed)
        self._settle.timeout.connect(self._show_counts)
        actions.available_changed.connect(self._show_hints)
        self._show_counts()
        self._show_hints()

    @Slot(str)
    def set_note(self, text: str) -> None:
        """A further number after the counters, such as the window's own latency."""
        self._standing = text
        if not self._passing.isActive() and not self._hint:
            self._show_note(text)

    @Slot(str)
    def tell(self, sentence: str) -> None:
        """Say for some seconds what was just done, in the place of the note."""
        self._show_note(sentence)
        self._passing.start()

    def show_hint(self, text: str) -> None:
        """What the menu entry under the pointer does; empty when it is left. Pills and counters stay."""
        self._hint = text
        self._show_note(text or self._standing)

    @Slot()
    def _show_standing(self) -> None:
        self._show_note(self._standing)

    def _show_note(self, text: str) -> None:
        self._note.set_full_text(text)
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A long sentence needs the place of the key hints, or does not any more."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        needed = self._left.sizeHint().width() + self._hints.sizeHint().width()
        self._hints.setVisible(needed <= self.width())

    @Slot()
    def _counts_changed(self) -> None:
        if not self._settle.isActive():
            self._settle.start()

    @Slot()
    def _show_counts(self) -> None:
        done, now = self._model.finished, self._model.in_flight
        word = "call" if done == 1 else "calls"
        self._calls.setText(f"{done:,} {word} · {now} in flight".replace(",", " "))

    @Slot()
    def _show_hints(self) -> None:
        shown: Sequence[str] = [
            f"{key_text(spec.keys[0])} {_HINTS[spec.id]}" for spec, _ in self._actions if spec.id in _HINTS
        ]
        self._hints.setText(" · ".join(shown))
