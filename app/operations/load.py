"""Background traffic: calls at a steady rate on some lanes, whatever becomes of them. No Qt.

The schedule is exact and open: the n-th call is due at start + n / rate, also when earlier ones hang. Calls
that cannot be sent because too many are under way are dropped and counted; none waits in a queue, for then
the rate would be that of the answers.
"""

import threading
import time
from collections.abc import Callable
from functools import partial

from app.domain.cancel import CancelToken
from app.domain.events import CallsDropped, Event, LoadChanged
from app.domain.lanes import Lane

MOST_IN_FLIGHT = 8  # calls on one lane
# Calls that began less than FRESH seconds ago most likely compute, here or in the embedded servers. More of
# them than this finish no sooner, since they share one interpreter, and keep the window from it.
MOST_FRESH = 3  # calls on all lanes
FRESH = 0.01  # seconds
BEHIND = 1.0  # seconds; what is due for longer, after a machine slept, is dropped
TELL_EVERY = 1.0  # seconds between two CallsDropped

Job = Callable[[CancelToken], None]
Wait = Callable[[threading.Condition, float | None], object]  # with the condition held


def _wait(condition: threading.Condition, seconds: float | None) -> None:
    condition.wait(seconds)


class BackgroundLoad:
    """Starts, changes and stops the traffic. Any thread; ``call`` runs in threads of ``submit``."""

    def __init__(
        self,
        call: Callable[[Lane, CancelToken], None],
        *,
        submit: Callable[[Job], object],
        publish: Callable[[Event], object],
        clock: Callable[[], float] = time.monotonic,
        wait: Wait = _wait,
        most_in_flight: int = MOST_IN_FLIGHT,
    ) -> None:
        """``call`` makes one call and returns when it has ended. ``submit`` runs a job and must not block."""
        self._call = call
        self._submit = submit
        self._publish = publish
        self._clock = clock
        self._wait = wait
        self._most = most_in_flight
        self._changed = threading.Condition()
        self._rate = 0.0
        self._lanes: tuple[Lane, ...] = ()
        self._start = 0.0
        self._done = 0
        self._running = False
        self._looping = False
        self._flying = dict.fromkeys(Lane, 0)
        self._sent = 0
        self._last_sent = dict.fromkeys(Lane, 0)  # the number of a lane's last call
        self._fresh: dict[object, float] = {}  # when the calls under way began, as far as they may be fresh
        self._dropped = 0
        self._told = (0, 0.0)

    @property
    def running(self) -> bool:
        """Whether calls are being sent."""
        return self._running

    @property
    def dropped(self) -> int:
        """Calls that were not sent since the start."""
        return self._dropped

    def set_load(self, running: bool, rate: float, lanes: tuple[Lane, ...]) -> None:
        """Start, change or stop: ``rate`` calls a second (more than 0) on each lane. Returns at once."""
        now = self._clock()
        with self._changed:
            if running and not self._running:
                self._dropped, self._told = 0, (0, now)
            if not self._running or rate != self._rate:
                # A new schedule begins now, but not with an extra call for each turn of a knob.
                self._start, self._done = now, 1 if self._running else 0
            self._running, self._rate, self._lanes = running, rate, lanes
            begin = running and not self._looping
            self._looping = self._looping or running
            self._changed.notify_all()
        self._publish(LoadChanged(at=now, running=running, rate=rate, lanes=lanes))
        if begin:
            self._submit(self._loop)

    def _loop(self, cancel: CancelToken) -> None:
        forget = cancel.on_cancel(self._end)
        try:
            while (lanes := self._next()) is not None:
                for lane in lanes:
                    self._send(lane)
                self._tell_dropped()
        finally:
            forget()

    def _end(self) -> None:
        with self._changed:
            self._running = False
            self._changed.notify_all()

    def _next(self) -> tuple[Lane, ...] | None:
        """Wait for the next moment of the schedule; its lanes, or None when the traffic was stopped."""
        with self._changed:
            while self._running:
                due, now = self._start + self._done / self._rate, self._clock()
                if now < due:
                    self._wait(self._changed, due - now)
                    continue
                self._done += 1
                if now - due > BEHIND:
                    self._dropped += len(self._lanes)
                    continue
                # Who waited longest comes first: when not all can be sent, it is not always the same one.
                return tuple(sorted(self._lanes, key=self._last_sent.__getitem__))
            self._looping = False
            return None

    def _send(self, lane: Lane) -> None:
        call = object()
        with self._changed:
            if self._flying[lane] >= self._most or self._crowded():
                self._dropped += 1
                return
            self._flying[lane] += 1
            self._fresh[call] = self._clock()
            self._sent = self._last_sent[lane] = self._sent + 1
        self._submit(partial(self._one, lane, call))

    def _crowded(self) -> bool:
        """Whether enough calls have just begun. With the condition held."""
        limit = self._clock() - FRESH
        for call, began in list(self._fresh.items()):  # never more than MOST_FRESH and those that grew old
            if began <= limit:
                del self._fresh[call]
        return len(self._fresh) >= MOST_FRESH

    def _one(self, lane: Lane, call: object, cancel: CancelToken) -> None:
        try:
            self._call(lane, cancel)
        finally:
            with self._changed:
                self._flying[lane] -= 1
                self._fresh.pop(call, None)

    def _tell_dropped(self) -> None:
        count, at = self._told
        now = self._clock()
        if self._dropped != count and now - at >= TELL_EVERY:
            self._told = (self._dropped, now)
            self._publish(CallsDropped(at=now, dropped=self._dropped))
