"""Faults of the three order streams, as stock readers see them over real sockets."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import pytest
import requests
from gql import Client
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from products import products_pb2 as pb
from products import products_pb2_grpc as pb_grpc
from websockets.exceptions import ConnectionClosed

from backends.faults import FaultEngine
from tests.contract.stream_readers import graphql_orders, grpc_orders, sse_events, sse_orders, subscription
from tests.support.live_lanes import LiveLanes

# The servers' own pools grow while they serve; that they all end is a test of the backends.
pytestmark = pytest.mark.leaves_threads

PATIENCE = 10.0  # seconds after which a silent stream counts as stalled
SHORT = 1.0  # the same where silence is what is waited for
Seen = tuple[int, str]  # orders that arrived, and how it ended

BROKEN = ("reset", "truncate", "malformed")


def by_sse(live: LiveLanes) -> Seen:
    """Follow five orders as Server-Sent Events."""
    url, orders = f"{live.addresses['rest']}/api/v1/orders/stream?interval_ms=1", 0
    try:
        with requests.get(url, stream=True, timeout=PATIENCE) as response:
            lines = response.iter_lines(chunk_size=1, decode_unicode=True)
            for line in lines:
                orders += line == "event: order"
                if line == "event: error":
                    return orders, f"error: {next(lines)}"
                if line == "event: end":
                    return orders, "end"
    except requests.RequestException as error:
        return orders, "silent" if "timed out" in str(error) else "lost"
    return orders, "lost"


def by_socket(live: LiveLanes) -> Seen:
    """Follow five orders as a subscription, through gql's own transport."""
    seen: list[Any] = []

    async def follow() -> str:
        transport = WebsocketsTransport(
            live.addresses["graphql_ws"],
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
            close_timeout=0.1,
        )
        async with Client(transport=transport) as session:
            messages = session.subscribe(subscription("(intervalMs: 1)"))
            while True:
                # Not wait_for: gql takes its cancelling for the end of the subscription.
                coming = asyncio.ensure_future(anext(messages, None))
                done, _ = await asyncio.wait({coming}, timeout=PATIENCE)
                if not done:
                    return "silent"
                message = coming.result()
                if message is None:
                    return "end"
                seen.append(message)

    try:
        ending = asyncio.run(follow())
    except TransportQueryError as error:
        return len(seen), f"error: {error}"
    except (TransportError, ConnectionClosed, OSError):
        return len(seen), "lost"
    return len(seen), ending


def by_grpc(live: LiveLanes) -> Seen:
    """Follow five orders as a server stream."""
    orders = 0
    with grpc.insecure_channel(live.addresses["grpc"]) as channel:
        stub: Any = pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]
        call = stub.StreamOrders(pb.StreamOrdersRequest(interval_ms=1), timeout=PATIENCE)
        try:
            for _ in call:
                orders += 1
        except grpc.RpcError:
            trailers = dict(call.trailing_metadata() or ())
            if call.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                return orders, "silent"
            named = "x-trilane-fault" in trailers
            return orders, f"error: {trailers['x-trilane-fault']}" if named else "lost"
    return orders, "end"


READERS: dict[str, Callable[[LiveLanes], Seen]] = {"rest": by_sse, "graphql": by_socket, "grpc": by_grpc}


@pytest.mark.parametrize("lane", READERS)
@pytest.mark.parametrize("after", [0, 2])
def test_abort_ends_with_the_protocols_error_and_the_rule(
    lane: str, after: int, live: LiveLanes, faults: FaultEngine
) -> None:
    """Exactly so many orders arrive, then an error that names the rule."""
    faults.configure(lane, [{"kind": "abort", "after": after}])
    orders, ending = READERS[lane](live)
    assert orders == after
    assert ending.startswith("error: ")
    assert f"abort after {after}" in ending


