"""Orders as Server-Sent Events: ids, resumption, refusals, and streams that hold no worker thread."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from backends.http_workers import MOST_WORKERS
from backends.orders import OrderFeed, feed_request
from backends.orders.channel import CAPACITY
from backends.rest import stream as stream_module
from tests.contract.stream_readers import sse_events, sse_orders
from tests.support.clock import FakeClock
from tests.support.orders import NoOrders, open_subscriptions, until
from tests.support.servers import Running, catalog_servers

STREAM = "/api/v1/orders/stream"


@pytest.fixture
def servers() -> Iterator[Running]:
    with catalog_servers("rest") as running:
        yield running


@pytest.fixture
def base_url(servers: Running) -> str:
    return servers.addresses["rest"]


def test_each_order_is_an_event_with_its_sequence_as_id(base_url: str) -> None:
    """And the last event says that the feed is complete."""
    with requests.Session() as session:
        events = list(sse_events(base_url, session, count=2, interval_ms=1))
    assert [(event["id"], event["event"], event["data"]["id"]) for event in events[1:-1]] == [
        ("1", "order", "order_0"),
        ("2", "order", "order_1"),
    ]
    assert events[-1] == {"event": "end", "data": {"reason": "complete", "last": 2, "dropped": 0}}


def test_last_event_id_goes_on_behind_it(base_url: str) -> None:
    """No order is missing and none comes twice, and the count still means the whole feed."""
    orders = sse_orders(base_url, {"Last-Event-ID": "3"}, count=6, interval_ms=1)
    assert [order["sequence"] for order in orders] == [4, 5, 6]


def test_a_finished_stream_is_not_opened_again(base_url: str) -> None:
    """Who has seen everything gets 204, which stops a browser from reconnecting for ever."""
    response = requests.get(base_url + STREAM, headers={"Last-Event-ID": "5"}, timeout=10)
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("count=x", {}),
        ("count=1.5", {}),
        ("count=99999999999", {}),
        ("interval_ms=-1", {}),
        ("interval_ms=3600001", {}),
        ("live=perhaps", {}),
        ("colour=red", {}),
        ("user_id=" + "x" * 201, {}),
        ("user_id=%00", {}),
        ("", {"Last-Event-ID": "x"}),
        ("", {"Last-Event-ID": "-1"}),
        ("", {"Last-Event-ID": "9" * 30}),
    ],
)
def test_bad_wishes_are_refused_before_the_stream(base_url: str, query: str, headers: dict[str, str]) -> None:
    """They are 400 with the field that is wrong."""
    response = requests.get(f"{base_url}{STREAM}?{query}", headers=headers, timeout=10)
    assert response.status_code == 400
    assert response.json()["details"]


def test_a_head_request_opens_no_stream(base_url: str, servers: Running) -> None:
    """HEAD gets the headers and an ended response."""
    response = requests.head(base_url + STREAM, timeout=10)
    assert (response.status_code, response.headers["Content-Type"]) == (
        200,
        "text/event-stream; charset=utf-8",
    )


def test_an_idle_stream_sends_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comment comes when nothing else does, so that proxies keep the connection."""
    monkeypatch.setattr(stream_module, "HEARTBEAT_SECONDS", 0.05)
    with catalog_servers("rest") as servers, requests.Session() as session:
        events = sse_events(servers.addresses["rest"], session, live="true")
        assert next(events) == {"retry": "1000"}
        assert next(events) == {"comment": "still here"}
        events.close()  # type: ignore[attr-defined]  # a generator


def test_streams_hold_no_worker_thread(base_url: str, servers: Running) -> None:
    """With many more streams open than the server has workers, other routes answer as ever."""
    threads_before = threading.active_count()
    with requests.Session() as session, ExitStack() as open_streams:
        for _ in range(MOST_WORKERS * 3):
            response = requests.get(
                base_url + STREAM, params={"count": -1, "interval_ms": 1000}, stream=True, timeout=10
            )
            open_streams.callback(response.close)
        assert session.get(f"{base_url}/api/v1/products/1", timeout=2).status_code == 200
        # The feed's publisher and the loop that writes to all of them.
        assert threading.active_count() <= threads_before + 2


def test_a_client_that_leaves_is_noticed(base_url: str, servers: Running) -> None:
    """Within a second after the connection breaks, its subscription is gone: also on an idle stream."""
    host, port = base_url.removeprefix("http://").split(":")
    client = socket.create_connection((host, int(port)))
    client.sendall(f"GET {STREAM}?live=true HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    while b"retry" not in client.recv(4096):
        pass
    assert open_subscriptions(servers) == 1
    client.close()
    assert until(lambda: open_subscriptions(servers) == 0)


def test_a_slow_reader_is_told_what_it_lost() -> None:
    """While one write is stuck the publisher goes on; the next event says exactly how many were lost."""
    clock = FakeClock()
    feed = OrderFeed(NoOrders(), clock=clock, wall=clock, threaded=False)
    stream = stream_module._EventStream(feed, feed_request(count=3000, interval_ms=1), None)
    written: list[bytes] = []

    async def write(data: bytes) -> None:
        written.append(data)
        if len(written) == 2:  # the first order is on its way and the client does not read
            for _ in range(6):
                clock.advance(0.5)
                feed.tick()

    async def follow() -> None:
        running = asyncio.ensure_future(stream.run(write))
        while not written:
            await asyncio.sleep(0)
        feed.tick()
        await running

    asyncio.run(follow())
    orders = [json.loads(line[6:]) for line in b"".join(written[:-1]).split(b"\n") if line[:5] == b"data:"]
    assert [order["sequence"] for order in orders] == [1, *range(3001 - CAPACITY, 3001)]
    assert orders[1]["dropped"] == 3000 - 1 - CAPACITY
    assert f'"dropped":{3000 - 1 - CAPACITY}}}' in written[-1].decode()


def test_a_shutdown_ends_the_stream_properly() -> None:
    """The end event says shutdown, and the chunked body is complete."""
    with requests.Session() as session:
        with catalog_servers("rest") as servers:
            events = sse_events(servers.addresses["rest"], session, count=-1, interval_ms=1000)
            assert next(events) == {"retry": "1000"}
            assert next(events)["event"] == "order"
        assert list(events)[-1] == {
            "event": "end",
            "data": {"reason": "shutdown", "last": 1, "dropped": 0},
        }
