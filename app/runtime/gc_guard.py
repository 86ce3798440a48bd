"""Keeps garbage collection on the GUI thread.

Python collects in whichever thread allocates; a worker that collects a cycle with a QObject in it destroys
that object on the wrong thread. So automatic collection is off and a GUI timer collects instead.
"""

import gc

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL_MS = 200


class GcGuard(QObject):
    """Collects from a timer while started. GUI thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.collect_due)

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
        for generation in (2, 1, 0):
            # A threshold of zero means "never by count" to the interpreter (3.14 sets the last one so).
            if 0 < thresholds[generation] < counts[generation]:
                gc.collect(generation)
                return
