"""Time under the test's control: it stands still until told, and a sleep moves it at once."""

import threading


class FakeClock:
    """A clock to inject. Call it for the time in seconds. Any thread may read, advance or sleep."""

    def __init__(self, start: float = 1000.0) -> None:
        self._lock = threading.Lock()
        self._now = start
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        """The time, in seconds."""
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        if seconds < 0:
            raise ValueError("time does not go back")
        with self._lock:
            self._now += seconds

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass and remember that somebody slept."""
        self.advance(seconds)
        with self._lock:
            self.sleeps.append(seconds)
