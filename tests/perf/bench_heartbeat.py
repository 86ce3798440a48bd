"""How late the window's own thread is: idle, under full traffic, over answers of 5 MB, and with streams.

Run: ``make bench`` or ``python -m tests.perf.bench_heartbeat [--seconds N] [NAME ...]``. The whole program
in one process, its servers inside. A precise timer of the GUI thread asks to be called every 5 ms; how much
later than that it is called is the lateness, as in the window's own stall watch. Goals: p99 8 ms and at most
50 ms under traffic, 50 ms at most over 5 MB, p99 16 ms with three streams at 2,000 messages a second, 200 MB
after the start and 260 MB after 100,000 calls. Other programs on the machine spoil the figures: their share
of it is printed too.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import grpc
from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.bootstrap.desktop import Desktop
from app.domain.events import CallFinished
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.infrastructure.paths import user_paths
from backends.serving import ServerSettings
from tests.support.raw_server import Peer, RawServer

BEAT_MS = 5
SECONDS = 10.0
STREAM_RATE = 2_000  # messages a second and lane
BODY = 5_000_000  # bytes
CALLS = 100_000
ROWS = 10_000
TRAFFIC = 200.0  # calls a second and lane: the most that the panel offers


@dataclass(frozen=True, slots=True)
class Lateness:
    """Of one stretch of time, in milliseconds."""

    p50: float
    p99: float
    longest: float


class Heartbeat(QObject):
    """How late a precise timer of the GUI thread fires."""

    def __init__(self) -> None:
        super().__init__()
        self._late: list[float] = []
        self._before = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin a stretch."""
        self._late.clear()
        self._before = time.perf_counter()
        self._timer.start()

    def stop(self) -> Lateness:
        """End it."""
        self._timer.stop()
        late = sorted(self._late) or [0.0]
        at = [late[min(len(late) - 1, int(share * len(late)))] for share in (0.5, 0.99)]
        return Lateness(*(round(each * 1000, 2) for each in (*at, late[-1])))

    @Slot()
    def _beat(self) -> None:
        now = time.perf_counter()
        self._late.append(max(0.0, now - self._before - BEAT_MS / 1000))
        self._before = now


def wait_for(happened: Callable[[], bool], limit: float, what: str) -> None:
    """Let the window live until that is so. Raises TimeoutError after ``limit`` seconds."""
    loop, timer, end = QEventLoop(), QTimer(), time.monotonic() + limit
    timer.timeout.connect(lambda: loop.quit() if happened() or time.monotonic() > end else None)
    timer.start(50)
    loop.exec()
    timer.stop()
    if not happened():
        raise TimeoutError(what)


def live(seconds: float) -> None:
    """Let the window live that long."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def resident() -> float:
    """What this process holds in memory, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


def machine() -> tuple[float, float]:
    """Processor seconds that the whole machine, and this process, have worked so far."""
    fields = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    worked = sum(fields) - fields[3] - fields[4]  # idle, and waiting for disks
    return worked / os.sysconf("SC_CLK_TCK"), time.process_time()


@contextmanager
def window() -> Iterator[Desktop]:
    """The program, shown and with its servers up."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    desktop = Desktop(app, ServerSettings(ephemeral=True), user_paths())
    desktop.window.resize(1280, 800)
    desktop.window.show()
    try:
        backends = desktop.models.backends
        wait_for(lambda: all(backends.status(lane).state.value == "up" for lane in Lane), 30, "not up")
        live(2.0)  # what is built a little later
        yield desktop
    finally:
        if not desktop.close():  # a large answer is still measured or compared, which nothing interrupts
            print("# the program did not stop within its bound")


def idle(desktop: Desktop, beat: Heartbeat, seconds: float) -> Lateness:
    """Nothing to do."""
    beat.start()
    live(seconds)
    return beat.stop()


def traffic(desktop: Desktop, beat: Heartbeat, seconds: float) -> tuple[Lateness, float]:
    """The most background traffic, drawn by lanes, timeline and diagram; and the calls a second."""
    outage, done = desktop.models.outage, _Calls(desktop)
    desktop.models.operation.choose(OperationId.GET_PRODUCT.value)
    outage.set_load(running=True, rate=TRAFFIC, lanes=tuple(Lane))
    live(1.0)
    begin, before = time.perf_counter(), done.count
    beat.start()
    live(seconds)
    late = beat.stop()
    rate = (done.count - before) / (time.perf_counter() - begin)
    outage.set_load(running=False, rate=TRAFFIC, lanes=tuple(Lane))
    live(1.0)
    return late, rate


class _Calls(QObject):
    """Counts the calls that have ended."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__()
        self.count = 0
        self._end = desktop.core.bus.subscribe(CallFinished, self._count)

    @Slot(object)
    def _count(self, event: object) -> None:
        self.count += 1


