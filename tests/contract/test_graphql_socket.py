"""The graphql-transport-ws protocol, message by message, as the lane's socket speaks it."""

import json
import socket as raw_socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as connect_to
from websockets.sync.connection import Connection
from websockets.typing import Origin, Subprotocol

from backends.graphql import socket as socket_module
from tests.support.servers import catalog_servers

PROTOCOL = "graphql-transport-ws"


def connect(url: str, *protocols: str, origin: str | None = None) -> Connection:
    # A client of this kind that closes with unread messages waits this long for nothing.
    return connect_to(
        url,
        subprotocols=[Subprotocol(name) for name in protocols] or None,
        origin=Origin(origin) if origin else None,
        close_timeout=0.1,
    )


@pytest.fixture
def addresses() -> Iterator[Mapping[str, str]]:
    with catalog_servers("graphql") as servers:
        yield servers.addresses


@pytest.fixture
def url(addresses: Mapping[str, str]) -> str:
    return addresses["graphql_ws"]


def send(socket: Connection, **message: Any) -> None:
    socket.send(json.dumps(message))


def receive(socket: Connection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=5))
    return message


@contextmanager
def initialised(url: str, payload: dict[str, Any] | None = None) -> Iterator[Connection]:
    with connect(url, PROTOCOL) as socket:
        send(socket, type="connection_init", payload=payload or {})
        assert receive(socket) == {"type": "connection_ack"}
        yield socket


def close_code(socket: Connection) -> int | None:
    try:
        for _ in range(100):
            socket.recv(timeout=5)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None
    return None


def test_queries_and_mutations_are_answered_too(url: str) -> None:
    """One operation is one next and one complete."""
    with initialised(url) as socket:
        send(socket, type="subscribe", id="1", payload={"query": "{ product(id: 1) { name } }"})
        assert receive(socket) == {
            "type": "next",
            "id": "1",
            "payload": {"data": {"product": {"name": "Laptop"}}},
        }
        assert receive(socket) == {"type": "complete", "id": "1"}


def test_a_token_comes_with_the_connection(url: str) -> None:
    """Authorization in the connection payload opens writes; without it they are UNAUTHENTICATED."""
    login = 'mutation { login(email: "user@example.com", password: "password") { token } }'
    write = 'mutation { createProduct(name: "Lamp", price: 1) { product { name } } }'
    with initialised(url) as socket:
        send(socket, type="subscribe", id="1", payload={"query": write})
        refused = receive(socket)["payload"]["errors"][0]["extensions"]["code"]
        assert receive(socket)["type"] == "complete"
        send(socket, type="subscribe", id="2", payload={"query": login})
        token = receive(socket)["payload"]["data"]["login"]["token"]
    assert refused == "UNAUTHENTICATED"
    with initialised(url, {"Authorization": f"Bearer {token}"}) as socket:
        send(socket, type="subscribe", id="1", payload={"query": write})
        assert receive(socket)["payload"] == {"data": {"createProduct": {"product": {"name": "Lamp"}}}}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { orders(intervalMs: -1) { id } }", "BAD_USER_INPUT"),
        ("subscription { orders(intervalMs: 3600001) { id } }", "BAD_USER_INPUT"),
        (5, "BAD_USER_INPUT"),
    ],
)
def test_a_bad_operation_is_an_error_message(url: str, query: object, code: str) -> None:
    """It ends that operation, not the socket."""
    with initialised(url) as socket:
        send(socket, type="subscribe", id="1", payload={"query": query})
        message = receive(socket)
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", code)
        send(socket, type="ping", payload={"a": 1})
        assert receive(socket) == {"type": "pong", "payload": {"a": 1}}


