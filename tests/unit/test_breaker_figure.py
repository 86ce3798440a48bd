"""The breaker diagram's words and numbers, from snapshots. No Qt."""

from typing import Any

import pytest

from app.domain.lanes import Lane
from app.resilience.snapshot import BreakerSnapshot
from app.resilience.states import CircuitState
from app.resilience.windows import CountWindow, TimeWindow, WindowCounts
from app.viewmodels.breaker_figure import BreakerFigure, Past, Transition, figure, seconds

S = CircuitState


def snapshot(state: CircuitState, **more: Any) -> BreakerSnapshot:
    values: dict[str, Any] = {
        "state": state,
        "epoch": 1,
        "consecutive_failures": 0,
        "half_open_successes": 0,
        "in_flight": 0,
        "retry_after": None,
        "open_for": 0.0,
        "trips": 0,
        "rejected": 0,
        "stale_results": 0,
        "timeout": 5.0,
    }
    return BreakerSnapshot(**(values | more))


def shown(state: CircuitState, past: Past | None = None, **more: Any) -> BreakerFigure:
    return figure(Lane.GRPC, snapshot(state, **more), past or Past())


def came(before: CircuitState, after: CircuitState, reason: str) -> Past:
    last = Transition(lane=Lane.GRPC, at=1.0, before=before, after=after, reason=reason)
    return Past(last=last, since="12:00:00")


def test_a_closed_circuit_counts_towards_its_threshold() -> None:
    """Two failures of five are two pips of five, and the guard on the edge says so."""
    seen = shown(S.CLOSED, consecutive_failures=2)
    assert (seen.headline, seen.fill.done, seen.fill.total) == ("2 of 5 failures", 2, 5)
    assert seen.guards.opens == "2 of 5 failures"
    assert not seen.counting


def test_a_calm_circuit_says_what_would_open_it() -> None:
    """Without a failure the guard names the condition."""
    assert shown(S.CLOSED).guards.opens == "opens at 5 in a row"
    assert shown(S.CLOSED, failure_threshold=1).headline == "0 of 1 failure"


def test_an_open_circuit_counts_down() -> None:
    """Words, ring and mirror tell the time left; the pips stay full though the machine cleared them."""
    seen = shown(
        S.OPEN, came(S.CLOSED, S.OPEN, "5 failures in a row"), retry_after=4.1, open_for=8.2, trips=1
    )
    assert (seen.headline, seen.detail) == ("5 failures in a row", "ready to probe in 4.1 s")
    assert (seen.fill.done, seen.fill.total) == (5, 5)
    assert (seen.guards.opens, seen.guards.probes) == ("5 of 5 failures", "4.1 s")
    assert seen.ring == pytest.approx(0.5)
    assert seen.counting
    assert seen.mirror == "gRPC circuit open, 5 failures in a row, ready to probe in 5 s"


def test_half_open_shows_its_probe_slots() -> None:
    """One of two successes is there, the second probe is in flight and its time runs."""
    seen = shown(S.HALF_OPEN, Past(probe_for=0.2), half_open_successes=1, in_flight=1)
    assert (seen.headline, seen.detail) == ("1 of 2 successes", "probe in flight 0.2 s")
    assert seen.probes is not None
    assert (seen.probes.succeeded, seen.probes.in_flight, seen.probes.needed) == (1, 1, 2)
    assert seen.guards.closes == "1 of 2 successes"
    assert seen.counting


def test_an_idle_half_open_circuit_stands_still() -> None:
    """Without a probe nothing counts, so nothing needs drawing."""
    seen = shown(S.HALF_OPEN)
    assert seen.detail == "waits for a call"
    assert not seen.counting


@pytest.mark.parametrize(
    ("state", "word", "headline"),
    [
        (S.FORCED_OPEN, "FORCED OPEN", "forced open by hand"),
        (S.DISABLED, "DISABLED", "disabled by hand"),
    ],
)
def test_states_set_by_hand_are_named(state: CircuitState, word: str, headline: str) -> None:
    """Both say that a hand put them there, and neither counts down."""
    seen = shown(state)
    assert (seen.word, seen.headline, seen.ring, seen.counting) == (word, headline, None, False)


def test_a_window_shows_its_rate() -> None:
    """With a window the bar is the failure rate and carries a mark at the limit."""
    counts = WindowCounts(calls=12, failures=3)
    seen = shown(S.CLOSED, window=CountWindow(20, 10, 0.5), window_counts=counts)
    assert (seen.headline, seen.guards.opens) == ("3 of 12 calls failed", "25 % of 50 %")
    assert (seen.fill.share, seen.fill.limit) == (0.25, 0.5)
    empty = shown(S.CLOSED, window=TimeWindow(30.0, 10, 0.5), window_counts=WindowCounts())
    assert empty.guards.opens == "opens at 50 % of 30 s"


def test_a_countdown_reaches_zero_only_when_it_is_over() -> None:
    """Rounded up, so that 0.0 s is never shown while time is left."""
    told = [seconds(value) for value in (0.01, 4.1, 9.99, 10.2, 59.5, 192.0)]
    assert told == ["0.1 s", "4.1 s", "10.0 s", "11 s", "1 m 0 s", "3 m 12 s"]
