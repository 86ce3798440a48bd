"""All policies around one call, from the outside in:

fallback › total deadline › retry and budget › circuit breaker › attempt timeout › call.

The breaker sees each attempt. With ``retry_inside_breaker`` retry and breaker change places, as a lesson:
the breaker then sees one outcome per call, and a rejection ends the call before its first attempt.
Events are published only when asked for; without them a call costs a few microseconds.
"""

import logging
import random as _random
import time
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled
from app.domain.events import StopReason
from app.domain.lanes import Lane
from app.domain.results import Outcome as Seen
from app.domain.results import Reply, Stale
from app.resilience import classify
from app.resilience.announce import Announcer, Publish, announce_breaker
from app.resilience.breaker import CircuitBreaker
from app.resilience.budget import RetryBudget
from app.resilience.clock import Clock, Random, Sleep
from app.resilience.fallback import StaleCopies
from app.resilience.hints import hint_of
from app.resilience.report import AttemptLog, CallReport, attach_log, seen
from app.resilience.retry import RetryPlan, is_cancelled, pause
from app.resilience.settings import PipelineSettings
from app.resilience.states import CircuitOpenError, Outcome, Permit
from app.resilience.timeout import call_with_timeout

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Attempt:
    """What the called function is told about the attempt it makes."""

    __slots__ = ("call_id", "cancel", "number", "probe", "timeout")

    def __init__(
        self, number: int, timeout: float | None, cancel: CancelToken | None, call_id: str, probe: bool
    ) -> None:
        self.number = number  # from 1
        self.timeout = timeout  # seconds it may take: attempt timeout or what the total deadline leaves
        self.cancel = cancel
        self.call_id = call_id
        self.probe = probe  # admitted in HALF_OPEN


class Pipeline:
    """The policies of one lane. Any number of calls at once, from any thread; each uses the settings it
    began with.

    ``enforce_timeout``: run each attempt in a thread of its own, for functions that do not obey
    ``Attempt.timeout`` themselves.
    """

    def __init__(
        self,
        settings: PipelineSettings | None = None,
        *,
        name: str = "",
        lane: Lane | None = None,
        publish: Publish | None = None,
        clock: Clock = time.monotonic,
        sleep: Sleep = time.sleep,
        random: Random = _random.random,
        retryable: Callable[..., bool] = classify.retryable,
        breaker_outcome: Callable[[BaseException], Outcome] = classify.breaker_outcome,
        may_serve_stale: Callable[[BaseException], bool] = classify.may_serve_stale,
        enforce_timeout: bool = False,
    ) -> None:
        if publish is not None and lane is None:
            raise ValueError("lane is needed to publish events")
        self._settings = settings if settings is not None else PipelineSettings()
        self.breaker = CircuitBreaker(name=name or (lane.value if lane else ""), clock=clock)
        self.budget = RetryBudget(clock=clock)
        self.copies = StaleCopies(clock=clock)
        self._spread(self._settings)
        self._announcer = None
        self._quiet: Callable[[], None] | None = None
        if publish is not None and lane is not None:
            self._announcer = Announcer(lane, publish)
            self._quiet = announce_breaker(self.breaker, lane, publish)
        self._exact_hints = lane is Lane.GRPC
        self._clock, self._sleep, self._random = clock, sleep, random
        self._retryable = retryable
        self._breaker_outcome = breaker_outcome
        self._may_serve_stale = may_serve_stale
        self._enforce_timeout = enforce_timeout

    @property
    def settings(self) -> PipelineSettings:
        """The settings that the next call will use."""
        return self._settings

    def configure(self, settings: PipelineSettings) -> None:
        """Use ``settings`` from the next call on; the breaker's at once. State and counts stay."""
        self._spread(settings)
        self._settings = settings

    def call(
        self,
        func: Callable[[Attempt], T],
        *,
        call_id: str = "",
        cancel: CancelToken | None = None,
        key: Hashable | None = None,
        idempotent: bool = True,
    ) -> T:
        """run() that returns the value, fresh or stale, or raises the last original exception.

        It carries ``retry_history`` and ``retry_stop``. Raises Cancelled when the call was cancelled, and
        CircuitOpenError when it was refused.
        """
        run = _Run(self, func, call_id, cancel, idempotent)
        try:
            value = run.execute()
        except Exception as error:
            stale = self._find_stale(run, key, error)
            if stale is None:
                attach_log(error, run.log, run.stop)
                raise
            return stale[0]
        if key is not None:
            self._keep(key, value)
        return value

    def run(
        self,
        func: Callable[[Attempt], T],
        *,
        call_id: str = "",
        cancel: CancelToken | None = None,
        key: Hashable | None = None,
        idempotent: bool = True,
        deadline: float | None = None,
    ) -> CallReport[T]:
        """Make the call and report how it went. Raises only what is no Exception.

        ``key`` names the request for stale copies (None: none is kept or served). ``idempotent``: it may be
        sent again when nobody knows whether it was done. ``deadline``: seconds that the caller gives it,
        where that is less than the settings do.
        """
        run = _Run(self, func, call_id, cancel, idempotent)
        try:
            value = run.execute(deadline)
        except Exception as error:  # noqa: BLE001  a report is made of it
            stale = self._find_stale(run, key, error)
            if stale is None:
                return CallReport(None, error, run.stop, run.log)
            return CallReport(stale[0], error, run.stop, run.log, stale[1])
        if key is not None:
            self._keep(key, value)
        return CallReport(value, None, StopReason.SUCCEEDED, run.log)

    def outcome_of(self, error: BaseException) -> Outcome:
        """What the breaker is told about an exception."""
        try:
            return self._breaker_outcome(error)
        except Exception:  # noqa: BLE001  boundary to a foreign predicate: the permit must be given back
            _log.exception("the predicate 'breaker_outcome' failed; the attempt counts as a failure")
            return Outcome.FAILURE

    def close(self) -> None:
        """Publish no more breaker events. Idempotent."""
        if self._quiet is not None:
            self._quiet()

    def _spread(self, settings: PipelineSettings) -> None:
        self.breaker.configure(**settings.breaker())
        self.budget.configure(ratio=settings.budget_ratio, min_per_second=settings.budget_min_per_second)

    def _keep(self, key: Hashable, value: object) -> None:
        if not (isinstance(value, Reply) and value.outcome is Seen.PARTIAL):
            self.copies.store(key, value)

    def _find_stale(self, run: "_Run[T]", key: Hashable | None, error: Exception) -> tuple[T, Stale] | None:
        settings = run.settings
        if key is None or not settings.fallback or not self._may_serve_stale(error):
            return None
        found = self.copies.find(key, max_age=settings.stale_max_age)
        if found is None:
            return None
        reply = seen(None, error)
        reason = reply.outcome.value if not reply.status else f"{reply.outcome.value} ({reply.status})"
        stale = Stale(age=found[1], reason=reason)
        if self._announcer is not None:
            self._announcer.stale(run.call_id, self._clock(), stale)
        return found[0], stale


