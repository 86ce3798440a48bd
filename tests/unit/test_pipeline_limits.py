"""Time, server hints, budget and cancel in a pipeline: when a call stops trying."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from app.domain.cancel import CancelToken
from app.domain.errors import AttemptFailed, Cancelled
from app.domain.events import (
    RetryReason,
    RetryScheduled,
    StopReason,
)
from app.domain.lanes import Lane
from app.domain.results import Outcome as Seen
from app.resilience import (
    Attempt,
    AttemptTimeoutError,
    Jitter,
    Pipeline,
    PipelineSettings,
)
from tests.support.clock import FakeClock
from tests.support.pipelines import OK, Rig, Script, bad

Make = Callable[..., Rig]


@pytest.fixture
def rig(clock: FakeClock) -> Make:
    """Builds a Rig with given settings."""
    return lambda **settings: Rig(clock, **settings)


def test_an_attempt_gets_the_shorter_of_its_timeout_and_what_the_deadline_leaves(
    rig: Make, clock: FakeClock
) -> None:
    """Eight seconds in all, five for each attempt: the third has one second left."""
    it = rig(deadline=8.0, attempt_timeout=5.0)
    script = Script(clock, bad(Seen.TIMEOUT), takes=2.0)
    it.pipeline.run(script)
    assert [attempt.timeout for attempt in script.attempts] == [5.0, 5.0, 1.0]


@pytest.mark.parametrize(("given", "timeout"), [(None, 8.0), (3.0, 3.0), (20.0, 8.0)])
def test_a_caller_may_give_less_time_than_the_settings_do(
    rig: Make, clock: FakeClock, given: float | None, timeout: float
) -> None:
    """Of the two deadlines the shorter one holds."""
    script = Script(clock, OK)
    rig(deadline=8.0, attempt_timeout=None).pipeline.run(script, deadline=given)
    assert script.attempts[0].timeout == timeout


def test_without_limits_an_attempt_has_no_timeout(rig: Make, clock: FakeClock) -> None:
    """None for both settings means that an attempt may take for ever."""
    script = Script(clock, OK)
    rig(deadline=None, attempt_timeout=None).pipeline.run(script)
    assert script.attempts[0].timeout is None


def test_the_deadline_stops_before_a_wait_that_would_pass_it(rig: Make, clock: FakeClock) -> None:
    """No wait is begun that ends after the total deadline, or at it: nothing would be left for an attempt."""
    it = rig(deadline=4.0, max_retries=9)
    report = it.pipeline.run(Script(clock, bad(), takes=0.5))
    assert (clock.sleeps, report.stop) == ([1.0], StopReason.DEADLINE)


def test_a_wait_that_overslept_the_deadline_makes_no_attempt(clock: FakeClock) -> None:
    """When the machine was late and nothing is left, the last error comes out instead."""
    it = Rig(clock, deadline=4.0, more={"sleep": lambda seconds: clock.advance(seconds + 5)})
    script = Script(clock, bad())
    report = it.pipeline.run(script)
    assert (len(script.attempts), report.stop) == (1, StopReason.DEADLINE)


def test_enforced_timeouts_cut_functions_that_do_not_obey() -> None:
    """With enforce_timeout an attempt is given up in time, counts as a failure and may be retried."""
    gate = threading.Event()
    pipeline = Pipeline(PipelineSettings(attempt_timeout=0.01, max_retries=0), enforce_timeout=True)
    with pytest.raises(AttemptTimeoutError):
        pipeline.call(lambda _attempt: gate.wait(30))
    gate.set()
    assert pipeline.breaker.snapshot().consecutive_failures == 1
    assert pipeline.call(lambda attempt: attempt.number) == 1


def test_retry_after_is_a_least_wait(rig: Make, clock: FakeClock) -> None:
    """A longer hint replaces the backoff, a shorter one does not, and the reason says which it was."""
    it = rig()
    it.pipeline.run(Script(clock, bad(retry_after=3.0), bad(retry_after=0.5), OK))
    waits = it.of(RetryScheduled)
    assert [(each.delay, each.reason) for each in waits] == [
        (3.0, RetryReason.RETRY_AFTER),
        (2.0, RetryReason.BACKOFF),
    ]
    assert all(each.envelope >= each.delay for each in waits)


def test_pushback_is_exact_and_starts_the_exponent_again(rig: Make, clock: FakeClock) -> None:
    """On gRPC the server's wait is obeyed to the letter, and the next backoff is the first one again."""
    it = rig(lane=Lane.GRPC, max_retries=5, failure_threshold=99)
    it.pipeline.run(Script(clock, bad(), bad(retry_after=0.25), bad(), bad(), OK))
    assert [(each.delay, each.reason) for each in it.of(RetryScheduled)] == [
        (1.0, RetryReason.BACKOFF),
        (0.25, RetryReason.PUSHBACK),
        (1.0, RetryReason.BACKOFF),
        (2.0, RetryReason.BACKOFF),
    ]


