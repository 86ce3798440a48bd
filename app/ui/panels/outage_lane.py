"""One lane's part of the outage panel: two sliders that matter most, everything else under More."""

import math
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS
from app.ui.panels.fields import (
    ScrollSafeCombo,
    ScrollSafeSlider,
    add_row,
    form,
    muted,
    quiet_button,
    real_box,
    set_tone,
    whole_box,
)
from app.ui.stylesheet import restyle
from app.ui.widgets.labels import ElidedLabel, NumberLabel, role_label
from app.viewmodels.outage import OutageModel
from app.viewmodels.outage_rules import (
    ERRORS,
    Distribution,
    FailureKind,
    StreamFault,
    delay_words,
    kinds,
    summary,
)

DELAY_STEPS = 100
LONGEST_DELAY = 10_000  # ms

_SPREADS = (
    ("fixed", Distribution.FIXED),
    ("uniform", Distribution.UNIFORM),
    ("normal", Distribution.NORMAL),
    ("log-normal", Distribution.LOGNORMAL),
)
_STREAMS = (
    ("nothing", StreamFault.NONE),
    ("stalls", StreamFault.STALL),
    ("is aborted", StreamFault.ABORT),
)


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
        self.kind = ScrollSafeCombo(f"{name} kind of failure", [(kind.label, kind) for kind in kinds(lane)])
        for index, kind in enumerate(kinds(lane)):
            self.kind.setItemData(index, kind.hint(lane), Qt.ItemDataRole.ToolTipRole)
        self.error = ScrollSafeCombo(f"{name} error", [(error, error) for error in ERRORS[lane]])
        self.drip = whole_box(f"{name} slow drip", 1, 1_000_000, " B/s")
        self.burst = whole_box(f"{name} burst", 0, 99, " %", "none")
        self.distribution = ScrollSafeCombo(f"{name} delay distribution", _SPREADS)
        self.spread = whole_box(f"{name} delay spread", 0, LONGEST_DELAY, " ms")
        self.limit = whole_box(f"{name} rate limit", 0, 100_000, " calls", "none")
        self.limit_window = real_box(f"{name} rate limit window", 0.1, 3600, " s")
        self.retry_after = real_box(f"{name} Retry-After", 0.0, 3600, " s", "when there is room")
        self.operation = ScrollSafeCombo(f"{name} only this operation", _operations())
        self.stream = ScrollSafeCombo(f"{name} order stream", _STREAMS)
        self.stream_after = whole_box(f"{name} messages before", 0, 1000, " msg")
        self.next_count = whole_box(f"{name} requests to fail", 1, 1000)
        self.next = QPushButton("Fail next")
        self.next.setAccessibleName(f"Fail the next {name} requests")
        self.next.setToolTip("The next requests of this lane fail, whatever the rate")
        self.next.setAutoDefault(False)
        self.more = quiet_button(
            "", "Kind of failure, spread of the delay, rate limit, streams, one-time failures"
        )
        self.more.setAccessibleName(f"More about {name}")
        self.more.setCheckable(True)
        self.details = self._details()
        self._lay_out()
        self._connect()
        self._show_details(False)
        self.show_outage()

    @Slot()
    def show_outage(self) -> None:
        """Show what the model holds."""
        outage = self._model.outage(self._lane)
        values: tuple[tuple[Any, Any], ...] = (
            (self.rate, round(outage.failure_rate * 100)),
            (self.drip, outage.drip_bytes),
            (self.burst, round(outage.burst * 100)),
            (self.spread, outage.spread_ms),
            (self.limit, outage.rate_limit),
            (self.limit_window, outage.window_s),
            (self.retry_after, outage.retry_after_s or 0.0),
            (self.stream_after, outage.stream_after),
        )
        for widget, value in values:
            with QSignalBlocker(widget):
                widget.setValue(value)
        if delay_at(self.delay.value()) != outage.delay_ms:  # many delays share a place: leave the hand alone
            with QSignalBlocker(self.delay):
                self.delay.setValue(delay_step(outage.delay_ms))
        choices: tuple[tuple[ScrollSafeCombo, object], ...] = (
            (self.kind, outage.kind),
            (self.error, outage.error or ERRORS[self._lane][0]),
            (self.distribution, outage.distribution),
            (self.operation, outage.operation),
            (self.stream, outage.stream),
        )
        for combo, choice in choices:
            with QSignalBlocker(combo):
                combo.show_value(choice)
        self.rate_text.setText(f"{round(outage.failure_rate * 100)} %")
        self.delay_text.setText(f"{'≈ ' if outage.spread_ms else ''}{outage.delay_ms} ms")
        self.delay_text.setToolTip(delay_words(outage))
        self.kind.setToolTip(outage.kind.hint(self._lane))
        self.kind.setAccessibleDescription(self.kind.toolTip())
        self.error.setEnabled(outage.kind in (FailureKind.ERROR, FailureKind.PARTIAL))
        self.drip.setEnabled(outage.kind is FailureKind.DRIP)
        self.spread.setEnabled(outage.distribution is not Distribution.FIXED)
        set_tone(self.rate, "error" if outage.failure_rate else "")
        words = summary(self._lane, outage)
        short = summary(self._lane, replace(outage, delay_ms=0, spread_ms=0))  # the delay stands below
        self.status.set_full_text(short or ("slow" if words else "healthy"))
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
        layout.addWidget(self.details)

    def _details(self) -> QWidget:
        widget, grid = form()
        add_row(grid, "fails with", self.kind)
        add_row(grid, "error", self.error)
        add_row(grid, "drips", self.drip)
        add_row(grid, "in bursts", self.burst)
        add_row(grid, "delay is", self.distribution, self.spread)
        add_row(grid, "rate limit", self.limit, self.limit_window)
        add_row(grid, "retry after", self.retry_after)
        add_row(grid, "only for", self.operation)
        add_row(grid, "stream", self.stream, self.stream_after)
        add_row(grid, "one time", self.next_count, self.next)
        self.burst.setToolTip("How likely a request repeats the luck of the one before: failures cluster")
        self.spread.setToolTip("Half width, deviation, or median to 84th percentile when log-normal")
        self.retry_after.setToolTip("What Retry-After or the pushback tells the client")
        return widget

    def _connect(self) -> None:
        for widget in (
            self.rate,
            self.delay,
            self.drip,
            self.burst,
            self.spread,
            self.limit,
            self.limit_window,
            self.retry_after,
            self.stream_after,
        ):
            widget.valueChanged.connect(self._changed)
        for combo in (self.kind, self.error, self.distribution, self.operation, self.stream):
            combo.currentIndexChanged.connect(self._changed)
        self.next.clicked.connect(self._fail_next)
        self.more.toggled.connect(self._show_details)
        self.rate.sliderReleased.connect(self._model.send)

    @Slot()
    def _changed(self) -> None:
        sender = self.sender()
        fields: dict[object, dict[str, Any]] = {
            self.rate: {"failure_rate": self.rate.value() / 100},
            self.delay: {"delay_ms": delay_at(self.delay.value())},
            self.drip: {"drip_bytes": self.drip.value()},
            self.burst: {"burst": self.burst.value() / 100},
            self.spread: {"spread_ms": self.spread.value()},
            self.limit: {"rate_limit": self.limit.value()},
            self.limit_window: {"window_s": self.limit_window.value()},
            self.retry_after: {"retry_after_s": self.retry_after.value() or None},
            self.stream_after: {"stream_after": self.stream_after.value()},
            self.kind: {"kind": self.kind.value},
            self.error: {"error": self.error.value},
            self.distribution: {"distribution": self.distribution.value},
            self.operation: {"operation": self.operation.value},
            self.stream: {"stream": self.stream.value},
        }
        change = fields.get(sender)
        if change is not None:
            self._model.change(self._lane, **change)

    @Slot(bool)
    def _show_details(self, shown: bool) -> None:
        self.details.setVisible(shown)
        self.more.setText("More ▾" if shown else "More ▸")

    @Slot()
    def _fail_next(self) -> None:
        self._model.fail_next(self._lane, self.next_count.value())


def _operations() -> list[tuple[str, object]]:
    return [("every operation", ""), *((each.title, each.id.value) for each in OPERATIONS.values())]
