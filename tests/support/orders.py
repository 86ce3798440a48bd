"""Looks into a running order feed for tests, and an order book for feeds that need none."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backends.catalog.models import Order
from backends.serving import Backends
from tests.support.servers import Running


class NoOrders:
    """A database without orders."""

    def recent_orders(self, after_sequence: int, limit: int) -> tuple[Order, ...]:
        """None."""
        return ()

    def set_order_status(self, order_id: str, status: str) -> Order:
        """Never asked for."""
        raise AssertionError(order_id)

    def latest_order(self) -> int:
        """None yet."""
        return 0


def open_subscriptions(servers: Running) -> int:
    """How many readers the feed has now."""
    feed = servers.backends._shared.open().feed
    channels = [each.channel for each in list(feed._demonstrations)] + feed._live.channels()
    return sum(channel.readers for channel in channels)


@contextmanager
def held_feed(backends: Backends) -> Iterator[Callable[[], None]]:
    """Stop the feed's clock; what is yielded lets it go on. So readers join in time, however busy all is."""
    feed = backends._shared.open().feed
    real = feed._clock
    stopped = real()
    feed._clock = lambda: stopped

    def go_on() -> None:
        lost = real() - stopped
        feed._clock = lambda: real() - lost

    try:
        yield go_on
    finally:
        feed._clock = real


def demonstration_readers(backends: Backends, user_id: str) -> int:
    """How many follow the demonstration that was asked for in this user's name."""
    running = list(backends._shared.open().feed._demonstrations)
    return sum(each.channel.readers for each in running if each.request.user_id == user_id)


def live_readers(backends: Backends, user_id: str) -> int:
    """How many follow the orders that this user really places."""
    return backends._shared.open().feed._live.channel(user_id).readers


def until(true: Callable[[], bool], seconds: float = 1.0) -> bool:
    """Whether something that has no signal becomes true in time."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not true():
        if time.monotonic() > deadline:
            return False
        pause.wait(0.005)
    return True
