"""One lane's part of the outage panel: two sliders that matter most, everything else under More."""

import math
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.domain.lanes import Lane
from app.ui.panels.fields import ScrollSafeSlider, muted, quiet_button, set_tone
from app.ui.panels.outage_details import LONGEST_DELAY, LaneDetails
from app.ui.stylesheet import restyle
from app.ui.widgets.labels import ElidedLabel, NumberLabel, role_label
from app.ui.widgets.tab_order import set_tab_order
from app.viewmodels.outage import OutageModel
from app.viewmodels.outage_rules import delay_words, summary

DELAY_STEPS = 100


def delay_at(step: int) -> int:
    """Milliseconds at a place of the slider: fine at the short end, ten seconds at the long one."""
    exact = LONGEST_DELAY * (step / DELAY_STEPS) ** 2
    grain = 1 if exact < 20 else 5 if exact < 100 else 10 if exact < 500 else 50 if exact < 2000 else 100
    return round(exact / grain) * grain


def delay_step(ms: int) -> int:
    """The place of the slider nearest to a delay."""
    return round(DELAY_STEPS * math.sqrt(min(ms, LONGEST_DELAY) / LONGEST_DELAY))


class LaneSection(QWidget):
    """Shows and changes one lane's outage. GUI thread."""

    def __init__(self, lane: Lane, model: OutageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lane = lane
        self._model = model
        name = lane.label
        self.status = ElidedLabel()
        self.status.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.rate = ScrollSafeSlider(100, f"{name} failure rate, percent")
        self.rate_text = NumberLabel("100 %")
        self.delay = ScrollSafeSlider(DELAY_STEPS, f"{name} delay")
        self.delay_text = NumberLabel("≈ 10000 ms")
        for text in (self.rate_text, self.delay_text):
            text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.more = quiet_button(
            "", "Kind of failure, spread of the delay, rate limit, streams, one-time failures"
        )
        self.more.setAccessibleName(f"More about {name}")
        self.more.setCheckable(True)
        self._details: LaneDetails | None = None
        self._lay_out()
        self._connect()
        self._show_details(False)
        self.show_outage()

    @property
    def details(self) -> LaneDetails:
        """What is under More. Built when it is first wanted: nothing else kept the start as long."""
        if self._details is None:
            self._details = LaneDetails(self._lane, self._model)
            self._details.setVisible(False)
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self._details)
            # The last to arrive would be the last to be reached.
            set_tab_order((self.delay, *self._details.inputs))
        return self._details

    @Slot()
    def show_outage(self) -> None:
        """Show what the model holds."""
        outage = self._model.outage(self._lane)
        with QSignalBlocker(self.rate):
            self.rate.setValue(round(outage.failure_rate * 100))
        if delay_at(self.delay.value()) != outage.delay_ms:  # many delays share a place: leave the hand alone
            with QSignalBlocker(self.delay):
                self.delay.setValue(delay_step(outage.delay_ms))
        self.rate_text.setText(f"{round(outage.failure_rate * 100)} %")
        self.delay_text.setText(f"{'≈ ' if outage.spread_ms else ''}{outage.delay_ms} ms")
        self.delay_text.setToolTip(delay_words(outage))
        set_tone(self.rate, "error" if outage.failure_rate else "")
        words = summary(self._lane, outage)
        short = summary(self._lane, replace(outage, delay_ms=0, spread_ms=0))  # the delay stands below,
        short = short.replace(f" at {self.rate_text.text()}", "")  # and so does the rate
        self.status.set_full_text(short or ("slow" if words else "healthy"))
        if self._details is not None:
            self._details.show_outage()
        restyle(self.status, role="error" if outage.failure_rate else "warning" if words else "muted")

    def _lay_out(self) -> None:
        title = role_label(self._lane.label, "lane", lane=self._lane.value)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(title)
        top.addWidget(self.status, 1)
        top.addWidget(self.more)
        sliders = QGridLayout()
        sliders.setHorizontalSpacing(8)
        sliders.setVerticalSpacing(4)
        for row, (name, slider, text) in enumerate(
            (("failure rate", self.rate, self.rate_text), ("delay", self.delay, self.delay_text))
        ):
            sliders.addWidget(muted(name), row, 0)
            sliders.addWidget(slider, row, 1)
            sliders.addWidget(text, row, 2)
        sliders.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addLayout(sliders)

    def _connect(self) -> None:
        self.rate.valueChanged.connect(self._change_rate)
        self.delay.valueChanged.connect(self._change_delay)
        self.rate.sliderReleased.connect(self._model.send)
        self.more.toggled.connect(self._show_details)

    @Slot(int)
    def _change_rate(self, percent: int) -> None:
        self._model.change(self._lane, failure_rate=percent / 100)

    @Slot(int)
    def _change_delay(self, step: int) -> None:
        self._model.change(self._lane, delay_ms=delay_at(step))

    @Slot(bool)
    def _show_details(self, shown: bool) -> None:
        if shown or self._details is not None:
            self.details.setVisible(shown)
        self.more.setText("More ▾" if shown else "More ▸")
