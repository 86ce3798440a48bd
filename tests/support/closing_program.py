"""The window as a process that is busy with everything at once: ``python -m tests.support.closing_program``.

Its argument is ``measuring`` (three streams, traffic, a repeat, servers that hang) or ``playing`` (three
streams and a scenario). Prints a line when all of it is under way; a line on stdin closes the window, a
signal does what it does to ``trilane``.
"""

import sys

# isort: off
import app.bootstrap  # noqa: F401 - as in the program, before Qt: it keeps Qt's import hook out

# isort: on
from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.bootstrap import desktop as desktop_module
from app.bootstrap.desktop import Desktop, open_window
from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.infrastructure.paths import Paths
from app.viewmodels.outage_rules import FailureKind
from backends.serving import ServerSettings

SCENARIO = "slow-dependency"


class Busy(QObject):
    """Brings a window into the busiest state in which it can be closed. GUI thread."""

    def __init__(self, desktop: Desktop, *, playing: bool) -> None:
        super().__init__(desktop)
        self._desktop = desktop
        self._playing = playing
        desktop.models.backends.all_ready.connect(self.begin)

    @Slot()
    def begin(self) -> None:
        """Streams first, then servers that never answer, then everybody who asks them."""
        models = self._desktop.models
        models.orders.change_request(count=None, interval_ms=20)
        models.orders.start()
        if self._playing:
            assert models.outage.scenarios is not None
            models.outage.scenarios.run(SCENARIO)
            return
        models.operation.choose(OperationId.GET_PRODUCT)
        for lane in Lane:
            models.outage.change(lane, failure_rate=0.3, kind=FailureKind.HANG)
        models.outage.set_load(running=True, rate=20.0, lanes=tuple(Lane))
        models.measuring.repeat.change(count=5000, concurrency=4)
        models.measuring.repeat.start()

    @property
    def under_way(self) -> bool:
        """Whether all of it runs, three open streams and hanging calls among it."""
        models, faults = self._desktop.models, self._desktop.core.backends.faults
        other = models.outage.playing if self._playing else models.measuring.repeat.running
        streaming = all(models.orders.lanes[lane].received for lane in Lane)
        hanging = self._playing or len({fired.lane for fired in faults.recent()}) == len(Lane)
        return other and streaming and hanging and self._desktop.core.workers.active >= 4


class BusyDesktop(Desktop):
    """The desktop of the program, busy, and told by its stdin when to close."""

    def __init__(self, app: QApplication, settings: ServerSettings, paths: Paths) -> None:
        super().__init__(app, settings, paths)
        self._busy = Busy(self, playing=sys.argv[1] == "playing")
        self._look = QTimer(self)
        self._look.setInterval(50)
        self._look.timeout.connect(self._tell_once_busy)
        self._look.start()
        self._asked = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, self)
        self._asked.activated.connect(self._close_window)

    @Slot()
    def _tell_once_busy(self) -> None:
        if self._busy.under_way:
            self._look.stop()
            sys.stdout.write("busy\n")
            sys.stdout.flush()

    @Slot()
    def _close_window(self) -> None:
        self._asked.setEnabled(False)
        self.window.close()


def main() -> int:
    """What ``trilane`` does, with the busy desktop."""
    desktop_module.Desktop = BusyDesktop  # type: ignore[misc]
    return open_window(ServerSettings(ephemeral=True))


if __name__ == "__main__":
    sys.exit(main())
