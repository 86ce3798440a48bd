"""The program's three order streams against the live servers: one contract for all lanes."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from app.clients.port import LaneClient
from app.clients.streams import OrderStream
from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import Outcome
from app.domain.streams import OrdersRequest, StreamEnd
from backends.faults import FaultEngine
from backends.serving import Backends
from tests.support.live_lanes import LiveLanes
from tests.support.order_streams import Read, drained, opened, order_streams, refused
from tests.support.orders import (
    demonstration_readers,
    held_feed,
    live_readers,
    open_subscriptions,
    until,
)
from tests.support.servers import Running, catalog_servers

# The servers' own pools grow while they serve; that they all end is a test of the backends.
pytestmark = pytest.mark.leaves_threads

Streams = Mapping[Lane, OrderStream]
FIVE = OrdersRequest(interval_ms=5)
SLOW = OrdersRequest(interval_ms=600_000)  # one message at once, the next in ten minutes
LIVE = OrdersRequest(live=True, count=None)
STREAM = {"operation": "stream-orders"}
QUICK = 0.05  # seconds in which a cancel must end whatever it finds


@pytest.fixture(scope="module")
def streams(live: LiveLanes) -> Iterator[Streams]:
    """One client for each lane."""
    made = order_streams(live.addresses)
    yield made
    for stream in made.values():
        stream.close()


@pytest.fixture(params=list(Lane), ids=str)
def stream(request: pytest.FixtureRequest, streams: Streams) -> OrderStream:
    """Each lane's client in turn."""
    found: OrderStream = streams[request.param]
    return found


@pytest.fixture
def servers() -> Iterator[Running]:
    """Servers that a test may shut down."""
    with catalog_servers("rest", "graphql", "grpc") as running:
        yield running


def together(backends: Backends, streams: Streams, request: OrdersRequest) -> dict[Lane, Read]:
    """The whole of all three streams, which join the same feed before it goes on."""

    def follow(stream: OrderStream) -> Read:
        return drained(opened(stream, request))

    with held_feed(backends) as go_on, ThreadPoolExecutor(3) as pool:
        futures = {lane: pool.submit(follow, stream) for lane, stream in streams.items()}
        try:
            assert until(lambda: demonstration_readers(backends, request.user_id) == len(streams), 10)
        finally:
            go_on()
        return {lane: future.result(20) for lane, future in futures.items()}


def time_to_cancel(wait: Callable[[CancelToken], object]) -> float:
    """Seconds from a cancel to the end of what waits in another thread."""
    cancel, waiting, ended = CancelToken(), threading.Event(), []

    def run() -> None:
        waiting.set()
        try:
            wait(cancel)
        except Cancelled:
            pass
        finally:
            ended.append(time.perf_counter())

    thread = threading.Thread(target=run)
    thread.start()
    waiting.wait(5)
    thread.join(0.1)  # so that it stands where it waits
    began = time.perf_counter()
    cancel.cancel()
    thread.join(5)
    return ended[0] - began


def test_all_lanes_carry_the_same_orders(live: LiveLanes, streams: Streams) -> None:
    """The default request gives order_0 to order_4 on each lane, equal down to the time of publication."""
    read = together(live.backends, streams, replace(FIVE, user_id="user_all_lanes"))
    for messages, end in read.values():
        assert [message.order["id"] for message in messages] == [f"order_{i}" for i in range(5)]
        assert [message.sequence for message in messages] == [1, 2, 3, 4, 5]
        assert end.outcome is Outcome.OK
    rest, graphql, grpc = ([message.order for message in messages] for messages, _ in read.values())
    assert rest == graphql == grpc


def test_a_message_has_its_bytes_and_its_times(stream: OrderStream) -> None:
    """Each message is kept as it was sent, and arrives after it was published."""
    messages, _ = drained(opened(stream, FIVE))
    for message in messages:
        assert str(message.order["id"]).encode() in message.raw
        assert 0 <= message.arrived - message.published < 5


def test_a_whole_stream_ends_in_its_protocols_words(streams: Streams) -> None:
    """The end says the native status, and SSE's last event stands where gRPC has trailers."""
    ends = {lane: drained(opened(stream, FIVE))[1] for lane, stream in streams.items()}
    assert [end.status for end in ends.values()] == ["200 OK", "101 Switching Protocols", "0 OK"]
    assert dict(ends[Lane.REST].trailers)["last"] == "5"


