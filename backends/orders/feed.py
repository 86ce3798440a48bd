"""The one publisher. Decides when messages come out; who carries them to a client is not its business.

Sharing: subscribers that ask for the same demonstration feed (user, count, interval) within half a second of
its start get the very same messages, also those already out. Somebody who comes later gets a feed of their
own from the beginning, so that everybody sees all of their orders at the asked pace. Live orders are one
feed per user for all.
"""

import asyncio
import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator

from backends.catalog.models import Order
from backends.orders.channel import Channel, Subscription
from backends.orders.demonstration import Demonstration
from backends.orders.live import LiveOrders, OrderBook
from backends.orders.messages import FeedRequest, OrderMessage

_LOG = logging.getLogger("trilane.orders")

JOIN_SECONDS = 0.5
PACE = 0.004  # seconds between two batches of one reader: what comes faster goes out together
_POLL_SECONDS = 1.0  # orders placed by another process are found this late at most
BATCH = 64  # messages


class OrderFeed:
    """All running feeds and the thread that publishes them. The thread starts with the first need."""

    def __init__(
        self,
        book: OrderBook,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        threaded: bool = True,
    ) -> None:
        """``threaded=False`` leaves the publishing to whoever calls `tick`."""
        self._clock = clock
        self._wall = wall
        self._threaded = threaded
        self._changed = threading.Condition()
        self._live = LiveOrders(book)
        self._demonstrations: list[Demonstration] = []
        self._thread: threading.Thread | None = None
        self._nudged = False
        self._look_at = -math.inf  # when to look for orders that another process placed
        self._pending = False
        self._closed = False

    def subscribe(
        self, request: FeedRequest, wake: Callable[[], None], *, after: int | None = None
    ) -> Subscription:
        """Join a feed. ``after`` continues behind that sequence, without gap or double where possible."""
        with self._changed:
            if self._closed:
                raise RuntimeError("the feed is closed")
            if request.live:
                subscription = self._subscribe_live(request, wake, after)
            else:
                channel = self._demonstration(request, after or 0).channel
                subscription = channel.reader(wake, after=after or 0, last=request.count)
            self._wake_publisher()
        return subscription

    def _subscribe_live(
        self, request: FeedRequest, wake: Callable[[], None], after: int | None
    ) -> Subscription:
        channel = self._live.channel(request.user_id)
        # From before a restart it is ahead of this feed, from before its user was forgotten it is behind the
        # begin: there is nothing to continue.
        known = after if after is not None and channel.began <= after <= channel.head else None
        begin = channel.head if known is None else known
        last = None if request.count is None else begin + request.count
        return channel.reader(wake, after=begin, last=last)

    def _demonstration(self, request: FeedRequest, after: int) -> Demonstration:
        now = self._clock()
        for running in self._demonstrations:
            young = now - running.started <= JOIN_SECONDS
            if running.request == request and running.channel.holds(after) and (young or after > 0):
                return running
        fresh = Demonstration(request, now=now, after=after)
        self._demonstrations.append(fresh)
        return fresh

    def order_changed(self, order: Order) -> None:
        """A lane has set an order's status: publish it now."""
        self._live.note(order)
        self.order_placed()

    def order_placed(self) -> None:
        """A lane has placed an order: look for it now instead of a second later."""
        with self._changed:
            self._nudged = True
            self._wake_publisher()

    def tick(self) -> float | None:
        """Publish everything due; return seconds until the next thing to do, None if nothing is known of."""
        now = self._clock()
        times = self._tick_demonstrations(now) + self._tick_live(now)
        return max(0.0, min(times) - self._clock()) if times else None

    def _tick_demonstrations(self, now: float) -> list[float]:
        times = []
        with self._changed:
            for running in tuple(self._demonstrations):
                running.advance(now, self._wall)
                due, young_until = running.next_due, running.started + JOIN_SECONDS
                if now > young_until and (due is None or not running.channel.readers):
                    self._demonstrations.remove(running)
                else:
                    times.append(young_until if due is None else due)
        return times

    def _tick_live(self, now: float) -> list[float]:
        with self._changed:
            nudged, self._nudged = self._nudged, False
        due, watched = self._live.next_due, self._live.watched
        # Without the lock: the database may keep the publisher waiting, but never a subscriber.
        if nudged or (due is not None and due <= now) or (now >= self._look_at and watched):
            self._live.advance(now, self._wall)
            self._look_at = now + _POLL_SECONDS
            due = self._live.next_due
        times = [] if due is None else [due]
        return [*times, self._look_at] if watched else times

    def _wake_publisher(self) -> None:
        self._pending = True
        if self._threaded and self._thread is None and not self._closed:
            self._thread = threading.Thread(target=self._publish, name="orders")
            self._thread.start()
        self._changed.notify_all()

    def _publish(self) -> None:
        while True:
            try:
                pause = self.tick()
            except Exception:  # noqa: BLE001  # a thread's boundary: a failing database must not end the feed
                _LOG.exception("the order feed could not publish")
                pause = _POLL_SECONDS
            with self._changed:
                if not self._pending and not self._closed:
                    self._changed.wait(pause)
                self._pending = False
                if self._closed:
                    return

    def close(self) -> None:
        """End all feeds and the thread. Idempotent."""
        with self._changed:
            self._closed = True
            channels: list[Channel] = [each.channel for each in self._demonstrations]
            channels += self._live.channels()
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        for channel in channels:
            channel.finish()
        if thread is not None:
            thread.join()

    @contextlib.contextmanager
    def follow(self, request: FeedRequest, *, after: int | None = None) -> Iterator["FeedReader"]:
        """Subscribe from a coroutine; leaving the block leaves the feed."""
        loop, ready = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
                loop.call_soon_threadsafe(ready.set)

        subscription = self.subscribe(request, wake, after=after)
        try:
            yield FeedReader(subscription, ready)
        finally:
            subscription.close()


class FeedReader:
    """A subscription as a coroutine reads it. Used on one loop; ``subscription.close`` is for any thread."""

    def __init__(self, subscription: Subscription, ready: asyncio.Event) -> None:
        self.subscription = subscription
        self._ready = ready
        self._next = 0.0  # when the next batch may be taken, on the loop's clock

    @property
    def ended(self) -> bool:
        """Whether nothing follows any more."""
        return self.subscription.ended

    async def batch(self, timeout: float | None = None) -> list[OrderMessage]:
        """The next messages; empty after ``timeout`` seconds without any, or at the end.

        A message that comes after a pause is there at once. Those that come faster than PACE are taken
        together: a wake-up and a write for each of them would cost more than everything else.
        """
        loop = asyncio.get_running_loop()
        self._ready.clear()
        early = self._next - loop.time()
        if early > 0 and not self.ended:
            await self._pause(loop, early)
        found = self._take(loop)
        if found or self.ended:
            return found
        await self._pause(loop, timeout)
        return self._take(loop)

    def _take(self, loop: asyncio.AbstractEventLoop) -> list[OrderMessage]:
        self._ready.clear()
        found = self.subscription.take(BATCH)
        self._next = loop.time() + PACE if 0 < len(found) < BATCH else 0.0
        return found

    async def _pause(self, loop: asyncio.AbstractEventLoop, seconds: float | None) -> None:
        """Until woken, at most so long."""
        alarm = None if seconds is None else loop.call_later(seconds, self._ready.set)
        try:
            await self._ready.wait()
        finally:
            if alarm is not None:
                alarm.cancel()
