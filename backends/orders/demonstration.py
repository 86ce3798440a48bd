"""The demonstration feed: deterministic by index, so that a broken stream can be continued exactly.

Order i (from 0) has the id ``order_i`` and the total 99.99 × (i + 1), and is due i intervals after the first.
"""

from collections.abc import Callable

from backends.catalog.service import timestamp
from backends.orders.channel import CAPACITY, Channel
from backends.orders.messages import FeedRequest, OrderMessage, published_time

_DEMO_USER = "user_123"


class Demonstration:
    """One running demonstration feed. Driven by `advance`; guarded by the feed that owns it."""

    def __init__(self, request: FeedRequest, *, now: float, after: int = 0) -> None:
        """Begin at ``now``: the message behind ``after`` is due at once."""
        self.request = request
        self.started = now
        self.channel = Channel(after=after)
        self._first = after  # messages before this one were published by an earlier feed

    @property
    def next_due(self) -> float | None:
        """When the next message is due, on the feed's clock; None when all are out."""
        head = self.channel.head
        if self.request.ends_with(head):
            return None
        return self.started + (head - self._first) * self.request.interval

    def advance(self, now: float, wall: Callable[[], float]) -> None:
        """Publish everything that is due."""
        due = self._first + int((now - self.started) / self.request.interval + 1e-6) + 1
        if self.request.count is not None:
            due = min(due, self.request.count)
        start = max(self.channel.head, due - CAPACITY)  # after a long standstill: only what the log can hold
        if start < due:
            now_wall = wall()
            published, created = published_time(now_wall), timestamp(now_wall)
            self.channel.publish([self._message(i, published, created) for i in range(start, due)])
        if self.request.ends_with(due):
            self.channel.finish()

    def _message(self, index: int, published: str, created: str) -> OrderMessage:
        return OrderMessage(
            sequence=index + 1,
            published_at=published,
            id=f"order_{index}",
            user_id=self.request.user_id or _DEMO_USER,
            total=round(99.99 * (index + 1), 2),
            status="processing",
            created_at=created,
        )