def test_a_cancel_ends_a_stream_that_waits_for_a_message(stream: OrderStream) -> None:
    """A reader blocked between two messages comes back within 50 ms, with a cancelled end."""
    ends: list[StreamEnd] = []

    def follow(cancel: CancelToken) -> None:
        ends.append(drained(opened(stream, SLOW, cancel=cancel))[1])

    assert time_to_cancel(follow) < QUICK
    assert [end.outcome for end in ends] == [Outcome.CANCELLED]


def test_a_cancel_ends_a_stream_that_is_being_opened(stream: OrderStream, faults: FaultEngine) -> None:
    """While the server hangs before its first answer, a cancel comes through within 50 ms."""
    faults.configure(stream.lane.value, [{"kind": "hang", **STREAM}])
    assert time_to_cancel(lambda cancel: opened(stream, FIVE, cancel=cancel)) < QUICK


def test_a_cancelled_token_opens_nothing(stream: OrderStream) -> None:
    """A stream that is not wanted any more is not even begun."""
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        opened(stream, FIVE, cancel=cancel)


def test_the_deadline_ends_a_stream(stream: OrderStream) -> None:
    """A stream that has delivered ends as timed out when its deadline passes."""
    messages, end = drained(opened(stream, SLOW, deadline=0.2))
    assert len(messages) == 1
    assert end.outcome is Outcome.TIMEOUT


def test_a_first_message_that_does_not_come_is_a_timeout(stream: OrderStream, faults: FaultEngine) -> None:
    """A server that accepts and then says nothing fails the attempt when the attempt's time is over."""
    faults.configure(stream.lane.value, [{"kind": "stall", "after": 0, **STREAM}])
    assert refused(stream, FIVE, timeout=0.2).outcome is Outcome.TIMEOUT


def test_an_impossible_wish_is_refused(stream: OrderStream) -> None:
    """A bad parameter is the caller's fault on each lane, and the message names it."""
    reply = refused(stream, OrdersRequest(interval_ms=-1))
    assert reply.outcome is Outcome.INVALID
    assert "interval_ms" in reply.message


def test_sse_resumes_behind_the_last_message(streams: Streams) -> None:
    """With the last id seen, the stream goes on without gap or double; after the last there is nothing."""
    rest = streams[Lane.REST]
    messages, _ = drained(opened(rest, FIVE, after=3))
    assert [message.sequence for message in messages] == [4, 5]
    messages, end = drained(opened(rest, FIVE, after=5))
    assert (messages, end.outcome) == ([], Outcome.OK)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"kind": "error"}, Outcome.UNAVAILABLE),
        ({"kind": "rate_limit", "limit": 0}, Outcome.RATE_LIMITED),
    ],
    ids=["error", "rate_limit"],
)
def test_an_injected_refusal_names_its_rule(
    stream: OrderStream, faults: FaultEngine, rule: dict[str, Any], expected: Outcome
) -> None:
    """A stream refused on purpose says by which rule, and the outcome is the common one."""
    faults.configure(stream.lane.value, [{"name": "on purpose", **rule, **STREAM}])
    reply = refused(stream, FIVE)
    assert (reply.outcome, reply.injected) == (expected, "on purpose")


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("abort", Outcome.UNAVAILABLE),
        ("reset", Outcome.RESET),
        ("truncate", Outcome.RESET),
        ("malformed", Outcome.MALFORMED),
    ],
)
def test_a_break_after_three_messages(
    stream: OrderStream, faults: FaultEngine, kind: str, outcome: Outcome
) -> None:
    """What came before a break is delivered, then the end says what broke and which rule did it."""
    faults.configure(stream.lane.value, [{"kind": kind, "after": 3, "name": "the rule", **STREAM}])
    messages, end = drained(opened(stream, FIVE))
    assert [message.sequence for message in messages] == [1, 2, 3]
    assert (end.outcome, end.injected) == (outcome, "the rule")


def test_a_stalled_stream_can_be_left(stream: OrderStream, faults: FaultEngine) -> None:
    """A stream that went silent on purpose still obeys its deadline."""
    faults.configure(stream.lane.value, [{"kind": "stall", "after": 2, **STREAM}])
    messages, end = drained(opened(stream, FIVE, deadline=0.4))
    assert (len(messages), end.outcome) == (2, Outcome.TIMEOUT)


