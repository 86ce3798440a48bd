"""How soon a waiting thread gets the interpreter. The window's own thread is the one that matters.

Each call into Qt gives the interpreter lock away, and while another thread computes it comes back only after
Python's switch interval. At the usual 5 ms one repaint, which makes a hundred such calls, stood still for a
third of a second as soon as a worker parsed a large answer.
"""

import sys

INTERVAL = 0.0005  # seconds; the rate of calls over the embedded servers stays the same within its noise


class QuickTurns:
    """Shortens the switch interval while in force. GUI thread."""

    def __init__(self) -> None:
        self._before: float | None = None

    def start(self) -> None:
        """From now on a waiting thread waits no longer than INTERVAL for a computing one. Idempotent."""
        if self._before is None:
            self._before = sys.getswitchinterval()
            sys.setswitchinterval(min(INTERVAL, self._before))

    def stop(self) -> None:
        """Give the interpreter its own interval back. Idempotent."""
        if self._before is not None:
            sys.setswitchinterval(self._before)
            self._before = None
