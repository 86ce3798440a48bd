"""All policies together, in the order of the design, with what they publish."""

import gc
import weakref
from collections.abc import Callable
from contextlib import suppress

import pytest

from app.domain.errors import AttemptFailed, Cancelled
from app.domain.events import (
    AttemptFinished,
    AttemptStarted,
    BreakerTransitioned,
    CallRejected,
    RetryScheduled,
    StaleServed,
    StopReason,
)
from app.domain.lanes import Lane
from app.domain.results import Outcome as Seen
from app.domain.results import Reply
from app.resilience import (
    Attempt,
    CircuitOpenError,
    CircuitState,
    Jitter,
    Outcome,
    Pipeline,
    PipelineSettings,
    retry_with_backoff,
)
from tests.support.breakers import fail
from tests.support.clock import FakeClock
from tests.support.pipelines import OK, Rig, Script, bad

Make = Callable[..., Rig]


@pytest.fixture
def rig(clock: FakeClock) -> Make:
    """Builds a Rig with given settings."""
    return lambda **settings: Rig(clock, **settings)


def test_a_good_call_takes_one_attempt(rig: Make, clock: FakeClock) -> None:
    """The value comes back, and the breaker says nothing: a calm success leaves it as it was."""
    it = rig()
    report = it.pipeline.run(Script(clock, OK), call_id="c1")
    assert (report.unwrap(), report.stop, len(report.attempts)) == (OK, StopReason.SUCCEEDED, 1)
    assert [type(event).__name__ for event in it.events] == ["AttemptStarted", "AttemptFinished"]
    assert it.of(AttemptStarted)[0].call_id == "c1"


def test_failures_are_retried_and_each_is_seen_by_the_breaker(rig: Make, clock: FakeClock) -> None:
    """Retry is outside the breaker: three attempts are three outcomes."""
    it = rig(failure_threshold=10)
    report = it.pipeline.run(Script(clock, bad(), bad(), OK, takes=0.5))
    assert clock.sleeps == [1.0, 2.0]
    assert [(each.number, each.outcome, each.duration, each.wait_after) for each in report.attempts] == [
        (1, Seen.UNAVAILABLE, 0.5, 1.0),
        (2, Seen.UNAVAILABLE, 0.5, 2.0),
        (3, Seen.OK, 0.5, None),
    ]
    assert [each.attempt for each in it.of(RetryScheduled)] == [1, 2]
    assert [each.duration for each in it.of(AttemptFinished)] == [0.5, 0.5, 0.5]


def test_an_open_circuit_rejects_and_is_not_retried(rig: Make, clock: FakeClock) -> None:
    """When the circuit opens amid retries, the next attempt is refused and the call ends at once."""
    it = rig(failure_threshold=2, open_timeout=9.0, max_retries=5)
    script = Script(clock, bad())
    report = it.pipeline.run(script, call_id="c1")
    assert isinstance(report.error, CircuitOpenError)
    assert (len(script.attempts), report.stop) == (2, StopReason.NOT_RETRYABLE)
    assert [each.outcome for each in report.attempts] == [Seen.UNAVAILABLE, Seen.UNAVAILABLE, Seen.REJECTED]
    assert [(each.attempt, each.retry_after) for each in it.of(CallRejected)] == [(3, 7.0)]
    moves = [(each.before, each.after, each.reason, each.lane) for each in it.of(BreakerTransitioned)]
    assert moves == [("closed", "open", "2 failures in a row", Lane.REST)]


def test_probes_are_marked(rig: Make, clock: FakeClock) -> None:
    """The attempt that tries a half-open circuit says so to the function and in the event."""
    it = rig(failure_threshold=1, open_timeout=5.0, max_retries=0)
    it.pipeline.run(Script(clock, bad()))
    clock.advance(5)
    script = Script(clock, OK)
    it.pipeline.run(script)
    assert script.attempts[0].probe
    assert [each.probe for each in it.of(AttemptStarted)] == [False, True]


def test_retry_inside_the_breaker_makes_one_outcome_of_a_call(rig: Make, clock: FakeClock) -> None:
    """With the order switched, three failed attempts are one failure, and a rejection comes first of all."""
    it = rig(retry_inside_breaker=True, failure_threshold=2, max_retries=2)
    script = Script(clock, bad())
    it.pipeline.run(script)
    assert (len(script.attempts), it.pipeline.breaker.snapshot().consecutive_failures) == (3, 1)
    it.pipeline.run(script)
    assert it.pipeline.breaker.state is CircuitState.OPEN
    report = it.pipeline.run(script)
    assert (len(script.attempts), isinstance(report.error, CircuitOpenError)) == (6, True)
    assert [each.attempt for each in it.of(CallRejected)] == [1]
    it.pipeline.breaker.reset()
    assert it.pipeline.run(Script(clock, bad(), OK)).error is None
    assert it.pipeline.breaker.snapshot().consecutive_failures == 0


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), Cancelled("x"), bad(Seen.RATE_LIMITED)])
def test_neutral_endings_give_the_permit_back(
    rig: Make, clock: FakeClock, error: BaseException, inside: bool
) -> None:
    """Whatever ends an attempt, no permit stays behind and nothing is counted."""
    it = rig(retry_inside_breaker=inside)
    with pytest.raises(type(error)):
        it.pipeline.call(Script(clock, error))
    seen = it.pipeline.breaker.snapshot()
    assert (seen.in_flight, seen.consecutive_failures) == (0, 0)


