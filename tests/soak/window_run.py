"""The whole program under changing weather for a long time, as a process of its own that reports itself.

Started by test_window_soak.py or by hand: ``python -m tests.soak.window_run SECONDS [SEED]``. Prints a JSON
object a line: looks at the process first, the result last. TRILANE_SOAK_TRACE=1 adds where memory grew.
"""

import contextlib
import json
import logging
import os
import random
import sys
import time
import tracemalloc
from collections import Counter
from dataclasses import asdict
from tempfile import TemporaryDirectory

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.bootstrap.desktop import Desktop, make_application
from app.domain.errors import TrilaneError
from app.domain.events import AttemptFinished, CallFinished, OrdersReceived, StreamChanged, StreamState
from app.domain.lanes import Lane
from app.domain.operations import OPERATIONS
from app.infrastructure.paths import HOME_VARIABLE, user_paths
from app.viewmodels.outage_rules import ERRORS, Distribution, StreamFault, kinds
from backends.serving import ServerSettings
from tests.support.footprint import footprint

LOOK_MS = 5_000
STREAM_MS = 1_000  # an ended stream is begun again after this long
ORDER_MS = 40  # between two messages of a stream
TRACED = 12  # lines of code named by a trace
RATES = (1.0, 2.0, 5.0, 10.0, 20.0)
WARM_RATE = 20.0  # calls a second and lane until what is kept of calls is full
WARM = 1 / 3  # of the time


