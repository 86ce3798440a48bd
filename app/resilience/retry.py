"""Trying again: when to stop, how long to wait, and what to raise in the end.

``RetryPlan`` is the decision, one per call, without sleeping; ``retry_with_backoff`` is the loop for plain
functions, Pipeline the one for everything. Both stop for the first of these that holds: attempts used up;
the wait would end after the total deadline (ending exactly at it is allowed); retry budget empty;
cancelled; error not retryable; the server asks for a longer wait than allowed, or forbids a retry.
The budget is asked last of all, so that only a retry that will be made takes a token.
"""

import logging
import random as _random
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from app.domain.errors import Cancelled
from app.domain.events import RetryReason, StopReason
from app.domain.values import dataclass
from app.resilience import checks
from app.resilience.backoff import Jitter, backoff_delay, backoff_envelope, check_backoff
from app.resilience.budget import RetryBudget
from app.resilience.clock import Clock, Random, Sleep
from app.resilience.hints import Hint
from app.resilience.states import CircuitOpenError

T = TypeVar("T")

_NO_HINT = Hint()
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryWait:
    """The wait before the next attempt."""

    attempt: int  # the attempt that failed, from 1
    delay: float  # seconds, jitter included
    envelope: float  # seconds, the longest this wait could have been
    reason: RetryReason
    error: BaseException


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRecord:
    """One attempt that failed. Text, not the exception: a history that holds its owner is a cycle."""

    attempt: int  # from 1
    error: str  # "TimeoutError: no answer"
    duration: float  # seconds
    wait_after: float | None = None  # seconds; None: no retry followed


class RetryPlan:
    """What one call may still do. Used by one thread."""

    __slots__ = (
        "_backoff",
        "_budget",
        "_deadline_at",
        "_hint_limit",
        "_max_retries",
        "_previous",
        "_random",
        "_restart",
        "_timed",
        "retries",
    )

    def __init__(
        self,
        *,
        max_retries: int,
        initial_delay: float,
        backoff_factor: float,
        max_delay: float,
        jitter: Jitter,
        deadline_at: float | None,
        budget: RetryBudget | None,
        random: Random,
        hint_limit: float = float("inf"),
        timed: bool = False,
    ) -> None:
        self._max_retries = max_retries
        self._backoff: dict[str, Any] = {
            "initial_delay": initial_delay,
            "backoff_factor": backoff_factor,
            "max_delay": max_delay,
            "jitter": jitter,
        }
        self._deadline_at = deadline_at
        self._budget = budget
        self._random = random
        self._hint_limit = hint_limit
        self._timed = timed  # an attempt gets what the deadline leaves, so it must leave something
        self._previous: float | None = None
        self._restart = 0  # the retry at which the exponent began, moved by pushback
        self.retries = 0

    def after(
        self,
        error: BaseException,
        now: float,
        *,
        may_retry: bool,
        cancelled: bool = False,
        hint: Hint = _NO_HINT,
    ) -> RetryWait | StopReason:
        """Decide after a failure. A wait returned has been counted and has taken its token."""
        if self.retries >= self._max_retries:
            return StopReason.ATTEMPTS
        wait = self._wait(error, hint)
        late = False
        if self._deadline_at is not None:
            ends = now + wait.delay
            late = ends > self._deadline_at or (self._timed and ends == self._deadline_at)
        stops = (
            (late, StopReason.DEADLINE),
            (self._budget is not None and self._budget.balance < 1.0, StopReason.BUDGET),
            (cancelled, StopReason.CANCELLED),
            (not may_retry, StopReason.NOT_RETRYABLE),
            (hint.seconds is not None and hint.seconds > self._hint_limit, StopReason.HINT_TOO_LONG),
            (hint.refused, StopReason.REFUSED_BY_SERVER),
        )
        for holds, stop in stops:
            if holds:
                return stop
        if self._budget is not None and not self._budget.withdraw():
            return StopReason.BUDGET  # another call took the last token since
        self.retries += 1
        if wait.reason is RetryReason.PUSHBACK:
            self._restart, self._previous = self.retries, None
        return wait

    def _wait(self, error: BaseException, hint: Hint) -> RetryWait:
        attempt = self.retries + 1
        if hint.seconds is not None and hint.exact:
            return RetryWait(
                attempt=attempt,
                delay=hint.seconds,
                envelope=hint.seconds,
                reason=RetryReason.PUSHBACK,
                error=error,
            )
        step = self.retries - self._restart
        envelope = backoff_envelope(step, previous=self._previous, **self._backoff)
        delay = backoff_delay(step, previous=self._previous, random=self._random, **self._backoff)
        self._previous = delay
        reason = RetryReason.BACKOFF
        if hint.seconds is not None and hint.seconds >= delay:
            delay, reason = hint.seconds, RetryReason.RETRY_AFTER
        return RetryWait(
            attempt=attempt, delay=delay, envelope=max(envelope, delay), reason=reason, error=error
        )


