"""The three status pills and the call counters: what is up, what is broken, how much went through."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.events import BackendChanged, BackendState, CallFinished, CallStarted, FaultsChanged
from app.domain.lanes import Lane
from app.domain.values import dataclass

SLOW_MS = 5000  # a server that has not come up by then is said to be slow, and may be started again


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendStatus:
    """One lane's server as the status bar shows it."""

    lane: Lane
    state: BackendState = BackendState.STARTING
    address: str = ""
    message: str = ""  # why it failed
    slow: bool = False  # starting for longer than anybody should wait
    faults: str = ""  # what is broken on purpose; empty means healthy

    @property
    def tone(self) -> str:
        """ok, warning, error, or nothing while it starts or is stopped."""
        if self.state is BackendState.FAILED:
            return "error"
        if self.state is BackendState.UP:
            return "warning" if self.faults else "ok"
        return "warning" if self.slow else ""

    @property
    def offers_retry(self) -> bool:
        """Whether starting it again makes sense."""
        return self.slow or self.state is BackendState.FAILED

    @property
    def text(self) -> str:
        """Lane and state in words: "REST up", "gRPC degraded"."""
        if self.slow:
            return f"{self.lane.label} slow to start"
        degraded = self.state is BackendState.UP and self.faults
        return f"{self.lane.label} {'degraded' if degraded else self.state.value}"

    @property
    def explanation(self) -> str:
        """Where it listens, what is broken, or why it did not come up."""
        if self.slow:
            return (
                f"It does not listen after {SLOW_MS // 1000} s. Retry gives this start up and begins another."
            )
        parts = (self.message if self.state is BackendState.FAILED else self.address, self.faults)
        return "\n".join(part for part in parts if part) or "not listening yet"


class BackendsModel(QObject):
    """Follows BackendChanged, FaultsChanged and the calls on the bus. GUI thread.

    ``retry`` starts one lane's server again and returns at once; ``at_end`` is the bus's.
    """

    status_changed = Signal(object)  # BackendStatus
    counts_changed = Signal(int, int)  # finished calls, calls in flight
    all_ready = Signal()
    noticed = Signal(str)  # a sentence about the start, once, though every lane may bring it

    def __init__(
        self,
        *,
        retry: Callable[[Lane], None] | None = None,
        at_end: Callable[[Callable[[], None]], None] = lambda tell: tell(),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._retry = retry
        self._at_end = at_end
        self._statuses = {lane: BackendStatus(lane=lane) for lane in Lane}
        self._finished = 0
        self._in_flight: set[str] = set()
        self._noticed = ""
        self._waiting = {lane: self._wait() for lane in Lane}

    def _wait(self) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(SLOW_MS)
        timer.timeout.connect(self._show_slow)
        return timer

    @property
    def can_retry(self) -> bool:
        """Whether a failed server can be started again from here."""
        return self._retry is not None

    @property
    def finished(self) -> int:
        """Calls that ended since the start."""
        return self._finished

    @property
    def in_flight(self) -> int:
        """Calls that run now."""
        return len(self._in_flight)

    def status(self, lane: Lane) -> BackendStatus:
        """What is known of one lane's server."""
        return self._statuses[lane]

    @Slot(object)
    def on_backend_changed(self, event: BackendChanged) -> None:
        """A server came up, failed or stopped."""
        known = self._statuses[event.lane]
        address = event.address or known.address
        self._put(replace(known, state=event.state, address=address, message=event.message, slow=False))
        if event.state is BackendState.STARTING:
            self._waiting[event.lane].start()
        else:
            self._waiting[event.lane].stop()
        if event.state is BackendState.UP and event.message not in {"", self._noticed}:
            self._noticed = event.message
            self.noticed.emit(event.message)
        if event.state is BackendState.UP and all(
            status.state is BackendState.UP for status in self._statuses.values()
        ):
            self.all_ready.emit()

    @Slot(object)
    def on_faults_changed(self, event: FaultsChanged) -> None:
        """An outage was set or lifted."""
        self._put(replace(self._statuses[event.lane], faults=event.summary))

    @Slot(object)
    def on_call_started(self, event: CallStarted) -> None:
        """One more in flight."""
        self._in_flight.add(event.call_id)
        self._at_end(self._tell_counts)

    @Slot(object)
    def on_call_finished(self, event: CallFinished) -> None:
        """One more done."""
        self._in_flight.discard(event.call_id)
        self._finished += 1
        self._at_end(self._tell_counts)

    def _tell_counts(self) -> None:
        self.counts_changed.emit(self._finished, len(self._in_flight))

    def retry(self, lane: Lane) -> None:
        """Start a server again that failed or is slow; anything else is left alone."""
        if self._retry is not None and self._statuses[lane].offers_retry:
            self._put(replace(self._statuses[lane], state=BackendState.STARTING, message="", slow=False))
            self._retry(lane)

    @Slot()
    def _show_slow(self) -> None:
        for lane, waiting in self._waiting.items():
            status = self._statuses[lane]
            if status.state is BackendState.STARTING and not waiting.isActive():
                self._put(replace(status, slow=True))

    def _put(self, status: BackendStatus) -> None:
        if status != self._statuses[status.lane]:
            self._statuses[status.lane] = status
            self.status_changed.emit(status)
