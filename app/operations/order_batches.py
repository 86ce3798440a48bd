"""Puts the messages of all streams into few events, so that 6,000 a second flood neither bus nor window.

The first message goes out at once; what arrives within the next 16 ms goes out together. None is lost, and
what a stream says afterwards (its end) never overtakes its messages.
"""

import threading
import time
from collections.abc import Callable, Sequence

from app.domain.events import Event, OrderReceived, OrdersReceived
from app.domain.lanes import Lane
from app.domain.streams import StreamFigures

INTERVAL = 0.016  # seconds

Publish = Callable[[Event], object]


class OrderBatches:
    """Collects and publishes. Any thread; its own thread runs while a stream is open."""

    def __init__(
        self, publish: Publish, *, interval: float = INTERVAL, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._publish = publish
        self._interval = interval
        self._clock = clock
        self._changed = threading.Condition()
        self._sending = threading.Lock()  # held from taking a batch to its publication: keeps the order
        self._pending: dict[str, _Pending] = {}
        self._open = 0
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """A stream begins."""
        with self._changed:
            self._open += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="order-batches", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """A stream has ended; call flush() before."""
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def add(
        self, stream_id: str, lane: Lane, messages: Sequence[OrderReceived], figures: StreamFigures | None
    ) -> None:
        """Take over messages of one stream."""
        with self._changed:
            pending = self._pending.get(stream_id)
            if pending is None:
                pending = self._pending[stream_id] = _Pending(lane)
                self._changed.notify_all()
            pending.messages.extend(messages)
            pending.figures = figures or pending.figures

    def flush(self, stream_id: str) -> None:
        """Publish what is left of one stream, here and now."""
        with self._sending:
            with self._changed:
                pending = self._pending.pop(stream_id, None)
            if pending is not None:
                self._publish(pending.event(stream_id, self._clock()))

    def _run(self) -> None:
        pace = threading.Event()  # never set: a pause that is no sleep of the whole process' clock
        while self._await_messages():
            with self._sending:
                with self._changed:
                    taken, self._pending = self._pending, {}
                now = self._clock()
                for stream_id, pending in taken.items():
                    self._publish(pending.event(stream_id, now))
            pace.wait(self._interval)

    def _await_messages(self) -> bool:
        with self._changed:
            while not self._pending:
                if self._open <= 0:
                    self._thread = None
                    return False
                self._changed.wait()
            return True


class _Pending:
    """Messages of one stream on their way out."""

    __slots__ = ("figures", "lane", "messages")

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.messages: list[OrderReceived] = []
        self.figures: StreamFigures | None = None

    def event(self, stream_id: str, now: float) -> OrdersReceived:
        return OrdersReceived(
            at=now,
            stream_id=stream_id,
            lane=self.lane,
            messages=tuple(self.messages),
            figures=self.figures,
        )
