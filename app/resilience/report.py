"""How one call through a pipeline went: its value or error, why it ended, and every attempt. Plain data."""

from typing import Generic, TypeVar, cast

from app.domain.errors import AttemptFailed, Cancelled, InvalidInput, UnsupportedOperation
from app.domain.events import StopReason
from app.domain.results import AttemptRecord, Outcome, Reply, Stale
from app.resilience.retry import RetryRecord, RetryWait, attach, describe
from app.resilience.states import CircuitOpenError

T = TypeVar("T")

_KINDS: tuple[tuple[type[BaseException], Outcome], ...] = (
    (CircuitOpenError, Outcome.REJECTED),
    (Cancelled, Outcome.CANCELLED),
    (InvalidInput, Outcome.INVALID),
    (UnsupportedOperation, Outcome.UNSUPPORTED),
    (TimeoutError, Outcome.TIMEOUT),
    (ConnectionRefusedError, Outcome.REFUSED),
    (ConnectionError, Outcome.RESET),
    (Exception, Outcome.INTERNAL),
)


class AttemptLog:
    """One attempt: what came and how long it took. ``wait`` is set when a retry followed."""

    __slots__ = ("duration", "error", "number", "value", "wait")

    def __init__(self, number: int, duration: float, value: object, error: BaseException | None) -> None:
        self.number = number
        self.duration = duration
        self.value = value
        self.error = error
        self.wait: RetryWait | None = None

    def record(self) -> AttemptRecord:
        """As one line of a call's history."""
        reply = seen(self.value, self.error)
        return AttemptRecord(
            number=self.number,
            outcome=reply.outcome,
            status=reply.status,
            duration=self.duration,
            wait_after=None if self.wait is None else self.wait.delay,
            reason="" if self.wait is None else self.wait.reason.value,
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
        error, history = self.error, [_failure(entry) for entry in self.log]
        if not hasattr(error, "retry_history"):
            attach(error, history, self.stop)
        try:
            raise error
        finally:
            del error


def seen(value: object, error: BaseException | None) -> Reply:
    """What an attempt looked like, whatever it returned or raised."""
    if error is None:
        return value if isinstance(value, Reply) else Reply(outcome=Outcome.OK)
    if isinstance(error, AttemptFailed):
        return error.reply
    for kind, outcome in _KINDS:
        if isinstance(error, kind):
            return Reply(outcome=outcome, message=str(error) or type(error).__name__)
    return Reply(outcome=Outcome.CANCELLED, message=type(error).__name__)  # KeyboardInterrupt and its like


def _failure(entry: AttemptLog) -> RetryRecord:
    return RetryRecord(
        attempt=entry.number,
        error="" if entry.error is None else describe(entry.error),
        duration=entry.duration,
        wait_after=None if entry.wait is None else entry.wait.delay,
    )
