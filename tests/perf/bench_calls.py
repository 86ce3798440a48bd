"""One call through each client, and the whole path with pipeline and events, against the bare library.

Interleaved, over live servers in another process.

Run as a script: ``python tests/perf/bench_calls.py [--json] [--rounds N]``. Exit status 1 when a ratio is
over the limit. Both sides do the same work for the user: send, wait, decode.
"""

import argparse
import gc
import json
import multiprocessing
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto")]

LIMIT = 1.15  # ours against bare, at the median
QUERY = "query Product($id: ID!) {\n  product(id: $id) {\n    id name price stock category\n  }\n}"
Call = Callable[[], object]


class NoFaults:
    """As in the window: whether the lane suffers is asked before each attempt."""

    def suffers(self, lane: object) -> bool:
        """Never."""
        return False

    def rule_of(self, request_id: str) -> str | None:
        """Not asked."""
        return None


def serve(pipe: Connection) -> None:
    """The three servers, in a process of their own so that client and server share no lock."""
    from backends.serving import ServerSettings
    from tests.support.servers import catalog_servers

    with catalog_servers("rest", "graphql", "grpc", settings=ServerSettings(ephemeral=True)) as servers:
        pipe.send(dict(servers.addresses))
        pipe.recv()


def contenders(addresses: Mapping[str, str], cleanup: ExitStack) -> dict[str, tuple[Call, Call, Call]]:
    """For each lane the bare call, our client's, and the whole path's."""
    bare = {"rest": _bare_rest, "graphql": _bare_graphql, "grpc": _bare_grpc}
    return {
        lane: (open_bare(addresses, cleanup), *_ours(lane, addresses, cleanup))
        for lane, open_bare in bare.items()
    }


def measure(calls: tuple[Call, Call, Call], rounds: int) -> dict[str, float]:
    """Medians in microseconds and ratios; the calls take turns, so that all meet the same weather."""
    for _ in range(50):
        for call in calls:
            call()
    times: tuple[list[float], ...] = tuple([] for _ in calls)
    gc.collect()
    gc.disable()
    for number in range(rounds):
        for turn in range(len(calls)):
            index = (number + turn) % len(calls)
            started = time.perf_counter()
            calls[index]()
            times[index].append(time.perf_counter() - started)
    gc.enable()
    bare, client, path = (statistics.median(each) * 1e6 for each in times)
    return {
        "bare_us": bare,
        "client_us": client,
        "path_us": path,
        "client_ratio": client / bare,
        "path_ratio": path / bare,
    }


def _ours(lane: str, addresses: Mapping[str, str], cleanup: ExitStack) -> tuple[Call, Call]:
    from app.domain.events import Event
    from app.domain.lanes import Lane
    from app.domain.operations import OPERATIONS, OperationId
    from app.operations.calls import CallRunner
    from app.operations.lane_access import make_client
    from app.resilience.pipeline import Pipeline

    client = make_client(Lane(lane), addresses[lane])
    cleanup.callback(client.close)
    operation = OperationId.GET_PRODUCT
    fields = OPERATIONS[operation].fields
    draft = client.draft(operation, {"id": "1"}, fields)
    events: deque[Event] = deque(maxlen=1000)
    pipeline = Pipeline(lane=Lane(lane), publish=events.append)
    runner = CallRunner(client, pipeline, publish=events.append, memory=NoFaults())
    return (
        lambda: client.send(draft, operation, timeout=5),
        lambda: runner.run(draft, operation, fields=fields, call_id="bench"),
    )


def _bare_rest(addresses: Mapping[str, str], cleanup: ExitStack) -> Call:
    import requests

    session = cleanup.enter_context(requests.Session())
    url = f"{addresses['rest']}/api/v1/products/1"
    return lambda: session.get(url, headers={"Accept": "application/json"}, timeout=5).json()


def _bare_graphql(addresses: Mapping[str, str], cleanup: ExitStack) -> Call:
    from gql import Client, gql
    from gql.transport.requests import RequestsHTTPTransport

    document = gql(QUERY)
    session = cleanup.enter_context(
        Client(transport=RequestsHTTPTransport(url=addresses["graphql"], timeout=5))
    )
    return lambda: session.execute(document, variable_values={"id": "1"})


def _bare_grpc(addresses: Mapping[str, str], cleanup: ExitStack) -> Call:
    import grpc
    from google.protobuf.json_format import MessageToDict
    from products import products_pb2, products_pb2_grpc

    channel = cleanup.enter_context(grpc.insecure_channel(addresses["grpc"]))
    stub: Any = products_pb2_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]

    def call() -> dict[str, Any]:
        reply = stub.GetProduct(products_pb2.ProductRequest(id="1"), timeout=5)
        return MessageToDict(reply, preserving_proto_field_name=True)

    return call


def run(rounds: int) -> dict[str, dict[str, float]]:
    """Every lane's figures, over servers that live as long as this takes."""
    near, far = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(far,))
    server.start()
    try:
        with ExitStack() as cleanup:
            found = contenders(near.recv(), cleanup)
            return {lane: measure(calls, rounds) for lane, calls in found.items()}
    finally:
        near.send("stop")
        server.join()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=1500)
    arguments = parser.parse_args()
    results = run(arguments.rounds)
    report(results, as_json=arguments.json)
    return int(any(result["path_ratio"] > LIMIT for result in results.values()))


def report(results: Mapping[str, Mapping[str, float]], *, as_json: bool) -> None:
    """Print a line for each lane, or one JSON object."""
    if as_json:
        text = json.dumps({"limit": LIMIT, "lanes": results}, indent=2)
    else:
        lines = (
            f"{lane:8} bare {each['bare_us']:5.0f} µs"
            f"   client {each['client_us']:5.0f} µs × {each['client_ratio']:.2f}"
            f"   whole path {each['path_us']:5.0f} µs × {each['path_ratio']:.2f}"
            for lane, each in results.items()
        )
        text = "\n".join(lines)
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
