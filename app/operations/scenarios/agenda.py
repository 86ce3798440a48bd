"""When what is due in a scenario: its steps and the arrivals of its load. Pure; times in scenario seconds."""

from app.domain.values import dataclass
from app.operations.scenarios.script import Load, Step


@dataclass(frozen=True, slots=True)
class Arrival:
    """So many calls are to be sent at once on each lane."""

    at: float
    calls: int


class Arrivals:
    """An exact schedule: the n-th arrival is at ``start + n / rate``, whatever happened before."""

    def __init__(self) -> None:
        self._load = Load(rate=0.0)
        self._start = 0.0
        self._done = 0

    @property
    def load(self) -> Load:
        """What is in force; its rate is 0 when nothing comes."""
        return self._load if self.next_at is not None else Load(rate=0.0)

    @property
    def next_at(self) -> float | None:
        """When the next arrival is due; None without one."""
        load = self._load
        if load.rate <= 0.0 or (load.calls is not None and self._done >= load.calls):
            return None
        return round(self._start + self._done / load.rate, 6)

    def change(self, load: Load, at: float) -> None:
        """From now on another load; its first arrival is at once."""
        self._load, self._start, self._done = load, at, 0

    def take(self) -> Arrival:
        """The next arrival. Only when ``next_at`` is a time."""
        at = self.next_at
        if at is None:
            raise ValueError("no arrival is due")
        self._done += 1
        return Arrival(at, self._load.burst)

    def skip_until(self, at: float) -> None:
        """Leave out what would have been due before ``at``."""
        while (due := self.next_at) is not None and due < at:
            self._done += 1


class Agenda:
    """Steps and arrivals in their order; at one moment a step comes before an arrival. One thread uses it."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps
        self._applied = 0
        self.arrivals = Arrivals()

    @property
    def applied(self) -> int:
        """Steps taken so far."""
        return self._applied

    @property
    def next_step(self) -> Step | None:
        """The next step, None after the last."""
        return self._steps[self._applied] if self._applied < len(self._steps) else None

    @property
    def next_at(self) -> float | None:
        """When anything is due next."""
        step, arrival = self.next_step, self.arrivals.next_at
        known = [at for at in (step.at if step else None, arrival) if at is not None]
        return min(known, default=None)

    def take(self) -> Step | Arrival:
        """What is due next. Only when ``next_at`` is a time."""
        step, arrival = self.next_step, self.arrivals.next_at
        if step is not None and (arrival is None or step.at <= arrival):
            return self.take_step()
        return self.arrivals.take()

    def take_step(self) -> Step:
        """The next step, before its time or at it. Only when there is one."""
        self._applied += 1
        return self._steps[self._applied - 1]
