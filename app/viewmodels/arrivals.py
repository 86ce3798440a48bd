"""When messages arrived, as counts in narrow slices of time: all that a picture of them needs. No Qt."""

from collections import deque

from app.domain.lanes import Lane
from app.domain.values import dataclass

SLICE = 0.01  # seconds
KEPT = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class StreamMark:
    """A turn in the life of a stream."""

    at: float  # wall clock
    kind: str  # "open", "reconnect", "end", "break"


class LaneArrivals:
    """One lane's counts of the last minute, in bounded memory. One thread."""

    def __init__(self) -> None:
        self._slices: deque[list[int]] = deque(maxlen=int(KEPT / SLICE))  # [number of slice, count]
        self.marks: deque[StreamMark] = deque(maxlen=200)

    def add(self, arrived: float) -> None:
        """Count one message at a wall clock."""
        number = int(arrived / SLICE)
        last = self._slices[-1] if self._slices else None
        if last is not None and number <= last[0]:
            last[1] += 1
        else:
            self._slices.append([number, 1])

    def between(self, first: float, last: float) -> list[tuple[float, int]]:
        """(time, count) of each slice with messages, from the left."""
        low, high = int(first / SLICE), int(last / SLICE)
        found = []
        for number, count in reversed(self._slices):
            if number < low:
                break
            if number <= high:
                found.append((number * SLICE, count))
        found.reverse()
        return found

    def clear(self) -> None:
        """Forget everything."""
        self._slices.clear()
        self.marks.clear()


class Arrivals:
    """All lanes' arrivals and the time at the right edge of their picture. One thread."""

    def __init__(self) -> None:
        self.lanes = {lane: LaneArrivals() for lane in Lane}
        self.last = 0.0  # wall clock of the newest fact

    def add(self, lane: Lane, arrived: float) -> None:
        """Count one message."""
        self.lanes[lane].add(arrived)
        self.last = max(self.last, arrived)

    def mark(self, lane: Lane, at: float, kind: str) -> None:
        """Remember a turn."""
        self.lanes[lane].marks.append(StreamMark(at, kind))
        self.last = max(self.last, at)