def retry_with_backoff(
    func: Callable[[], T],
    max_retries: int = 3,
    initial_delay: float = 1.0,
    max_delay: float = 60.0,
    backoff_factor: float = 2.0,
    exceptions: type[BaseException] | tuple[type[BaseException], ...] = (Exception,),
    *,
    jitter: Jitter = Jitter.PROPORTIONAL,
    deadline: float | None = None,
    budget: RetryBudget | None = None,
    cancel: Any = None,
    on_retry: Callable[[RetryWait], object] | None = None,
    clock: Clock = time.monotonic,
    sleep: Sleep = time.sleep,
    random: Random = _random.random,
) -> T:
    """Call ``func`` until it returns, at most ``1 + max_retries`` times. Times in seconds.

    Only ``exceptions`` are retried; CircuitOpenError and Cancelled only if named there themselves, because
    Exception means "any failure", and those two are none. ``deadline`` counts from now. ``cancel`` is a
    CancelToken or threading.Event and wakes a wait at once; one that is set from the start raises Cancelled.
    ``on_retry`` gets each RetryWait as it begins.

    Raises the last exception itself, with ``retry_history`` (tuple of RetryRecord) and ``retry_stop``
    (StopReason) attached.
    """
    kinds = _kinds(exceptions)
    checks.whole("max_retries", max_retries)
    check_backoff(initial_delay, backoff_factor, max_delay, jitter)
    if deadline is not None:
        checks.number("deadline", deadline)
    plan = RetryPlan(
        max_retries=max_retries,
        initial_delay=initial_delay,
        backoff_factor=backoff_factor,
        max_delay=max_delay,
        jitter=jitter,
        deadline_at=None if deadline is None else clock() + deadline,
        budget=budget,
        random=random,
    )
    if is_cancelled(cancel):
        raise Cancelled("cancelled by the caller")
    if budget is not None:
        budget.deposit()
    return _loop(func, plan, kinds, _Surroundings(cancel, on_retry, clock, sleep))


class _Surroundings(NamedTuple):
    """What a retry loop needs from outside."""

    cancel: Any
    on_retry: Callable[[RetryWait], object] | None
    clock: Clock
    sleep: Sleep


def _loop(
    func: Callable[[], T], plan: RetryPlan, kinds: tuple[type[BaseException], ...], around: _Surroundings
) -> T:
    history: list[RetryRecord] = []
    caught: tuple[type[BaseException], ...] = (Exception, *kinds)
    while True:
        started = around.clock()
        try:
            return func()
        except caught as error:
            stop = _wait_after(error, plan, history, started, _named(error, kinds), around)
            if stop is not None:
                attach(error, history, stop)
                raise


def _wait_after(
    error: BaseException,
    plan: RetryPlan,
    history: list[RetryRecord],
    started: float,
    may_retry: bool,
    around: _Surroundings,
) -> StopReason | None:
    """Wait for the next attempt and return None, or why there is none.

    It raises nothing itself: its frame, which holds the error, stays out of the error's traceback.
    """
    ended = around.clock()
    answer = plan.after(error, ended, may_retry=may_retry, cancelled=is_cancelled(around.cancel))
    wait = answer if isinstance(answer, RetryWait) else None
    history.append(
        RetryRecord(
            attempt=len(history) + 1,
            error=describe(error),
            duration=ended - started,
            wait_after=None if wait is None else wait.delay,
        )
    )
    if isinstance(answer, StopReason):
        return answer
    if around.on_retry is not None:
        _tell(around.on_retry, answer)
    pause(answer.delay, around.sleep, around.cancel)
    return StopReason.CANCELLED if is_cancelled(around.cancel) else None


def pause(seconds: float, sleep: Sleep, cancel: Any) -> None:
    """Wait, but no longer than until ``cancel`` is set. An injected ``sleep`` is used as it is."""
    if cancel is not None and sleep is time.sleep:
        cancel.wait(seconds)
    else:
        sleep(seconds)


def is_cancelled(cancel: Any) -> bool:
    """Whether a CancelToken or threading.Event is set; never when there is none."""
    if cancel is None:
        return False
    is_set = getattr(cancel, "is_set", None)
    return bool(cancel.cancelled if is_set is None else is_set())


def describe(error: BaseException) -> str:
    """An exception as one line of text."""
    return f"{type(error).__name__}: {error}".rstrip(": ")


def attach(error: BaseException, history: list[RetryRecord], stop: Any) -> None:
    """Hang the history of attempts on the exception that ends them; raised again, it gets the newest."""
    vars(error).update(retry_history=tuple(history), retry_stop=stop)
    note = f"{len(history)} attempts, stopped: {stop}"
    if len(history) > 1 and note not in getattr(error, "__notes__", ()):
        error.add_note(note)


def _kinds(exceptions: Any) -> tuple[type[BaseException], ...]:
    kinds = exceptions if isinstance(exceptions, tuple) else (exceptions,)
    if not all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds):
        raise ValueError(f"exceptions must be exception types, not {exceptions!r}")
    return kinds


def _named(error: BaseException, kinds: tuple[type[BaseException], ...]) -> bool:
    for special in (CircuitOpenError, Cancelled):
        if isinstance(error, special):
            return any(issubclass(kind, special) and isinstance(error, kind) for kind in kinds)
    return isinstance(error, kinds)


def _tell(on_retry: Callable[[RetryWait], object], wait: RetryWait) -> None:
    try:
        on_retry(wait)
    except Exception:  # noqa: BLE001  boundary to foreign code: a broken observer must not fail the call
        _log.exception("on_retry failed")
