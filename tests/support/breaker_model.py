"""The breaker's rule table read aloud: a plain list of permits, no lock, no code shared with the breaker.

Tests do the same to it and to a breaker. Times should be multiples of a power of two, so that both compute
them exactly.
"""

from dataclasses import dataclass, field

from app.resilience import CountWindow, TimeWindow


@dataclass
class Slip:
    """The model's permit."""

    epoch: int
    since: float
    used: bool = False


@dataclass
class Model:
    """The rules, with one counter each."""

    threshold: int
    timeout: float
    needed: int
    at_once: int
    probe_timeout: float
    factor: float
    longest: float
    window: CountWindow | TimeWindow | None
    state: str = "closed"
    epoch: int = 0
    failures: int = 0
    successes: int = 0
    flying: list[Slip] = field(default_factory=list)
    seen: list[tuple[float, bool, bool]] = field(default_factory=list)
    trips: int = 0
    opened: float = 0.0
    open_for: float = 0.0
    rejected: int = 0
    stale: int = 0

    def go(self, state: str) -> None:
        self.state, self.epoch = state, self.epoch + 1
        self.failures, self.successes, self.flying, self.seen = 0, 0, [], []

    def trip(self, now: float) -> None:
        self.open_for = min(self.longest, self.timeout * self.factor**self.trips)
        self.opened, self.trips = now, self.trips + 1
        self.go("open")

    def expire(self, now: float) -> None:
        overdue = any(now >= slip.since + self.probe_timeout for slip in self.flying)
        if self.state == "half_open" and overdue:
            self.trip(now)

    def acquire(self, now: float) -> Slip | tuple[str, float | None]:
        self.expire(now)
        if self.state == "open" and now >= self.opened + self.open_for:
            self.go("half_open")
        refused: tuple[str, float | None] | None = None
        if self.state == "open":
            refused = ("open", self.opened + self.open_for - now)
        elif self.state == "forced_open":
            refused = ("forced_open", None)
        elif self.state == "half_open" and not (
            len(self.flying) < self.at_once and self.successes + len(self.flying) < self.needed
        ):
            refused = ("half_open", None)
        if refused is not None:
            self.rejected += 1
            return refused
        slip = Slip(self.epoch, now)
        self.flying.append(slip)
        return slip

    def record(self, slip: Slip, outcome: str, now: float) -> bool:
        if slip.used:
            return False
        slip.used = True
        self.expire(now)
        if slip.epoch != self.epoch:
            self.stale += 1
            return False
        self.flying.remove(slip)
        if outcome == "ignored" or self.state == "disabled":
            return True
        if self.state == "half_open":
            if outcome == "failure":
                self.trip(now)
            else:
                self.successes += 1
                if self.successes >= self.needed:
                    self.trips = 0
                    self.go("closed")
        elif self.window is None:
            self.failures = self.failures + 1 if outcome == "failure" else 0
            if self.failures >= self.threshold:
                self.trip(now)
        elif self.too_bad(slip, outcome, now):
            self.trip(now)
        return True

    def too_bad(self, slip: Slip, outcome: str, now: float) -> bool:
        window = self.window
        assert window is not None
        slow = window.slow_after is not None and now - slip.since > window.slow_after
        self.seen.append((now, outcome == "failure", slow))
        if isinstance(window, CountWindow):
            self.seen = self.seen[-window.size :]
        else:
            self.seen = [each for each in self.seen if now - each[0] < window.seconds]
        count = len(self.seen)
        if count < window.minimum_calls:
            return False
        failed, slowly = sum(each[1] for each in self.seen), sum(each[2] for each in self.seen)
        if failed / count >= window.failure_rate:
            return True
        return window.slow_after is not None and slowly / count >= window.slow_rate

    def shown(self, now: float) -> str:
        if self.state == "open" and now >= self.opened + self.open_for:
            return "half_open"
        overdue = any(now >= slip.since + self.probe_timeout for slip in self.flying)
        return "open" if self.state == "half_open" and overdue else self.state
