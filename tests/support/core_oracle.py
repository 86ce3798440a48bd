"""Random calls through a pipeline or a retry, and the same through the model: one seed, one comparison."""

# ruff: noqa: PT017  (both ways of ending are right, at different times)

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.domain.errors import AttemptFailed
from app.domain.events import AttemptStarted, CallRejected, RetryScheduled, StaleServed, StopReason
from app.domain.lanes import Lane
from app.domain.results import Outcome as Seen
from app.domain.results import Reply
from app.resilience import (
    Attempt,
    CallReport,
    Jitter,
    Pipeline,
    PipelineSettings,
    RetryBudget,
    retry_with_backoff,
)
from tests.support.clock import FakeClock
from tests.support.retry_model import Answer, Course, PipelineModel, Waits

_TROUBLE = [Seen.UNAVAILABLE, Seen.REFUSED, Seen.RESET, Seen.TIMEOUT, Seen.RATE_LIMITED]
_TROUBLE += [Seen.INTERNAL, Seen.INVALID, Seen.NOT_FOUND, Seen.UNAUTHENTICATED]


def sixteenths(seed: int) -> Callable[[], float]:
    """Draws that floats hold exactly."""
    source = random.Random(seed)
    return lambda: source.randrange(16) / 16


def settings_of(pick: random.Random) -> PipelineSettings:
    """Any settings with numbers that floats hold exactly."""
    return PipelineSettings(
        failure_threshold=pick.choice([1, 2, 5, 9]),
        open_timeout=pick.choice([1.0, 2.0, 8.0]),
        success_threshold=pick.randint(1, 3),
        half_open_max_concurrent=pick.randint(1, 2),
        open_backoff_factor=pick.choice([1.0, 2.0]),
        max_retries=pick.randint(0, 5),
        initial_delay=pick.choice([0.0, 0.25, 0.5, 1.0]),
        backoff_factor=pick.choice([1.0, 2.0, 4.0]),
        max_delay=pick.choice([0.5, 2.0, 8.0]),
        jitter=pick.choice(list(Jitter)),
        retry_after_limit=pick.choice([1.0, 2.0, 60.0]),
        budget=pick.random() < 0.7,
        budget_ratio=pick.choice([0.0, 0.25, 1.0]),
        budget_min_per_second=pick.choice([0.0, 0.25, 1.0]),
        deadline=pick.choice([None, 1.0, 4.0, 32.0]),
        attempt_timeout=pick.choice([None, 0.5, 2.0]),
        fallback=pick.random() < 0.7,
        stale_max_age=pick.choice([None, 1.0, 8.0]),
    )


def answers_of(pick: random.Random) -> list[Answer]:
    """What a service might answer to six attempts: anything, or the trouble that is retried longest."""
    kinds = pick.choice([[Seen.OK] * 4 + _TROUBLE, [Seen.OK] + [Seen.UNAVAILABLE] * 8])
    return [
        Answer(
            pick.choice([0.0, 0.25, 1.0]),
            pick.choice(kinds),
            pick.choice([None, None, 0.25, 1.0, 4.0]),
        )
        if pick.random() < 0.95
        else Answer(0.0, Seen.UNAVAILABLE, None, forbids=True)
        for _ in range(6)
    ]


def compare_pipeline(seed: int) -> None:
    """Eight calls through a pipeline go as the rules say, event by event."""
    pick = random.Random(seed)
    settings, lane = settings_of(pick), pick.choice(list(Lane))
    clock, events = FakeClock(pick.choice([0.0, 1024.0])), list[Any]()
    pipeline = Pipeline(
        settings, lane=lane, publish=events.append, clock=clock, sleep=clock.sleep, random=sixteenths(seed)
    )
    model = PipelineModel(settings, clock(), sixteenths(seed), pushback=lane is Lane.GRPC)
    for _ in range(pick.choice([0, 97, 99, 100])):
        pipeline.budget.withdraw()
        model.bucket.tokens -= 1
    for _ in range(8):
        clock.advance(pick.choice([0.0, 0.25, 1.0, 4.0]))
        asked: dict[str, Any] = {"idempotent": pick.random() < 0.7, "key": pick.choice([None, "a", "b"])}
        answers, attempts = answers_of(pick), list[Attempt]()
        course = model.call(clock(), answers, **asked)
        events.clear()
        clock.sleeps.clear()
        report = pipeline.run(_service(clock, course, attempts), **asked)
        assert [attempt.timeout for attempt in attempts] == course.timeouts
        assert (clock.sleeps, clock(), report.stop) == (course.waits, course.ended, course.stop)
        assert (report.stale and report.stale.age) == course.stale_age
        assert _end(report) == (None if course.stop is StopReason.SUCCEEDED else _word(course.answers[-1]))
        assert [each for each in map(_told, events) if each] == _should_be_told(course)
        assert pipeline.breaker.state.value == model.breaker.shown(clock())
        assert pipeline.breaker.epoch == model.breaker.epoch


