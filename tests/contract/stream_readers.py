"""Stock clients of the three transports, as a reader outside this project would write them."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

import grpc
import requests
from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport
from products import products_pb2 as pb
from products import products_pb2_grpc as pb_grpc

Message = dict[str, Any]
FIELDS = "id userId total status sequence publishedAt dropped"


def sse_events(
    base_url: str, session: requests.Session, headers: Mapping[str, str] | None = None, **query: Any
) -> Iterator[Message]:
    """Events of the REST stream: id, event and data, comments as ``{"comment": …}``."""
    url = f"{base_url}/api/v1/orders/stream"
    with session.get(url, params=query, headers=headers, stream=True, timeout=10) as response:
        assert response.status_code == 200, response.text
        event: Message = {}
        for line in response.iter_lines(chunk_size=1, decode_unicode=True):
            if line.startswith(":"):
                yield {"comment": line[1:].strip()}
            elif line:
                name, _, value = line.partition(": ")
                event[name] = json.loads(value) if name == "data" else value
            elif event:
                yield event
                event = {}


def sse_orders(base_url: str, headers: Mapping[str, str] | None = None, **query: Any) -> list[Message]:
    """All orders of one stream, which must end with its end event."""
    with requests.Session() as session:
        events = list(sse_events(base_url, session, headers, **query))
    assert events[-1]["event"] == "end"
    return [event["data"] for event in events if event.get("event") == "order"]


def subscription(arguments: str) -> Any:
    """A gql document that follows orders."""
    return gql(f"subscription {{ orders{arguments} {{ {FIELDS} }} }}")


def graphql_orders(url: str, arguments: str) -> list[Message]:
    """All orders of one subscription over gql's own WebSocket transport, in snake_case."""

    async def follow() -> list[Message]:
        transport = WebsocketsTransport(url, subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL])
        async with Client(transport=transport) as session:
            return [snake(item["orders"]) async for item in session.subscribe(subscription(arguments))]

    return asyncio.run(follow())


def snake(order: Message) -> Message:
    """The neutral names of a GraphQL order."""
    names = {"userId": "user_id", "publishedAt": "published_at"}
    return {names.get(name, name): value for name, value in order.items()}


def grpc_orders(target: str, **fields: Any) -> list[Message]:
    """All orders of one gRPC stream."""
    with grpc.insecure_channel(target) as channel:
        stub: Any = pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]
        return [neutral(order) for order in stub.StreamOrders(pb.StreamOrdersRequest(**fields))]


def neutral(order: pb.Order) -> Message:
    """The fields that all transports carry."""
    names = ("id", "user_id", "total", "status", "sequence", "published_at", "dropped")
    return {name: getattr(order, name) for name in names}
