"""Connections whose next request has not come, or not to the end of its head: they cost no thread.

The accept loop watches them, and ends those that were silent for too long. Knows nothing of requests.
"""

import selectors
import time
from contextlib import suppress
from typing import Any, Protocol

from cheroot.connections import ConnectionManager

MOST_WAITING = 512  # with cheroot's 10, the eleventh client connects anew for each request


class Waiting(Protocol):
    """What a connection is asked here."""

    socket: Any
    last_used: float

    @property
    def patience(self) -> float:
        """Seconds of silence that it is given."""

    def give_up(self) -> None:
        """It was silent for too long: say so, if a request had begun. Never blocks."""

    def close(self) -> None:
        """Close it."""


class WaitingConnections(ConnectionManager):
    """cheroot's manager, except that a begun request has less time than a kept connection.

    Also: who knocks when there are too many ends the wait of the one that is silent for longest, and the
    system's clock may be set. `put` is for any worker, everything else for the accepting thread.
    """

    def put(self, conn: Waiting) -> None:
        """Wait for the next bytes of a connection."""
        conn.last_used = time.monotonic()
        own: Any = self  # cheroot's stubs leave out what a subclass needs
        own._selector.register(conn.socket.fileno(), selectors.EVENT_READ, data=conn)

    def _expire(self, threshold: float) -> None:
        """End waits that were too long, or are too many. ``threshold`` is on the system's clock: not used."""
        own: Any = self
        now = time.monotonic()
        waiting = [each for each in own._selector.connections if each[1] is not self.server]
        ending = [each for each in waiting if now - each[1].last_used > each[1].patience]
        surplus = len(waiting) - len(ending) - MOST_WAITING
        if surplus > 0:
            ended = {descriptor for descriptor, _ in ending}
            left = [each for each in waiting if each[0] not in ended]
            ending += sorted(left, key=lambda each: each[1].last_used)[:surplus]
        for descriptor, connection in ending:
            own._selector.unregister(descriptor)
            with suppress(OSError):
                connection.give_up()
            connection.close()
