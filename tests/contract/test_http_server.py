"""The HTTP server under REST and GraphQL: hosts, bodies that nobody reads, and how many threads it takes."""

import json
import select
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import pytest

from backends.http_workers import FIRST_WORKERS, MOST_WORKERS
from tests.support.rest_api import Answer, Api
from tests.support.servers import catalog_servers

pytestmark = pytest.mark.leaves_threads  # the servers of a test; that they end is tested elsewhere
LANES = ("rest", "graphql")
PATHS = {"rest": "/api/v1/products", "graphql": "/graphql"}


@pytest.fixture(params=LANES)
def lane(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def api(lane: str) -> Iterator[Api]:
    """One server, by its base URL."""
    with catalog_servers(lane) as servers:
        yield Api(servers.addresses[lane].removesuffix("/graphql"))


def answer_of(received: bytes) -> tuple[int, str, bytes]:
    """Status, head in lower case, and body of a raw answer."""
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), head.decode().lower(), body


def code_of(lane: str, body: bytes) -> str:
    content = json.loads(body)
    return str(content["error"] if lane == "rest" else content["errors"][0]["extensions"]["code"])


def test_a_request_without_a_host_is_400(api: Api, lane: str) -> None:
    """HTTP/1.1 wants one; HTTP/1.0 never did."""
    status, _, body = answer_of(api.raw(b"GET /healthz HTTP/1.1\r\n\r\n"))
    assert (status, code_of(lane, body).lower()) == (400, "bad_request")
    assert answer_of(api.raw(b"GET /healthz HTTP/1.1\r\nHost:\r\n\r\n"))[0] == 400
    assert answer_of(api.raw(b"GET /healthz HTTP/1.0\r\n\r\n"))[0] == 200


@pytest.mark.parametrize(
    "hosts",
    [
        "Host: {own}, evil",
        "Host: evil, {own}",
        "Host: {own} evil",
        "Host: {own}/evil",
        "Host: evil@{own}",
        "Host: {own}\r\nHost: {own}",
        "Host: {own}\r\nHost: evil",
        "Host:",
    ],
)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_host_that_is_not_one_host_is_400(api: Api, hosts: str, version: str) -> None:
    """Which of several would be meant is anybody's guess."""
    fields = hosts.format(own=api.authority)
    assert answer_of(api.raw(f"GET /healthz HTTP/{version}\r\n{fields}\r\n\r\n".encode()))[0] == 400


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST:", "127.0.0.1:80", "[::1]:1", "[::1]"])
def test_a_host_that_is_ours_is_answered(api: Api, name: str) -> None:
    """With any port, for a tunnel may have another one."""
    assert answer_of(api.raw(f"GET /healthz HTTP/1.0\r\nHost: {name}\r\n\r\n".encode()))[0] == 200


def test_a_misdirected_request_is_named_so(api: Api, lane: str) -> None:
    """421 and its word; a foreign page's write is another matter."""
    body = b'{"query": "{ limited { limit } }"}'
    misdirected = api.ask("POST", PATHS[lane], body, {"Host": "evil.example"})
    foreign = api.ask("POST", PATHS[lane], body, {"Origin": "http://evil.example"})
    assert (misdirected.status, code_of(lane, misdirected.body).lower()) == (421, "misdirected_request")
    assert (foreign.status, code_of(lane, foreign.body).lower()) == (403, "forbidden")


def test_a_body_announced_far_too_large_is_refused_before_it_comes(api: Api, lane: str) -> None:
    """A terabyte that never arrives costs no worker: twice as many such clients as there are workers wait."""
    host, _, port = api.authority.rpartition(":")
    token = "" if lane == "graphql" else f"Authorization: Bearer {api.log_in().token}\r\n"
    head = (
        f"POST {PATHS[lane]} HTTP/1.1\r\nHost: {api.authority}\r\n{token}"
        "Content-Type: application/json\r\nContent-Length: 1000000000000\r\n\r\n{"
    ).encode()
    with ExitStack() as clients:
        for _ in range(MOST_WORKERS * 2):
            client = clients.enter_context(closing(socket.create_connection((host, int(port)), timeout=5)))
            client.sendall(head)
            status, said, _ = answer_of(client.recv(4096))
            assert status == 413
            assert "connection: close" in said
        assert api.get("/healthz").status == 200