def test_a_404_is_a_success_for_the_breaker_and_ends_the_call(rig: Make, clock: FakeClock) -> None:
    """The service is well; the request is not: no retry, failure count back to zero."""
    it = rig(max_retries=1)
    it.pipeline.run(Script(clock, bad()))
    report = it.pipeline.run(Script(clock, bad(Seen.NOT_FOUND)))
    assert (report.stop, len(report.attempts)) == (StopReason.NOT_RETRYABLE, 1)
    assert it.pipeline.breaker.snapshot().consecutive_failures == 0


def test_what_is_not_idempotent_is_retried_only_when_it_cannot_have_been_done(
    rig: Make, clock: FakeClock
) -> None:
    """A lost connection may hide a finished write, a refused one cannot."""
    it = rig(max_retries=1)
    assert len(it.pipeline.run(Script(clock, bad(Seen.RESET)), idempotent=False).attempts) == 1
    assert len(it.pipeline.run(Script(clock, bad(Seen.REFUSED)), idempotent=False).attempts) == 2


def test_a_failed_call_serves_the_last_good_copy(rig: Make, clock: FakeClock) -> None:
    """The copy comes with its age and reason, and is no success for the breaker."""
    it = rig(max_retries=0)
    it.pipeline.run(Script(clock, OK), key="k")
    clock.advance(12)
    report = it.pipeline.run(Script(clock, bad(status="503 SERVICE UNAVAILABLE")), key="k", call_id="c2")
    assert report.unwrap() is OK
    assert report.stale is not None
    assert (report.stale.age, report.stale.reason) == (12.0, "unavailable (503 SERVICE UNAVAILABLE)")
    assert isinstance(report.error, AttemptFailed)
    assert it.pipeline.breaker.snapshot().consecutive_failures == 1
    assert [(each.age, each.call_id) for each in it.of(StaleServed)] == [(12.0, "c2")]


def test_a_copy_is_served_while_the_circuit_is_open(rig: Make, clock: FakeClock) -> None:
    """A rejection is a reason for a copy too."""
    it = rig(max_retries=0)
    it.pipeline.run(Script(clock, OK), key="k")
    it.pipeline.breaker.force_open()
    report = it.pipeline.run(Script(clock, OK), key="k")
    assert report.stale is not None
    assert report.stale.reason == "rejected by open circuit"


@pytest.mark.parametrize("error", [bad(Seen.NOT_FOUND), bad(Seen.RATE_LIMITED), Cancelled("x")])
def test_no_copy_hides_a_4xx_or_a_cancel(rig: Make, clock: FakeClock, error: Exception) -> None:
    """The caller's own fault is shown as it is."""
    it = rig(max_retries=0)
    it.pipeline.run(Script(clock, OK), key="k")
    assert it.pipeline.run(Script(clock, error), key="k").stale is None


def test_no_copy_without_key_or_with_the_fallback_off_or_too_old(rig: Make, clock: FakeClock) -> None:
    """Each of these alone means that the error is shown."""
    it = rig(max_retries=0, stale_max_age=5.0)
    failing = Script(clock, bad())
    it.pipeline.run(Script(clock, OK), key="k")
    assert it.pipeline.run(failing, key="other").stale is None
    assert it.pipeline.run(failing).stale is None
    assert it.pipeline.run(failing, key="k").stale is not None
    clock.advance(5.1)
    assert it.pipeline.run(failing, key="k").stale is None
    it.pipeline.configure(PipelineSettings(fallback=False, max_retries=0, failure_threshold=99))
    assert it.pipeline.run(failing, key="k").stale is None


def test_partial_answers_are_no_copies(rig: Make, clock: FakeClock) -> None:
    """Only a whole answer is kept as good."""
    it = rig(max_retries=0)
    it.pipeline.run(Script(clock, Reply(outcome=Seen.PARTIAL)), key="k")
    assert it.pipeline.run(Script(clock, bad()), key="k").stale is None


