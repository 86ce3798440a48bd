"""Requests a second that the servers answer, against the usual ones around the same handlers.

REST and GraphQL: the same applications under werkzeug's development server, which closes a connection
after its answer. gRPC: a bare grpcio server whose handler returns a constant, so the ratio holds our catalog.
Each server has a process of its own; the client is a third one and speaks raw sockets, to cost little.

Run as a script: ``python tests/perf/bench_servers.py [--json] [--rounds N]``. Exit status 1 when a ratio
misses its goal.
"""

import argparse
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "proto")]

from tests.perf import socket_client  # noqa: E402  # needs the path

GOALS = {"rest": 1.0, "graphql": 1.0, "grpc": 0.5}  # ours against the other
CONNECTIONS = (1, 8)
REQUESTS = 400  # a round, on all connections together
METHOD = "/products.ProductService/GetProduct"
Connect = Callable[[], socket_client.Call]


def serve(whose: str) -> None:
    """Serve three lanes until the standard input ends; the addresses go to the standard output."""
    from backends.serving import ServerSettings
    from tests.support.servers import catalog_servers

    with ExitStack() as cleanup:
        names = ["rest", "graphql"]
        addresses: dict[str, str] = {}
        if whose == "ours":
            names.append("grpc")
        else:
            _use_development_server()
            addresses["grpc"] = _constant_grpc(cleanup)
        settings = ServerSettings(ephemeral=True)
        addresses |= cleanup.enter_context(catalog_servers(*names, settings=settings)).addresses
        sys.stdout.write(json.dumps(addresses) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


def _use_development_server() -> None:
    """From now on werkzeug serves the HTTP lanes of this process, with a thread for each connection."""
    import logging

    from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

    from backends.http_server import HttpServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request would be measured, too
    running: dict[HttpServer, BaseWSGIServer] = {}

    class Handler(WSGIRequestHandler):
        # It writes head and body apart, and the body shall not wait for an acknowledgement.
        disable_nagle_algorithm = True

    def serve(self: HttpServer, app: Any, on_ready: Callable[[str], None]) -> None:
        running[self] = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
        on_ready(f"http://127.0.0.1:{running[self].port}")
        running[self].serve_forever()

    def shutdown(self: HttpServer, grace: float = 1.0) -> None:
        running[self].shutdown()

    HttpServer.serve, HttpServer.shutdown = serve, shutdown  # type: ignore[method-assign, assignment]


def _constant_grpc(cleanup: ExitStack) -> str:
    from concurrent.futures import ThreadPoolExecutor

    import grpc
    from products import products_pb2 as pb

    product = pb.Product(id="1", name="Laptop", price=999.99, stock=10, category="Computers")
    handler = grpc.unary_unary_rpc_method_handler(
        lambda _request, _context: product,
        request_deserializer=pb.ProductRequest.FromString,
        response_serializer=pb.Product.SerializeToString,
    )
    server = grpc.server(cleanup.enter_context(ThreadPoolExecutor(16)))
    methods = {"GetProduct": handler}
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("products.ProductService", methods),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    cleanup.callback(lambda: server.stop(0).wait())
    return f"127.0.0.1:{port}"


def start(whose: str, cleanup: ExitStack) -> dict[str, str]:
    """The addresses of servers in another process."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--serve", whose],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    cleanup.callback(process.wait)
    cleanup.callback(process.stdout.close)
    cleanup.callback(process.stdin.close)
    found: dict[str, str] = json.loads(process.stdout.readline())
    return found


def connector(lane: str, addresses: Mapping[str, str], cleanup: ExitStack) -> Connect:
    """What opens another connection to the lane's server."""
    address = addresses[lane]
    if lane == "grpc":
        return lambda: socket_client.grpc_call(address, METHOD, cleanup)
    if lane == "rest":
        return lambda: socket_client.http_call(f"{address}/api/v1/products/1", None, cleanup)
    from tests.perf.bench_calls import QUERY

    body = json.dumps({"query": QUERY, "variables": {"id": "1"}}).encode()
    return lambda: socket_client.http_call(address, body, cleanup)


def rate(calls: list[socket_client.Call]) -> float:
    """Requests a second over all connections, each used by a thread of its own."""
    share = REQUESTS // len(calls)
    gate = threading.Barrier(len(calls) + 1)

    def work(call: socket_client.Call) -> None:
        call()
        gate.wait()
        for _ in range(share):
            call()

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    gate.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return share * len(calls) / (time.perf_counter() - started)


def measure(ours: Connect, other: Connect, connections: int, rounds: int) -> dict[str, float]:
    """Median rates and the median of the ratios within a round; the servers take turns."""
    calls = {name: [open_one() for _ in range(connections)] for name, open_one in (("a", ours), ("b", other))}
    seen: dict[str, list[float]] = {"a": [], "b": []}
    for number in range(rounds):
        for name in ("ab", "ba")[number % 2]:
            seen[name].append(rate(calls[name]))
    return {
        "ours": statistics.median(seen["a"]),
        "other": statistics.median(seen["b"]),
        "ratio": statistics.median(mine / its for mine, its in zip(seen["a"], seen["b"], strict=True)),
    }


def run(rounds: int) -> dict[str, dict[int, dict[str, float]]]:
    """For each lane and number of connections the rates of both servers."""
    with ExitStack() as cleanup:
        ours, other = start("ours", cleanup), start("theirs", cleanup)
        with ExitStack() as connected:
            return {
                lane: {
                    number: measure(
                        connector(lane, ours, connected), connector(lane, other, connected), number, rounds
                    )
                    for number in CONNECTIONS
                }
                for lane in GOALS
            }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve", choices=("ours", "theirs"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve)
        return 0
    found = run(given.rounds)
    lines = [
        f"{lane:8} {number} connections   ours {each['ours']:6.0f}/s   other {each['other']:6.0f}/s"
        f"   × {each['ratio']:.2f}"
        for lane, counts in found.items()
        for number, each in counts.items()
    ]
    sys.stdout.write((json.dumps(found, indent=2) if given.json else "\n".join(lines)) + "\n")
    return int(any(each["ratio"] < GOALS[lane] for lane in found for each in found[lane].values()))


if __name__ == "__main__":
    sys.exit(main())
