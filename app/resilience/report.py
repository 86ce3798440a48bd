"""How one call through a pipeline went: its value or error, why it ended, and every attempt. Plain data."""

from typing import Generic, TypeVar, cast

from app.domain.errors import AttemptFailed, Cancelled, InvalidInput, UnsupportedOperation
from app.domain.events import StopReason
from app.domain.results import AttemptRecord, Outcome, Reply, Stale
from app.resilience.retry import RetryRecord, attach, describe
from app.resilience.states import CircuitOpenError

T = TypeVar("T")

_KINDS: tuple[tuple[type[BaseException], Outcome], ...] = (
    (Cancelled, Outcome.CANCELLED),
    (InvalidInput, Outcome.INVALID),
    (UnsupportedOperation, Outcome.UNSUPPORTED),
    (TimeoutError, Outcome.TIMEOUT),
    (ConnectionRefusedError, Outcome.REFUSED),
    (ConnectionError, Outcome.RESET),
    (Exception, Outcome.INTERNAL),
)


class AttemptLog:
    """One attempt: what came and how long it took.

    No exception is kept: its traceback leads back to the call that holds this log, which would be a cycle.
    """

    __slots__ = ("duration", "error", "number", "reason", "reply", "value", "wait_after")

    def __init__(self, number: int, duration: float, value: object, error: BaseException | None) -> None:
        self.number = number  # from 1
        self.duration = duration
        self.value = value
        self.error = ""
        self.reply: Reply | None = None
        self.wait_after: float | None = None  # None: no retry followed
        self.reason = ""
        if error is not None:
            self.error = describe(error)
            self.reply = seen(None, error)

    @property
    def outcome(self) -> Reply:
        """What the attempt looked like."""
        return self.reply if self.reply is not None else seen(self.value, None)

    def record(self) -> AttemptRecord:
        """As one line of a call's history."""
        reply = self.outcome
        return AttemptRecord(
            number=self.number,
            outcome=reply.outcome,
            status=reply.status,
            duration=self.duration,
            wait_after=self.wait_after,
            reason=self.reason,
            message=reply.message,
            injected=reply.injected,
        )


class CallReport(Generic[T]):
    """The end of one call. Exactly one of ``error`` and ``value`` counts: see unwrap()."""

    __slots__ = ("error", "log", "stale", "stop", "value")

    def __init__(
        self,
        value: T | None,
        error: Exception | None,
        stop: StopReason,
        log: list[AttemptLog],
        stale: Stale | None = None,
    ) -> None:
        self.value = value  # of the last attempt, or the stored copy when ``stale`` is set
        self.error = error  # why there is no fresh value; set together with ``stale``
        self.stop = stop
        self.log = log
        self.stale = stale

    @property
    def attempts(self) -> tuple[AttemptRecord, ...]:
        """The history, rejections by the breaker included."""
        return tuple(entry.record() for entry in self.log)

    def unwrap(self) -> T:
        """The value, fresh or stale; else raise the last original exception with its history attached."""
        if self.error is None or self.stale is not None:
            return cast(T, self.value)
        error = self.error
        attach_log(error, self.log, self.stop)
        try:
            raise error
        finally:
            del error, self  # the traceback holds this frame: no cycle through it


def seen(value: object, error: BaseException | None) -> Reply:
    """What an attempt looked like, whatever it returned or raised."""
    if error is None:
        return value if isinstance(value, Reply) else Reply(outcome=Outcome.OK)
    if isinstance(error, AttemptFailed):
        return error.reply
    if isinstance(error, CircuitOpenError):
        return Reply(outcome=Outcome.REJECTED, message=str(error), retry_after=error.retry_after)
    for kind, outcome in _KINDS:
        if isinstance(error, kind):
            return Reply(outcome=outcome, message=str(error) or type(error).__name__)
    return Reply(outcome=Outcome.CANCELLED, message=type(error).__name__)  # KeyboardInterrupt and its like


def attach_log(error: Exception, log: list[AttemptLog], stop: StopReason) -> None:
    """Hang the history on the exception that ends a call."""
    attach(error, [_failure(entry) for entry in log], stop)


def _failure(entry: AttemptLog) -> RetryRecord:
    return RetryRecord(
        attempt=entry.number, error=entry.error, duration=entry.duration, wait_after=entry.wait_after
    )