def test_a_late_result_is_marked_and_leaves_the_circuit_alone(rig: Make, clock: FakeClock) -> None:
    """An attempt that ends after the circuit was opened by hand is late in its event."""
    it = rig()

    def slow(_attempt: Attempt) -> Reply:
        it.pipeline.breaker.force_open()
        return OK

    assert it.pipeline.call(slow) is OK
    assert it.of(AttemptFinished)[0].late
    assert it.pipeline.breaker.snapshot().stale_results == 1


def test_call_raises_the_last_original_error_with_its_history(rig: Make, clock: FakeClock) -> None:
    """The exception object of the last attempt comes out, and can tell how it came to that."""
    last = bad()
    with pytest.raises(AttemptFailed) as caught:
        rig(max_retries=1).pipeline.call(Script(clock, bad(), last))
    assert caught.value is last
    assert [each.wait_after for each in last.retry_history] == [1.0, None]  # type: ignore[attr-defined]
    assert last.retry_stop is StopReason.ATTEMPTS  # type: ignore[attr-defined]


def test_settings_change_while_calls_run(rig: Make, clock: FakeClock) -> None:
    """A call keeps the settings it began with; the next one uses the new ones; the state stays."""
    it = rig(max_retries=1)

    def reconfigure(attempt: Attempt) -> Reply:
        if attempt.number == 1:
            it.pipeline.configure(PipelineSettings(max_retries=0, failure_threshold=2, jitter=Jitter.NONE))
        raise bad()

    assert len(it.pipeline.run(reconfigure).attempts) == 2
    assert it.pipeline.breaker.state is CircuitState.OPEN
    it.pipeline.breaker.reset()
    assert len(it.pipeline.run(Script(clock, bad())).attempts) == 1


@pytest.mark.expected_log
def test_a_broken_predicate_does_not_keep_a_permit(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """When a given breaker_outcome raises, the attempt counts as failed and the original error comes out."""

    def broken(_error: BaseException) -> Outcome:
        raise ZeroDivisionError

    it = Rig(clock, more={"breaker_outcome": broken}, max_retries=0)
    with pytest.raises(AttemptFailed):
        it.pipeline.call(Script(clock, bad()))
    seen = it.pipeline.breaker.snapshot()
    assert (seen.in_flight, seen.consecutive_failures) == (0, 1)
    assert "'breaker_outcome' failed" in caplog.text


@pytest.mark.parametrize("inside", [False, True])
def test_failed_calls_are_freed_without_the_garbage_collector(clock: FakeClock, inside: bool) -> None:
    """Neither retries nor rejections nor reports leave a reference cycle: the window collects rarely."""

    class Oops(OSError):
        pass

    ghosts: list[weakref.ref[Oops]] = []

    def fail(_attempt: Attempt) -> None:
        ghosts.append(weakref.ref(fresh := Oops()))
        try:
            raise fresh
        finally:
            del fresh

    it = Rig(clock, max_retries=2, failure_threshold=99, retry_inside_breaker=inside)
    gc.disable()
    try:
        it.pipeline.run(fail)
        with suppress(Oops):
            it.pipeline.run(fail).unwrap()
        with suppress(Oops):
            it.pipeline.call(fail)
        assert [ghost() for ghost in ghosts] == [None] * 9
    finally:
        gc.enable()


def test_publishing_needs_a_lane() -> None:
    """Events carry a lane, so a pipeline that publishes must have one; one that does not needs none."""
    with pytest.raises(ValueError, match="lane"):
        Pipeline(publish=lambda _event: None)
    assert Pipeline().call(lambda attempt: attempt.number) == 1


@pytest.mark.expected_log
def test_a_broken_publisher_does_not_fail_the_call(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """What it raises is logged; the call has the result and the breaker the counts of any other."""
    pipeline = Pipeline(lane=Lane.REST, publish=lambda _event: 1 / 0, clock=clock, sleep=clock.sleep)
    assert pipeline.call(Script(clock, bad(), OK)) is OK
    assert pipeline.breaker.snapshot().in_flight == 0
    assert "publishing AttemptStarted failed" in caplog.text


def test_the_history_is_that_of_the_outermost_retry(rig: Make) -> None:
    """An error that went through a retry inside the call is raised with the attempts of the pipeline."""
    it, error = rig(max_retries=2), OSError("the same")

    def inner(_attempt: Attempt) -> None:
        retry_with_backoff(lambda: fail(error), 1, initial_delay=0.0)

    with pytest.raises(OSError, match="the same") as caught:
        it.pipeline.call(inner)
    assert len(vars(caught.value)["retry_history"]) == 3


def test_a_closed_pipeline_publishes_no_more_breaker_events(rig: Make) -> None:
    """After close the breaker may still be used, in silence."""
    it = rig()
    it.pipeline.close()
    it.pipeline.close()
    it.pipeline.breaker.force_open()
    assert it.events == []
