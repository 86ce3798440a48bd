"""The order feed in virtual time: what comes out, when, and what slow readers are told."""

from collections import Counter
from collections.abc import Callable

import pytest

from backends.catalog.errors import InvalidInput
from backends.catalog.models import Order
from backends.orders import FeedRequest, OrderFeed, OrderMessage, Subscription, feed_request
from backends.orders.channel import CAPACITY
from backends.orders.live import MAX_UNDERWAY
from tests.support.clock import FakeClock


class Book:
    """The orders of a database, in memory."""

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self.on_status: Callable[[Order], None] = lambda order: None

    def place(self, user_id: str = "user_123", status: str = "processing") -> Order:
        number = len(self.orders) + 1
        order = Order(str(number), user_id, 10.0 * number, status, "2026-01-01T00:00:00.000Z", ())
        self.orders[number] = order
        return order

    def recent_orders(self, after_sequence: int, limit: int) -> tuple[Order, ...]:
        return tuple(order for number, order in sorted(self.orders.items()) if number > after_sequence)[
            :limit
        ]

    def set_order_status(self, order_id: str, status: str) -> Order:
        old = self.orders[int(order_id)]
        changed = Order(old.id, old.user_id, old.total, status, old.created_at, old.items)
        self.orders[int(order_id)] = changed
        return changed

    def latest_order(self) -> int:
        return max(self.orders, default=0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def feed(clock: FakeClock, book: Book) -> OrderFeed:
    return OrderFeed(book, clock=clock, wall=clock, threaded=False)


def join(feed: OrderFeed, request: FeedRequest, after: int | None = None) -> Subscription:
    return feed.subscribe(request, lambda: None, after=after)


def drain(subscription: Subscription) -> list[OrderMessage]:
    taken: list[OrderMessage] = []
    while batch := subscription.take():
        taken += batch
    return taken


def sequences(subscription: Subscription) -> list[int]:
    return [message.sequence for message in drain(subscription)]


def test_the_default_feed_is_five_orders_one_a_second(feed: OrderFeed, clock: FakeClock) -> None:
    """The first comes at once, each next a second later, and after the fifth the feed has ended."""
    subscription = join(feed, feed_request(user_id="user_7"))
    seen = []
    for _ in range(5):
        feed.tick()
        (message,) = subscription.take()
        seen.append((message.id, message.total, message.status, message.user_id))
        assert subscription.take() == []
        clock.advance(1.0)
    assert seen == [(f"order_{i}", round(99.99 * (i + 1), 2), "processing", "user_7") for i in range(5)]
    assert subscription.ended


def test_nothing_comes_before_it_is_due(feed: OrderFeed, clock: FakeClock) -> None:
    """A tick says how long until the next message, and publishes none early."""
    subscription = join(feed, feed_request(interval_ms=250))
    assert feed.tick() == pytest.approx(0.25)
    drain(subscription)
    clock.advance(0.249)
    feed.tick()
    assert subscription.take() == []
    clock.advance(0.001)
    feed.tick()
    assert sequences(subscription) == [2]


def test_who_asks_for_the_same_at_the_same_time_gets_the_same(feed: OrderFeed, clock: FakeClock) -> None:
    """Within half a second of the start a subscriber joins the running feed, from its first message."""
    first = join(feed, feed_request())
    feed.tick()
    clock.advance(0.4)
    second = join(feed, feed_request())
    clock.advance(4.0)
    feed.tick()
    assert drain(first) == drain(second)


def test_who_asks_later_gets_a_feed_of_its_own(feed: OrderFeed, clock: FakeClock) -> None:
    """A latecomer sees all five at the asked pace, and the first subscriber is not disturbed."""
    first = join(feed, feed_request())
    feed.tick()
    clock.advance(0.6)
    second = join(feed, feed_request())
    feed.tick()
    assert (sequences(first), sequences(second)) == ([1], [1])
    clock.advance(0.4)
    feed.tick()
    assert (sequences(first), sequences(second)) == ([2], [])


def test_a_resumed_stream_has_no_gap_and_no_double(feed: OrderFeed, clock: FakeClock) -> None:
    """After a break the next message is the one behind the last that was seen, and the count still holds."""
    broken = join(feed, feed_request())
    feed.tick()
    clock.advance(1.0)
    feed.tick()
    assert sequences(broken) == [1, 2]
    broken.close()
    clock.advance(30.0)
    feed.tick()
    resumed = join(feed, feed_request(), after=2)
    for _ in range(4):
        feed.tick()
        clock.advance(1.0)
    assert sequences(resumed) == [3, 4, 5]
    assert resumed.ended


def test_a_resumed_stream_rejoins_the_running_feed(feed: OrderFeed, clock: FakeClock) -> None:
    """While others still follow it, the very same messages go on."""
    staying = join(feed, feed_request())
    feed.tick()
    clock.advance(2.0)
    feed.tick()
    resumed = join(feed, feed_request(), after=1)
    assert drain(resumed) == drain(staying)[1:]


def test_a_slow_reader_loses_the_oldest_and_is_told_how_many(feed: OrderFeed, clock: FakeClock) -> None:
    """The publisher never waits; the count of lost messages is exact, and comes with the next one."""
    slow = join(feed, feed_request(count=-1, interval_ms=1))
    feed.tick()
    drain(slow)
    for _ in range(5):
        clock.advance(0.5)
        feed.tick()
    messages = drain(slow)
    assert messages[0].dropped == 2500 - CAPACITY == slow.dropped
    assert [message.sequence for message in messages] == list(range(2502 - CAPACITY, 2502))
    assert sum(message.dropped for message in messages[1:]) == 0


def test_a_reader_that_lost_everything_is_told_too(feed: OrderFeed, book: Book) -> None:
    """When all that was wished for has left the log, the stream ends and the count still says so."""
    live = join(feed, feed_request(live=True, count=3))
    for _ in range(CAPACITY + 10):
        book.place()
    while feed.tick() == 0:
        pass
    assert drain(live) == []
    assert (live.ended, live.dropped) == (True, 3)


def test_a_standstill_publishes_no_more_than_the_log_holds(feed: OrderFeed, clock: FakeClock) -> None:
    """An hour's sleep of the machine costs no memory, and what was skipped is counted as dropped."""
    subscription = join(feed, feed_request(count=-1, interval_ms=1))
    feed.tick()
    drain(subscription)
    clock.advance(3600.0)
    feed.tick()
    messages = drain(subscription)
    assert len(messages) == CAPACITY
    assert messages[0].sequence - 1 == 1 + messages[0].dropped


def test_a_feed_that_nobody_follows_is_forgotten(feed: OrderFeed, clock: FakeClock) -> None:
    """An endless feed ends with its last subscriber: the tick knows of nothing more to do."""
    subscription = join(feed, feed_request(count=-1))
    feed.tick()
    subscription.close()
    clock.advance(1.0)
    feed.tick()
    assert feed.tick() is None


def test_a_waiting_reader_is_woken_once(feed: OrderFeed, clock: FakeClock) -> None:
    """A reader that found nothing is called when there is something, and not again until it has looked."""
    calls: list[float] = []
    subscription = feed.subscribe(feed_request(count=-1, interval_ms=10), lambda: calls.append(clock()))
    assert subscription.take() == []
    for _ in range(3):
        feed.tick()
        clock.advance(0.01)
    assert len(calls) == 1


def test_closing_the_feed_ends_every_subscription(feed: OrderFeed) -> None:
    """What is published is still read; then the reader finds the end. A new subscriber is refused."""
    subscription = join(feed, feed_request())
    feed.tick()
    feed.close()
    assert sequences(subscription) == [1]
    assert subscription.ended
    with pytest.raises(RuntimeError):
        join(feed, feed_request())


def test_a_placed_order_travels_from_processing_to_delivered(
    feed: OrderFeed, clock: FakeClock, book: Book
) -> None:
    """A live subscriber sees a new order at once and each of its statuses in turn."""
    live = join(feed, feed_request(live=True))
    feed.tick()
    book.place()
    feed.order_placed()
    statuses = []
    for _ in range(4):
        feed.tick()
        statuses += [message.status for message in drain(live)]
        clock.advance(4.0)
    assert statuses == ["processing", "shipped", "delivered"]
    assert book.orders[1].status == "delivered"


def test_an_order_of_another_process_is_found_by_looking(
    feed: OrderFeed, clock: FakeClock, book: Book
) -> None:
    """Nobody told the feed, so the look that comes once a second finds it."""
    live = join(feed, feed_request(live=True))
    assert feed.tick() == pytest.approx(1.0)
    book.place()
    clock.advance(1.0)
    feed.tick()
    assert [message.id for message in drain(live)] == ["1"]


def test_live_orders_are_filtered_by_user(feed: OrderFeed, book: Book) -> None:
    """A subscriber that named a user gets that user's orders, numbered from 1; others get all."""
    everybody, one = join(feed, feed_request(live=True)), join(feed, feed_request(user_id="b", live=True))
    for user in ("a", "b", "a"):
        book.place(user)
        feed.order_placed()
    feed.tick()
    assert [(message.sequence, message.user_id) for message in drain(everybody)] == [
        (1, "a"),
        (2, "b"),
        (3, "a"),
    ]
    assert [(message.sequence, message.user_id) for message in drain(one)] == [(1, "b")]


def test_a_status_set_by_hand_is_published_once(feed: OrderFeed, clock: FakeClock, book: Book) -> None:
    """A lane that ships an order itself is heard, and the mover goes on from there."""
    live = join(feed, feed_request(live=True))
    book.place()
    feed.order_placed()
    feed.tick()
    feed.order_changed(book.set_order_status("1", "shipped"))
    feed.tick()
    clock.advance(4.0)
    feed.tick()
    assert [message.status for message in drain(live)] == ["processing", "shipped", "delivered"]


def test_a_status_set_back_by_hand_is_published_too(feed: OrderFeed, clock: FakeClock, book: Book) -> None:
    """A lane that puts an order back into processing is heard, and the order sets out anew."""
    live = join(feed, feed_request(live=True))
    book.place()
    feed.tick()
    clock.advance(4.0)
    feed.tick()
    clock.advance(3.0)
    feed.order_changed(book.set_order_status("1", "processing"))
    feed.tick()
    clock.advance(4.0)
    feed.tick()
    assert [message.status for message in drain(live)] == ["processing", "shipped", "processing", "shipped"]


def test_no_more_orders_are_on_their_way_than_a_bound(feed: OrderFeed, clock: FakeClock, book: Book) -> None:
    """Of a flood every order is published; those above the bound stay in processing, the others arrive."""
    live = join(feed, feed_request(live=True))
    seen: list[OrderMessage] = []
    for _ in range(MAX_UNDERWAY + 100):
        book.place()
    for _ in range(3):
        while feed.tick() == 0:  # turn by turn
            seen += drain(live)
            assert feed._live.underway <= MAX_UNDERWAY
        clock.advance(4.0)
    counted = Counter(order.status for order in book.orders.values())
    assert counted == {"delivered": MAX_UNDERWAY, "processing": 100}
    assert [message.id for message in seen if message.status == "processing"] == list(map(str, book.orders))


def test_a_live_stream_may_count_and_resume(feed: OrderFeed, book: Book) -> None:
    """Live streams are endless unless a count is given, and go on behind the last sequence seen."""
    first = join(feed, feed_request(live=True, count=2))
    for _ in range(3):
        book.place()
        feed.order_placed()
    feed.tick()
    assert sequences(first) == [1, 2]
    assert first.ended
    assert sequences(join(feed, feed_request(live=True), after=2)) == [3]
    assert sequences(join(feed, feed_request(live=True), after=99)) == []


def test_orders_from_before_the_start_stay_as_they_are(clock: FakeClock, book: Book) -> None:
    """What an earlier run left behind is neither published nor moved."""
    book.place()
    feed = OrderFeed(book, clock=clock, wall=clock, threaded=False)
    live = join(feed, feed_request(live=True))
    feed.tick()
    clock.advance(60.0)
    feed.tick()
    assert drain(live) == []
    assert book.orders[1].status == "processing"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"interval_ms": -1}, "interval_ms"),
        ({"interval_ms": 3_600_001}, "interval_ms"),
        ({"count": 2**31}, "count"),
        ({"user_id": "x" * 201}, "user_id"),
        ({"user_id": "a\nb"}, "user_id"),
    ],
)
def test_impossible_wishes_are_refused(wish: dict[str, object], field: str) -> None:
    """The refusal names the parameter."""
    with pytest.raises(InvalidInput) as caught:
        feed_request(**wish)  # type: ignore[arg-type]
    assert [name for name, _ in caught.value.details] == [field]


