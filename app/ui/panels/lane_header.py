"""The head of a lane: its name and address, what was done to the request, and the chips of the last call."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.domain.events import BackendState
from app.runtime.soon import soon
from app.ui.stylesheet import between_sheets
from app.ui.theme import ThemeSource
from app.ui.widgets.chip import Chip
from app.ui.widgets.dot import Dot
from app.ui.widgets.labels import ElidedLabel, role_label
from app.viewmodels.lane import LaneModel
from app.viewmodels.lane_chips import ChipText

GAP = 4
LEAST_HEIGHT = 20  # px
LEAST_STATUS = 56  # px: below this a status says nothing any more


class ChipRow(QWidget):
    """Chips in one row of fixed height; short words in a narrow lane, then the first is cut. GUI thread."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fit_soon = soon(self._fit, self)
        self._texts: Sequence[ChipText] = ()
        self._chips: list[Chip] = [Chip(parent=self)]
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Result in short")

    def show_chips(self, texts: Sequence[ChipText]) -> None:
        """Replace the chips."""
        if tuple(texts) == tuple(self._texts):
            return
        self._texts = texts
        while len(self._chips) < len(texts):
            self._chips.append(Chip(parent=self))
        for chip in self._chips:
            chip.setVisible(self._chips.index(chip) < len(texts))
        self.setAccessibleDescription(", ".join(one.text for one in texts))
        self._arrange()

    def texts(self) -> list[str]:
        """What the visible chips say, for tests."""
        return [chip.text() for chip in self._chips if not chip.isHidden()]

    def sizeHint(self) -> QSize:
        """As high as a chip in the font in force. The row never widens a lane."""
        return QSize(0, max(self._chips[0].sizeHint().height(), LEAST_HEIGHT))

    minimumSizeHint = sizeHint

    def changeEvent(self, event: QEvent) -> None:
        """Another style sheet may have other chips; they hear of it after the row does."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and not between_sheets():
            self._fit_soon.start()

    @Slot()
    def _fit(self) -> None:
        self.updateGeometry()
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose the words anew."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        widths = self._say(short=False)
        if sum(widths) + GAP * len(widths) > self.width():
            widths = self._say(short=True)
        for place in self._least_told():
            if self._over(widths) > 0:
                widths[place] = 0
        over = self._over(widths)
        if widths and over > 0:
            widths[0] = max(widths[0] - over, LEAST_STATUS)
            self._cut_first(widths[0])
        left = 0
        for chip, width in zip(self._chips, widths, strict=False):
            chip.setGeometry(left, 0, width, self.height())
            left += width + GAP if width else 0

    def _say(self, *, short: bool) -> list[int]:
        widths = []
        for chip, one in zip(self._chips, self._texts, strict=False):
            text = one.short or one.text if short else one.text
            chip.show_value(text, tone=one.tone, meaning=one.meaning)
            chip.setAccessibleName(one.text)
            widths.append(chip.sizeHint().width())
        return widths

    def _over(self, widths: list[int]) -> int:
        """Pixels that the chips lack."""
        return sum(width + GAP for width in widths if width) - GAP - self.width()

    def _least_told(self) -> list[int]:
        """Chips in the order in which they are given up; the row's description keeps them.

        What says nothing unusual goes first, what is coloured last, the status never.
        """
        places = range(len(self._texts) - 1, 0, -1)
        return sorted(places, key=lambda place: (not self._texts[place].minor, bool(self._texts[place].tone)))

    def _cut_first(self, width: int) -> None:
        first, one = self._chips[0], self._texts[0]
        room = width - (first.sizeHint().width() - first.fontMetrics().horizontalAdvance(first.text()))
        first.setText(first.fontMetrics().elidedText(first.text(), Qt.TextElideMode.ElideRight, room))
        first.setToolTip(f"{one.text}\n{one.meaning}")


class LaneHeader(QWidget):
    """Name, address, state of the request, chips. GUI thread."""

    def __init__(self, model: LaneModel, themes: ThemeSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.chips = ChipRow(self)
        self._address = ElidedLabel(role="muted", mode=Qt.TextElideMode.ElideMiddle)
        self._edited = role_label("edited", "caption")
        self._edited.setToolTip("The request below differs from what the operation bar says.")
        self._reset = self._link("reset", "Throw the edits away", model.reset_draft)
        self._undo = self._link(
            "undo rewrite", "Bring back the edits that the operation bar overwrote", model.undo_rewrite
        )
        self._differs = role_label("why it differs", "caption")
        self._differs.setAccessibleName(f"Why {model.lane.label} differs here")
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(Dot(themes, f"lane_{model.lane.value}", square=True))
        top.addWidget(role_label(model.lane.label, "title"))
        top.addWidget(self._address, 1)
        for widget in (self._differs, self._edited, self._reset, self._undo):
            top.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.chips)
        model.address_changed.connect(self._show_address)
        model.edited_changed.connect(self._show_edits)
        model.draft_changed.connect(self._show_chips)
        model.draft_changed.connect(self._show_note)
        model.activity_changed.connect(self._show_chips)
        model.result_changed.connect(self._show_chips)
        for show in (self._show_address, self._show_edits, self._show_chips, self._show_note):
            show()

    def _link(self, text: str, meaning: str, slot: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setProperty("role", "link")
        button.setAccessibleName(meaning)
        button.setToolTip(meaning)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        # Links come and go: were they higher than the name, lanes beside one another would not line up.
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        button.clicked.connect(slot)
        return button

    @Slot()
    def _show_address(self) -> None:
        words = {
            BackendState.STARTING: "starting …",
            BackendState.FAILED: "did not start",
            BackendState.STOPPED: "stopped",
        }
        state = words.get(self._model.backend_state)
        self._address.set_full_text(state or self._model.address.removeprefix("http://"))

    @Slot()
    def _show_edits(self) -> None:
        self._edited.setVisible(self._model.edited)
        self._reset.setVisible(self._model.edited)
        self._undo.setVisible(self._model.can_undo and not self._model.edited)

    @Slot()
    def _show_note(self) -> None:
        note = self._model.note
        self._differs.setVisible(bool(note))
        self._differs.setToolTip(note)
        self._differs.setAccessibleDescription(note)

    @Slot()
    def _show_chips(self) -> None:
        self.chips.show_chips(self._model.chips or (ChipText(text="not sent yet"),))
