"""The fault engine: seeded, per lane, exact in its rates, and strict about its rules."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.faults import FaultEngine, FaultError, FaultKind


class Clock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def fates(engine: FaultEngine, lane: str, operation: str, calls: int) -> list[bool]:
    """Whether each of the next calls fails."""
    return [engine.decide(lane, operation) is not None for _ in range(calls)]


def test_healthy_engine_injects_nothing() -> None:
    """Without rules no request is touched."""
    assert not any(fates(FaultEngine(), "rest", "get-product", 50))


def test_same_seed_and_calls_give_the_same_faults() -> None:
    """Two engines with one seed agree call by call, and another seed differs."""
    engines = [FaultEngine(seed) for seed in (7, 7, 8)]
    for engine in engines:
        engine.configure("rest", [{"kind": "error", "rate": 0.5}])
    first, second, other = (fates(engine, "rest", "get-product", 200) for engine in engines)
    assert first == second
    assert first != other


def test_lanes_and_operations_do_not_disturb_one_another() -> None:
    """Calls on another lane or operation leave the draws of this one as they were."""
    alone, busy = FaultEngine(3), FaultEngine(3)
    for engine in (alone, busy):
        engine.configure("rest", [{"kind": "error", "rate": 0.5}])
        engine.configure("grpc", [{"kind": "error", "rate": 0.5}])
    expected = fates(alone, "rest", "get-product", 50)
    seen = []
    for _ in range(50):
        busy.decide("grpc", "get-product")
        busy.decide("rest", "list-products")
        seen.append(busy.decide("rest", "get-product") is not None)
    assert seen == expected


@given(rate=st.floats(0.05, 0.95), burst=st.sampled_from([0.0, 0.6]))
def test_rate_is_kept_with_and_without_bursts(rate: float, burst: float) -> None:
    """Over many calls the share of failures is the rate, also when bad luck clusters."""
    engine = FaultEngine(1)
    engine.configure("grpc", [{"kind": "error", "rate": rate, "burst": burst}])
    failed = sum(fates(engine, "grpc", "get-product", 3000))
    assert abs(failed / 3000 - rate) < 0.08


def test_bursts_make_longer_runs() -> None:
    """With burst correlation the same rate comes in fewer, longer runs."""

    def changes(burst: float) -> int:
        engine = FaultEngine(5)
        engine.configure("rest", [{"kind": "error", "rate": 0.5, "burst": burst}])
        seen = fates(engine, "rest", "get-product", 1000)
        return sum(a != b for a, b in pairwise(seen))

    assert changes(0.9) < changes(0.0) / 4


def test_fail_next_gives_exactly_n_failures() -> None:
    """The next n calls fail and the one after does not."""
    engine = FaultEngine()
    engine.configure("grpc", [{"kind": "fail_next", "count": 2, "code": "INTERNAL"}])
    first = engine.decide("grpc", "get-product")
    assert first is not None
    assert (first.kind, first.code, first.rule) == (FaultKind.ERROR, "INTERNAL", "fail next 2")
    assert fates(engine, "grpc", "get-product", 3) == [True, False, False]


def test_a_description_put_back_gives_no_failure_twice() -> None:
    """It says what is left of a one-shot rule, and the rule as configured before the first call."""
    engine = FaultEngine()
    engine.configure("rest", [{"kind": "fail_next", "count": 3}, {"kind": "delay", "ms": 5}])
    assert engine.describe()["lanes"]["rest"][0] == {"kind": "fail_next", "count": 3}
    engine.decide("rest", "get-product")
    engine.decide("rest", "get-product")
    engine.apply(engine.describe()["lanes"])
    kinds = [injection and injection.kind for injection in (engine.decide("rest", "x") for _ in range(3))]
    assert kinds == [FaultKind.ERROR, None, None]


def test_a_limit_that_stays_keeps_its_window() -> None:
    """Another rule beside it forgets no call; a limit that has changed begins anew."""
    engine = FaultEngine(clock=lambda: 0.0)
    limit = {"kind": "rate_limit", "limit": 1}

    def refused() -> bool:
        injection = engine.decide("rest", "get-product")
        return injection is not None and injection.kind is FaultKind.RATE_LIMIT

    engine.configure("rest", [limit])
    assert [refused(), refused()] == [False, True]
    engine.configure("rest", [{"kind": "delay", "ms": 5}, limit])
    assert refused()
    engine.configure("rest", [{**limit, "window_s": 30.0}])
    assert not refused()


def test_rate_limit_says_when_to_come_back() -> None:
    """The limit admits n calls a window and names the seconds until there is room."""
    clock = Clock()
    engine = FaultEngine(clock=clock)
    engine.configure("rest", [{"kind": "rate_limit", "limit": 2, "window_s": 10}])
    assert fates(engine, "rest", "a", 2) == [False, False]
    clock.now = 4.0
    refused = engine.decide("rest", "a")
    assert refused is not None
    assert refused.retry_after == pytest.approx(6.0)
    clock.now = 10.0
    assert engine.decide("rest", "a") is None


def test_operation_scopes_a_rule() -> None:
    """A rule with an operation leaves the others alone."""
    engine = FaultEngine()
    engine.configure("rest", [{"kind": "hang", "operation": "get-order"}])
    assert engine.decide("rest", "get-product") is None
    hang = engine.decide("rest", "get-order")
    assert hang is not None
    assert hang.rule == "hang on get-order"


@pytest.mark.parametrize(
    ("distribution", "middle"), [("fixed", 0.2), ("uniform", 0.2), ("normal", 0.2), ("lognormal", 0.2)]
)
def test_delays_centre_on_the_setting(distribution: str, middle: float) -> None:
    """The median delay is the one that was set, and no delay is negative."""
    engine = FaultEngine(2)
    rule = {"kind": "delay", "distribution": distribution, "ms": 200, "spread_ms": 150}
    engine.configure("rest", [rule])
    delays = sorted(injection.delay for _ in range(1001) if (injection := engine.decide("rest", "a")))
    assert len(delays) == 1001
    assert delays[0] >= 0
    assert delays[500] == pytest.approx(middle, abs=0.02)


def test_delay_and_error_combine() -> None:
    """A delayed call can fail as well, and the wire name tells both rules."""
    engine = FaultEngine()
    engine.configure("rest", [{"kind": "delay", "ms": 250}, {"kind": "error", "status": 500}])
    injection = engine.decide("rest", "a")
    assert injection is not None
    assert (injection.delay, injection.status) == (0.25, 500)
    assert injection.rule == "delay 250 ms, 500 at 100 %"


@pytest.mark.parametrize(
    ("lane", "rules", "where"),
    [
        ("soap", [], "lane"),
        ("rest", {"kind": "error"}, "rest"),
        ("rest", [3], "rest[0]"),
        ("rest", [{}], "rest[0].kind"),
        ("rest", [{"kind": "explode"}], "rest[0].kind"),
        ("rest", [{"kind": "error", "rate": 1.5}], "rest[0].rate"),
        ("rest", [{"kind": "error", "rate": True}], "rest[0].rate"),
        ("rest", [{"kind": "error", "rate": float("nan")}], "rest[0].rate"),
        ("rest", [{"kind": "error", "rate": 10**400}], "rest[0].rate"),
        ("rest", [{"kind": "delay", "ms": float("inf")}], "rest[0].ms"),
        ("rest", [{"kind": "error", "status": 200}], "rest[0].status"),
        ("rest", [{"kind": "error", "code": "UNAVAILABLE"}], "rest[0].code"),
        ("grpc", [{"kind": "error", "code": "TEAPOT"}], "grpc[0].code"),
        ("grpc", [{"kind": "hang", "ms": 3}], "grpc[0].ms"),
        ("grpc", [{"kind": "hang"}, {"kind": "delay", "ms": "3"}], "grpc[1].ms"),
    ],
)
def test_wrong_rule_is_named_and_changes_nothing(lane: str, rules: Any, where: str) -> None:
    """A rule that cannot be used is refused by name, and the old rules stay."""
    engine = FaultEngine()
    engine.configure("rest", [{"kind": "hang"}])
    with pytest.raises(FaultError) as caught:
        engine.configure(lane, rules)
    assert caught.value.where == where
    assert engine.describe()["lanes"]["rest"] == [{"kind": "hang"}]
