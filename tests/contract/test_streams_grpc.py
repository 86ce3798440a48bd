"""The order stream over gRPC: how it ends, and that subscribers use up nothing that others need."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import grpc
import pytest
from products import products_pb2 as pb
from products import products_pb2_grpc as pb_grpc

from backends.grpc import together
from tests.support.orders import open_subscriptions, until
from tests.support.servers import Running, catalog_servers

ENDLESS = pb.StreamOrdersRequest(count=-1, interval_ms=1000)


@pytest.fixture
def servers() -> Iterator[Running]:
    with catalog_servers("grpc") as running:
        yield running


@pytest.fixture
def stub(servers: Running) -> Iterator[Any]:
    with grpc.insecure_channel(servers.addresses["grpc"]) as channel:
        yield pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]


def ending(stream: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError):
        list(stream)
    code: grpc.StatusCode = stream.code()
    return code


def test_a_finished_stream_is_ok(stub: Any) -> None:
    """After the last order the status is OK, and every order knows its place."""
    stream = stub.StreamOrders(pb.StreamOrdersRequest(count=3, interval_ms=1))
    assert [order.sequence for order in stream] == [1, 2, 3]
    assert stream.code() is grpc.StatusCode.OK


@pytest.mark.parametrize("known", [True, False], ids=["together", "one by one"])
def test_fast_orders_come_in_order(stub: Any, known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What leaves together arrives as what is sent one by one, as under a grpcio that we do not know."""
    if not known:
        monkeypatch.setattr(together, "_MORE", None)
    stream = stub.StreamOrders(pb.StreamOrdersRequest(count=500, interval_ms=1))
    assert [order.sequence for order in stream] == list(range(1, 501))
    assert stream.code() is grpc.StatusCode.OK


def test_a_batch_that_is_cut_by_a_cancel_is_let_go(stub: Any, servers: Running) -> None:
    """A client that leaves while messages are on their way to it frees its place, each time."""
    for _ in range(20):
        stream = stub.StreamOrders(pb.StreamOrdersRequest(count=-1, interval_ms=1))
        assert next(stream).sequence == 1
        stream.cancel()
    assert until(lambda: open_subscriptions(servers) == 0, 5)


@pytest.mark.parametrize(
    "wish",
    [
        pb.StreamOrdersRequest(interval_ms=-1),
        pb.StreamOrdersRequest(interval_ms=3_600_001),
        pb.StreamOrdersRequest(user_id="x" * 201),
    ],
)
def test_a_bad_wish_is_refused(stub: Any, wish: pb.StreamOrdersRequest) -> None:
    """INVALID_ARGUMENT before the first order."""
    assert ending(stub.StreamOrders(wish)) is grpc.StatusCode.INVALID_ARGUMENT


def test_a_deadline_ends_the_stream(stub: Any, servers: Running) -> None:
    """DEADLINE_EXCEEDED for the client, and the server has let go."""
    assert ending(stub.StreamOrders(ENDLESS, timeout=0.1)) is grpc.StatusCode.DEADLINE_EXCEEDED
    assert until(lambda: open_subscriptions(servers) == 0)


def test_a_cancelled_stream_is_let_go(stub: Any, servers: Running) -> None:
    """Within a second of a cancel, even on an idle live stream, its subscription is gone."""
    stream = stub.StreamOrders(pb.StreamOrdersRequest(live=True))
    assert until(lambda: open_subscriptions(servers) == 1, 5)
    stream.cancel()
    assert until(lambda: open_subscriptions(servers) == 0)


def test_a_client_that_vanishes_is_noticed(servers: Running) -> None:
    """Closing the connection without a word frees the subscription within a second."""
    channel = grpc.insecure_channel(servers.addresses["grpc"])
    stub: Any = pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]
    stream = stub.StreamOrders(pb.StreamOrdersRequest(live=True))
    assert until(lambda: open_subscriptions(servers) == 1, 5)
    channel.close()
    assert until(lambda: open_subscriptions(servers) == 0)
    assert stream.code() is grpc.StatusCode.CANCELLED


def test_hundreds_of_streams_leave_unary_calls_their_handlers(stub: Any, servers: Running) -> None:
    """With 200 open streams a unary call is answered within its short deadline."""
    with ExitStack() as streams:
        for _ in range(200):
            streams.callback(stub.StreamOrders(pb.StreamOrdersRequest(live=True)).cancel)
        assert until(lambda: open_subscriptions(servers) == 200, 10)
        assert stub.GetProduct(pb.ProductRequest(id="1"), timeout=2).name == "Laptop"
    assert until(lambda: open_subscriptions(servers) == 0, 5)


def test_a_shutdown_ends_the_stream_as_unavailable() -> None:
    """The status says that the server went away, so that a client knows it may come again."""
    with catalog_servers("grpc") as servers:
        channel = grpc.insecure_channel(servers.addresses["grpc"])
        stub: Any = pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]
        stream = stub.StreamOrders(ENDLESS)
        assert next(stream).id == "order_0"
    assert ending(stream) is grpc.StatusCode.UNAVAILABLE
    assert stream.details() == "the server is shutting down"
    channel.close()


def test_leaving_at_once_is_nobodys_failure(stub: Any) -> None:
    """Clients that give up before their stream has begun leave no word in the log and no stream behind."""
    for _ in range(300):
        stub.StreamOrders(pb.StreamOrdersRequest(live=True)).cancel()
    assert [order.id for order in stub.StreamOrders(pb.StreamOrdersRequest(count=2, interval_ms=1))] == [
        "order_0",
        "order_1",
    ]
