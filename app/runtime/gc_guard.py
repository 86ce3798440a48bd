"""Keeps garbage collection on the GUI thread.

Python collects in whichever thread allocates; a worker that collects a cycle with a QObject in it destroys
that object on the wrong thread. So automatic collection is off and a GUI timer collects instead.
"""

import gc

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL_MS = 200
QUIET = 10  # turns in a row without much made anew: nothing is under way that a stop would disturb
LITTLE = 300  # objects a turn
PATIENCE = 300  # turns, a minute, that a full collection waits for quiet at most
MANY = 20_000  # objects since the last turn: the trees and lines of a large answer
SOON_MS = 50  # until the next turn after so many
LONG_QUIET = 100  # turns without much made anew, 20 s, before what was put aside is walked through


class GcGuard(QObject):
    """Collects from a timer while started. GUI thread.

    A full collection walks through everything made since ``freeze`` in one breath: 100 ms with an answer of
    5 MB laid out. So it waits for a quiet moment. What comes in masses is collected while it is young, and
    what is left of it is put aside, where no collection walks through it: references free it as ever, and
    only a ring that was alive just then has to wait until nobody has used the window for a while.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.collect_due)
        self._before = 0  # objects of the youngest generation at the last turn
        self._quiet = 0  # turns so far
        self._waited = 0  # turns that a full collection has been due
        self._aside = False  # whether something was put aside since freeze

    def start(self, *, quiet_ms: int = INTERVAL_MS) -> None:
        """From now on only the timer collects, for the first time after ``quiet_ms`` or ``freeze``."""
        gc.disable()
        self._timer.start(quiet_ms)

    @Slot()
    def freeze(self) -> None:
        """Call once everything long-lived is built and imported: no later collection walks through it.

        Takes about 50 ms once, and saves that at every full collection.
        """
        gc.collect()
        gc.freeze()
        self._timer.start(INTERVAL_MS)

    def stop(self) -> None:
        """Give collection back to the interpreter."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    @Slot()
    def collect_due(self) -> None:
        """Collect the oldest generation whose threshold is passed, as the interpreter would have."""
        self._timer.setInterval(INTERVAL_MS)
        counts, thresholds = gc.get_count(), gc.get_threshold()
        self._quiet = self._quiet + 1 if counts[0] - self._before < LITTLE else 0
        if counts[0] - self._before > MANY:
            gc.collect(0)
            gc.freeze()
            self._aside = True
            self._timer.setInterval(SOON_MS)
        elif self._aside and self._quiet >= LONG_QUIET:
            self._take_back()
        else:
            self._collect(counts, thresholds)
        self._before = gc.get_count()[0]

    def _take_back(self) -> None:
        gc.unfreeze()
        self._aside = False
        self.freeze()

    def _collect(self, counts: tuple[int, int, int], thresholds: tuple[int, int, int]) -> None:
        for generation in (2, 1, 0):
            # A threshold of zero means "never by count" to the interpreter (3.14 sets the last one so).
            if 0 < thresholds[generation] < counts[generation] and (generation < 2 or self._may_be_full()):
                gc.collect(generation)
                break

    def _may_be_full(self) -> bool:
        self._waited += 1
        if self._quiet < QUIET and self._waited < PATIENCE:
            return False
        self._waited = 0
        return True
