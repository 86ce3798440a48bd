"""The retry budget: what goes in, what comes out, and that nothing is lost between threads."""

import math
import threading
from typing import Any

import pytest

from app.resilience import RetryBudget
from tests.support.clock import FakeClock


def drained(clock: FakeClock, ratio: float, min_per_second: float, capacity: float = 10.0) -> RetryBudget:
    budget = RetryBudget(ratio, min_per_second, capacity=capacity, clock=clock)
    while budget.withdraw():
        pass
    return budget


def test_it_starts_full_and_ends(clock: FakeClock) -> None:
    """Capacity retries can be made at once, then none."""
    budget = RetryBudget(0.0, 0.0, capacity=3.0, clock=clock)
    assert [budget.withdraw() for _ in range(4)] == [True, True, True, False]
    assert budget.balance == 0.0


def test_calls_earn_their_share_of_a_retry(clock: FakeClock) -> None:
    """At a ratio of 0.25 four calls pay for one retry."""
    budget = drained(clock, 0.25, 0.0)
    for _ in range(4):
        assert not budget.withdraw()
        budget.deposit()
    assert budget.withdraw()


def test_time_earns_retries_without_calls(clock: FakeClock) -> None:
    """Two a second: after half a second one."""
    budget = drained(clock, 0.0, 2.0)
    clock.advance(0.25)
    assert not budget.withdraw()
    clock.advance(0.25)
    assert budget.withdraw()


def test_neither_calls_nor_time_fill_it_beyond_capacity(clock: FakeClock) -> None:
    """An hour without trouble does not pay for a storm of retries."""
    budget = drained(clock, 1.0, 1.0)
    clock.advance(3600)
    for _ in range(100):
        budget.deposit()
    assert budget.balance == 10.0


def test_looking_takes_nothing(clock: FakeClock) -> None:
    """balance may be read at any rate."""
    budget = drained(clock, 0.0, 1.0)
    clock.advance(3)
    assert [budget.balance for _ in range(3)] == [3.0] * 3


def test_settings_change_while_running(clock: FakeClock) -> None:
    """New settings act from now on; tokens stay as far as they fit."""
    budget = RetryBudget(0.0, 0.0, capacity=10.0, clock=clock)
    budget.configure(capacity=2.0, min_per_second=1.0)
    assert budget.balance == 2.0
    budget.withdraw()
    budget.withdraw()
    clock.advance(1)
    assert budget.withdraw()
    budget.configure(ratio=1.0)
    budget.deposit()
    assert budget.balance == 1.0


def test_threads_never_take_more_than_there_is(clock: FakeClock) -> None:
    """However many threads ask at once, exactly the tokens there are get taken."""
    budget = RetryBudget(0.0, 0.0, capacity=100.0, clock=clock)
    taken: list[bool] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(budget.withdraw() for _ in range(50))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 100


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ratio", -1),
        ("ratio", math.nan),
        ("ratio", True),
        ("min_per_second", -1),
        ("min_per_second", "1"),
        ("capacity", 0.5),
        ("capacity", math.inf),
        ("clock", 5),
    ],
)
def test_bad_settings_are_refused_by_name(field: str, value: Any) -> None:
    """ValueError names the field, and a running budget keeps what it had."""
    with pytest.raises(ValueError, match=field):
        RetryBudget(**{field: value})
    if field != "clock":
        budget = RetryBudget()
        with pytest.raises(ValueError, match=field):
            budget.configure(**{field: value})
        assert budget.balance == 100.0
