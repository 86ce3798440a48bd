"""One feed, three transports: stock clients receive the same orders in the same order."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.contract.graphql_client import Graphql
from tests.contract.stream_readers import Message, graphql_orders, grpc_orders, sse_orders
from tests.support.orders import demonstration_readers, held_feed, open_subscriptions, until
from tests.support.servers import Running, catalog_servers

Reader = Callable[[], list[Message]]


@pytest.fixture
def servers() -> Iterator[Running]:
    with catalog_servers("rest", "graphql", "grpc") as running:
        yield running


def readers(servers: Running, user: str, count: int, interval: int, live: bool = False) -> list[Reader]:
    """One reader per lane, all with the same wish."""
    where, wish = servers.addresses, {"user_id": user, "count": count, "interval_ms": interval, "live": live}
    arguments = f'(userId: "{user}", count: {count}, intervalMs: {interval}, live: {str(live).lower()})'
    return [
        lambda: sse_orders(where["rest"], None, **{name: str(value).lower() for name, value in wish.items()}),
        lambda: graphql_orders(where["graphql_ws"], arguments),
        lambda: grpc_orders(where["grpc"], **wish),
    ]


def read_together(servers: Running, user: str, wanted: list[Reader]) -> list[list[Message]]:
    """What all of them read of a feed that goes on when all have joined it."""
    with held_feed(servers.backends) as go_on, ThreadPoolExecutor(len(wanted)) as pool:
        futures = [pool.submit(reader) for reader in wanted]
        try:
            assert until(lambda: demonstration_readers(servers.backends, user) == len(wanted), 10)
        finally:
            go_on()
        return [future.result(20) for future in futures]


def shared_part(order: Message) -> dict[str, Any]:
    return {name: order[name] for name in ("id", "user_id", "total", "status", "sequence", "published_at")}


def test_three_lanes_carry_the_same_messages(servers: Running) -> None:
    """Started together, they get equal orders, down to the time of publication."""
    rest, graphql, grpc = read_together(servers, "user_7", readers(servers, "user_7", 20, 50))
    assert [order["id"] for order in rest] == [f"order_{i}" for i in range(20)]
    assert [order["sequence"] for order in rest] == list(range(1, 21))
    assert list(map(shared_part, rest)) == list(map(shared_part, graphql)) == list(map(shared_part, grpc))


def test_the_default_is_five_orders(servers: Running) -> None:
    """With an interval only, each stock client receives order_0 to order_4 and a proper end."""
    for orders in read_together(servers, "", readers(servers, "", 0, 10)):
        assert [(order["id"], order["total"]) for order in orders] == [
            (f"order_{i}", round(99.99 * (i + 1), 2)) for i in range(5)
        ]


def test_an_order_placed_in_one_lane_arrives_on_all(servers: Running) -> None:
    """A live stream on each lane hears of orders placed over REST and over GraphQL, in the same order."""
    graphql = Graphql(servers.addresses["graphql"])
    headers = graphql.log_in()
    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(reader) for reader in readers(servers, "user_123", 2, 0, live=True)]
        assert until(lambda: open_subscriptions(servers) == 3, 10)
        placed = requests.post(
            f"{servers.addresses['rest']}/api/v1/orders",
            json={"user_id": "user_123", "lines": [{"product_id": "1", "quantity": 1}]},
            headers=headers,
            timeout=10,
        ).json()
        create = (
            'mutation { createOrder(userId: "user_123", lines: [{productId: 2, quantity: 3}])'
            " { order { id total } } }"
        )
        second = graphql.data(create, headers=headers)["createOrder"]["order"]
        received = [future.result(20) for future in futures]
    graphql.session.close()
    for orders in received:
        assert [(order["id"], order["status"]) for order in orders] == [
            (placed["id"], "processing"),
            (second["id"], "processing"),
        ]
