"""The over-fetch meter under a lane: how much of the body was not asked for. Word, bar and number."""

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from app.operations.compare import DEFINITIONS, OverFetch
from app.ui.stylesheet import restyle
from app.ui.widgets.labels import NumberLabel, role_label
from app.viewmodels.figures import count, percent, size

_WORTH_A_COLOUR = 0.05
_LEAST_BAR = 24  # px: Qt would cut the words for a longer one


class OverFetchMeter(QWidget):
    """Shows one OverFetch. GUI thread."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = QProgressBar(self)
        self._bar.setProperty("role", "meter")
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setMinimumWidth(_LEAST_BAR)
        self._bar.setAccessibleName("Over-fetch")
        self.number = NumberLabel("100 %", parent=self)
        self._outdated = False
        self._tone = ""
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(role_label("Over-fetch", "muted"))
        layout.addWidget(self._bar, 1)
        layout.addWidget(self.number)
        self.show_over_fetch(None)

    def show_over_fetch(self, measured: OverFetch | None) -> None:
        """Show the share and tell in the tool tip what was counted; a dash without an answer."""
        share = measured.share if measured else None
        tone = "" if share is None else "warning" if share >= _WORTH_A_COLOUR else "ok"
        self._fill(0 if share is None else max(round(share * 1000), 12))
        self._tone = tone
        self._colour()
        self.number.setText(percent(share))
        words = DEFINITIONS["over_fetch"]
        if measured is not None:
            words += (
                f"\n{size(measured.bytes_extra)} of {size(measured.bytes_total)} were not asked for; "
                f"{count(measured.fields_wanted, 'field')} wanted, {measured.fields_received} received."
            )
        self.setToolTip(words)
        self._bar.setAccessibleDescription(f"{percent(share)}. {words}")

    def _fill(self, value: int) -> None:
        """A visible QProgressBar repaints at once, and the whole window's waiting repaints with it."""
        if value != self._bar.value():
            self._bar.setUpdatesEnabled(False)
            self._bar.setValue(value)
            self._bar.setUpdatesEnabled(True)

    def set_outdated(self, outdated: bool) -> None:
        """Whether the number is of a request that has changed since: then it is grey."""
        if outdated != self._outdated:
            self._outdated = outdated
            self._colour()

    def _colour(self) -> None:
        restyle(self._bar, tone="muted" if self._outdated else self._tone)
        restyle(self.number, role="muted" if self._outdated else "")