def test_a_hint_beyond_the_limit_ends_the_call_and_says_so(rig: Make, clock: FakeClock) -> None:
    """A server that asks for more patience than allowed is not retried."""
    it = rig(retry_after_limit=10.0, deadline=None)
    report = it.pipeline.run(Script(clock, bad(retry_after=10.5)))
    assert (report.stop, clock.sleeps) == (StopReason.HINT_TOO_LONG, [])
    report = it.pipeline.run(Script(clock, bad(retry_after=10.0), OK))
    assert report.error is None


@pytest.mark.parametrize("seen", [Seen.UNAVAILABLE, Seen.RATE_LIMITED])
def test_a_forbidden_retry_is_not_made(rig: Make, clock: FakeClock, seen: Seen) -> None:
    """Negative or malformed pushback means no retry, and the reason is the server's."""
    it = rig(lane=Lane.GRPC)
    report = it.pipeline.run(Script(clock, bad(seen, pushback_refused=True)))
    assert (report.stop, len(report.attempts)) == (StopReason.REFUSED_BY_SERVER, 1)


def test_429_is_retried_only_with_a_hint(rig: Make, clock: FakeClock) -> None:
    """Rate limited without a word about when: no retry; with Retry-After: one."""
    it = rig()
    assert it.pipeline.run(Script(clock, bad(Seen.RATE_LIMITED))).stop is StopReason.NOT_RETRYABLE
    assert it.pipeline.run(Script(clock, bad(Seen.RATE_LIMITED, retry_after=2.0), OK)).error is None


def test_an_empty_budget_ends_a_call(rig: Make, clock: FakeClock) -> None:
    """Retries take from the lane's budget; switched off, they do not."""
    it = rig(budget_ratio=0.0, budget_min_per_second=0.0)
    while it.pipeline.budget.withdraw():
        pass
    assert it.pipeline.run(Script(clock, bad())).stop is StopReason.BUDGET
    it.pipeline.configure(PipelineSettings(budget=False, max_retries=1, jitter=Jitter.NONE))
    assert it.pipeline.run(Script(clock, bad())).stop is StopReason.ATTEMPTS


def test_a_cancelled_token_makes_no_attempt(rig: Make, clock: FakeClock) -> None:
    """Cancelled before it began: nothing is sent, and the breaker knows nothing of it."""
    it, token = rig(), CancelToken()
    token.cancel()
    report = it.pipeline.run(Script(clock, OK), cancel=token)
    assert (report.stop, report.attempts, it.events) == (StopReason.CANCELLED, (), [])
    with pytest.raises(Cancelled):
        report.unwrap()


def test_cancelling_wakes_a_wait_and_ends_the_call() -> None:
    """A real wait of an hour ends at once; the call is cancelled, with the last error as the cause."""
    token, waiting = CancelToken(), threading.Event()
    pipeline = Pipeline(
        PipelineSettings(initial_delay=3600, max_delay=3600, deadline=None),
        lane=Lane.REST,
        publish=lambda event: waiting.set() if isinstance(event, RetryScheduled) else None,
    )
    ended: list[Any] = []

    def fail(_attempt: Attempt) -> None:
        raise bad()

    thread = threading.Thread(target=lambda: ended.append(pipeline.run(fail, cancel=token, key="k")))
    thread.start()
    assert waiting.wait(10)
    token.cancel()
    thread.join(10)
    assert ended[0].stop is StopReason.CANCELLED
    assert isinstance(ended[0].error, Cancelled)
    assert isinstance(ended[0].error.__cause__, AttemptFailed)
