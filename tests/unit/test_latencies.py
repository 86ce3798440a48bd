"""Percentiles against a naive oracle, log buckets, and the claim that two runs differ."""

import random
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.operations.latencies import (
    Ratio,
    bucket_of,
    bucket_start,
    compare_medians,
    compare_tails,
    histogram,
    percentile,
    summarise,
)

TIMES = st.floats(min_value=1e-7, max_value=1e4, allow_nan=False)
SAMPLES = st.lists(TIMES, min_size=1, max_size=300)


def naive(samples: list[float], share: Fraction) -> float:
    """The smallest value that at least ``share`` of the samples do not exceed, found by counting."""
    good = [value for value in samples if sum(each <= value for each in samples) >= share * len(samples)]
    return min(good)


@given(SAMPLES, st.integers(min_value=1, max_value=100))
def test_a_percentile_is_the_smallest_value_that_enough_samples_do_not_exceed(
    samples: list[float], per_cent: int
) -> None:
    """Nearest rank agrees with counting, for every whole per cent."""
    assert percentile(sorted(samples), per_cent / 100) == naive(samples, Fraction(per_cent, 100))


@given(SAMPLES)
def test_a_summary_is_ordered_and_made_of_samples(samples: list[float]) -> None:
    """Its percentiles rise, each was measured, and the mean lies between the ends."""
    found = summarise(samples)
    assert found is not None
    rising = [found.minimum, found.p50, found.p90, found.p95, found.p99, found.maximum]
    assert rising == sorted(rising)
    assert set(rising) <= set(samples)
    assert found.count == len(samples)
    assert found.minimum * (1 - 1e-12) <= found.mean <= found.maximum * (1 + 1e-12)


def test_nothing_measured_has_no_summary() -> None:
    """No false zero."""
    assert summarise([]) is None


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_outside_0_to_1_is_refused(share: float) -> None:
    """It would silently be the first or the last sample."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        percentile([1.0], share)


@given(TIMES)
def test_each_time_lies_inside_its_bucket(seconds: float) -> None:
    """The lower edge belongs to a bucket, the upper edge to the next."""
    bucket = bucket_of(seconds)
    assert bucket_start(bucket) <= seconds < bucket_start(bucket + 1)


@given(st.integers(min_value=-130, max_value=80))
def test_an_edge_belongs_to_the_bucket_above_it(bucket: int) -> None:
    """Rounding of the logarithm does not put it one lower."""
    assert bucket_of(bucket_start(bucket)) == bucket


@given(SAMPLES)
def test_a_histogram_loses_no_sample(samples: list[float]) -> None:
    """Its counts add up, in rising order, without empty buckets."""
    found = histogram(samples)
    assert sum(found.values()) == len(samples)
    assert list(found) == sorted(found)
    assert all(found.values())


def noisy(median: float, seed: int, count: int = 400) -> list[float]:
    draw = random.Random(seed)
    return [median * draw.lognormvariate(0, 0.3) for _ in range(count)]


def test_a_fifth_slower_is_more_than_noise() -> None:
    """The interval lies around the true ratio and leaves 1 out."""
    found = compare_medians(noisy(0.010, 1), noisy(0.012, 2))
    assert found is not None
    assert found.beyond_noise is True
    assert found.low is not None
    assert found.high is not None
    assert found.low < 1.2 < found.high
    assert found.low <= found.value <= found.high


def test_two_runs_of_the_same_are_mostly_called_noise() -> None:
    """Of forty pairs without a difference, at most a few are claimed to differ."""
    claims = [compare_medians(noisy(0.010, 2 * one), noisy(0.010, 2 * one + 1)) for one in range(40)]
    assert sum(bool(each and each.beyond_noise) for each in claims) <= 6


def test_weather_inside_a_run_counts_as_noise() -> None:
    """Slow stretches widen the interval: neighbours are not independent witnesses."""

    def stormy(seed: int) -> list[float]:
        draw = random.Random(seed)
        weather = [draw.choice((1.0, 1.0, 1.6)) for _ in range(20)]
        return [0.010 * weather[number // 20] * draw.lognormvariate(0, 0.05) for number in range(400)]

    found = compare_medians(stormy(3), stormy(8))
    assert found is not None
    assert found.beyond_noise is False


@pytest.mark.parametrize("few", [1, 39])
def test_few_samples_claim_nothing(few: int) -> None:
    """The ratio is told, an interval is not."""
    found = compare_medians([0.010] * few, [0.020] * 400)
    assert found == Ratio(value=2.0, low=None, high=None)
    assert found is not None
    assert found.beyond_noise is None


@pytest.mark.parametrize("sides", [([], [1.0]), ([1.0], [])])
def test_an_empty_side_compares_with_nothing(sides: tuple[list[float], list[float]]) -> None:
    """There is no ratio to nothing."""
    assert compare_medians(*sides) is None


def test_the_same_runs_always_get_the_same_statement() -> None:
    """The redraws are seeded."""
    compare: Callable[[], Ratio | None] = lambda: compare_medians(noisy(0.01, 1), noisy(0.011, 2))  # noqa: E731
    assert compare() == compare()


def test_a_longer_tail_is_told_from_noise() -> None:
    """Twice the time at p99 is beyond noise with 2 000 calls each, and the truth lies in the interval."""
    found = compare_tails(noisy(0.010, 1, 2000), noisy(0.020, 2, 2000))
    assert found is not None
    assert found.beyond_noise is True
    assert found.low is not None
    assert found.high is not None
    assert found.low < 2.0 < found.high


def test_equal_tails_are_called_noise() -> None:
    """Of forty pairs without a difference, at most a few are claimed to differ."""
    pairs = [(noisy(0.010, 2 * one, 600), noisy(0.010, 2 * one + 1, 600)) for one in range(40)]
    assert sum(bool(each and each.beyond_noise) for each in (compare_tails(*pair) for pair in pairs)) <= 4


def test_a_cluster_of_slow_calls_widens_the_tail_interval() -> None:
    """The same slow calls claim less when they all came in one storm."""
    spread = [0.5 if number % 80 == 0 else 0.010 + number * 1e-6 for number in range(4000)]
    storm = sorted(spread[:2000]) + spread[2000:]
    wide, narrow = compare_tails(storm, storm), compare_tails(spread, spread)
    assert wide is not None
    assert narrow is not None
    assert narrow.low is not None
    assert narrow.high is not None
    assert wide.low is None or wide.low <= narrow.low


@pytest.mark.parametrize("few", [1, 379])
def test_a_p99_of_few_calls_claims_nothing(few: int) -> None:
    """Without samples above it there is a ratio and no interval."""
    found = compare_tails([0.010] * few, [0.020] * 4000)
    assert found == Ratio(value=2.0, low=None, high=None)


def test_tails_of_nothing_are_not_compared() -> None:
    """No samples, no ratio."""
    assert compare_tails([], [1.0]) is None