def test_zero_and_absent_mean_the_default() -> None:
    """Protobuf cannot tell zero from absent, so no lane does."""
    assert feed_request(count=0, interval_ms=0) == FeedRequest("", 5, 1.0, False)
    assert feed_request(count=-7).count is None
    assert feed_request(live=True) == FeedRequest("", None, 0.0, True)


def test_the_publisher_publishes_by_itself(book: Book) -> None:
    """With real time a subscriber gets its orders without anybody ticking, and closing ends the thread."""
    import threading

    feed, woken = OrderFeed(book), threading.Event()
    subscription = feed.subscribe(feed_request(count=3, interval_ms=1), woken.set)
    seen: list[str] = []
    while not subscription.ended:
        woken.clear()
        batch = subscription.take()
        seen += [message.id for message in batch]
        if not batch and not subscription.ended:
            assert woken.wait(5)
    feed.close()
    assert seen == ["order_0", "order_1", "order_2"]


def test_a_forgotten_feed_starts_over_with_sequences_of_its_own(feed: OrderFeed, book: Book) -> None:
    """Who resumes behind a number of before gets what comes next, not what has that number now."""

    def placed() -> None:
        book.place("user_1")
        feed.order_placed()
        feed.tick()

    mine = feed_request(user_id="user_1", live=True)
    before = join(feed, mine)
    for _ in range(3):
        placed()
    assert sequences(before) == [1, 2, 3]
    before.close()
    for number in range(70):  # more than are kept, and none is read
        join(feed, feed_request(user_id=f"another_{number}", live=True)).close()
    first = join(feed, mine)
    for _ in range(4):
        placed()
    fresh = sequences(first)
    assert len(fresh) == 4
    assert fresh[0] > 4
    assert sequences(join(feed, mine, after=3)) == []
    assert sequences(join(feed, mine, after=fresh[1])) == fresh[2:]


def test_who_is_new_to_a_feed_does_not_resume_before_its_begin(feed: OrderFeed, book: Book) -> None:
    """0 is a number that nobody was sent, and the begin of a feed: all that is left of it follows."""
    kept = join(feed, feed_request(live=True))
    book.place()
    feed.order_placed()
    feed.tick()
    assert sequences(join(feed, feed_request(live=True), after=0)) == sequences(kept) == [1]
