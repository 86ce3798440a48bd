"""Telling listeners what happened, in the order in which it happened, from whichever thread is free.

Events are queued under the breaker's lock and handed out after its release, by one thread at a time: a
thread that finds another one at it leaves its events to that one. A listener may therefore call the breaker,
and what this causes is told after the event being told.
"""

import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from app.resilience.snapshot import BreakerChange

Listener = Callable[[BreakerChange], object]

_log = logging.getLogger(__name__)


class Subscription:
    """One listener's place in the list; inactive from the moment of unsubscribing."""

    __slots__ = ("active", "calm", "listener")

    def __init__(self, listener: Listener, *, calm: bool = True) -> None:
        self.listener = listener
        self.active = True
        self.calm = calm  # also hears of calls that leave a closed circuit as it was


class Outbox:
    """Events waiting for their listeners. ``add`` only under the owner's lock; ``flush`` only outside it."""

    __slots__ = ("_queue", "_teller")

    def __init__(self) -> None:
        self._queue: deque[tuple[BreakerChange, tuple[Subscription, ...]]] = deque()
        self._teller: object | None = None  # the flush that is telling

    def __bool__(self) -> bool:
        return bool(self._queue)

    def add(self, change: BreakerChange, audience: tuple[Subscription, ...]) -> None:
        """Queue one event for those who listen now."""
        self._queue.append((change, audience))

    def flush(self, lock: Any) -> None:
        """Tell all that is queued, unless another thread (or an outer frame of this one) is telling."""
        me = object()
        try:
            while True:
                with lock:
                    if self._teller is None:
                        self._teller = me
                    if self._teller is not me:
                        return
                    if not self._queue:
                        self._teller = None
                        return
                    change, audience = self._queue.popleft()
                for subscription in audience:
                    if subscription.active:
                        _tell(subscription.listener, change)
        finally:  # Ctrl-C, in a listener or between any two steps here: the next flush goes on from here
            if self._teller is me:
                self._teller = None


def _tell(listener: Listener, change: BreakerChange) -> None:
    try:
        listener(change)
    except Exception:  # noqa: BLE001  boundary to foreign code: a broken listener must not fail the call
        _log.exception("a circuit breaker listener failed on %s", change.kind.value)
