"""Starting and stopping the three backends: what it takes, what it leaves, and what it says when it fails."""

import json
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import grpc
import pytest
import requests
from grpc_reflection.v1alpha import reflection_pb2_grpc
from products import products_pb2 as pb
from products import products_pb2_grpc as pb_grpc

from backends.serving import ServerSettings, open_backends
from tests.contract.graphql_client import Graphql
from tests.contract.stream_readers import graphql_orders
from tests.support.servers import catalog_servers, running


def descriptors() -> set[str]:
    """What the process has open that it did not have from the start: sockets and files of ours."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if "socket:" in target or "trilane" in target:
            found.add(target)
    return found


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_start_and_stop_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty times in a row: threads, sockets and temporary folders are as before."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with catalog_servers("rest", "graphql", "grpc"):
        pass  # what libraries keep for the life of the process is there now
    sockets, threads = descriptors(), threading.active_count()
    for _ in range(20):
        with catalog_servers("rest", "graphql", "grpc") as servers:
            url = f"{servers.addresses['rest']}/api/v1/products/1"
            assert requests.get(url, timeout=10).json()["name"] == "Laptop"
    # What other tests' servers had open may have gone meanwhile, so only what came counts.
    assert descriptors() - sockets == set()
    assert threading.active_count() <= threads
    assert list(tmp_path.iterdir()) == []


def test_a_stop_waits_for_nobody_who_is_silent() -> None:
    """Connections that say nothing, and idle streams on every lane, do not use up the grace."""
    grace = 10.0
    with ExitStack() as clients, catalog_servers("rest", "graphql", "grpc") as servers:
        for address in servers.addresses.values():
            host, port = address.rpartition("//")[2].partition("/")[0].split(":")
            clients.enter_context(closing(socket.create_connection((host, int(port)))))
        channel = clients.enter_context(grpc.insecure_channel(servers.addresses["grpc"]))
        reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
        never = threading.Event()
        clients.callback(never.set)
        reflection.ServerReflectionInfo(iter(never.wait, True))
        stub = pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]
        stub.StreamOrders(pb.StreamOrdersRequest(live=True))
        url = f"{servers.addresses['rest']}/api/v1/orders/stream?live=true"
        clients.enter_context(closing(requests.get(url, stream=True, timeout=10)))
        started = time.monotonic()
        for lane in ("rest", "graphql", "grpc"):
            getattr(servers.backends, lane).shutdown(grace)
    assert time.monotonic() - started < grace / 2


def test_the_socket_port_shrugs_off_other_talk() -> None:
    """Bytes that are no handshake are answered or dropped; nothing is logged, and subscribers are served."""
    with catalog_servers("graphql") as servers:
        host, port = servers.addresses["graphql_ws"].removeprefix("ws://").partition("/")[0].split(":")
        for talk in (b"", b"\x00\xff\r\n\r\n", b"GET /graphql HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n"):
            with socket.create_connection((host, int(port)), timeout=5) as client:
                client.sendall(talk)
                client.shutdown(socket.SHUT_WR)
                while client.recv(4096):
                    pass
        assert graphql_orders(servers.addresses["graphql_ws"], "(count: 1, intervalMs: 1)")


def test_what_one_lane_writes_the_others_read() -> None:
    """One catalog and one secret under all three: a token and a product serve everywhere."""
    with catalog_servers("rest", "graphql", "grpc") as servers:
        client = Graphql(servers.addresses["graphql"])
        headers = client.log_in()
        with grpc.insecure_channel(servers.addresses["grpc"]) as channel:
            stub = pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]
            metadata = (("authorization", headers["Authorization"]),)
            made = stub.CreateProduct(pb.CreateProductRequest(name="Lamp", price=2), metadata=metadata)
        products = f"{servers.addresses['rest']}/api/v1/products/{made.id}"
        assert requests.get(products, timeout=10).json()["name"] == "Lamp"
        assert requests.patch(products, json={"price": 3}, headers=headers, timeout=10).ok
        read = client.data("query($id: ID!) { product(id: $id) { name price } }", {"id": made.id})
        client.session.close()
    assert read["product"] == {"name": "Lamp", "price": 3}


@pytest.mark.parametrize(
    ("lane", "settings"),
    [
        ("rest", lambda port: ServerSettings(ephemeral=True, rest_port=port)),
        ("graphql", lambda port: ServerSettings(ephemeral=True, graphql_port=port)),
        ("graphql", lambda port: ServerSettings(ephemeral=True, graphql_ws_port=port)),
        ("grpc", lambda port: ServerSettings(ephemeral=True, grpc_port=port)),
    ],
)
def test_a_taken_port_is_named_and_can_be_tried_again(
    lane: str, settings: Callable[[int], ServerSettings]
) -> None:
    """Serving fails with an OSError that names the port; once it is free, the same backend serves."""
    with taken_port() as port:
        backends = open_backends(settings(port))
        backend = getattr(backends, lane)
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}: .*in use"):
            backend.serve(lambda addresses: pytest.fail(f"served at {addresses}"))
    with running(backend) as addresses:
        assert any(f":{port}" in address for address in addresses.values())
    backends.close()


@pytest.mark.parametrize("lane", ["rest", "graphql", "grpc"])
def test_a_shutdown_before_the_start_means_no_start(lane: str) -> None:
    """Serving returns at once and tells no address; a second shutdown is harmless."""
    backends = open_backends(ServerSettings(ephemeral=True))
    backend = getattr(backends, lane)
    backend.shutdown()
    backend.shutdown()
    backend.serve(lambda addresses: pytest.fail(f"served at {addresses}"))
    backends.close()
    backends.close()


def test_secrets_and_catalog_outlive_the_servers(tmp_path: Path) -> None:
    """The next start in the same folder knows the same token and the same products; secrets are private."""
    settings = ServerSettings(data_dir=tmp_path / "data")
    with catalog_servers("graphql", settings=settings) as servers:
        first = servers.backends.admin_secret
        client = Graphql(servers.addresses["graphql"])
        headers = client.log_in()
        client.session.close()
    with catalog_servers("graphql", settings=settings) as servers:
        client = Graphql(servers.addresses["graphql"])
        create = 'mutation { createProduct(name: "Lamp", price: 1) { product { name } } }'
        assert client.data(create, headers=headers)
        client.session.close()
        assert servers.backends.admin_secret == first
        admin_file = servers.backends.admin_secret_file
    for file in (admin_file, tmp_path / "data" / "jwt.secret"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_opening_imports_nothing_heavy() -> None:
    """A window can open its backends before it pays for Flask, gRPC, SQLAlchemy and graphene."""
    code = (
        "import json, sys; from backends.serving import ServerSettings, open_backends;"
        "open_backends(ServerSettings(ephemeral=True)); print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, timeout=30
    )
    heavy = {"flask", "grpc", "sqlalchemy", "graphene", "graphql", "cheroot", "websockets", "pydantic", "jwt"}
    assert heavy & set(json.loads(done.stdout)) == set()