class StallLog(logging.Handler):
    """Keeps what the program says about its own lateness."""

    def __init__(self) -> None:
        super().__init__()
        self.stalls: list[str] = []
        self.loud: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Any thread."""
        text = record.getMessage()
        if "did not answer" in text:
            self.stalls.append(text)
        elif record.levelno >= logging.WARNING:
            self.loud.append(f"{record.name}: {text}")


class Weather(QObject):
    """Changes faults, traffic, operation and streams after a seeded schedule. GUI thread.

    In the first ``warm`` seconds the traffic stays fast, so that memory is compared between windows that keep
    all they ever will.
    """

    def __init__(self, desktop: Desktop, seed: int, *, warm: float) -> None:
        super().__init__()
        self._models = desktop.models
        self._warm = warm
        self._began = 0.0
        self._draw = random.Random(seed)
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.timeout.connect(self._turn)
        self._streams = QTimer(self)
        self._streams.setInterval(STREAM_MS)
        self._streams.timeout.connect(self._return)
        self.turns = 0

    def start(self) -> None:
        """Begin with healthy lanes, traffic and streams."""
        models = self._models
        self._began = time.monotonic()
        models.session.log_in("user@example.com", "password", 86_400)
        models.outage.set_load(running=True, rate=WARM_RATE, lanes=tuple(Lane))
        models.orders.set_auto_reconnect(True)
        models.orders.change_request(count=None, interval_ms=ORDER_MS)
        models.orders.start()
        self._streams.start()
        self._next.start(1_000)

    def stop(self) -> None:
        """Leave everything as it is now."""
        self._next.stop()
        self._streams.stop()

    @Slot()
    def _turn(self) -> None:
        draw, models = self._draw, self._models
        self.turns += 1
        lane = draw.choice(tuple(Lane))
        match draw.randrange(10):
            case 0:
                models.outage.clear()
            case 1:
                rate = draw.choice(RATES)
                if time.monotonic() - self._began >= self._warm:
                    models.outage.set_load(running=True, rate=rate, lanes=tuple(Lane))
            case 2:
                models.operation.choose(draw.choice(tuple(OPERATIONS)))
            case 3:
                models.breakers.reset_all()
            case 4:
                models.orders.start()
            case 5:
                models.operation.request_send()
            case _:
                self._break(lane)
        self._next.start(round(draw.uniform(2.0, 10.0) * 1000))

    def _break(self, lane: Lane) -> None:
        draw = self._draw
        self._models.outage.change(
            lane,
            failure_rate=draw.choice((0.0, 0.1, 0.5, 1.0)),
            kind=draw.choice(kinds(lane)),
            error=draw.choice(ERRORS[lane]),
            delay_ms=draw.choice((0, 0, 50, 500)),
            distribution=draw.choice(tuple(Distribution)),
            spread_ms=draw.choice((0, 50)),
            burst=draw.choice((0.0, 0.8)),
            stream=draw.choice(tuple(StreamFault)),
            stream_after=draw.randrange(1, 200),
            stream_delay_ms=draw.choice((1, 50, 500)),
        )

    @Slot()
    def _return(self) -> None:
        """Clients come back: a stream that ended begins anew."""
        orders = self._models.orders
        if not orders.running:
            orders.start()
            return
        for lane in Lane:
            with contextlib.suppress(TrilaneError):
                orders.reconnect(lane)


class Ledger(QObject):
    """Counts what really happened, so that an idle run cannot pass for a long one. GUI thread."""

    def __init__(self, desktop: Desktop) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        subscribe = desktop.core.bus.subscribe
        subscribe(CallFinished, self._call)
        subscribe(AttemptFinished, self._attempt)
        subscribe(OrdersReceived, self._orders)
        subscribe(StreamChanged, self._stream)

    @Slot(object)
    def _call(self, event: CallFinished) -> None:
        self.counts[f"calls {event.lane}"] += 1

    @Slot(object)
    def _attempt(self, event: AttemptFinished) -> None:
        if event.injected:
            self.counts["faults"] += 1

    @Slot(object)
    def _orders(self, event: OrdersReceived) -> None:
        self.counts[f"messages {event.lane}"] += len(event.messages)

    @Slot(object)
    def _stream(self, event: StreamChanged) -> None:
        if event.state is StreamState.OPEN:
            self.counts[f"streams opened {event.lane}"] += 1


class Soak(QObject):
    """Runs the weather over a window for a while and prints a look at the process now and then."""

    def __init__(self, app: QApplication, desktop: Desktop, seconds: float, seed: int) -> None:
        super().__init__()
        self._app, self._desktop, self._seconds = app, desktop, seconds
        self._weather = Weather(desktop, seed, warm=seconds * WARM)
        self.ledger = Ledger(desktop)
        self.lateness: list[float] = []
        desktop.core.lifecycle.lateness_measured.connect(self.lateness.append)
        self._begin = time.monotonic()
        self._looks = QTimer(self)
        self._looks.setInterval(LOOK_MS)
        self._looks.timeout.connect(self._look)
        self._trace: tracemalloc.Snapshot | None = None
        desktop.models.backends.all_ready.connect(self._start)

    @property
    def turns(self) -> int:
        """Changes of the weather."""
        return self._weather.turns

    @Slot()
    def _start(self) -> None:
        self._begin = time.monotonic()
        self._weather.start()
        self._looks.start()

    @Slot()
    def _look(self) -> None:
        at = time.monotonic() - self._begin
        widgets = len(QApplication.allWidgets())
        tell(at=round(at, 1), **asdict(footprint()), widgets=widgets, calls=sum(self._calls()))
        self._take_trace(at)
        if at >= self._seconds:
            self._looks.stop()
            self._weather.stop()
            self._app.quit()

    def _calls(self) -> list[int]:
        return [count for name, count in self.ledger.counts.items() if name.startswith("calls ")]

    def _take_trace(self, at: float) -> None:
        if not tracemalloc.is_tracing():
            return
        if self._trace is None and at >= self._seconds * WARM:
            self._trace = tracemalloc.take_snapshot()
        elif self._trace is not None and at >= self._seconds:
            grown = tracemalloc.take_snapshot().compare_to(self._trace, "lineno")
            tell(grown=[str(line) for line in grown[:TRACED]])


def tell(**what: object) -> None:
    """One line for whoever reads."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main(seconds: float, seed: int) -> int:
    """Run, and say how it ended. 0 when everything stopped in time."""
    if os.environ.get("TRILANE_SOAK_TRACE"):
        tracemalloc.start()
    log = StallLog()
    with TemporaryDirectory(prefix="trilane-soak-") as home:
        app = make_application()
        desktop = Desktop(app, ServerSettings(ephemeral=True), user_paths({HOME_VARIABLE: home}))
        logging.getLogger().addHandler(log)
        crashes: list[str] = []
        desktop.core.crashes.subscribe(lambda report: crashes.append(report.text))
        soak = Soak(app, desktop, seconds, seed)
        desktop.window.resize(1600, 1000)
        desktop.window.show()
        app.exec()
        began = time.monotonic()
        stopped = desktop.close()
        tell(
            seed=seed,
            turns=soak.turns,
            counts=dict(sorted(soak.ledger.counts.items())),
            late_p99=round(max(soak.lateness, default=0.0), 4),
            late_median=round(sorted(soak.lateness)[len(soak.lateness) // 2], 4) if soak.lateness else 0.0,
            stalls=log.stalls,
            loud=log.loud,
            crashes=crashes,
            stopped=stopped,
            stop_seconds=round(time.monotonic() - began, 2),
        )
        logging.getLogger().removeHandler(log)
    return 0 if stopped else 1


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
