"""The orders panel's state: what is followed, by whom, and what is seen of it. Never a widget.

Every message is counted when its event comes. Rows reach the table at most thirty times a second (fifteen at
high rates), and not while the view is paused; then they wait in a queue as long as the table is.
"""

import itertools
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.domain.cancel import CancelToken
from app.domain.errors import TrilaneError
from app.domain.events import OrdersReceived, StreamChanged, StreamState
from app.domain.lanes import Lane
from app.domain.results import Outcome
from app.domain.streams import OrdersRequest
from app.itemmodels.orders import CAPACITY, OrderRow, OrdersTable
from app.operations.watch_orders import OrderWatch
from app.runtime.event_bus import EventBus
from app.runtime.workers import Handle
from app.viewmodels.arrivals import Arrivals
from app.viewmodels.figures import seconds
from app.viewmodels.memory import Memory, NoMemory
from app.viewmodels.order_lane import OrderLane
from app.viewmodels.order_settings import (
    keep_filter,
    keep_reconnect,
    keep_request,
    recall_filter,
    recall_reconnect,
    recall_request,
)

FRAME_MS = 33
BUSY_FRAME_MS = 66  # nobody reads rows that come by the hundred
_BUSY = 30  # rows a frame
FIGURES_MS = 100  # numbers that change faster cannot be read

SCENARIO = "scenario-"  # begins the ids of streams that nobody started here

WatchFor = Callable[[Lane, OrdersRequest, str], OrderWatch]  # lane, request, stream id; raises StartFailed
Submit = Callable[[Callable[[CancelToken], None]], Handle]