class _Run(Generic[T]):
    """One call on its way through the pipeline. Used by one thread."""

    __slots__ = (
        "call_id",
        "cancel",
        "deadline_at",
        "func",
        "idempotent",
        "log",
        "pipeline",
        "plan",
        "settings",
        "stop",
    )

    def __init__(
        self,
        pipeline: Pipeline,
        func: Callable[[Attempt], T],
        call_id: str,
        cancel: CancelToken | None,
        idempotent: bool,
    ) -> None:
        self.pipeline = pipeline
        self.func = func
        self.call_id = call_id
        self.cancel = cancel
        self.idempotent = idempotent
        self.settings = pipeline._settings
        self.log: list[AttemptLog] = []
        self.plan: RetryPlan | None = None
        self.stop = StopReason.SUCCEEDED
        self.deadline_at: float | None = None

    def execute(self, limit: float | None = None) -> T:
        """The value, or the last error with ``stop`` set. ``limit``: the caller's deadline, in seconds."""
        if self.cancel is not None and self.cancel.cancelled:
            self.stop = StopReason.CANCELLED
            raise Cancelled("cancelled by the caller")
        settings, pipeline = self.settings, self.pipeline
        now = pipeline._clock()
        deadline = settings.deadline
        if limit is not None and (deadline is None or limit < deadline):
            deadline = limit
        if deadline is not None:
            self.deadline_at = now + deadline
        if settings.budget and not pipeline.budget.full:
            pipeline.budget.deposit()
        if settings.retry_inside_breaker:
            return self._guarded_retries(now)
        return self._retries(now, guarded=True)

    def _guarded_retries(self, now: float) -> T:
        try:
            permit = self.pipeline.breaker.acquire()
        except CircuitOpenError as error:
            self.stop = StopReason.NOT_RETRYABLE
            self._refused(1, now, error)
            raise
        try:
            value = self._retries(now, guarded=False, probe=permit.probe)
        except BaseException as error:
            self.pipeline.breaker.record(permit, self.pipeline.outcome_of(error))
            raise
        self.pipeline.breaker.record(permit, Outcome.SUCCESS)
        return value

    def _retries(self, now: float, *, guarded: bool, probe: bool = False) -> T:
        breaker = self.pipeline.breaker if guarded else None
        permit: Permit | None = None
        number = 1
        while True:
            try:
                if breaker is not None:
                    permit = breaker.acquire()
                return self._attempt(number, permit, probe, now)
            except Exception as error:
                if isinstance(error, CircuitOpenError) and len(self.log) < number:
                    self._refused(number, now, error)
                later = self._wait_after(error)
                if later is None:
                    if self.stop is StopReason.CANCELLED and not isinstance(error, Cancelled):
                        raise Cancelled("cancelled by the caller") from error
                    raise
                now = later
            number += 1

    def _refused(self, number: int, now: float, error: CircuitOpenError) -> None:
        self.log.append(AttemptLog(number, 0.0, None, error))
        if self.pipeline._announcer is not None:
            self.pipeline._announcer.rejected(self.call_id, now, number, error)

    def _attempt(self, number: int, permit: Permit | None, probe: bool, started: float) -> T:
        pipeline, announcer = self.pipeline, self.pipeline._announcer
        timeout = self.settings.attempt_timeout
        if self.deadline_at is not None:
            left = self.deadline_at - started
            if timeout is None or left < timeout:
                timeout = left
        attempt = Attempt(number, timeout, self.cancel, self.call_id, permit.probe if permit else probe)
        try:
            if announcer is not None:
                announcer.started(self.call_id, started, number, probe=attempt.probe)
            value = self._invoke(attempt) if pipeline._enforce_timeout else self.func(attempt)
        except BaseException as error:
            entry = AttemptLog(number, pipeline._clock() - started, None, error)
            self._ended(permit, entry, pipeline.outcome_of(error), started)
            raise
        entry = AttemptLog(number, pipeline._clock() - started, value, None)
        if permit is not None and announcer is None:
            pipeline.breaker.record(permit, Outcome.SUCCESS)
            self.log.append(entry)
        else:
            self._ended(permit, entry, Outcome.SUCCESS, started)
        return value

    def _invoke(self, attempt: Attempt) -> T:
        if attempt.timeout is None:
            return self.func(attempt)
        return call_with_timeout(lambda: self.func(attempt), attempt.timeout)

    def _ended(self, permit: Permit | None, entry: AttemptLog, outcome: Outcome, started: float) -> None:
        pipeline = self.pipeline
        counted = permit is None or pipeline.breaker.record(permit, outcome)
        self.log.append(entry)
        if pipeline._announcer is not None:
            at = started + entry.duration
            pipeline._announcer.finished(self.call_id, at, entry, late=not counted)

    def _wait_after(self, error: Exception) -> float | None:
        """Wait for the next attempt and return its time; None, with ``stop`` set, when there is none.

        It raises nothing itself: its frame, which holds the error, stays out of the error's traceback.
        """
        pipeline = self.pipeline
        if isinstance(error, Cancelled):
            self.stop = StopReason.CANCELLED  # the wish itself, not a failure to be weighed
            return None
        now = pipeline._clock()
        if self.plan is None:
            self.plan = self._new_plan()
        answer = self.plan.after(
            error,
            now,
            may_retry=pipeline._retryable(error, idempotent=self.idempotent),
            cancelled=is_cancelled(self.cancel),
            hint=hint_of(error, exact=pipeline._exact_hints),
        )
        if isinstance(answer, StopReason):
            self.stop = answer
            return None
        self.log[-1].wait_after, self.log[-1].reason = answer.delay, answer.reason.value
        if pipeline._announcer is not None:
            pipeline._announcer.waiting(self.call_id, now, answer)
        pause(answer.delay, pipeline._sleep, self.cancel)
        now = pipeline._clock()
        if is_cancelled(self.cancel):
            self.stop = StopReason.CANCELLED
            return None
        if self.deadline_at is not None and now >= self.deadline_at:
            self.stop = StopReason.DEADLINE  # woken too late: nothing is left for an attempt
            return None
        return now

    def _new_plan(self) -> RetryPlan:
        settings: Any = self.settings
        return RetryPlan(
            max_retries=settings.max_retries,
            initial_delay=settings.initial_delay,
            backoff_factor=settings.backoff_factor,
            max_delay=settings.max_delay,
            jitter=settings.jitter,
            deadline_at=self.deadline_at,
            budget=self.pipeline.budget if settings.budget else None,
            random=self.pipeline._random,
            hint_limit=settings.retry_after_limit,
            timed=True,
        )
