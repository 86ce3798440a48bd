"""How the three lanes bear a large catalog: a million products beside a thousand, over sockets.

Two servers run at the same time and every question goes to one and the other in turn, so that whatever else
the machine does slows both. What counts is the ratio of the medians. Run by ``make bench``, or alone:
``python tests/perf/bench_catalog.py --rows 1000000 --json``.
"""

import argparse
import json
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import grpc
from products import products_pb2 as pb
from products import products_pb2_grpc as pb_grpc

ROOT = Path(__file__).resolve().parents[2]
SMALL = 1_000
SHALLOW_LIMIT, DEEP_LIMIT = 2.0, 5.0
LANES = ("rest", "graphql", "grpc")
SORTS = ("id", "name", "price", "stock", "category")
CATEGORY = "Audio"
_FILTERS: Mapping[str, Mapping[str, Any]] = {
    "category": {"category": CATEGORY},
    "price from": {"price_min": 500.0},
    "price to": {"price_max": 500.0},
    "narrow price": {"price_min": 500.0, "price_max": 520.0},
    "category and price": {"category": CATEGORY, "price_min": 500.0, "price_max": 900.0},
}
Ask = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One kind of request. ``deep`` pages may cost more."""

    name: str
    deep: bool
    make: Callable[["Lane", int], Ask]  # for a lane with so many rows


class Lane:
    """One server's lane as plain functions: no client of ours in between."""

    def __init__(self, addresses: Mapping[str, str], name: str, token: str) -> None:
        self.name = name
        self._token = token
        self._made = 0
        if name == "grpc":
            self._channel = grpc.insecure_channel(addresses["grpc"])
            self._stub = pb_grpc.ProductServiceStub(self._channel)  # type: ignore[no-untyped-call]
        else:
            parts = urlsplit(addresses[name])
            self._http = HTTPConnection(parts.hostname or "", parts.port)

    def close(self) -> None:
        (self._channel if self.name == "grpc" else self._http).close()

    def list(self, **query: Any) -> Ask:
        """A prepared listing."""
        if self.name == "rest":
            path = f"/api/v1/products?{urlencode(query)}"
            return lambda: self._rest("GET", path)
        if self.name == "graphql":
            words = ", ".join(f"{_camel(name)}: {json.dumps(value)}" for name, value in query.items())
            body = {"query": f"{{ products({words}) {{ id name price }} }}"}
            return lambda: self._graphql(body)
        request = pb.ListProductsRequest(**query)
        return lambda: self._stub.ListProducts(request)

    def get(self, number: int) -> Ask:
        """A prepared product by its id."""
        if self.name == "rest":
            return lambda: self._rest("GET", f"/api/v1/products/{number}")
        if self.name == "graphql":
            body = {"query": f'{{ product(id: "{number}") {{ id name price }} }}'}
            return lambda: self._graphql(body)
        request = pb.ProductRequest(id=str(number))
        return lambda: self._stub.GetProduct(request)

    def create(self) -> object:
        """Add a product that lands in the middle of every order."""
        self._made += 1
        name, price = f"Middle {self._made % 97}", 500.0 + self._made % 31
        if self.name == "rest":
            return self._rest(
                "POST", "/api/v1/products", {"name": name, "price": price, "category": CATEGORY}
            )
        if self.name == "graphql":
            text = f'mutation {{ createProduct(name: "{name}", price: {price}) {{ product {{ id }} }} }}'
            return self._graphql({"query": text})
        request = pb.CreateProductRequest(name=name, price=price, stock=1, category=CATEGORY)
        return self._stub.CreateProduct(request, metadata=self._metadata)

    def change(self, number: int) -> Ask:
        """Move a product in the order of prices, anew each time."""

        def ask() -> object:
            self._made += 1
            price = 500.0 + self._made % 31
            if self.name == "rest":
                return self._rest("PATCH", f"/api/v1/products/{number}", {"price": price})
            if self.name == "graphql":
                words = f'updateProduct(id: "{number}", price: {price}) {{ product {{ id }} }}'
                return self._graphql({"query": f"mutation {{ {words} }}"})
            request = pb.UpdateProductRequest(id=str(number), price=price)
            return self._stub.UpdateProduct(request, metadata=self._metadata)

        return ask

    @property
    def _metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self._token}"),)

    def _graphql(self, body: object) -> Any:
        answer = self._rest("POST", "/graphql", body)
        assert "errors" not in answer, answer
        return answer

    def _rest(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        self._http.request(method, path, None if body is None else json.dumps(body), headers)
        response = self._http.getresponse()
        content = response.read()
        assert response.status < 300, (response.status, content)
        return json.loads(content)


def questions() -> Iterator[Question]:
    """Everything that the promise names."""
    for sort in SORTS:
        for order in ("asc", "desc"):
            yield _listing(f"first page by {sort} {order}", sort=sort, order=order)
    for name, given in _FILTERS.items():
        yield _listing(f"first page, {name}", **given)
    yield Question(name="get", deep=False, make=lambda lane, rows: lane.get(rows // 2))
    yield Question(name="create", deep=False, make=lambda lane, _: lane.create)
    yield Question(name="change", deep=False, make=lambda lane, rows: lane.change(rows // 2))
    for sort in SORTS:
        yield _deep(f"middle page by {sort}", 0.5, sort=sort)
    yield _deep("last page by id", 1.0)
    for name, given in _FILTERS.items():
        for sort in ("id", "name"):
            yield _deep(f"middle page by {sort}, {name}", 0.5, sort=sort, **given)


def _listing(name: str, **query: Any) -> Question:
    return Question(name=name, deep=False, make=lambda lane, _: lane.list(**query))


def _deep(name: str, how_far: float, **query: Any) -> Question:
    def make(lane: Lane, rows: int) -> Ask:
        # Of the rows that match, about: prices are even between 0.5 and 2000, categories are eight.
        share = (0.125 if "category" in query else 1.0) * (
            (query.get("price_max", 2000.0) - query.get("price_min", 0.0)) / 2000.0
        )
        return lane.list(page=max(1, int(rows * share * how_far) // 10), **query)

    return Question(name=name, deep=True, make=make)


@contextmanager
def server(rows: int) -> Iterator[Mapping[str, str]]:
    """``trilane serve`` with so many products, and its addresses."""
    command = [sys.executable, "-m", "app", "serve", "--ephemeral", "--products", str(rows)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)


def token_of(addresses: Mapping[str, str]) -> str:
    """A token for writes."""
    with grpc.insecure_channel(addresses["grpc"]) as channel:
        stub = pb_grpc.ProductServiceStub(channel)  # type: ignore[no-untyped-call]
        login = pb.LoginRequest(email="user@example.com", password="password")
        return str(stub.Login(login).token)


def measure(rows: int, repeats: int) -> dict[str, Any]:
    """Milliseconds and ratios, by lane and question; and how long the servers took to fill."""
    with ExitStack() as stack:
        ready: dict[int, float] = {}
        lanes: dict[int, dict[str, Lane]] = {}
        for size in (SMALL, rows):
            begin = time.monotonic()
            addresses = stack.enter_context(server(size))
            ready[size] = time.monotonic() - begin
            token = token_of(addresses)
            lanes[size] = {name: Lane(addresses, name, token) for name in LANES}
            for lane in lanes[size].values():
                stack.callback(lane.close)
        found = [
            _compare(lane, question, {size: lanes[size][lane] for size in lanes}, repeats)
            for lane in LANES
            for question in questions()
        ]
    return {"rows": rows, "seconds_to_ready": ready[rows], "questions": found}


def _compare(lane: str, question: Question, at: Mapping[int, Lane], repeats: int) -> dict[str, Any]:
    asks = {size: question.make(one, size) for size, one in at.items()}
    times: dict[int, list[float]] = {size: [] for size in asks}
    for turn in range(repeats + 5):
        sizes = list(asks)
        random.Random(turn).shuffle(sizes)
        for size in sizes:
            begin = time.perf_counter()
            asks[size]()
            if turn >= 5:
                times[size].append((time.perf_counter() - begin) * 1000)
    small, large = (statistics.median(times[size]) for size in asks)
    return {
        "lane": lane,
        "question": question.name,
        "deep": question.deep,
        "small_ms": round(small, 3),
        "large_ms": round(large, 3),
        "ratio": round(large / small, 2),
        "limit": DEEP_LIMIT if question.deep else SHALLOW_LIMIT,
    }


def kind(question: str) -> str:
    """Which kind of question this is: its name without what it sorts or filters by."""
    head, comma, _ = question.partition(",")
    return head.partition(" by ")[0] + (", filtered" if comma else "")


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def _show(result: Mapping[str, Any]) -> None:
    print(f"{result['rows']} products; ready after {result['seconds_to_ready']:.1f} s")
    for one in result["questions"]:
        mark = "  over" if one["ratio"] > one["limit"] else ""
        print(
            f"{one['lane']:8}{one['question']:44}{one['small_ms']:8.3f}{one['large_ms']:9.3f} ms"
            f"{one['ratio']:7.2f} x{mark}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="size of the large catalog")
    parser.add_argument("--repeats", type=int, default=40, help="of each question")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = parser.parse_args()
    answer = measure(given.rows, given.repeats)
    print(json.dumps(answer, indent=2)) if given.json else _show(answer)
