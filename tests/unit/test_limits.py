"""The sliding window, on a clock of the test."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from backends.limits import RateLimiter


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_limit_holds_in_every_window(clock: Clock) -> None:
    """Five a minute means five in any sixty seconds, not five per calendar minute."""
    limiter = RateLimiter(5, 60, clock=clock)
    clock.now += 50
    assert all(limiter.hit("a").allowed for _ in range(5))
    clock.now += 20
    refused = limiter.hit("a")
    assert not refused.allowed
    assert refused.retry_after == pytest.approx(40)
    clock.now += 40
    assert limiter.hit("a").allowed


def test_a_verdict_says_what_is_left_and_when_it_is_over(clock: Clock) -> None:
    """The numbers of the usual headers."""
    limiter = RateLimiter(2, 60, clock=clock)
    first = limiter.hit("a")
    assert (first.limit, first.remaining, first.reset_after, first.retry_after) == (2, 1, 60, 0)
    clock.now += 10
    assert limiter.hit("a").remaining == 0
    clock.now += 10
    third = limiter.hit("a")
    assert (third.remaining, third.reset_after, third.retry_after) == (0, 50, 40)


def test_a_refused_hit_does_not_prolong_the_wait(clock: Clock) -> None:
    """Knocking on a closed door changes nothing."""
    limiter = RateLimiter(1, 60, clock=clock)
    limiter.hit("a")
    for _ in range(59):
        clock.now += 1
        assert not limiter.hit("a").allowed
    clock.now += 1
    assert limiter.hit("a").allowed


def test_keys_do_not_share_a_window(clock: Clock) -> None:
    """One client's hits are not another's."""
    limiter = RateLimiter(1, 60, clock=clock)
    assert limiter.hit("a").allowed
    assert limiter.hit("b").allowed


def test_a_forgiven_hit_counts_no_more(clock: Clock) -> None:
    """What turned out well is taken back; forgiving nobody is no error."""
    limiter = RateLimiter(1, 60, clock=clock)
    limiter.hit("a")
    limiter.forgive("a")
    limiter.forgive("nobody")
    assert limiter.hit("a").allowed


def test_idle_keys_do_not_pile_up(clock: Clock) -> None:
    """A flood of clients is forgotten once its windows are over, the living one is not."""
    limiter = RateLimiter(1, 60, clock=clock)
    for number in range(10_000):
        limiter.hit(f"old {number}")
    clock.now += 59
    limiter.hit("living")
    clock.now += 2
    limiter.hit("new")
    assert len(limiter._hits) == 2
    assert not limiter.hit("living").allowed


def test_threads_together_get_no_more_than_the_limit(clock: Clock) -> None:
    """Two hits never take the last place at once."""
    limiter = RateLimiter(50, 60, clock=clock)
    with ThreadPoolExecutor(8) as pool:
        allowed = sum(verdict.allowed for verdict in pool.map(limiter.hit, ["a"] * 200))
    assert allowed == 50


@pytest.mark.parametrize(("limit", "window"), [(0, 60), (1, 0)])
def test_a_senseless_limit_is_refused(limit: int, window: float) -> None:
    """A limiter that never or always allows is a mistake in the settings."""
    with pytest.raises(ValueError, match="limit"):
        RateLimiter(limit, window)
