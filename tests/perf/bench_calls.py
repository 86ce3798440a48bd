"""One call through each client against the bare library, interleaved, over live servers in another process.

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


def serve(pipe: Connection) -> None:
    """The three servers, in a process of their own so that client and server share no lock."""
    from backends.serving import ServerSettings
    from tests.support.servers import catalog_servers

    with catalog_servers("rest", "graphql", "grpc", settings=ServerSettings(ephemeral=True)) as servers:
        pipe.send(dict(servers.addresses))
        pipe.recv()


def pairs(addresses: Mapping[str, str], cleanup: ExitStack) -> dict[str, tuple[Call, Call]]:
    """For each lane the bare call and ours."""
    return {
        "rest": (_bare_rest(addresses, cleanup), _ours("rest", addresses, cleanup)),
        "graphql": (_bare_graphql(addresses, cleanup), _ours("graphql", addresses, cleanup)),
        "grpc": (_bare_grpc(addresses, cleanup), _ours("grpc", addresses, cleanup)),
    }


def measure(bare: Call, ours: Call, rounds: int) -> dict[str, float]:
    """Medians in microseconds and their ratio; the two take turns, so that both meet the same weather."""
    for _ in range(50):
        bare()
        ours()
    times: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    for number in range(rounds):
        first = number % 2
        for index in (first, 1 - first):
            started = time.perf_counter()
            (bare, ours)[index]()
            times[index].append(time.perf_counter() - started)
    gc.enable()
    medians = [statistics.median(each) * 1e6 for each in times]
    return {"bare_us": medians[0], "ours_us": medians[1], "ratio": medians[1] / medians[0]}


def _ours(lane: str, addresses: Mapping[str, str], cleanup: ExitStack) -> Call:
    from app.domain.lanes import Lane
    from app.domain.operations import OPERATIONS, OperationId
    from tests.support.live_lanes import connect

    client = connect(Lane(lane), addresses[lane])
    cleanup.callback(client.close)
    operation = OperationId.GET_PRODUCT
    draft = client.draft(operation, {"id": "1"}, OPERATIONS[operation].fields)
    return lambda: client.send(draft, operation, timeout=5)


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


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=1500)
    arguments = parser.parse_args()
    near, far = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(far,))
    server.start()
    try:
        with ExitStack() as cleanup:
            found = pairs(near.recv(), cleanup)
            results = {lane: measure(*pair, arguments.rounds) for lane, pair in found.items()}
    finally:
        near.send("stop")
        server.join()
    report(results, as_json=arguments.json)
    return int(any(result["ratio"] > LIMIT for result in results.values()))


def report(results: Mapping[str, Mapping[str, float]], *, as_json: bool) -> None:
    """Print a line for each lane, or one JSON object."""
    if as_json:
        text = json.dumps({"limit": LIMIT, "lanes": results}, indent=2)
    else:
        lines = (
            f"{lane:8} bare {each['bare_us']:6.0f} µs  ours {each['ours_us']:6.0f} µs  × {each['ratio']:.2f}"
            for lane, each in results.items()
        )
        text = "\n".join(lines)
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
