"""Real orders as a feed: what is placed through any lane, and each order's way from processing to delivered.

Only orders placed while the backends run are moved; what an earlier run left behind stays as it is. At most
MAX_UNDERWAY are on their way at once: what is placed beyond that is published and stays in processing. So
neither memory nor the database's work grows with a flood of orders.
"""

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Protocol

from backends.catalog.errors import NotFound
from backends.catalog.models import Order, OrderStatus
from backends.orders.channel import Channel
from backends.orders.messages import OrderMessage, published_time

SHIP_AFTER = 4.0  # seconds from placed to shipped, and from shipped to delivered: a demonstration's pace
MAX_UNDERWAY = 1024
_BATCH = 32  # orders picked up, or moved, in one turn: the other feeds of the publisher get theirs, too
_MAX_CHANNELS = 64
_MAX_NOTED = 1024
_NEXT = {
    OrderStatus.PROCESSING.value: OrderStatus.SHIPPED.value,
    OrderStatus.SHIPPED.value: OrderStatus.DELIVERED.value,
}


class OrderBook(Protocol):
    """The part of the catalog service that the live feed needs."""

    def recent_orders(self, after_sequence: int, limit: int) -> tuple[Order, ...]:
        """Orders placed after the one with this number, oldest first."""

    def set_order_status(self, order_id: str, status: str) -> Order:
        """Move an order on."""

    def latest_order(self) -> int:
        """The number of the newest order, 0 if there is none."""


@dataclass(slots=True)
class _Underway:
    """An order that has not arrived yet."""

    status: str
    due: float  # when it moves on, on the feed's clock


class LiveOrders:
    """Reads new orders, moves statuses, publishes both.

    `advance` and `next_due` belong to the publishing thread, since they may wait for the database; the
    channels are for any thread.
    """

    def __init__(self, book: OrderBook, *, step: float = SHIP_AFTER) -> None:
        self._book = book
        self._step = step
        self._seen = book.latest_order()
        self._underway: dict[str, _Underway] = {}  # in the order in which they are due: each step is as long
        self._behind = False  # there are more new orders than one turn picks up
        self._lock = threading.Lock()
        self._noted: deque[Order] = deque(maxlen=_MAX_NOTED)
        self._channels: dict[str, Channel] = {}
        self._used = 0  # a new channel counts on from here

    def channel(self, user_id: str) -> Channel:
        """The log of one user's orders, or of everybody's for an empty id."""
        with self._lock:
            if user_id not in self._channels:
                self._drop_idle_channels()
                self._channels[user_id] = Channel(after=self._used)
            return self._channels[user_id]

    def _drop_idle_channels(self) -> None:
        if len(self._channels) < _MAX_CHANNELS:
            return
        for user_id in [user for user, channel in self._channels.items() if not channel.readers]:
            # One number for all that are gone: those who return find none of theirs given out again.
            self._used = max(self._used, self._channels.pop(user_id).head + 1)

    def note(self, order: Order) -> None:
        """Remember an order that a lane has changed, for the next `advance`. Any thread."""
        with self._lock:
            self._noted.append(order)

    def channels(self) -> list[Channel]:
        """All logs."""
        with self._lock:
            return list(self._channels.values())

    @property
    def watched(self) -> bool:
        """Whether anybody is subscribed."""
        return any(channel.readers for channel in self.channels())

    @property
    def next_due(self) -> float | None:
        """When there is something to do next; None while all have arrived."""
        if self._behind:
            return -math.inf
        first = next(iter(self._underway.values()), None)
        return None if first is None else first.due

    @property
    def underway(self) -> int:
        """Orders that are on their way."""
        return len(self._underway)

    def advance(self, now: float, wall: Callable[[], float]) -> None:
        """Move on what is due, pick up what is new, publish all of it."""
        published = published_time(wall())
        for order in [*self._move(now), *self._pick_up(now), *self._noted_changes(now)]:
            with self._lock:
                concerned = [self._channels.get(user_id) for user_id in ("", order.user_id)]
            for channel in concerned:
                if channel is not None:
                    channel.publish([_message(order, channel.head + 1, published)])

    def _pick_up(self, now: float) -> Iterator[Order]:
        fresh = self._book.recent_orders(self._seen, _BATCH)
        self._behind = len(fresh) == _BATCH
        for order in fresh:
            self._seen = int(order.id)
            self._watch(order, now)
            yield order

    def _noted_changes(self, now: float) -> Iterator[Order]:
        with self._lock:
            noted = list(self._noted)
            self._noted.clear()
        for order in noted:
            was_underway = self._underway.pop(order.id, None) is not None
            self._watch(order, now, known=was_underway)
            yield order

    def _move(self, now: float) -> Iterator[Order]:
        due = takewhile(lambda each: each[1].due <= now, self._underway.items())
        for order_id, underway in list(islice(due, _BATCH)):
            del self._underway[order_id]
            try:
                order = self._book.set_order_status(order_id, _NEXT[underway.status])
            except NotFound:
                continue  # deleted meanwhile, outside this program
            self._watch(order, now, known=True)
            yield order

    def _watch(self, order: Order, now: float, *, known: bool = False) -> None:
        """Have it move on; an order that was on its way keeps its place."""
        if order.status in _NEXT and (known or len(self._underway) < MAX_UNDERWAY):
            self._underway[order.id] = _Underway(order.status, now + self._step)


def _message(order: Order, sequence: int, published: str) -> OrderMessage:
    return OrderMessage(
        sequence=sequence,
        published_at=published,
        id=order.id,
        user_id=order.user_id,
        total=order.total,
        status=order.status,
        created_at=order.created_at,
        items=order.items,
    )
