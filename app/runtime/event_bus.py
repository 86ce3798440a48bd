"""Brings events from any thread to the GUI thread, in order, without ever blocking a publisher.

It may not look into events, drop one or run a receiver anywhere but on the GUI thread.
"""

import math
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from types import MethodType
from typing import TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from app.domain.events import Event
from app.runtime.window_first import window_works

E = TypeVar("E", bound=Event)
Receiver = Callable[[E], None]

PACE = 0.016  # seconds between two turns in the program: a frame of the screen shows no more
_is_valid = shiboken6.isValid
# Of one turn of the event loop, so that input and painting keep theirs: a few answers may cost 10 ms each.
DRAIN_LIMIT = 256  # events
DRAIN_TIME = 0.004  # seconds


class _Subscription:
    """One receiver, held weakly: a panel that dies takes its subscription with it."""

    __slots__ = ("event_type", "function", "owner")

    def __init__(self, event_type: type[Event], slot: MethodType) -> None:
        self.event_type = event_type
        self.owner = weakref.ref(slot.__self__)
        self.function = slot.__func__


class EventBus(QObject):
    """Carries events to GUI-thread receivers. Made on the GUI thread; ``publish`` is for any thread.

    At most one wake-up is under way at a time, however many events wait, and turns are ``pace`` seconds
    apart: what comes first after a pause is delivered at once, what follows it goes together. A receiver that
    raises is reported to ``on_error`` and the other receivers still get the event.

    A signal costs two hand-overs of the interpreter lock, and every hand-over may last as long as another
    thread computes. So a receiver of frequent events emits nothing itself: it asks for ``at_end``.
    """

    _wake = Signal()

    def __init__(
        self,
        on_error: Callable[[Exception], None],
        parent: QObject | None = None,
        *,
        pace: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._on_error = on_error
        self._pace = pace
        self._clock = clock
        self._turned = -pace  # when the last turn ended
        self._draining = False
        self._ends: dict[Callable[[], None], None] = {}  # in the order they were asked for, each once
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setTimerType(Qt.TimerType.PreciseTimer)
        self._later.timeout.connect(self._drain)
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._wake_pending = False
        self._closed = False
        self._subscriptions: list[_Subscription] = []
        self._routes: dict[type[Event], tuple[_Subscription, ...]] = {}
        # Queued even from the GUI thread: a publisher is never re-entered by its own event. The receiver must
        # be a decorated slot of this QObject; PySide6 runs a plain callable in the emitting thread.
        self._wake.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    def publish(self, event: Event) -> None:
        """Hand over one event from any thread and return at once. After close() it does nothing."""
        with self._lock:
            if self._closed:
                return
            self._events.append(event)
            wake, self._wake_pending = not self._wake_pending, True
        if wake:
            self._post_wake()

    def subscribe(self, event_type: type[E], slot: Receiver[E]) -> Callable[[], None]:
        """Call ``slot`` for each event of this type or a subtype, in publication order.

        ``slot`` is a bound method of a QObject of the GUI thread and is held weakly; anything else is a
        TypeError. Returns a function that ends the subscription. GUI thread.
        """
        owner = getattr(slot, "__self__", None)
        if not isinstance(slot, MethodType) or not isinstance(owner, QObject):
            raise TypeError(f"a receiver is a bound method of a QObject, not {slot!r}")
        if owner.thread() is not self.thread() or QThread.currentThread() is not self.thread():
            raise TypeError(f"{slot!r}: receivers live and subscribe on the GUI thread")
        subscription = _Subscription(event_type, slot)
        self._subscriptions.append(subscription)
        self._routes.clear()
        return lambda: self._remove(subscription)

    def at_end(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` once when this turn's events are delivered, however often it is asked for.

        Outside of a turn it is called here and now. GUI thread.
        """
        if self._draining:
            self._ends[tell] = None
        else:
            tell()

    def close(self) -> None:
        """Forget what waits and ignore what comes; late publishers do no harm. GUI thread."""
        with self._lock:
            self._closed = True
            self._events.clear()
        self._subscriptions.clear()
        self._routes.clear()

    @property
    def waiting(self) -> int:
        """Events published and not yet delivered."""
        return len(self._events)

    def _post_wake(self) -> None:
        try:
            self._wake.emit()
        except RuntimeError:  # the C++ side died between the check and the emit, at the end of the process
            self._closed = True

    @Slot()
    def _drain(self) -> None:
        wait = self._turned + self._pace - self._clock()
        if wait > 0:
            self._later.start(math.ceil(wait * 1000))
            return
        window_works()
        # Cleared first: what is published from here on posts a wake-up of its own.
        with self._lock:
            self._wake_pending = False
        self._draining = True
        try:
            again = self._deliver_some()
        finally:
            self._draining = False
            self._tell_ends()
            self._turned = self._clock()
        if again:  # what is left was due in this turn
            self._turned = -math.inf
            self._post_wake()

    def _deliver_some(self) -> bool:
        """Deliver what waits, up to the limit. Whether a wake-up is due for the rest."""
        end = self._clock() + DRAIN_TIME
        for _ in range(DRAIN_LIMIT):
            # One by one, so that a nested event loop inside a receiver goes on where this one stands.
            try:
                event = self._events.popleft()
            except IndexError:  # whoever publishes from here on posts a wake-up of its own
                return False
            self._deliver(event)
            if self._clock() >= end:
                break
        with self._lock:
            again = bool(self._events) and not self._wake_pending
            self._wake_pending = self._wake_pending or again
        return again

    def _tell_ends(self) -> None:
        ends, self._ends = self._ends, {}
        for tell in ends:
            try:
                tell()
            except Exception as error:  # noqa: BLE001 - boundary: as for receivers
                self._on_error(error)

    def _deliver(self, event: Event) -> None:
        route = self._routes.get(type(event))
        for subscription in self._route(type(event)) if route is None else route:
            owner = subscription.owner()
            # A wrapper can outlive its C++ object (deleteLater, a parent's end): calling it would raise.
            if owner is None or not _is_valid(owner):
                self._remove(subscription)
                continue
            try:
                subscription.function(owner, event)
            except Exception as error:  # noqa: BLE001 - boundary: one broken panel must not starve the others
                self._on_error(error)

    def _route(self, event_type: type[Event]) -> tuple[_Subscription, ...]:
        route = tuple(one for one in self._subscriptions if issubclass(event_type, one.event_type))
        self._routes[event_type] = route
        return route

    def _remove(self, subscription: _Subscription) -> None:
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
            self._routes.clear()
