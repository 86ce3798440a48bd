"""The breaker against a small model written from the rule table alone: random histories, one thread.

Times are multiples of 0.5, so that both compute them exactly.
"""
# ruff: noqa: PT017  (both ways of ending are right, at different times)

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.resilience import CircuitBreaker, CircuitOpenError, CountWindow, Outcome, Permit, TimeWindow
from tests.support.breaker_model import Model, Slip
from tests.support.clock import FakeClock

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