def test_a_placed_order_arrives_on_all_lanes(
    live: LiveLanes, streams: Streams, clients: Mapping[Lane, LaneClient], token: str
) -> None:
    """Live streams of each lane hear of an order that was placed over REST."""
    user = "user_130"  # whom no other test orders for: no earlier order moves on meanwhile
    request = OrdersRequest(user_id=user, live=True, count=1)
    read: dict[Lane, Read] = {}

    def follow(lane: Lane) -> None:
        read[lane] = drained(opened(streams[lane], request))

    threads = [threading.Thread(target=follow, args=(lane,)) for lane in Lane]
    for thread in threads:
        thread.start()
    # A live stream hears what comes after it; open on our side is not yet subscribed on the server's.
    assert until(lambda: live_readers(live.backends, user) == 3, 10)
    rest = clients[Lane.REST]
    params = {"user_id": user, "lines": "1x2"}
    placed = rest.send(
        rest.draft(OperationId.CREATE_ORDER, params, (), token=token), OperationId.CREATE_ORDER, timeout=5
    )
    for thread in threads:
        thread.join(10)
    assert [[message.order["id"] for message in read[lane][0]] for lane in Lane] == [[placed.value["id"]]] * 3


def test_a_shutdown_ends_each_stream_properly(servers: Running) -> None:
    """When the servers stop, every lane's reader is told that they are shutting down."""
    clients = order_streams(servers.addresses)
    ends: dict[Lane, StreamEnd] = {}

    def follow(lane: Lane) -> None:
        ends[lane] = drained(opened(clients[lane], SLOW))[1]

    threads = [threading.Thread(target=follow, args=(lane,)) for lane in Lane]
    for thread in threads:
        thread.start()
    assert until(lambda: open_subscriptions(servers) == 3, 10)
    for backend in (servers.backends.rest, servers.backends.graphql, servers.backends.grpc):
        backend.shutdown(0.5)
    for thread in threads:
        thread.join(10)
    assert [(ends[lane].outcome, ends[lane].message) for lane in Lane] == [
        (Outcome.UNAVAILABLE, "the server is shutting down")
    ] * 3
    for lane in Lane:  # gRPC may say "unavailable" until it has noticed that nobody listens there any more
        assert until(lambda lane=lane: refused(clients[lane], FIVE).outcome is Outcome.REFUSED, 10.0), lane  # type: ignore[misc]
    for client in clients.values():
        client.close()


def test_a_left_stream_is_noticed_by_the_server(servers: Running) -> None:
    """A reader that closes its stream frees its place in the feed at once."""
    clients = order_streams(servers.addresses)
    for client in clients.values():
        stream = opened(client, SLOW)
        assert open_subscriptions(servers) == 1
        stream.close()
        stream.close()
        assert until(lambda: open_subscriptions(servers) == 0, 2)
        client.close()


def test_a_slow_reader_is_told_exactly_what_it_lost(servers: Running) -> None:
    """A reader that does not read loses the oldest messages; received and dropped add up to all of them."""
    clients = order_streams(servers.addresses)
    request = OrdersRequest(count=30_000, interval_ms=1)
    reading = {lane: opened(clients[lane], OrdersRequest(count=1)) for lane in Lane}
    for stream in reading.values():
        stream.close()
    for client in clients.values():
        stream = opened(client, request)
        first = stream.read()
        assert not isinstance(first, StreamEnd)
        _let_the_feed_run_ahead(servers, 12_000)
        messages = list(first)
        while messages[-1].sequence < 12_500:
            news = stream.read()
            assert not isinstance(news, StreamEnd), news
            messages.extend(news)
        stream.close()
        sequences = [message.sequence for message in messages]
        assert sequences == sorted(set(sequences))
        assert len(messages) + sum(message.dropped for message in messages) == sequences[-1]
        client.close()


def _let_the_feed_run_ahead(servers: Running, sequence: int) -> None:
    """Until the youngest feed has published that many: by its clock, which is moved on."""
    feed: Any = servers.backends._shared.open().feed
    demonstration = feed._demonstrations[-1]
    demonstration.started -= sequence / 1000
    assert until(lambda: demonstration.channel.head >= sequence, 10)
