"""Chance is as spread as it says: jitter, rates, bursts and delays, each with fixed seeds."""

import math
import random
from statistics import NormalDist

import pytest

from app.resilience import Jitter, backoff_delay
from backends.faults import FaultEngine
from tests.support.goodness import correlation, distance, uniform

RARE = 1.95  # a Kolmogorov-Smirnov distance that one right sample in a thousand exceeds


def delays(rule: dict[str, object], seed: int, calls: int = 3000) -> list[float]:
    """The delays, in seconds, of the calls that a rule fired on."""
    engine = FaultEngine(seed)
    engine.configure("rest", [{"kind": "delay", "ms": 500, "spread_ms": 100, **rule}])
    fates = [engine.decide("rest", "get-product") for _ in range(calls)]
    return [injection.delay for injection in fates if injection is not None]


def failures(seed: int, rate: float, burst: float, calls: int) -> list[bool]:
    """Whether each call fails."""
    engine = FaultEngine(seed)
    engine.configure("rest", [{"kind": "error", "rate": rate, "burst": burst}])
    return [engine.decide("rest", "get-product") is not None for _ in range(calls)]


@pytest.mark.parametrize(
    ("jitter", "low", "high"),
    [
        (Jitter.PROPORTIONAL, 4.0, 4.4),
        (Jitter.FULL, 0.0, 4.0),
        (Jitter.EQUAL, 2.0, 4.0),
        (Jitter.DECORRELATED, 1.0, 9.0),
    ],
)
def test_jitter_is_even_between_its_bounds(jitter: Jitter, low: float, high: float) -> None:
    """Third retry after a wait of three seconds: all delays of the formula's range are as likely."""
    draw = random.Random(1).random
    sample = [backoff_delay(2, jitter=jitter, previous=3.0, random=draw) for _ in range(3000)]
    assert distance(sample, uniform(low, high)) < RARE


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_delays_have_the_distribution_that_was_asked_for(seed: int) -> None:
    """Even, normal and log-normal (median, 84th percentile), also when only some calls wait."""
    normal, lognormal = NormalDist(0.5, 0.1), NormalDist(math.log(0.5), math.log(600 / 500))
    assert distance(delays({"distribution": "uniform"}, seed), uniform(0.4, 0.6)) < RARE
    assert distance(delays({"distribution": "uniform", "rate": 0.3}, seed), uniform(0.4, 0.6)) < RARE
    assert distance(delays({"distribution": "normal"}, seed), normal.cdf) < RARE
    sample = delays({"distribution": "lognormal"}, seed)
    assert distance(sample, lambda value: lognormal.cdf(math.log(value))) < RARE


@pytest.mark.parametrize("burst", [0.0, 0.7])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_rates_scatter_as_much_as_chance_and_no_more(rate: float, burst: float) -> None:
    """Over a hundred seeds counts are off by as much as independent draws, or runs, are off by."""
    calls = 400
    spread = math.sqrt(calls * rate * (1 - rate) * (1 + burst) / (1 - burst))
    off = [(sum(failures(seed, rate, burst, calls)) - calls * rate) / spread for seed in range(100)]
    assert abs(sum(off)) < 33  # 3.3 standard deviations of a sum of a hundred
    assert 60 < sum(each * each for each in off) < 150  # chi-square with a hundred degrees of freedom


@pytest.mark.parametrize("burst", [0.0, 0.3, 0.9])
def test_a_burst_is_the_correlation_of_neighbours(burst: float) -> None:
    """One call on it is the setting, two calls on its square: nothing but luck is repeated."""
    seen = failures(7, 0.5, burst, 20_000)
    assert correlation(seen, 1) == pytest.approx(burst, abs=0.03)
    assert correlation(seen, 2) == pytest.approx(burst**2, abs=0.05)


def test_seeds_lanes_operations_and_rules_have_luck_of_their_own() -> None:
    """Two sequences that differ in one of them agree in half of their calls."""

    def luck(
        seed: int = 1, lane: str = "rest", operation: str = "get-product", kind: str = "error"
    ) -> list[bool]:
        engine = FaultEngine(seed)
        engine.configure(lane, [{"kind": kind, "rate": 0.5}])
        return [engine.decide(lane, operation) is not None for _ in range(2000)]

    first = luck()
    for other in (luck(seed=2), luck(lane="grpc"), luck(operation="get-order"), luck(kind="reset")):
        agreeing = sum(a == b for a, b in zip(first, other, strict=True))
        assert abs(agreeing - 1000) < 3.3 * math.sqrt(500)
