"""Turning what happens inside a pipeline into the program's events. Nothing here decides anything."""

import logging
from collections.abc import Callable

from app.domain.events import (
    AttemptFinished,
    AttemptStarted,
    BreakerCounted,
    BreakerTransitioned,
    CallRejected,
    Event,
    RetryScheduled,
    StaleServed,
)
from app.domain.lanes import Lane
from app.domain.results import Stale
from app.resilience.breaker import CircuitBreaker
from app.resilience.report import AttemptLog
from app.resilience.retry import RetryWait
from app.resilience.snapshot import BreakerChange, ChangeKind
from app.resilience.states import CircuitOpenError

Publish = Callable[[Event], object]

_log = logging.getLogger(__name__)


def announce_breaker(breaker: CircuitBreaker, lane: Lane, publish: Publish) -> Callable[[], None]:
    """Publish a breaker's changes as events of ``lane``. Returns the way to stop.

    Calm calls are left out: no picture changes by them, and they are nearly all calls.
    """

    def listener(change: BreakerChange) -> None:
        if change.kind is ChangeKind.TRANSITION:
            publish(
                BreakerTransitioned(
                    at=change.at,
                    lane=lane,
                    snapshot=change.snapshot,
                    before=change.before.value,
                    after=change.after.value,
                    reason=change.reason,
                )
            )
        else:
            publish(BreakerCounted(at=change.at, lane=lane, snapshot=change.snapshot))

    return breaker.subscribe(listener, calm=False)


class Announcer:
    """Publishes the events of calls through one lane. Any thread."""

    __slots__ = ("_lane", "_publish")

    def __init__(self, lane: Lane, publish: Publish) -> None:
        self._lane = lane
        self._publish = publish

    def started(self, call_id: str, at: float, attempt: int, *, probe: bool) -> None:
        """The breaker admitted an attempt."""
        self._tell(AttemptStarted(at=at, call_id=call_id, lane=self._lane, attempt=attempt, probe=probe))

    def finished(self, call_id: str, at: float, entry: AttemptLog, *, late: bool) -> None:
        """An attempt ended."""
        reply = entry.outcome
        self._tell(
            AttemptFinished(
                at=at,
                call_id=call_id,
                lane=self._lane,
                attempt=entry.number,
                outcome=reply.outcome,
                duration=entry.duration,
                status=reply.status,
                message=reply.message,
                injected=reply.injected,
                late=late,
            )
        )

    def rejected(self, call_id: str, at: float, attempt: int, error: CircuitOpenError) -> None:
        """The open circuit refused an attempt."""
        self._tell(
            CallRejected(
                at=at, call_id=call_id, lane=self._lane, attempt=attempt, retry_after=error.retry_after
            )
        )

    def waiting(self, call_id: str, at: float, wait: RetryWait) -> None:
        """A wait has begun."""
        self._tell(
            RetryScheduled(
                at=at,
                call_id=call_id,
                lane=self._lane,
                attempt=wait.attempt,
                delay=wait.delay,
                envelope=wait.envelope,
                reason=wait.reason,
            )
        )

    def stale(self, call_id: str, at: float, stale: Stale) -> None:
        """The last good copy was served."""
        self._tell(StaleServed(at=at, call_id=call_id, lane=self._lane, age=stale.age, reason=stale.reason))

    def _tell(self, event: Event) -> None:
        try:
            self._publish(event)
        except Exception:  # noqa: BLE001  boundary to foreign code: a broken publisher must not fail the call
            _log.exception("publishing %s failed", type(event).__name__)
