"""The breaker against a small model written from the rule table alone: random histories, one thread.

The model keeps a plain list of permits and decides by reading the rules aloud; it shares no code with the
breaker. Times are multiples of 0.5, so that both compute them exactly.
"""
# ruff: noqa: PT017  (both ways of ending are right, at different times)

from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.resilience import CircuitBreaker, CircuitOpenError, CountWindow, Outcome, Permit, TimeWindow
from tests.support.clock import FakeClock


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
        overdue = any(now - slip.since >= self.probe_timeout for slip in self.flying)
        if self.state == "half_open" and overdue:
            self.trip(now)

    def acquire(self, now: float) -> Slip | tuple[str, float | None]:
        self.expire(now)
        if self.state == "open" and now - self.opened >= self.open_for:
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
        if self.state == "open" and now - self.opened >= self.open_for:
            return "half_open"
        overdue = any(now - slip.since >= self.probe_timeout for slip in self.flying)
        return "open" if self.state == "half_open" and overdue else self.state


RATES = st.sampled_from([0.25, 0.5, 1.0])
WINDOWS = st.one_of(
    st.none(),
    st.builds(CountWindow, st.integers(4, 6), st.integers(1, 4), RATES, st.sampled_from([None, 1.0]), RATES),
    st.builds(TimeWindow, st.integers(2, 6), st.integers(1, 4), RATES, st.sampled_from([None, 1.0]), RATES),
)
HALVES = st.integers(1, 12).map(lambda n: n / 2)


class BreakerMachine(RuleBasedStateMachine):
    """Does the same to both and compares everything after every step."""

    @initialize(
        threshold=st.integers(1, 4),
        timeout=HALVES,
        needed=st.integers(1, 3),
        at_once=st.integers(1, 3),
        probe_timeout=st.none() | HALVES,
        factor=st.sampled_from([1.0, 2.0]),
        longest=st.none() | st.just(8.0),
        window=WINDOWS,
        listened=st.booleans(),
    )
    def begin(self, listened: bool, **chosen: Any) -> None:
        self.clock = FakeClock()
        self.breaker = CircuitBreaker(
            chosen["threshold"],
            chosen["timeout"],
            chosen["needed"],
            half_open_max_concurrent=chosen["at_once"],
            probe_timeout=chosen["probe_timeout"],
            open_backoff_factor=chosen["factor"],
            open_timeout_max=chosen["longest"],
            window=chosen["window"],
            clock=self.clock,
            listeners=[lambda change: self.epochs.append(change.snapshot.epoch)] if listened else [],
        )
        chosen["probe_timeout"] = chosen["probe_timeout"] or chosen["timeout"]
        chosen["longest"] = chosen["longest"] or float("inf")
        self.model = Model(**chosen)
        self.pairs: list[tuple[Permit, Slip]] = []
        self.epochs: list[int] = []

    @rule()
    def acquire(self) -> None:
        expected = self.model.acquire(self.clock())
        try:
            permit = self.breaker.acquire()
        except CircuitOpenError as error:
            assert (error.state.value, error.retry_after) == expected
            assert error.epoch == self.model.epoch
        else:
            assert isinstance(expected, Slip)
            assert permit.epoch == expected.epoch
            assert permit.probe == (self.model.state == "half_open")
            self.pairs.append((permit, expected))

    @precondition(lambda self: self.pairs)
    @rule(data=st.data(), outcome=st.sampled_from(["success", "failure", "failure", "ignored"]))
    def record(self, data: st.DataObject, outcome: str) -> None:
        permit, slip = data.draw(st.sampled_from(self.pairs))
        expected = self.model.record(slip, outcome, self.clock())
        assert self.breaker.record(permit, Outcome(outcome)) is expected

    @rule(outcome=st.sampled_from(["success", "failure", "ignored"]))
    def call(self, outcome: str) -> None:
        slip = self.model.acquire(self.clock())

        def protected() -> str:
            if outcome == "failure":
                raise OSError
            if outcome == "ignored":
                raise KeyboardInterrupt
            return outcome

        try:
            assert self.breaker.call(protected) == "success"
        except CircuitOpenError as error:
            assert (error.state.value, error.retry_after) == slip
        except (OSError, KeyboardInterrupt):
            assert outcome != "success"
        if isinstance(slip, Slip):
            self.model.record(slip, outcome, self.clock())

    @rule(seconds=HALVES)
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule()
    def wait_until_due(self) -> None:
        left = self.breaker.snapshot().retry_after
        if left is not None:
            self.clock.advance(left)

    @rule(name=st.sampled_from(["force_open", "disable", "reset", "reset"]))
    def command(self, name: str) -> None:
        getattr(self.breaker, name)()
        if name == "reset":
            self.model.trips = 0
        self.model.go({"force_open": "forced_open", "disable": "disabled", "reset": "closed"}[name])

    @invariant()
    def both_show_the_same(self) -> None:
        model, now = self.model, self.clock()
        seen = self.breaker.snapshot()
        assert seen.state.value == self.breaker.state.value == model.shown(now)
        assert (seen.epoch, seen.trips) == (model.epoch, model.trips)
        assert (seen.consecutive_failures, seen.half_open_successes) == (model.failures, model.successes)
        assert (seen.rejected, seen.stale_results) == (model.rejected, model.stale)
        if model.state != "disabled":
            assert seen.in_flight == len(model.flying)
        if seen.state.value == model.state == "open":
            assert (seen.open_for, seen.retry_after) == (
                model.open_for,
                model.opened + model.open_for - now,
            )
        assert self.epochs == sorted(self.epochs)


BreakerMachine.TestCase.settings = settings(
    max_examples=120,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestBreakerAgainstModel = BreakerMachine.TestCase
