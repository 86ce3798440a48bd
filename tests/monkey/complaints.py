"""What was wrong, said at once with the deeds before it, and what grew."""

import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

FIRST_CALMS = 2  # panels, pools and rings fill once
MOST_TOLD = 40
EXCUSED = ("starved",)  # the machine was full of others' work: told in a line, but no fault of the window


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the process holds in a moment of calm."""

    at: float
    memory: int
    threads: int
    descriptors: int
    widgets: int
    objects: int


class Complaints:
    """Everything that was wrong, with the deeds before it. Any thread."""

    def __init__(self, last: Callable[[], list[str]]) -> None:
        self._last = last
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self._told: set[str] = set()

    def tell(self, kind: str, text: str) -> None:
        """Say it at once; the same text again is only counted."""
        with self._lock:
            self.counts[kind] += 1
            if kind in EXCUSED:
                say(f"{kind}: {text.splitlines()[0]}")
                return
            if text in self._told or len(self._told) >= MOST_TOLD:
                return
            self._told.add(text)
            say(f"\n=== {kind}: {text}\n--- the last deeds:", *self._last(), "===")


def say(*lines: str) -> None:
    """To the terminal at once."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def growth(looks: list[Look]) -> list[str]:
    """What grew between the first looks and the last ones, in words; empty when nothing did."""
    if len(looks) < FIRST_CALMS + 2:
        return []
    kept = looks[FIRST_CALMS:]
    third = max(1, len(kept) // 3)
    words = []
    for name, share, slack in (
        ("memory", 0.05, 4096), ("threads", 0.0, 12), ("descriptors", 0.0, 12),
        ("widgets", 0.05, 40), ("objects", 0.05, 200),
    ):  # fmt: skip
        # The least of each end: calm is not always quite calm.
        first = min(getattr(look, name) for look in kept[:third])
        last = min(getattr(look, name) for look in kept[-third:])
        if last > first * (1 + share) + slack:
            words.append(f"{name} grew from {first} to {last}")
    return words