def large(desktop: Desktop, beat: Heartbeat, times: int, lanes: Sequence[Lane] = tuple(Lane)) -> Lateness:
    """Answers of 5 MB on these lanes at the same time, ``times`` one after the other, till all is shown."""
    models = desktop.models
    models.operation.choose(OperationId.LIST_PRODUCTS.value)
    with large_servers() as addresses, ExitStack() as back:
        for lane in lanes:
            back.callback(desktop.core.lanes.connect, lane, models.backends.status(lane).address)
            desktop.core.lanes.connect(lane, addresses[lane])
        beat.start()
        for _ in range(times):
            before = {lane: models.lanes[lane].result for lane in Lane}
            models.operation.request_send()
            wait_for(
                lambda before=before: all(  # type: ignore[misc]
                    models.lanes[lane].result is not before[lane] for lane in Lane
                ),
                60,
                "no answer",
            )
            live(1.0)
        late = beat.stop()
    live(1.0)
    sizes = {lane: _received(desktop, lane) for lane in lanes}
    assert all(size > BODY * 0.5 for size in sizes.values()), sizes
    models.operation.choose(OperationId.GET_PRODUCT.value)
    models.operation.request_send()
    live(2.0)
    return late


def _received(desktop: Desktop, lane: Lane) -> int:
    """Bytes of the answer that the lane shows."""
    result = desktop.models.lanes[lane].result
    responses = [exchange.response for exchange in result.reply.exchanges] if result else []
    return sum(len(response.body) for response in responses if response)


