"""The order subscription: gql's own transport as the client, endings, and resources."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from socket import SHUT_RDWR

import pytest
from gql import Client
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.contract.graphql_client import Graphql
from tests.contract.stream_readers import graphql_orders, subscription
from tests.support.orders import open_subscriptions, until
from tests.support.servers import Running, catalog_servers

INIT = '{"type": "connection_init"}'
PROTOCOLS = [Subprotocol("graphql-transport-ws")]


@pytest.fixture
def servers() -> Iterator[Running]:
    with catalog_servers("graphql") as running:
        yield running


def subscribe(arguments: str, name: str = "1") -> str:
    query = f"subscription {{ orders{arguments} {{ id }} }}"
    return f'{{"type": "subscribe", "id": "{name}", "payload": {{"query": "{query}"}}}}'


def test_gqls_own_transport_receives_the_default_five(servers: Running) -> None:
    """Five orders, then complete: the client's loop ends by itself."""
    orders = graphql_orders(servers.addresses["graphql_ws"], "(intervalMs: 1)")
    assert [order["id"] for order in orders] == [f"order_{i}" for i in range(5)]


def test_a_bad_wish_is_an_error_of_the_operation(servers: Running) -> None:
    """gql raises it with its code; the connection stays usable."""
    url = servers.addresses["graphql_ws"]

    async def follow() -> list[str]:
        transport = WebsocketsTransport(url, subprotocols=PROTOCOLS)
        async with Client(transport=transport) as session:
            with pytest.raises(TransportQueryError) as caught:
                await anext(session.subscribe(subscription("(count: 1, intervalMs: -1)")))
            assert (caught.value.errors or [])[0]["extensions"]["code"] == "BAD_USER_INPUT"
            good = subscription("(count: 1, intervalMs: 1)")
            return [item["orders"]["id"] async for item in session.subscribe(good)]

    assert asyncio.run(follow()) == ["order_0"]


def test_leaving_a_subscription_lets_it_go(servers: Running) -> None:
    """The client's complete, and a connection that breaks, each free the subscription within a second."""
    with connect(servers.addresses["graphql_ws"], subprotocols=PROTOCOLS, close_timeout=0.1) as socket:
        socket.send(INIT)
        socket.recv(timeout=5)
        for name in ("1", "2"):
            socket.send(subscribe("(live: true)", name))
        assert until(lambda: open_subscriptions(servers) == 2, 5)
        socket.send('{"type": "complete", "id": "1"}')
        assert until(lambda: open_subscriptions(servers) == 1)
        socket.socket.shutdown(SHUT_RDWR)
        assert until(lambda: open_subscriptions(servers) == 0)


def test_hundreds_of_subscribers_leave_queries_alone(servers: Running) -> None:
    """100 sockets with a subscription each, and HTTP answers as ever."""
    with ExitStack() as sockets:
        for _ in range(100):
            socket = sockets.enter_context(
                connect(servers.addresses["graphql_ws"], subprotocols=PROTOCOLS, close_timeout=0.1)
            )
            socket.send(INIT)
            socket.recv(timeout=5)
            socket.send(subscribe("(live: true)"))
        assert until(lambda: open_subscriptions(servers) == 100, 10)
        client = Graphql(servers.addresses["graphql"])
        assert client.data("{ product(id: 1) { name } }") == {"product": {"name": "Laptop"}}
        client.session.close()
    assert until(lambda: open_subscriptions(servers) == 0, 5)


def test_a_shutdown_closes_the_socket_as_going_away() -> None:
    """Close code 1001 is WebSocket's word for a server that stops."""
    with catalog_servers("graphql") as servers:
        socket = connect(servers.addresses["graphql_ws"], subprotocols=PROTOCOLS, close_timeout=0.1)
        socket.send(INIT)
        socket.recv(timeout=5)
        socket.send(subscribe("(count: -1, intervalMs: 1000)"))
        assert "order_0" in str(socket.recv(timeout=5))
    with pytest.raises(ConnectionClosed) as caught:
        socket.recv(timeout=5)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1001
