"""Counters, quantiles, rate and jitter of a stream against what they should be."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.operations.stream_stats import LogHistogram, StreamStats

START = 1_700_000_000.0  # wall clock


@given(st.lists(st.floats(1e-6, 100), min_size=1, max_size=300), st.sampled_from([0.01, 0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_is_right_to_three_percent(values: list[float], share: float) -> None:
    """The histogram's quantile lies within its promise of the sorted values'."""
    histogram = LogHistogram()
    for value in values:
        histogram.add(value)
    exact = sorted(values)[math.ceil(share * len(values)) - 1]
    assert histogram.quantile(share) == pytest.approx(exact, rel=0.03)


def test_values_out_of_range_are_counted_at_its_ends() -> None:
    """A negative lag and one of a day are counted, at the ends of the scale."""
    histogram = LogHistogram()
    for value in (-5.0, 0.0, 86_400.0):
        histogram.add(value)
    assert histogram.count == 3
    assert histogram.quantile(0.5) == pytest.approx(1e-6, rel=0.03)
    assert histogram.highest == 86_400.0


def test_nothing_measured_is_unknown() -> None:
    """Before the first message there are no figures but zero counts."""
    figures = StreamStats().figures(START)
    assert (figures.received, figures.dropped) == (0, 0)
    assert {figures.rate, figures.lag_p50, figures.lag_p99, figures.lag_max, figures.jitter} == {None}


@pytest.mark.parametrize("rate", [1.0, 50.0, 2_000.0])
def test_a_steady_rate_is_found(rate: float) -> None:
    """Whatever the pace, ten seconds of it are measured to a few percent."""
    stats = StreamStats()
    for number in range(int(10 * rate)):
        arrived = START + number / rate
        stats.add(arrived, arrived, 0)
    assert stats.figures(START + 10).rate == pytest.approx(rate, rel=0.06, abs=0.1)


def test_the_rate_of_a_silent_stream_falls_to_zero() -> None:
    """Six seconds after the last message the rate is zero."""
    stats = StreamStats()
    for number in range(100):
        stats.add(START + number / 100, START, 0)
    assert stats.figures(START + 7).rate == 0


def test_dropped_messages_add_up() -> None:
    """What the server says it lost is summed beside what arrived."""
    stats = StreamStats()
    for dropped in (0, 3, 0, 7):
        stats.add(START, START, dropped)
    assert (stats.received, stats.dropped) == (4, 10)


def test_a_constant_lag_has_no_jitter() -> None:
    """Messages that all take equally long have a jitter of zero, at any pace."""
    stats = StreamStats()
    for number in range(50):
        published = START + number * random.Random(number).random()
        stats.add(published + 0.2, published, 0)
    assert stats.figures(START).jitter == pytest.approx(0, abs=1e-6)


def test_jitter_follows_rfc_3550() -> None:
    """The jitter moves by a sixteenth of each change of the lag."""
    stats = StreamStats()
    for lag in (0.1, 0.2, 0.1):
        stats.add(START + lag, START, 0)
    assert stats.figures(START).jitter == pytest.approx(0.1, abs=1e-6)
    stats.add(START + 0.1, START, 0)
    assert stats.figures(START).jitter == pytest.approx(0.1 - 0.1 / 16, abs=1e-6)


def test_a_reconnect_is_no_jitter() -> None:
    """The first message of a new connection is not compared with the last of the old one."""
    stats = StreamStats()
    stats.add(START, START, 0)
    stats.new_connection()
    stats.add(START + 9, START, 0)
    assert stats.figures(START + 9).jitter is None
