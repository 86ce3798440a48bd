"""One lane of the orders panel: its stream's state, counters and words. Plain data; GUI thread."""

from app.domain.events import StreamChanged, StreamState
from app.domain.lanes import Lane
from app.domain.results import Outcome
from app.domain.streams import StreamFigures
from app.operations.watch_orders import OrderWatch
from app.runtime.workers import Handle


class OrderLane:
    """What is known of one lane's stream."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.clear()

    def clear(self) -> None:
        """As before the first stream."""
        self.stream_id = ""
        self.watch: OrderWatch | None = None
        self.handle: Handle | None = None
        self.state: StreamState | None = None
        self.change: StreamChanged | None = None
        self.figures = StreamFigures()
        self.received = 0
        self.hidden = 0  # left the view's ring
        self.problem = ""  # why there is no stream at all

    @property
    def running(self) -> bool:
        """Whether the stream is under way."""
        return self.state not in (None, StreamState.ENDED)

    @property
    def reconnects(self) -> int:
        """Reconnects so far, by hand and by itself."""
        return self.change.reconnects if self.change is not None else 0

    @property
    def can_reconnect(self) -> bool:
        """Whether an ended stream can be taken up again."""
        return self.watch is not None and self.state is StreamState.ENDED

    @property
    def words(self) -> str:
        """The state, as short as a chip."""
        if self.problem:
            return "not up"
        match self.state:
            case None:
                return "idle"
            case StreamState.WAITING:
                return "reconnecting"
            case StreamState.ENDED:
                return _end_words(self.change)
            case state:
                return state.value

    @property
    def tone(self) -> str:
        """One of the chip's tones."""
        if self.problem:
            return "warning"
        match self.state:
            case StreamState.OPEN:
                return "ok"
            case StreamState.CONNECTING:
                return "accent"
            case StreamState.WAITING:
                return "warning"
            case StreamState.ENDED:
                good = self.change is not None and self.change.outcome in (Outcome.OK, Outcome.CANCELLED)
                return "" if good else "error"
            case _:
                return ""

    @property
    def explanation(self) -> str:
        """The state in full."""
        change = self.change
        if self.problem or change is None:
            return self.problem
        parts = [change.state.value, change.status, change.message]
        if change.state is StreamState.WAITING:
            parts.append(f"next try in {change.delay:.1f} s")
        if change.injected:
            parts.append(f"injected fault: {change.injected}")
        parts += [f"{name}: {value}" for name, value in change.trailers]
        return "\n".join(part for part in parts if part)


def _end_words(change: StreamChanged | None) -> str:
    if change is None or change.outcome is None:
        return "ended"
    match change.outcome:
        case Outcome.OK:
            return "complete"
        case Outcome.CANCELLED:
            return "cancelled"
        case outcome:
            return outcome.value
