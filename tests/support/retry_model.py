"""Waits, budget and whole calls read aloud from the rules: one thread, plain numbers, no code of the program.

Tests let it and the program do the same. Times and draws must be multiples of a power of two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.domain.events import StopReason
from app.domain.results import Outcome as Seen
from app.resilience import Jitter, PipelineSettings
from tests.support.breaker_model import Model, Slip

SICK = {Seen.REFUSED, Seen.RESET, Seen.TIMEOUT, Seen.UNAVAILABLE, Seen.INTERNAL}


class Waits:
    """The delays of one call."""

    def __init__(
        self, initial: float, factor: float, longest: float, jitter: Jitter, draw: Callable[[], float]
    ) -> None:
        self.initial, self.factor, self.longest = initial, factor, longest
        self.jitter, self.draw = jitter, draw
        self.restart()

    def restart(self) -> None:
        self.retry, self.previous = 0, self.initial

    def next(self) -> float:
        exact = min(self.longest, self.initial * self.factor**self.retry)
        self.retry += 1
        if self.jitter is Jitter.NONE:
            return exact
        u = self.draw()
        if self.jitter is Jitter.DECORRELATED:
            self.previous = min(self.longest, self.initial + u * (3 * self.previous - self.initial))
            return self.previous
        return {
            Jitter.PROPORTIONAL: exact * (1 + 0.1 * u),
            Jitter.FULL: u * exact,
            Jitter.EQUAL: exact / 2 + u * exact / 2,
        }[self.jitter]


@dataclass
class Bucket:
    """Retry tokens, at most a hundred."""

    per_call: float
    per_second: float
    at: float
    tokens: float = 100.0

    def put(self, now: float, tokens: float = 0.0) -> None:
        grown = self.tokens + (now - self.at) * self.per_second
        self.tokens, self.at = min(100.0, min(100.0, grown) + tokens), now


@dataclass(frozen=True)
class Answer:
    """What the service does to one attempt."""

    takes: float
    seen: Seen
    hint: float | None = None  # seconds, Retry-After or pushback
    forbids: bool = False  # a negative pushback


@dataclass
class Course:
    """How a call goes: an answer or a rejection for each attempt, and what lies between."""

    answers: list[Answer | None] = field(default_factory=list)  # None: rejected
    timeouts: list[float | None] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    stop: StopReason = StopReason.SUCCEEDED
    stale_age: float | None = None
    ended: float = 0.0


class PipelineModel:
    """All policies of one lane. ``pushback``: hints are exact."""

    def __init__(
        self, settings: PipelineSettings, now: float, draw: Callable[[], float], *, pushback: bool
    ) -> None:
        self.settings, self.draw, self.pushback = settings, draw, pushback
        self.breaker = Model(
            threshold=settings.failure_threshold,
            timeout=settings.open_timeout,
            needed=settings.success_threshold,
            at_once=settings.half_open_max_concurrent,
            probe_timeout=settings.open_timeout,
            factor=settings.open_backoff_factor,
            longest=float("inf"),
            window=None,
        )
        self.bucket = Bucket(settings.budget_ratio, settings.budget_min_per_second, now)
        self.copies: dict[str, float] = {}

    def call(self, now: float, answers: Sequence[Answer], *, idempotent: bool, key: str | None) -> Course:
        settings, course = self.settings, Course(ended=now)
        due = float("inf") if settings.deadline is None else now + settings.deadline
        waits = Waits(
            settings.initial_delay, settings.backoff_factor, settings.max_delay, settings.jitter, self.draw
        )
        if settings.budget:
            self.bucket.put(now, self.bucket.per_call)
        for answer in answers:
            self.attempt(course, answer, due)
            wait = self.after(course, waits, due, idempotent=idempotent)
            if wait is None:
                break
            course.waits.append(wait)
            course.ended += wait
        self.settle(course, key)
        return course

    def attempt(self, course: Course, answer: Answer, due: float) -> None:
        slip = self.breaker.acquire(course.ended)
        if not isinstance(slip, Slip):
            course.answers.append(None)
            return
        left = due - course.ended
        timeout = self.settings.attempt_timeout
        shorter = left if timeout is None else min(left, timeout)
        course.timeouts.append(None if shorter == float("inf") else shorter)
        course.answers.append(answer)
        course.ended += answer.takes
        limited = "ignored" if answer.seen is Seen.RATE_LIMITED else "success"
        self.breaker.record(slip, "failure" if answer.seen in SICK else limited, course.ended)

    def after(self, course: Course, waits: Waits, due: float, *, idempotent: bool) -> float | None:
        """The wait for the next attempt; None, with the reason, when there is none."""
        answer = course.answers[-1]
        if answer is not None and answer.seen is Seen.OK:
            return None
        if len(course.answers) > self.settings.max_retries:
            course.stop = StopReason.ATTEMPTS
            return None
        hint = None if answer is None else answer.hint
        exact = hint if self.pushback else None
        wait = max(waits.next(), hint or 0.0) if exact is None else exact
        if self.settings.budget:
            self.bucket.put(course.ended)
        reasons = (
            (course.ended + wait >= due, StopReason.DEADLINE),
            (self.settings.budget and self.bucket.tokens < 1, StopReason.BUDGET),
            (not may_be_repeated(answer, idempotent=idempotent), StopReason.NOT_RETRYABLE),
            ((hint or 0.0) > self.settings.retry_after_limit, StopReason.HINT_TOO_LONG),
            (answer is not None and answer.forbids, StopReason.REFUSED_BY_SERVER),
        )
        for holds, reason in reasons:
            if holds:
                course.stop = reason
                return None
        if self.settings.budget:
            self.bucket.tokens -= 1
        if exact is not None:
            waits.restart()
        return wait

    def settle(self, course: Course, key: str | None) -> None:
        """Keep a good answer, or find the copy that stands in for it."""
        last = course.answers[-1]
        if key is None:
            return
        if last is not None and last.seen is Seen.OK:
            self.copies[key] = course.ended
        elif self.settings.fallback and key in self.copies and (last is None or last.seen in SICK):
            age = course.ended - self.copies[key]
            limit = self.settings.stale_max_age
            course.stale_age = age if limit is None or age <= limit else None


def may_be_repeated(answer: Answer | None, *, idempotent: bool) -> bool:
    if answer is None:
        return False
    if answer.seen is Seen.RATE_LIMITED:
        return answer.hint is not None or answer.forbids
    if answer.seen is Seen.UNAVAILABLE:
        return idempotent or answer.hint is not None
    return answer.seen is Seen.REFUSED or (idempotent and answer.seen in {Seen.RESET, Seen.TIMEOUT})