def _service(clock: FakeClock, course: Course, attempts: list[Attempt]) -> Callable[[Attempt], Reply]:
    answers = iter([answer for answer in course.answers if answer is not None])

    def serve(attempt: Attempt) -> Reply:
        attempts.append(attempt)
        answer = next(answers)
        clock.advance(answer.takes)
        reply = Reply(outcome=answer.seen, retry_after=answer.hint, pushback_refused=answer.forbids)
        if answer.seen is Seen.OK:
            return reply
        raise AttemptFailed(reply)

    return serve


def _word(answer: Answer | None) -> Seen:
    return Seen.REJECTED if answer is None else answer.seen


def _end(report: CallReport[Reply]) -> Seen | None:
    return None if report.error is None else report.attempts[-1].outcome


def _told(event: Any) -> object:
    match event:
        case AttemptStarted() | CallRejected() | StaleServed():
            return type(event)
        case RetryScheduled():
            assert event.delay <= event.envelope + 1e-12
            return event.delay
        case _:
            return None


def _should_be_told(course: Course) -> list[object]:
    attempts: list[object] = [CallRejected if each is None else AttemptStarted for each in course.answers]
    between = itertools.zip_longest(attempts, course.waits)
    told = [each for pair in between for each in pair if each is not None and each != 0.0]
    return told if course.stale_age is None else [*told, StaleServed]


class Wrong(Exception):
    """Retried."""


class Worse(Exception):
    """Not retried."""


Step = tuple[float, Wrong | Worse | None]  # seconds it takes, how it ends


@dataclass
class RetryCourse:
    """How a plain function is retried."""

    tokens: float
    waits: list[float] = field(default_factory=list)
    stop: StopReason = StopReason.SUCCEEDED
    ended: float = 0.0


def retry_course(
    script: Sequence[Step], waits: Waits, *, retries: int, deadline: float, tokens: float
) -> RetryCourse:
    """What the rules say, from time 0 on."""
    course = RetryCourse(tokens)
    for made, (takes, error) in enumerate(script):
        course.ended += takes
        if error is None:
            return course
        wait = waits.next() if made < retries else 0.0
        reasons = (
            (made >= retries, StopReason.ATTEMPTS),
            (course.ended + wait > deadline, StopReason.DEADLINE),
            (course.tokens < 1, StopReason.BUDGET),
            (isinstance(error, Worse), StopReason.NOT_RETRYABLE),
        )
        course.stop = next((reason for holds, reason in reasons if holds), StopReason.SUCCEEDED)
        if course.stop is not StopReason.SUCCEEDED:
            return course
        course.tokens -= 1
        course.ended += wait
        course.waits.append(wait)
    raise AssertionError("the script is too short")


def compare_retry(seed: int) -> None:
    """retry_with_backoff waits, stops and takes tokens as the rules say."""
    pick = random.Random(seed)
    initial, factor = pick.choice([0.0, 0.25, 1.0]), pick.choice([1.0, 2.0, 4.0])
    longest, jitter = pick.choice([0.5, 2.0, 64.0]), pick.choice(list(Jitter))
    retries, deadline = pick.randint(0, 6), pick.choice([None, 1.0, 4.0, 8.0])
    errors = [None, Wrong("x"), Wrong("y"), Worse("z")]
    script = [(pick.choice([0.0, 0.25, 1.0]), pick.choice(errors)) for _ in range(8)]
    clock, tokens = FakeClock(0.0), pick.choice([0, 1, 2, 8])
    budget = RetryBudget(0.0, 0.0, capacity=8, clock=clock)
    for _ in range(8 - tokens):
        budget.withdraw()
    course = retry_course(
        script,
        Waits(initial, factor, longest, jitter, sixteenths(seed)),
        retries=retries,
        deadline=float("inf") if deadline is None else deadline,
        tokens=tokens,
    )
    steps = iter(script)

    def func() -> str:
        takes, error = next(steps)
        clock.advance(takes)
        if error is not None:
            raise error
        return "done"

    try:
        ended: Any = retry_with_backoff(
            func, retries, initial, longest, factor, (Wrong,), jitter=jitter, deadline=deadline,
            budget=budget, clock=clock, sleep=clock.sleep, random=sixteenths(seed),
        )  # fmt: skip
    except (Wrong, Worse) as error:
        ended = error
        assert vars(error)["retry_stop"] is course.stop
        assert [each.wait_after for each in vars(error)["retry_history"]] == [*course.waits, None]
    assert ended == (script[len(course.waits)][1] or "done")
    assert (clock.sleeps, clock(), budget.balance) == (course.waits, course.ended, course.tokens)
