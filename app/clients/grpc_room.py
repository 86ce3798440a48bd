"""How much of a connection's send buffer may be taken by gRPC messages that nobody has answered yet."""

import threading

LARGE = 16 * 1024  # bytes; less than the smallest send buffer of a socket


class Room:
    """Counts the messages of calls under way, and of those that ended here unanswered. Any thread.

    What was left behind is forgotten when a call that began later is answered: a connection keeps the order.
    """

    __slots__ = ("_left_behind", "_lock", "_sending", "losses")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sending = 0  # bytes
        self._left_behind = 0  # bytes
        self.losses = 0  # how often something was left behind; a call notes it when it begins

    def take(self, size: int) -> bool:
        """Whether ``size`` more bytes surely fit; if so they are counted until leave()."""
        with self._lock:
            fits = self._sending + self._left_behind + size < LARGE
            if fits:
                self._sending += size
            return fits

    def leave(self, size: int, losses: int, *, answered: bool) -> None:
        """A call is over that took ``size`` bytes (none: it took nothing) and began after ``losses``."""
        with self._lock:
            self._sending -= size
            if not answered:
                self._left_behind += size
                self.losses += 1
            elif losses == self.losses:
                self._left_behind = 0
