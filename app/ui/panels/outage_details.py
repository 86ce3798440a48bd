"""Under More of a lane's outage: kind of failure, spread of delay, rate limit, streams, one-time faults.

Fifteen inputs that hardly anybody opens at the start: the section builds them when somebody does.
"""

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS
from app.ui.panels.fields import ScrollSafeCombo, add_row, form, real_box, whole_box
from app.viewmodels.outage import OutageModel
from app.viewmodels.outage_rules import ERRORS, Distribution, FailureKind, StreamFault, kinds

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
    ("is reset", StreamFault.RESET),
    ("is slow", StreamFault.DELAY),
)


class LaneDetails(QWidget):
    """Shows and changes what is under More. Shows the model's state once made. GUI thread."""

    def __init__(self, lane: Lane, model: OutageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lane = lane
        self._model = model
        name = lane.label
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
        self.stream_delay = whole_box(f"{name} delay of each message", 1, LONGEST_DELAY, " ms")
        self._stream_number = QStackedWidget()  # the one that means something
        self._stream_number.addWidget(self.stream_after)
        self._stream_number.addWidget(self.stream_delay)
        self.next_count = whole_box(f"{name} requests to fail", 1, 1000)
        self.next = QPushButton("Fail next")
        self.next.setAccessibleName(f"Fail the next {name} requests")
        self.next.setToolTip("The next requests of this lane fail, whatever the rate")
        self.next.setAutoDefault(False)
        self.inputs: tuple[QWidget, ...] = (  # as they are read, so as Tab reaches them
            *(self.kind, self.error, self.drip, self.burst, self.distribution, self.spread),
            *(self.limit, self.limit_window, self.retry_after, self.operation),
            *(self.stream, self.stream_after, self.stream_delay, self.next_count, self.next),
        )
        self._lay_out()
        self._connect()
        self.show_outage()

    @Slot()
    def show_outage(self) -> None:
        """Show what the model holds."""
        outage = self._model.outage(self._lane)
        values: tuple[tuple[Any, Any], ...] = (
            (self.drip, outage.drip_bytes),
            (self.burst, round(outage.burst * 100)),
            (self.spread, outage.spread_ms),
            (self.limit, outage.rate_limit),
            (self.limit_window, outage.window_s),
            (self.retry_after, outage.retry_after_s or 0.0),
            (self.stream_after, outage.stream_after),
            (self.stream_delay, outage.stream_delay_ms),
        )
        for widget, value in values:
            with QSignalBlocker(widget):
                widget.setValue(value)
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
        self.kind.setToolTip(outage.kind.hint(self._lane))
        self.kind.setAccessibleDescription(self.kind.toolTip())
        self.error.setEnabled(outage.kind in (FailureKind.ERROR, FailureKind.PARTIAL))
        self.drip.setEnabled(outage.kind is FailureKind.DRIP)
        self.spread.setEnabled(outage.distribution is not Distribution.FIXED)
        slow = outage.stream is StreamFault.DELAY
        self._stream_number.setCurrentWidget(self.stream_delay if slow else self.stream_after)

    def _lay_out(self) -> None:
        inputs, grid = form()
        add_row(grid, "fails with", self.kind)
        add_row(grid, "error", self.error)
        add_row(grid, "drips", self.drip)
        add_row(grid, "in bursts", self.burst)
        add_row(grid, "delay is", self.distribution, self.spread)
        add_row(grid, "rate limit", self.limit, self.limit_window)
        add_row(grid, "retry after", self.retry_after)
        add_row(grid, "only for", self.operation)
        add_row(grid, "stream", self.stream, self._stream_number)
        add_row(grid, "one time", self.next_count, self.next)
        self.burst.setToolTip("How likely a request repeats the luck of the one before: failures cluster")
        self.spread.setToolTip("Half width, deviation, or median to 84th percentile when log-normal")
        self.stream_after.setToolTip("How many messages come before it")
        self.stream_delay.setToolTip("How late each message is")
        self.retry_after.setToolTip("What Retry-After or the pushback tells the client")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(inputs)

    def _connect(self) -> None:
        for widget in (
            self.drip,
            self.burst,
            self.spread,
            self.limit,
            self.limit_window,
            self.retry_after,
            self.stream_after,
            self.stream_delay,
        ):
            widget.valueChanged.connect(self._changed)
        for combo in (self.kind, self.error, self.distribution, self.operation, self.stream):
            combo.currentIndexChanged.connect(self._changed)
        self.next.clicked.connect(self._fail_next)

    @Slot()
    def _changed(self) -> None:
        sender = self.sender()
        fields: dict[object, dict[str, Any]] = {
            self.drip: {"drip_bytes": self.drip.value()},
            self.burst: {"burst": self.burst.value() / 100},
            self.spread: {"spread_ms": self.spread.value()},
            self.limit: {"rate_limit": self.limit.value()},
            self.limit_window: {"window_s": self.limit_window.value()},
            self.retry_after: {"retry_after_s": self.retry_after.value() or None},
            self.stream_after: {"stream_after": self.stream_after.value()},
            self.stream_delay: {"stream_delay_ms": self.stream_delay.value()},
            self.kind: {"kind": self.kind.value},
            self.error: {"error": self.error.value},
            self.distribution: {"distribution": self.distribution.value},
            self.operation: {"operation": self.operation.value},
            self.stream: {"stream": self.stream.value},
        }
        change = fields.get(sender)
        if change is not None:
            self._model.change(self._lane, **change)

    @Slot()
    def _fail_next(self) -> None:
        self._model.fail_next(self._lane, self.next_count.value())


def _operations() -> list[tuple[str, object]]:
    return [("every operation", ""), *((each.title, each.id.value) for each in OPERATIONS.values())]
