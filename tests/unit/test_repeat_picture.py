"""What the charts draw: every slow call survives the thinning, and axes hold what they shall show."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.lanes import Lane
from app.operations.latencies import Ratio
from app.operations.repeat_results import LaneComparison
from app.ui.charts.log_axis import LogAxis, tick_label
from app.viewmodels.repeat_picture import MOST_COLUMNS, picture_of
from app.viewmodels.repeat_words import (
    comparison_sentence,
    histogram_summary,
    log_in_wanted,
    run_notes,
    series_summary,
)
from tests.support.clock import FakeClock
from tests.support.repeats import DOWN, answer, measured


def test_thinning_keeps_the_slowest_call_and_every_failure(clock: FakeClock) -> None:
    """Five thousand calls become few columns; one outlier and all failures are still there."""
    script = [answer(0.001)] * 998 + [answer(0.5), DOWN]
    (lane,) = picture_of(measured(clock, *script, count=5000)).lanes
    assert len(lane.columns) <= MOST_COLUMNS + 1
    assert max(column.slowest for column in lane.columns) == pytest.approx(0.5)
    assert sum(column.slowest > 0.4 for column in lane.columns) == 5
    assert sum(column.calls for column in lane.columns) == 4995
    assert sum(number for _, number in lane.failures) == 5


def test_few_calls_are_drawn_one_by_one(clock: FakeClock) -> None:
    """A short run has a point for each call."""
    (lane,) = picture_of(measured(clock, answer(0.001), answer(0.002), count=20)).lanes
    assert [column.calls for column in lane.columns] == [1] * 20


@given(
    st.floats(min_value=1e-6, max_value=1e3),
    st.floats(min_value=1, max_value=1e5),
    st.integers(min_value=2, max_value=12),
)
def test_an_axis_holds_its_values_and_has_ticks(low: float, factor: float, most: int) -> None:
    """Both ends lie inside, ticks rise, are round, and are not more than there is room for."""
    axis = LogAxis.around(low, low * factor)
    assert 0 < axis.share(low) <= axis.share(low * factor) < 1
    ticks = axis.ticks(most)
    assert 1 <= len(ticks) <= most + 1
    assert ticks == sorted(ticks)
    leading = {round(tick / 10 ** math.floor(math.log10(tick) + 1e-9), 6) for tick in ticks}
    assert leading <= {1.0, 2.0, 5.0}


@pytest.mark.parametrize(
    ("seconds", "label"), [(0.0005, "500 µs"), (0.001, "1 ms"), (0.05, "50 ms"), (1.0, "1 s"), (20.0, "20 s")]
)
def test_a_tick_is_labelled_in_its_own_unit(seconds: float, label: str) -> None:
    """No 0.001 s and no 1000 ms."""
    assert tick_label(seconds).replace("\u00a0", " ") == label


def test_the_charts_can_be_heard(clock: FakeClock) -> None:
    """Summaries name lane, tail and failures."""
    picture = picture_of(measured(clock, *[answer(0.001)] * 9, answer(0.2), DOWN, count=22))
    assert "REST" in histogram_summary(picture)
    assert "slowest 200 ms" in histogram_summary(picture).replace("\u00a0", " ")
    assert "2 failures" in series_summary(picture).replace("\u00a0", " ")
    assert histogram_summary(None) == series_summary(None) == "Nothing measured yet."


def test_notes_name_errors_and_amplification(clock: FakeClock) -> None:
    """Reasons with their numbers; a run without trouble has no notes."""
    assert run_notes(measured(clock, answer(0.001))) == []
    (note,) = run_notes(measured(clock, answer(0.001), DOWN))
    assert note == "REST: 5 × unavailable (503 SERVICE UNAVAILABLE)"


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (Ratio(value=1.2, low=1.1, high=1.3), "slower, more than noise"),
        (Ratio(value=0.8, low=0.7, high=0.9), "faster, more than noise"),
        (Ratio(value=1.02, low=0.9, high=1.1), "no more than noise"),
        (Ratio(value=2.0, low=None, high=None), "to tell from noise"),
    ],
)
def test_a_comparison_claims_no_more_than_it_knows(ratio: Ratio, said: str) -> None:
    """Slower and faster only where the interval leaves 1 out."""
    for one in ({"p50": ratio, "p99": None}, {"p50": None, "p99": ratio}):
        assert said in comparison_sentence(LaneComparison(lane=Lane.REST, rate=None, **one))


def test_lanes_that_want_a_log_in_are_listed() -> None:
    """One, two or three servers are named as a sentence names them."""
    said = [log_in_wanted("Place order", list(Lane)[:number]).split(": ")[0] for number in (1, 2, 3)]
    assert [words.rpartition("servers of ")[2] for words in said] == [
        "REST",
        "REST and GraphQL",
        "REST, GraphQL and gRPC",
    ]
