"""A bounded log with readers. Publishing never waits for a reader, and memory does not grow with slow ones.

The log keeps the newest messages once for everybody. A reader is a cursor: when it is so slow that its next
message has left the log, it goes on with the oldest that is left and is told exactly how many it lost.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from backends.orders.messages import OrderMessage

CAPACITY = 1024


class Channel:
    """One feed's log. All methods are for any thread; callbacks run without the lock held."""

    def __init__(self, *, after: int = 0, capacity: int = CAPACITY) -> None:
        self._lock = threading.Lock()
        self._log: deque[OrderMessage] = deque(maxlen=capacity)
        self.began = after  # sequences count on from here
        self._head = after  # sequence of the newest message
        self._finished = False
        self._readers: set[Subscription] = set()

    @property
    def head(self) -> int:
        """Sequence of the newest message."""
        with self._lock:
            return self._head

    @property
    def readers(self) -> int:
        """How many subscriptions are open."""
        with self._lock:
            return len(self._readers)

    def holds(self, after: int) -> bool:
        """Whether a reader that has seen ``after`` can go on without a gap."""
        with self._lock:
            return self._oldest() - 1 <= after <= self._head

    def publish(self, messages: Sequence[OrderMessage]) -> None:
        """Append messages with ascending sequences, and wake the readers that wait."""
        if not messages:
            return
        with self._lock:
            self._log.extend(messages)
            self._head = messages[-1].sequence
            waiting = self._take_waiting()
        for wake in waiting:
            wake()

    def finish(self) -> None:
        """Say that nothing follows. Readers still get what is in the log."""
        with self._lock:
            self._finished = True
            waiting = self._take_waiting()
        for wake in waiting:
            wake()

    def reader(self, wake: Callable[[], None], *, after: int | None, last: int | None) -> "Subscription":
        """Open a subscription that continues behind ``after``, or with the next message when None."""
        with self._lock:
            subscription = Subscription(self, wake, self._head if after is None else after, last)
            self._readers.add(subscription)
        return subscription

    def _oldest(self) -> int:
        return self._log[0].sequence if self._log else self._head + 1

    def _take_waiting(self) -> list[Callable[[], None]]:
        waiting = [reader.wake for reader in self._readers if reader.waiting]
        for reader in self._readers:
            reader.waiting = False
        return waiting

    def read(self, subscription: "Subscription", most: int) -> list[OrderMessage]:
        """Move a reader's cursor on and return what it passed. Marks it as waiting if there was nothing."""
        with self._lock:
            taken = self._read(subscription, most)
            subscription.waiting = not taken and not subscription.ended
            return taken

    def _read(self, subscription: "Subscription", most: int) -> list[OrderMessage]:
        if subscription.ended:
            return []
        start, oldest = subscription.cursor + 1, self._oldest()
        last = self._head if subscription.last is None else min(self._head, subscription.last)
        begin = max(start, oldest)
        taken = [self._log[number - oldest] for number in range(begin, min(last, begin + most - 1) + 1)]
        lost = min(begin, last + 1) - start
        if lost > 0:
            subscription.dropped += lost
            subscription.cursor += lost
        if taken:
            taken[0] = replace(taken[0], dropped=lost) if lost > 0 else taken[0]
            subscription.cursor = taken[-1].sequence
        seen_all = self._finished and subscription.cursor >= self._head
        counted = subscription.last is not None and subscription.cursor >= subscription.last
        subscription.ended = seen_all or counted
        return taken

    def leave(self, subscription: "Subscription") -> None:
        """Forget a reader."""
        with self._lock:
            self._readers.discard(subscription)
            subscription.ended = True
            subscription.waiting = False
        subscription.wake()


class Subscription:
    """One reader's cursor. Taken from by one thread; `close` is for any thread.

    `take` never blocks. When it returned nothing, ``wake`` is called once as soon as there is something new,
    or the feed has ended, or the subscription was closed.
    """

    __slots__ = ("_channel", "cursor", "dropped", "ended", "last", "waiting", "wake")

    def __init__(self, channel: Channel, wake: Callable[[], None], cursor: int, last: int | None) -> None:
        self._channel = channel
        self.wake = wake
        self.cursor = cursor
        self.last = last  # sequence of the last message wished for
        self.dropped = 0  # messages lost so far
        self.ended = False
        self.waiting = False

    def take(self, most: int = 64) -> list[OrderMessage]:
        """The next messages, at most ``most``; empty when there are none yet or ``ended`` became true."""
        return self._channel.read(self, most)

    def close(self) -> None:
        """Leave the feed and wake whoever waits. Idempotent."""
        self._channel.leave(self)
