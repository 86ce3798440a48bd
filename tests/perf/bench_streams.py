"""Streams at full rate: are the counters exact, and does the window stay awake?

Run: ``make bench`` or ``python -m tests.perf.bench_streams [SECONDS]``. 2,000 messages a second on each of
three lanes, from servers in a process of their own; the goal is a heartbeat of the window whose lateness is
16 ms or less for 99 of 100 beats. Then the same with the servers inside, at half the rate, for information.
"""

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import json

from PySide6.QtCore import QEventLoop, QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.domain.lanes import Lane
from app.domain.streams import OrdersRequest
from app.operations.order_batches import OrderBatches
from app.operations.stream_access import StreamAccess
from app.operations.watch_orders import OrderWatch
from app.resilience.pipeline import Pipeline
from app.runtime.event_bus import EventBus
from app.runtime.gc_guard import GcGuard
from app.runtime.workers import Workers
from app.ui.panels.orders import OrdersPanel
from app.ui.stylesheet import StyleKeeper
from app.ui.theme import ThemeSource, load_theme
from app.viewmodels.orders import OrdersModel
from tests.support.servers import catalog_servers

SECONDS = 10.0
RATE = 2_000  # messages a second and lane
LIMIT = 0.016  # seconds, p99
BEAT_MS = 5
SERVE = "serve"


class Heartbeat(QObject):
    """How late a timer of the GUI thread fires."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[float] = []
        self._due = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        self.late.clear()
        self._due = time.perf_counter() + BEAT_MS / 1000
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    @Slot()
    def _beat(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, now - self._due))
        self._due = now + BEAT_MS / 1000


def run(addresses: Mapping[str, str], seconds: float, rate: int) -> dict[str, float]:
    """Watch all lanes for that long in a real panel. Raises when a counter is not exact."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    themes = ThemeSource(load_theme("dark"))
    keeper = StyleKeeper(app, themes)
    bus, workers, access = EventBus(_fail), Workers(_fail, size=6), StreamAccess()
    batches = OrderBatches(bus.publish)
    for lane in Lane:
        access.connect(lane, addresses)
    pipelines = {lane: Pipeline(lane=lane, publish=bus.publish) for lane in Lane}

    def watch_for(lane: Lane, request: OrdersRequest, stream_id: str) -> OrderWatch:
        stream = access.stream(lane)
        return OrderWatch(
            stream, pipelines[lane], request, stream_id=stream_id, publish=bus.publish, batches=batches
        )

    model = OrdersModel(bus, watch_for=watch_for, submit=workers.submit)
    panel = OrdersPanel(model, themes)
    panel.resize(1280, 480)
    panel.show()
    beat, guard = Heartbeat(), GcGuard()
    guard.start()
    guard.freeze()
    model.change_request(count=round(seconds * rate), interval_ms=1)
    model.start()
    beat.start()
    _wait_until_ended(model, seconds + 30)
    beat.stop()
    guard.stop()
    model.show_rows()
    result = _result(model, beat)
    panel.close()
    workers.stop(2.0)
    access.close()
    bus.close()
    keeper.deleteLater()
    panel.deleteLater()
    model.deleteLater()
    return result


def _wait_until_ended(model: OrdersModel, limit: float) -> None:
    loop = QEventLoop()
    model.running_changed.connect(lambda running: None if running else loop.quit())
    QTimer.singleShot(round(limit * 1000), loop.quit)
    loop.exec()
    assert not model.running, "the streams did not end"


def _result(model: OrdersModel, beat: Heartbeat) -> dict[str, float]:
    result: dict[str, float] = {}
    for lane, state in model.lanes.items():
        count, figures = model.request.count, state.figures
        assert state.received == figures.received
        assert state.received + figures.dropped == count, (lane, state.received, figures.dropped, count)
        assert state.watch is not None
        result[f"{lane} received"], result[f"{lane} dropped"] = state.received, figures.dropped
        result[f"{lane} lag p50 ms"] = round((figures.lag_p50 or 0) * 1000, 2)
        result[f"{lane} lag p99 ms"] = round((figures.lag_p99 or 0) * 1000, 2)
    rows = model.table.kept + model.hidden
    assert rows == sum(state.received + 1 for state in model.lanes.values()), "each message and end is a row"
    late = statistics.quantiles(beat.late, n=100)
    result["heartbeat p50 ms"] = round(late[49] * 1000, 2)
    result["heartbeat p99 ms"] = round(late[98] * 1000, 2)
    result["heartbeat max ms"] = round(max(beat.late) * 1000, 2)
    return result


def _fail(error: Exception) -> None:
    raise error


@contextmanager
def own_process() -> Iterator[Mapping[str, str]]:
    """Servers in another process whose feed runs twice as fast as asked."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.perf.bench_streams", SERVE]
    path = os.pathsep.join([str(root), str(root / "proto")])
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": path},
    ) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.communicate("", timeout=30)


def serve() -> None:
    """Serve until the input closes. The feed's clock runs at twice the speed: 1 ms is half a millisecond."""
    with catalog_servers("rest", "graphql", "grpc") as servers:
        clock: Callable[[], float] = lambda: time.monotonic() * 2  # noqa: E731
        servers.backends._shared.open().feed._clock = clock
        print(json.dumps(dict(servers.addresses)), flush=True)
        sys.stdin.read()


def report(title: str, result: Mapping[str, float]) -> None:
    """One line for each figure."""
    print(f"\n{title}")
    for name, value in result.items():
        print(f"  {name:<22} {value:>12,}")


if __name__ == "__main__":
    if sys.argv[1:] == [SERVE]:
        serve()
    else:
        wanted = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
        with own_process() as where:
            report(f"servers in a process of their own, {RATE}/s on each lane", run(where, wanted, RATE))
        with catalog_servers("rest", "graphql", "grpc") as inside:
            report("embedded servers, 1000/s on each lane", run(inside.addresses, wanted, 1_000))
    assert threading.active_count() < 50
