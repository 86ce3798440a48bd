"""What a frame of the outage pictures costs. Offscreen raster, whole widget, median and worst of many frames.

Run: ``make bench`` or ``python -m tests.perf.bench_pictures``. The limit of issue 3: 4 ms a frame at 60 s of
history and 500 attempts in view.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from app.domain.lanes import Lane
from app.resilience.breaker import CircuitBreaker
from app.resilience.states import Outcome
from app.runtime.event_bus import EventBus
from app.ui.charts.timeline_canvas import TimelineCanvas
from app.ui.diagram.breaker_canvas import BreakerCanvas
from app.ui.theme import ThemeSource, load_theme
from app.viewmodels.breakers import BreakersModel
from app.viewmodels.timeline import TimelineModel
from tests.support.recorded_outage import busy_history

LIMIT = 0.004  # seconds a frame
FRAMES = 60


def frame_costs(widget: QWidget, step: Callable[[], None]) -> list[float]:
    """Seconds for each of many frames; ``step`` moves the time on before each."""
    target = QPixmap(widget.size())
    costs = []
    for frame in range(FRAMES + 5):
        step()
        began = time.thread_time()  # our own work: other programs on the machine do not count
        widget.render(target)
        if frame >= 5:  # the first fill the caches of tiles and texts
            costs.append(time.thread_time() - began)
    return costs


def timeline_costs(attempts: int, *, history: int = 0) -> list[float]:
    """Frames of a timeline with 60 s and ``attempts`` in view, after ``history`` older ones."""
    now = [10_000.0]
    model = TimelineModel(EventBus(_fail), clock=lambda: now[0])
    if history:
        for event in busy_history(now[0] - 61.0, history, seconds=history / 10):
            model.take(event)
    for event in busy_history(now[0], attempts):
        model.take(event)
    model.zoom(5.0)
    canvas = TimelineCanvas(model, ThemeSource(load_theme("dark")))
    canvas.resize(1300, 240)
    return frame_costs(canvas, lambda: now.__setitem__(0, now[0] + 0.034))


def diagram_costs() -> list[float]:
    """Frames of the breaker diagram with all three rings counting down."""
    now = [1000.0]
    breakers = {lane: CircuitBreaker(1, 60.0, clock=lambda: now[0]) for lane in Lane}
    for breaker in breakers.values():
        breaker.record(breaker.acquire(), Outcome.FAILURE)
    model = BreakersModel(
        EventBus(_fail), lambda lane: breakers[lane].snapshot(), _NoCommands(), clock=lambda: now[0]
    )
    canvas = BreakerCanvas(model, ThemeSource(load_theme("dark")))
    canvas.resize(620, 260)

    def step() -> None:
        now[0] += 0.066
        for lane in Lane:
            model.changed.emit(lane)

    return frame_costs(canvas, step)


def empty_cost() -> float:
    """Seconds for a frame of a widget that paints nothing, of the timeline's size."""
    widget = QWidget()
    widget.resize(1300, 240)
    return statistics.median(frame_costs(widget, lambda: None))


class _NoCommands:
    """Breakers nobody touches."""

    def force_open(self, lane: Lane) -> None:
        """Nothing."""

    disable = reset = force_open


def _fail(error: Exception) -> None:
    raise error


def main() -> None:
    """Print a table."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert app is not None
    for attempts, history in ((100, 0), (500, 0), (500, 5000), (900, 0), (3000, 0)):
        costs = sorted(timeline_costs(attempts, history=history))
        sys.stdout.write(
            f"timeline {attempts:5} in view, {history:5} before: "
            f"median {statistics.median(costs) * 1000:.2f} ms, worst {costs[-1] * 1000:.2f} ms\n"
        )
    costs = sorted(diagram_costs())
    sys.stdout.write(
        f"diagram, three countdowns: median {statistics.median(costs) * 1000:.2f} ms, "
        f"worst {costs[-1] * 1000:.2f} ms\n"
    )


if __name__ == "__main__":
    main()
