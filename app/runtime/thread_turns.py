"""How soon a waiting thread gets the interpreter. The window's own thread is the one that matters.

Each call into Qt gives the interpreter lock away, and while another thread computes it comes back only after
Python's switch interval. At the usual 5 ms one repaint, which makes a hundred such calls, stood still for a
third of a second as soon as a worker parsed a large answer.

But each thread that waits wakes at every interval, only to ask again. With the fifty threads of full traffic
that is a hundred thousand wake-ups a second, and a call costs a third more. So turns are quick
while few calls are under way, and the interpreter's own while many are.
"""

import sys

INTERVAL = 0.0005  # seconds; the rate of calls over the embedded servers stays the same within its noise
FEW = 6  # jobs: a call or a stream on each lane, and what is made of their answers


class QuickTurns:
    """Shortens the switch interval while in force and few jobs run. GUI thread, except `follow`."""

    def __init__(self) -> None:
        self._before: float | None = None
        self._crowded = False

    def start(self) -> None:
        """From now on a waiting thread waits no longer than INTERVAL for a computing one. Idempotent."""
        if self._before is None:
            self._before = sys.getswitchinterval()
            self._set()

    def follow(self, jobs: int) -> None:
        """So many jobs are under way now. Any thread, one at a time."""
        crowded = jobs > FEW
        if crowded is not self._crowded:
            self._crowded = crowded
            self._set()

    def stop(self) -> None:
        """Give the interpreter its own interval back. Idempotent."""
        before, self._before = self._before, None
        if before is not None:
            sys.setswitchinterval(before)

    def _set(self) -> None:
        before = self._before
        if before is not None:
            sys.setswitchinterval(before if self._crowded else min(INTERVAL, before))
