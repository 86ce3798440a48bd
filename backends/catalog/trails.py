"""Remembers where the pages of a long price range lie, while nothing is written.

A price range in the order of names, say, has no index of its own: its deep pages mean walking past all rows
before them. Whoever asks twice gets marks laid along the way, and every further page starts at the nearest
one. The marks hold for one version of the catalog; a write makes them worthless, never wrong.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any

_KEPT = 32

Marks = Sequence[tuple[Any, ...]]  # keys of rows at equal distances


class Trails:
    """Marks of the ranges asked for most recently. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trails: OrderedDict[Hashable, tuple[int, Marks | None]] = OrderedDict()

    def marks(self, what: Hashable, version: int, lay: Callable[[], Marks]) -> Marks | None:
        """Marks for this version; laid when the same thing is asked for a second time, None the first."""
        with self._lock:
            known_version, known = self._trails.pop(what, (None, None))
            self._trails[what] = (version, known if known_version == version else None)
            while len(self._trails) > _KEPT:
                self._trails.popitem(last=False)
        if known_version != version:
            return None
        if known is None:
            known = lay()
            with self._lock:
                self._trails[what] = (version, known)
        return known