@pytest.mark.parametrize("half", [b"GET / HT", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"body"])
def test_half_a_request_holds_a_worker_for_a_limited_time(
    lane: str, half: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """More silent clients than workers do not bar the others until the end of keeping alive."""
    monkeypatch.setattr("backends.http_server._STALL_SECONDS", 0.1)
    if half == b"body":
        half = (
            f"POST {'/auth/login' if lane == 'rest' else '/graphql'} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
        ).encode()
    with ExitStack() as stack:
        servers = stack.enter_context(catalog_servers(lane))
        api = Api(servers.addresses[lane].removesuffix("/graphql"))
        host, _, port = api.authority.rpartition(":")
        clients = []
        for _ in range(MOST_WORKERS + 4):
            client = stack.enter_context(closing(socket.create_connection((host, int(port)), timeout=5)))
            client.sendall(half)
            clients.append(client)
        assert api.get("/healthz").status == 200
        said = clients[0].recv(4096)
        assert not said or answer_of(said)[0] == 408
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]


@pytest.mark.parametrize("half", [b"", b"GET / HT", b"\r\nGET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"body"])
def test_clients_that_send_half_a_request_keep_nobody_waiting(
    lane: str, half: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice as many of them as there are workers, with all the time of the world, and others are answered."""
    monkeypatch.setattr("backends.http_server._STALL_SECONDS", 600)
    if half == b"body":
        half = (
            f"POST {'/auth/login' if lane == 'rest' else '/graphql'} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
        ).encode()
    with ExitStack() as stack:
        servers = stack.enter_context(catalog_servers(lane))
        api = Api(servers.addresses[lane].removesuffix("/graphql"))
        for _ in range(MOST_WORKERS * 2):
            stack.enter_context(closing(connected(api))).sendall(half)
        asking = stack.enter_context(closing(connected(api)))
        asking.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer_of(asking.recv(4096))[0] == 200


def test_a_request_may_come_in_pieces(api: Api) -> None:
    """Each byte of two requests in a packet of its own is as good as all in one."""
    head = f"GET /healthz HTTP/1.1\r\nHost: {api.authority}\r\n\r\n".encode()
    with closing(connected(api)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(2):
            for byte in head:
                client.sendall(bytes([byte]))
            assert answer_of(client.recv(4096))[0] == 200


def test_silence_in_the_middle_of_a_head_is_told(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """408 to who has begun a request, nothing to who has not; both lose the connection."""
    monkeypatch.setattr("backends.http_server._STALL_SECONDS", 0.1)
    with closing(connected(api)) as begun, closing(connected(api)) as silent:
        begun.sendall(b"GET / HT")
        assert answer_of(begun.recv(4096))[0] == 408
        assert begun.recv(1) == silent.recv(1) == b""


def test_the_number_of_waiting_clients_has_a_bound(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """One too many ends the wait of another; the rest are answered when they go on."""
    monkeypatch.setattr("backends.http_waiting.MOST_WAITING", 5)
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(connected(api))) for _ in range(6)]
        for client in clients:
            client.sendall(b"GET /healthz HTTP/1.1\r\n")
        ended, _, _ = select.select(clients, [], [], 5)
        assert [answer_of(client.recv(4096))[0] for client in ended] == [408]
        for client in set(clients) - set(ended):
            client.sendall(b"Host: localhost\r\n\r\n")
            assert answer_of(client.recv(4096))[0] == 200


def connected(api: Api) -> socket.socket:
    host, _, port = api.authority.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=5)


def test_threads_come_with_the_work_and_have_a_bound(lane: str) -> None:
    """A server that nobody asks has a few; sixty clients at once are served by no more than the bound."""
    others = workers()
    together = threading.Barrier(60)
    with catalog_servers(lane) as servers:
        api = Api(servers.addresses[lane].removesuffix("/graphql"))

        def ask(_: int) -> Answer:
            together.wait(10)
            return api.get("/healthz")

        assert len(workers() - others) == FIRST_WORKERS
        with ThreadPoolExecutor(60) as pool:
            for _ in range(3):
                assert {answer.status for answer in pool.map(ask, range(60))} == {200}
                assert len(workers() - others) <= MOST_WORKERS


def test_busy_workers_are_joined_by_others(api: Api) -> None:
    """Clients that are slow with their bodies leave room for one more, until the bound."""
    host, _, port = api.authority.rpartition(":")
    head = f"POST /graphql HTTP/1.1\r\nHost: {api.authority}\r\nContent-Type: application/json\r\n"
    slow = f"{head}Content-Length: 500\r\n\r\n{{".encode()
    with ExitStack() as clients:
        for _ in range(FIRST_WORKERS * 3):
            client = clients.enter_context(closing(socket.create_connection((host, int(port)), timeout=5)))
            client.sendall(slow)
        assert api.get("/healthz").status == 200


def workers() -> set[threading.Thread]:
    """Those of this process; servers of other tests may still run."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("CP Server")}