def test_complete_ends_a_subscription_and_frees_its_id(url: str) -> None:
    """After the client's complete the same id may be used again."""
    endless = {"query": "subscription { orders(count: -1, intervalMs: 1) { id } }"}
    with initialised(url) as socket:
        send(socket, type="subscribe", id="1", payload=endless)
        assert receive(socket)["type"] == "next"
        send(socket, type="complete", id="1")
        send(socket, type="subscribe", id="1", payload={"query": "{ product(id: 2) { name } }"})
        seen = receive(socket)
        while "orders" in seen["payload"]["data"]:
            seen = receive(socket)
        assert seen["payload"] == {"data": {"product": {"name": "Mouse"}}}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no json", 4400),
        ("[]", 4400),
        ('{"type": "nonsense"}', 4400),
        ('{"type": "subscribe", "id": "", "payload": {"query": "{a}"}}', 4400),
        ('{"type": "subscribe", "id": "1"}', 4400),
        ('{"type": "connection_init"}', 4429),
        ('{"type": "connection_init", "payload": "' + "x" * 70_000 + '"}', 1009),
    ],
)
def test_breaking_the_protocol_closes_the_socket(url: str, text: str, code: int) -> None:
    """Each kind of broken message has the protocol's close code."""
    with initialised(url) as socket:
        socket.send(text)
        assert close_code(socket) == code


def test_a_used_id_closes_the_socket(url: str) -> None:
    """Two operations cannot share an id at one time: 4409."""
    endless = {"query": "subscription { orders(count: -1, intervalMs: 1000) { id } }"}
    with initialised(url) as socket:
        for _ in range(2):
            send(socket, type="subscribe", id="1", payload=endless)
        assert close_code(socket) == 4409


def test_operations_before_the_initialisation_close_the_socket(url: str) -> None:
    """4401 for who subscribes first, 4406 for who speaks another protocol."""
    with connect(url, PROTOCOL) as socket:
        send(socket, type="subscribe", id="1", payload={"query": "{ limited { limit } }"})
        assert close_code(socket) == 4401
    with connect(url) as socket:
        assert close_code(socket) == 4406


def test_a_silent_client_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not initialise in time gets 4408, also when it pings meanwhile."""
    monkeypatch.setattr(socket_module, "INIT_SECONDS", 0.2)
    with catalog_servers("graphql") as servers:
        address = servers.addresses["graphql_ws"]
        with connect(address, PROTOCOL) as socket:
            send(socket, type="ping")
            assert receive(socket) == {"type": "pong"}
            assert close_code(socket) == 4408


def test_foreign_pages_and_other_paths_get_no_socket(url: str, addresses: Mapping[str, str]) -> None:
    """Any other Origin is 403, also one of this machine, another path is 404; our own page may connect."""
    for target, origin, status in (
        (url, "http://evil.example", 403),
        (url, "http://127.0.0.1:1", 403),
        (url, "null", 403),
        (url.replace("/graphql", "/other"), None, 404),
    ):
        with pytest.raises(InvalidStatus) as caught:
            connect(target, PROTOCOL, origin=origin)
        assert caught.value.response.status_code == status
    with connect(url, PROTOCOL, origin=addresses["graphql"].removesuffix("/graphql")) as socket:
        send(socket, type="connection_init")
        assert receive(socket) == {"type": "connection_ack"}


@pytest.mark.parametrize(
    "payload",
    [{"Authorization": 5}, {"authorization": None}, {"Authorization": "Bearer a", "authorization": "x"}],
)
def test_an_authorization_that_is_not_one_text_ends_the_socket(url: str, payload: dict[str, Any]) -> None:
    """Which of two tokens counts is nobody's guess, and a number is none."""
    with connect(url, PROTOCOL) as socket:
        send(socket, type="connection_init", payload=payload)
        assert close_code(socket) == 4400


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        ("Host: {own}", 101),
        ("Host: {own}, evil", 400),
        ("Host:", 400),
        ("X: y", 400),
        ("Host: {own}\r\nHost: {own}", 400),
        ("Host: evil.test", 421),
    ],
)
def test_a_socket_is_opened_under_one_name_of_ours(url: str, hosts: str, status: int) -> None:
    """As over HTTP: none, an empty one, a list and a second one are refused."""
    own = urlsplit(url).netloc
    head = (
        f"GET /graphql HTTP/1.1\r\n{hosts.format(own=own)}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {'A' * 22}==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {PROTOCOL}\r\n\r\n"
    )
    name, _, port = own.rpartition(":")
    with raw_socket.create_connection((name, int(port)), timeout=5) as client:
        client.sendall(head.encode())
        assert client.recv(4096).split(b" ")[1] == str(status).encode()