@contextmanager
def large_servers() -> Iterator[Mapping[Lane, str]]:
    """Servers that answer any list of products with 5 MB, made beforehand."""
    products = [
        {"id": str(n), "name": f"Product number {n}", "price": n * 1.25, "stock": n % 100, "category": "all"}
        for n in range(BODY // 95)
    ]
    rest = json.dumps({"data": products, "metadata": {"total": len(products)}, "links": {}}).encode()
    graphql = json.dumps({"data": {"products": products, "productsTotal": len(products)}}).encode()
    with (
        RawServer(partial(_answer, rest)) as one,
        RawServer(partial(_answer, graphql)) as two,
        _grpc_server(_product_list(products)) as three,
    ):
        yield {Lane.REST: one.address, Lane.GRAPHQL: f"{two.address}/graphql", Lane.GRPC: three}


def _answer(body: bytes, peer: Peer) -> None:
    while peer.read_request():
        peer.answer(body, headers=("Content-Type: application/json",))


def _product_list(products: list[dict[str, Any]]) -> bytes:
    from products import products_pb2 as pb

    made = [pb.Product(**product) for product in products * 2]  # its messages are half as long
    return pb.ProductList(products=made, total=len(made)).SerializeToString()


@contextmanager
def _grpc_server(body: bytes) -> Iterator[str]:
    handler = grpc.unary_unary_rpc_method_handler(lambda request, context: body)
    server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.max_send_message_length", -1)])
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("products.ProductService", {"ListProducts": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait()


def streams(desktop: Desktop, beat: Heartbeat, seconds: float, rate: int = STREAM_RATE) -> Lateness:
    """Orders on three lanes at that rate, in the panel. Raises when a counter is not exact."""
    orders = desktop.models.orders
    feed = desktop.core.backends._shared.open().feed
    real, speed = feed._clock, rate / 1000  # the wire's finest interval is 1 ms: the feed's clock runs faster
    feed._clock = lambda: real() * speed
    desktop.window.docks["orders"].take_focus()
    live(1.0)  # the panel is built when first seen
    orders.change_request(count=round(seconds * rate), interval_ms=1)
    orders.start()
    beat.start()
    wait_for(lambda: not orders.running, seconds * 2 + 30, "the streams did not end")
    late = beat.stop()
    orders.show_rows()
    for lane, state in orders.lanes.items():
        assert state.received == state.figures.received, lane
        assert state.received + state.figures.dropped == orders.request.count, (lane, state.words)
    rows = orders.table.kept + orders.hidden
    assert rows == sum(state.received + 1 for state in orders.lanes.values()), "each message and end is a row"
    feed._clock = real
    return late


def memory_after_calls(desktop: Desktop, beat: Heartbeat, calls: int = CALLS) -> float:
    """Resident MB after that many background calls."""
    outage, done = desktop.models.outage, _Calls(desktop)
    outage.set_load(running=True, rate=TRAFFIC, lanes=tuple(Lane))
    wait_for(lambda: done.count >= calls, calls / 100 + 60, "too slow")
    outage.set_load(running=False, rate=TRAFFIC, lanes=tuple(Lane))
    live(2.0)
    return resident()


def memory_of_rows(desktop: Desktop, rows: int = ROWS) -> float:
    """Resident MB that so many rows of orders add."""
    orders = desktop.models.orders
    desktop.window.docks["orders"].take_focus()
    live(2.0)
    before = resident()
    orders.change_request(count=rows // len(Lane), interval_ms=1)
    orders.start()
    wait_for(lambda: not orders.running, 60, "the streams did not end")
    live(1.0)
    return resident() - before


NAMES = ("idle", "traffic", "large", "streams", "rows", "memory")


def figures(seconds: float = SECONDS, names: Sequence[str] = NAMES[:-1]) -> dict[str, float]:
    """What was measured, by name: milliseconds, calls a second, or MB. Needs a QApplication or makes one."""
    found: dict[str, float] = {}
    beat = Heartbeat()
    began, (worked, own) = time.perf_counter(), machine()

    def keep(name: str, late: Lateness) -> None:
        found[f"{name} p50 ms"], found[f"{name} p99 ms"], found[f"{name} max ms"] = (
            late.p50,
            late.p99,
            late.longest,
        )

    with _own_home(), window() as desktop:
        found["memory at start MB"] = round(resident(), 1)
        if "idle" in names:
            keep("idle", idle(desktop, beat, seconds))
        if "traffic" in names:
            late, rate = traffic(desktop, beat, seconds)
            keep("traffic", late)
            found["traffic calls/s"] = round(rate)
        if "large" in names:
            keep("5 MB on REST", large(desktop, beat, 3, (Lane.REST,)))
            keep("5 MB on three lanes", large(desktop, beat, 3))
        if "streams" in names:
            keep("streams 2000/s", streams(desktop, beat, seconds))
        if "rows" in names:
            found["memory of 10,000 rows MB"] = round(memory_of_rows(desktop), 1)
        if "memory" in names:
            before = resident()
            found["memory after calls MB"] = round(memory_after_calls(desktop, beat), 1)
            found["memory before calls MB"] = round(before, 1)
    now, now_own = machine()
    taken = (now - worked - (now_own - own)) / (time.perf_counter() - began) / (os.cpu_count() or 1)
    # Above 10, nothing here is worth much.
    found["of the machine others took %"] = round(100 * max(0.0, taken))
    return found


@contextmanager
def _own_home() -> Iterator[None]:
    before = os.environ.get("TRILANE_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TRILANE_HOME"] = folder
        try:
            yield
        finally:
            os.environ.pop("TRILANE_HOME")
            if before is not None:
                os.environ["TRILANE_HOME"] = before


def report(found: Mapping[str, float]) -> None:
    """One line for each figure."""
    for name, value in found.items():
        print(f"{name:<28} {value:>10,}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("names", nargs="*", default=list(NAMES[:-1]), metavar="NAME", help=", ".join(NAMES))
    chosen = parser.parse_args()
    report(figures(chosen.seconds, chosen.names))