@pytest.mark.parametrize("lane", READERS)
def test_stall_is_silence_without_an_end(
    lane: str, live: LiveLanes, faults: FaultEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many orders arrive, then nothing, while the connection stays."""
    monkeypatch.setitem(globals(), "PATIENCE", SHORT)
    faults.configure(lane, [{"kind": "stall", "after": 3}])
    assert READERS[lane](live) == (3, "silent")


@pytest.mark.parametrize("lane", READERS)
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_connection_is_no_ending(lane: str, kind: str, live: LiveLanes, faults: FaultEngine) -> None:
    """The orders before the break arrive; the stream is then lost, not ended."""
    faults.configure(lane, [{"kind": kind, "after": 2}])
    assert READERS[lane](live) == (2, "lost")


@pytest.mark.parametrize("lane", READERS)
@pytest.mark.parametrize(
    "rule", [{"kind": "error"}, {"kind": "rate_limit", "limit": 0}], ids=["error", "limit"]
)
def test_a_stream_can_fail_to_open(
    lane: str, rule: dict[str, Any], live: LiveLanes, faults: FaultEngine
) -> None:
    """An error or a limit is told before the first order."""
    faults.configure(lane, [rule])
    orders, ending = READERS[lane](live)
    assert orders == 0
    assert ending != "end"


@pytest.mark.parametrize("lane", READERS)
@pytest.mark.parametrize(
    "rule",
    [{"kind": "delay", "ms": 1, "per_message": True}, {"kind": "drip", "bytes_per_s": 100_000}],
    ids=["delay", "drip"],
)
def test_a_slow_stream_loses_nothing(
    lane: str, rule: dict[str, Any], live: LiveLanes, faults: FaultEngine
) -> None:
    """Messages that are held up all arrive, and the stream ends in good order."""
    faults.configure(lane, [rule])
    assert READERS[lane](live) == (5, "end")


def test_a_delayed_message_waits_for_its_delay(
    live: LiveLanes, faults: FaultEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a delay longer than the reader's patience on every message, not even the first one comes."""
    monkeypatch.setitem(globals(), "PATIENCE", SHORT)
    for lane, follow in READERS.items():
        faults.configure(lane, [{"kind": "delay", "ms": 60_000, "per_message": True}])
        assert follow(live) == (0, "silent"), lane


def test_a_broken_stream_leaves_the_others_alone(live: LiveLanes, faults: FaultEngine) -> None:
    """While one lane aborts, the other two deliver the five orders; afterwards all three do."""
    faults.configure("rest", [{"kind": "abort", "after": 1}])
    assert by_sse(live)[0] == 1
    assert len(graphql_orders(live.addresses["graphql_ws"], "(intervalMs: 1)")) == 5
    assert len(grpc_orders(live.addresses["grpc"], interval_ms=1)) == 5
    faults.clear()
    assert len(sse_orders(live.addresses["rest"], interval_ms=1)) == 5


def test_event_stream_names_its_rule_at_the_start(live: LiveLanes, faults: FaultEngine) -> None:
    """The response header of a stream that will break already names the rule."""
    faults.configure("rest", [{"kind": "stall", "after": 1}])
    url = f"{live.addresses['rest']}/api/v1/orders/stream"
    with requests.get(url, stream=True, timeout=5) as response:
        assert response.headers["X-Trilane-Fault"] == "stall after 1"


def test_stream_rules_do_not_touch_calls(live: LiveLanes, faults: FaultEngine) -> None:
    """A stall without an operation is about streams: a product is answered at once."""
    faults.configure("rest", [{"kind": "stall", "after": 0}])
    response = requests.get(f"{live.addresses['rest']}/api/v1/products/1", timeout=5)
    assert (response.status_code, "X-Trilane-Fault" in response.headers) == (200, False)


def test_resuming_after_an_abort_gives_the_rest(live: LiveLanes, faults: FaultEngine) -> None:
    """The last id of a broken event stream is good: nothing is lost or doubled."""
    faults.configure("rest", [{"kind": "abort", "after": 2}])
    url = live.addresses["rest"]
    with requests.Session() as session:
        events = [event for event in sse_events(url, session, interval_ms=1) if event.get("event") == "order"]
    faults.clear()
    rest = sse_orders(url, {"Last-Event-ID": events[-1]["id"]}, interval_ms=1)
    assert [order["id"] for order in rest] == ["order_2", "order_3", "order_4"]
