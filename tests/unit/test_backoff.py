"""How long to wait: exact for each jitter, bounded, and never an overflow."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.resilience import Jitter, backoff_delay, backoff_envelope


def at(u: float, jitter: Jitter, retry: int = 3, **settings: Any) -> float:
    """The delay before the fourth retry (E = 8) when chance gives ``u``."""
    return backoff_delay(retry, jitter=jitter, random=lambda: u, **settings)


def test_the_classic_sequence_is_one_two_four_eight_up_to_the_limit() -> None:
    """Without jitter the waits are 1, 2, 4, 8, 16, 32 and then the limit of 60 for ever."""
    assert [at(0.5, Jitter.NONE, n) for n in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(
    ("jitter", "low", "middle"),
    [
        (Jitter.NONE, 8.0, 8.0),
        (Jitter.PROPORTIONAL, 8.0, 8.4),
        (Jitter.FULL, 0.0, 4.0),
        (Jitter.EQUAL, 4.0, 6.0),
    ],
)
def test_each_jitter_spreads_as_its_formula_says(jitter: Jitter, low: float, middle: float) -> None:
    """NONE is E, PROPORTIONAL E × (1 + 0.1u), FULL uE, EQUAL half of E and a share of the other half."""
    assert at(0.0, jitter) == low
    assert at(0.5, jitter) == pytest.approx(middle)


def test_decorrelated_jitter_goes_by_the_previous_delay() -> None:
    """It draws between the initial delay and three times the previous one, whatever the retry's number."""
    assert at(0.0, Jitter.DECORRELATED, previous=5.0) == 1.0
    assert at(0.5, Jitter.DECORRELATED, previous=5.0) == 8.0
    assert at(0.5, Jitter.DECORRELATED) == 2.0  # none before: as if it had been the initial delay
    assert at(0.9, Jitter.DECORRELATED, previous=50.0) == 60.0


def test_proportional_is_the_default_and_may_exceed_the_limit_by_a_tenth() -> None:
    """The default jitter is added after the limit has been applied, as the classic formula does."""
    assert backoff_delay(100, random=lambda: 1.0) == pytest.approx(66.0)


@pytest.mark.parametrize("jitter", list(Jitter))
@pytest.mark.parametrize("retry", [1100, 10**6, 10**400])
@pytest.mark.parametrize(
    ("factor", "expected"), [(2, 60.0), (1.5, 60.0), (1, 1.0), (0.5, 0.0), (1e308, 60.0)]
)
def test_no_retry_number_overflows(jitter: Jitter, retry: int, factor: float, expected: float) -> None:
    """The millionth retry waits what the limit says: no OverflowError, no infinity, no NaN."""
    delay = backoff_delay(retry, backoff_factor=factor, jitter=jitter, random=lambda: 0.0)
    assert math.isfinite(delay)
    if jitter is Jitter.NONE:
        assert delay == expected


def test_no_initial_delay_means_no_delay() -> None:
    """Zero times an overflow is zero, not NaN."""
    assert at(0.5, Jitter.NONE, 10**6, initial_delay=0) == 0.0


@given(
    retry=st.integers(0, 5000),
    initial=st.floats(0, 1e6),
    factor=st.floats(1.0, 10.0),
    longest=st.floats(0, 1e6),
    jitter=st.sampled_from(Jitter),
    previous=st.none() | st.floats(0, 1e6),
    u=st.floats(0, 1, exclude_max=True),
)
def test_a_delay_lies_between_zero_and_its_envelope(
    retry: int,
    initial: float,
    factor: float,
    longest: float,
    jitter: Jitter,
    previous: float | None,
    u: float,
) -> None:
    """Whatever chance does, a wait is neither negative nor longer than announced."""
    settings: dict[str, Any] = {
        "initial_delay": initial,
        "backoff_factor": factor,
        "max_delay": longest,
        "jitter": jitter,
        "previous": previous,
    }
    delay = backoff_delay(retry, random=lambda: u, **settings)
    assert 0.0 <= delay <= backoff_envelope(retry, **settings) * (1 + 1e-12)


@pytest.mark.parametrize(
    ("field", "value"),
    [("retry", value) for value in (-1, 1.5, True, "1", None)]
    + [("initial_delay", value) for value in (-1, math.nan, math.inf, True, "1", None)]
    + [("backoff_factor", value) for value in (0, -1, math.nan, math.inf, True, None)]
    + [("max_delay", value) for value in (-1, math.nan, math.inf, False, None)]
    + [("jitter", value) for value in ("some", None, 1)]
    + [("previous", value) for value in (-1, math.nan, "1")],
)
def test_bad_values_are_refused_by_name(field: str, value: Any) -> None:
    """A value that cannot work raises ValueError naming the field."""
    settings: dict[str, Any] = {"retry": 0, "jitter": Jitter.DECORRELATED} | {field: value}
    with pytest.raises(ValueError, match=field):
        backoff_delay(settings.pop("retry"), **settings)


def test_a_jitter_may_be_given_by_its_name() -> None:
    """Files and command lines say jitter in words."""
    assert backoff_delay(0, jitter="full", random=lambda: 0.25) == 0.25  # type: ignore[arg-type]
