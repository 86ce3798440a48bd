"""A server that is holding calls on purpose stops as promptly as any other, and its threads end."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import grpc
import pytest
import requests
from products import products_pb2 as pb
from products import products_pb2_grpc as pb_grpc

from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.operations.lane_access import make_client
from backends.faults import FaultEngine
from tests.support.live_lanes import outcome_of
from tests.support.servers import catalog_servers

PROMPT = 2.0  # seconds for a stop on a busy machine; a hang lasts ten minutes

HOLDING: dict[str, dict[str, Any]] = {
    "hang": {"kind": "hang"},
    "delay": {"kind": "delay", "ms": 600_000},
    "drip": {"kind": "drip", "bytes_per_s": 1},
}


def fired(faults: FaultEngine, count: int) -> bool:
    """Whether so many faults have been injected, after a patient while."""
    pause, deadline = threading.Event(), time.monotonic() + 10
    while time.monotonic() < deadline:
        if len(faults.recent()) >= count:
            return True
        pause.wait(0.005)
    return False


@pytest.mark.parametrize("lane", list(Lane))
@pytest.mark.parametrize("kind", HOLDING)
def test_a_stop_ends_held_calls(lane: Lane, kind: str) -> None:
    """The stop does not wait for the fault, and the caller gets an answer or an end at once."""
    ended = threading.Event()
    with catalog_servers(lane.value) as servers:
        client = make_client(lane, servers.addresses[lane.value])
        servers.backends.faults.configure(lane.value, [HOLDING[kind]])

        def call() -> None:
            outcome_of(client, OperationId.LIST_PRODUCTS, {}, timeout=60)
            ended.set()

        thread = threading.Thread(target=call)
        thread.start()
        assert fired(servers.backends.faults, 1)
        assert not ended.is_set()
        started = time.monotonic()
    assert time.monotonic() - started < PROMPT
    assert ended.wait(PROMPT)
    thread.join()
    client.close()


def by_sse(addresses: dict[str, str]) -> None:
    """Read an event stream to its end."""
    with (
        suppress(requests.RequestException),
        requests.get(f"{addresses['rest']}/api/v1/orders/stream", stream=True, timeout=60) as response,
    ):
        for _ in response.iter_content(1):
            pass


def by_grpc(addresses: dict[str, str]) -> None:
    """Read a gRPC stream to its end."""
    with grpc.insecure_channel(addresses["grpc"]) as channel, suppress(grpc.RpcError):
        stub: Any = pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]
        list(stub.StreamOrders(pb.StreamOrdersRequest(), timeout=60))


@pytest.mark.parametrize(("lane", "read"), [("rest", by_sse), ("grpc", by_grpc)])
def test_a_stop_ends_stalled_streams(lane: str, read: Callable[[dict[str, str]], None]) -> None:
    """A stalled stream keeps neither the server nor its reader."""
    with catalog_servers(lane) as servers:
        servers.backends.faults.configure(lane, [{"kind": "stall", "after": 1}])
        thread = threading.Thread(target=read, args=(dict(servers.addresses),))
        thread.start()
        assert fired(servers.backends.faults, 1)
        started = time.monotonic()
    assert time.monotonic() - started < PROMPT
    thread.join(PROMPT)
    assert not thread.is_alive()
