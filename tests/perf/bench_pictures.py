"""What a frame of the outage pictures costs. Offscreen raster, the whole widget, median and worst of many frames.

Run: ``make bench`` or ``python -m tests.perf.bench_pictures``. The limit of issue 3: 4 ms a frame at 60 s of
history and 500 attempts in view.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from app.runtime.event_bus import EventBus
from app.ui.charts.timeline_canvas import TimelineCanvas
from app.ui.theme import ThemeSource, load_theme
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
        began = time.perf_counter()
        widget.render(target)
        if frame >= 5:  # the first fill the caches of tiles and texts
            costs.append(time.perf_counter() - began)
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


def _fail(error: Exception) -> None:
    raise error


@pytest.mark.bench
@pytest.mark.parametrize(("attempts", "history"), [(500, 0), (500, 5000), (900, 0), (3000, 0)])
def test_frame_cost(qapp: QApplication, attempts: int, history: int) -> None:
    """A frame of the timeline keeps to its limit, whatever lies behind it."""
    assert statistics.median(timeline_costs(attempts, history=history)) <= LIMIT


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


if __name__ == "__main__":
    main()
