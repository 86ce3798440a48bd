"""Clients that connect, stall, vanish and return, for a long time: the servers stay as they were."""

import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import grpc
import pytest
from products import products_pb2 as pb
from products import products_pb2_grpc as pb_grpc
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.support.footprint import HAS_PROC, Footprint, footprint

SECONDS = float(os.environ.get("TRILANE_SOAK_SECONDS", "600"))
WARM_UP = min(60.0, SECONDS / 3)  # seconds of the same clients before anything is compared
SETTLED = 5.0  # seconds after which the servers must have let go of everybody
CLIENTS = 8  # of each transport

SERVE = """
import json, sys
from tests.support.servers import catalog_servers
with catalog_servers("rest", "graphql", "grpc") as servers:
    print(json.dumps(dict(servers.addresses)), flush=True)
    sys.stdin.read()
"""


@contextmanager
def serving() -> Iterator[tuple[dict[str, str], Callable[[], Footprint]]]:
    """The three servers in a process of their own, and a look at it from outside."""
    paths = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline()), partial(footprint, process.pid)
    finally:
        process.stdin.close()
        assert process.wait(20) == 0
        process.stdout.close()


def read_some(read: Callable[[], Any], draw: random.Random, stop: threading.Event) -> None:
    """Read a few messages, then stall for a moment."""
    for _ in range(draw.randrange(30)):
        read()
    stop.wait(draw.random())


def rest_client(where: dict[str, str], draw: random.Random, stop: threading.Event) -> None:
    host, port = where["rest"].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        query = f"count=-1&interval_ms=2&user_id={draw.randrange(5)}"
        client.sendall(f"GET /api/v1/orders/stream?{query} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        read_some(lambda: client.recv(1000), draw, stop)
        if draw.random() < 0.5:  # a reset instead of a goodbye
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def graphql_client(where: dict[str, str], draw: random.Random, stop: threading.Event) -> None:
    protocols = [Subprotocol("graphql-transport-ws")]
    with connect(where["graphql_ws"], subprotocols=protocols, close_timeout=0.1) as client:
        client.send('{"type": "connection_init"}')
        client.recv(10)
        query = "subscription { orders(count: -1, intervalMs: 2) { id total } }"
        client.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query}}))
        read_some(lambda: client.recv(10), draw, stop)
        if draw.random() < 0.5:
            client.socket.shutdown(socket.SHUT_RDWR)


def grpc_client(where: dict[str, str], draw: random.Random, stop: threading.Event) -> None:
    with grpc.insecure_channel(where["grpc"], options=(("grpc.use_local_subchannel_pool", 1),)) as channel:
        stub: Any = pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]
        orders = stub.StreamOrders(pb.StreamOrdersRequest(count=-1, interval_ms=2))
        read_some(lambda: next(orders), draw, stop)
        if draw.random() < 0.5:
            orders.cancel()


@pytest.mark.soak
@pytest.mark.expected_log  # the client library complains when a test pulls its socket away
@pytest.mark.timeout(2 * SECONDS + 120)
@pytest.mark.skipif(not HAS_PROC, reason="needs /proc")
def test_threads_descriptors_and_memory_stay_flat() -> None:
    """After minutes of rude clients the servers hold what they held after the first of them."""
    with serving() as (where, look):
        visits = visit(where, WARM_UP)
        threading.Event().wait(SETTLED)
        before = look()
        visits += visit(where, SECONDS)
        threading.Event().wait(SETTLED)
        after = look()
    figures = f"{visits} visits: {before} -> {after}"
    sys.stdout.write(f"\n{figures}\n")
    assert visits > SECONDS, figures
    assert after.threads <= before.threads + 4, figures  # gRPC keeps a few of its own, more or fewer
    assert after.descriptors <= before.descriptors, figures
    assert after.memory <= before.memory * 1.05 + 2 * 1024, figures


def visit(where: dict[str, str], seconds: float) -> int:
    """Let all kinds of clients come and go for a while. Returns how many came."""
    stop = threading.Event()
    visits: list[int] = []

    def come_and_go(client: Callable[..., None], seed: int) -> None:
        draw, count = random.Random(seed), 0
        while not stop.is_set():
            with suppress(OSError):
                client(where, draw, stop)
            count += 1
        visits.append(count)

    threads = [
        threading.Thread(target=come_and_go, args=(client, seed))
        for seed in range(CLIENTS)
        for client in (rest_client, graphql_client, grpc_client)
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    stop.wait(end - time.monotonic())
    stop.set()
    for thread in threads:
        thread.join()
    return sum(visits)