class OrdersModel(QObject):
    """Starts and cancels streams; holds rows and figures. GUI thread."""

    request_changed = Signal()
    lane_changed = Signal(object)  # Lane: its state
    figures_changed = Signal()
    view_changed = Signal()  # paused, filter, rows held back
    running_changed = Signal(bool)

    def __init__(
        self,
        bus: EventBus,
        *,
        watch_for: WatchFor,
        submit: Submit,
        memory: Memory | None = None,
        wall: Callable[[], float] = time.time,
        capacity: int = CAPACITY,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._watch_for = watch_for
        self._submit = submit
        self._wall = wall
        self._ids = itertools.count(1)
        self._memory = memory or NoMemory()
        self.request = recall_request(self._memory)
        self.auto_reconnect = recall_reconnect(self._memory)
        self.lanes = {lane: OrderLane(lane) for lane in Lane}
        self.table = OrdersTable(seconds, capacity=capacity, parent=self)
        self.arrivals = Arrivals()
        self.paused = False
        self.shown_lanes, self.filter_text = recall_filter(self._memory)
        self.table.set_filter(self.shown_lanes, self.filter_text)
        self._waiting: deque[OrderRow] = deque()
        self._frame = self._timer(FRAME_MS, self.show_rows)
        self._figures = self._timer(FIGURES_MS, self.figures_changed.emit)
        bus.subscribe(StreamChanged, self._on_changed)
        bus.subscribe(OrdersReceived, self._on_received)

    # -- what is followed ------------------------------------------------------------------------------

    def change_request(self, **changes: Any) -> None:
        """Change what the next start asks for; names of OrdersRequest."""
        changed = replace(self.request, **changes)
        if changed != self.request:
            self.request = changed
            keep_request(self._memory, changed)
            self.request_changed.emit()

    def set_auto_reconnect(self, on: bool) -> None:
        """Begin broken GraphQL and gRPC streams anew by themselves, visibly counted. SSE resumes always."""
        self.auto_reconnect = on
        keep_reconnect(self._memory, on)
        for lane in self.lanes.values():
            if lane.watch is not None:
                lane.watch.auto_reconnect = on or lane.lane is Lane.REST

    @property
    def running(self) -> bool:
        """Whether any stream is under way."""
        return any(lane.running for lane in self.lanes.values())

    @property
    def waiting(self) -> int:
        """Messages that have arrived and wait for the view."""
        return len(self._waiting)

    @property
    def hidden(self) -> int:
        """Rows that the view had to let go."""
        return sum(lane.hidden for lane in self.lanes.values())

    @Slot()
    def start(self) -> None:
        """Follow the orders on all lanes, from the beginning; what runs is cancelled."""
        self.start_on(tuple(Lane))

    def start_on(self, lanes: Sequence[Lane]) -> None:
        """Follow on these lanes; the other lanes are left alone."""
        self.cancel_all()
        if len(lanes) == len(Lane):
            self.clear()
        for lane in lanes:
            self._start_lane(self.lanes[lane])
        self.running_changed.emit(self.running)

    def reconnect(self, lane: Lane) -> None:
        """Take an ended stream up again: SSE behind its last message, the others from the beginning."""
        state = self.lanes[lane]
        if state.can_reconnect and state.watch is not None:
            self._begin(state, state.watch)
            self.running_changed.emit(self.running)

    def cancel(self, lane: Lane) -> None:
        """End one lane's stream."""
        handle = self.lanes[lane].handle
        if handle is not None:
            handle.cancel()

    @Slot()
    def cancel_all(self) -> None:
        """End every stream."""
        for lane in Lane:
            self.cancel(lane)

    @Slot()
    def clear(self) -> None:
        """Forget rows and counters."""
        self._waiting.clear()
        self.table.clear()
        self.arrivals = Arrivals()
        for state in self.lanes.values():
            state.clear()
            self.lane_changed.emit(state.lane)
        self.view_changed.emit()
        self.figures_changed.emit()

    # -- what is seen ----------------------------------------------------------------------------------

    @Slot()
    def toggle_pause(self) -> None:
        """Hold the view, or let it catch up. Nothing is lost meanwhile but what the ring cannot hold."""
        self.paused = not self.paused
        if not self.paused:
            self.show_rows()
        self.view_changed.emit()

    def set_filter(self, lanes: Collection[Lane], text: str) -> None:
        """Show only these lanes, and only rows that hold ``text``."""
        self.shown_lanes, self.filter_text = frozenset(lanes), text
        keep_filter(self._memory, self.shown_lanes, text)
        self.table.set_filter(self.shown_lanes, text)
        self.view_changed.emit()

    def edge(self) -> float:
        """The wall clock at the right edge of the axis: now, or when the last stream ended."""
        return self._wall() if self.running else self.arrivals.last

    @Slot()
    def show_rows(self) -> None:
        """Hand the waiting rows to the table, unless the view is paused."""
        if self.paused or not self._waiting:
            return
        rows, self._waiting = list(self._waiting), deque()
        self._frame.setInterval(BUSY_FRAME_MS if len(rows) > _BUSY else FRAME_MS)
        for lane, count in self.table.append(rows).items():
            self.lanes[lane].hidden += count

    # -- events ----------------------------------------------------------------------------------------

    @Slot(object)
    def _on_received(self, event: OrdersReceived) -> None:
        state = self.lanes[event.lane]
        if event.stream_id != state.stream_id:
            return
        state.received += len(event.messages)
        state.figures = event.figures or state.figures
        add, lane = self.arrivals.lanes[event.lane].add, event.lane
        for message in event.messages:
            add(message.arrived)
        self.arrivals.last = max(self.arrivals.last, event.messages[-1].arrived)
        self._wait_for_view([OrderRow(lane, message.arrived, message) for message in event.messages])
        if not self._figures.isActive():
            self._figures.start()

    @Slot(object)
    def _on_changed(self, event: StreamChanged) -> None:
        state = self.lanes[event.lane]
        was_running = self.running
        if event.stream_id != state.stream_id and not self._adopt(state, event):
            return
        state.state, state.change = event.state, event
        state.figures = event.figures or state.figures
        now = self._wall()
        if event.state in (StreamState.ENDED, StreamState.WAITING):
            self.arrivals.mark(event.lane, now, _turn(event))
            self._wait_for_view([OrderRow(event.lane, now, None, event)])
        elif event.state is StreamState.OPEN:
            self.arrivals.mark(event.lane, now, "open")
        self.lane_changed.emit(event.lane)
        self.figures_changed.emit()
        if was_running != self.running:
            self.running_changed.emit(self.running)

    def _adopt(self, state: OrderLane, event: StreamChanged) -> bool:
        """Show a stream that a scenario has begun, where no other runs on its lane."""
        begins = event.state is StreamState.CONNECTING and event.stream_id.startswith(SCENARIO)
        if begins and not state.running:
            state.clear()
            state.stream_id = event.stream_id
            return True
        return False

    def _wait_for_view(self, rows: list[OrderRow]) -> None:
        self._waiting.extend(rows)
        while len(self._waiting) > self.table.capacity:
            self.lanes[self._waiting.popleft().lane].hidden += 1
        if not self.paused and not self._frame.isActive():
            self._frame.start()

    def _start_lane(self, state: OrderLane) -> None:
        state.clear()
        state.stream_id = f"orders-{state.lane}-{next(self._ids)}"
        try:
            watch = self._watch_for(state.lane, self.request, state.stream_id)
        except TrilaneError as error:
            state.problem = str(error)
        else:
            watch.auto_reconnect = self.auto_reconnect or state.lane is Lane.REST
            self._begin(state, watch)
        self.lane_changed.emit(state.lane)

    def _begin(self, state: OrderLane, watch: OrderWatch) -> None:
        def job(cancel: CancelToken) -> None:
            watch.run(cancel)

        state.watch, state.state = watch, StreamState.CONNECTING
        state.handle = self._submit(job)
        self.lane_changed.emit(state.lane)

    def _timer(self, interval: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval)
        timer.timeout.connect(slot)
        return timer


def _turn(event: StreamChanged) -> str:
    """What the axis calls it."""
    if event.state is StreamState.WAITING:
        return "reconnect"
    return "end" if event.outcome in (Outcome.OK, Outcome.CANCELLED) else "break"
