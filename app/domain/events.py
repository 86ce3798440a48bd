"""Everything that happens, as frozen facts. ``at`` is the monotonic clock, in seconds.

Published by pipelines, breakers, use cases and backends; drawn by the window; never mutated.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.results import CallResult, Outcome
from app.domain.streams import StreamFigures
from app.domain.values import dataclass


class RetryReason(StrEnum):
    """Where a wait came from."""

    BACKOFF = "backoff"
    RETRY_AFTER = "Retry-After"
    PUSHBACK = "pushback"


class StopReason(StrEnum):
    """Why no further attempt was made. Order of checking is the order here."""

    SUCCEEDED = "succeeded"
    ATTEMPTS = "attempts used up"
    DEADLINE = "deadline would pass"
    BUDGET = "retry budget empty"
    CANCELLED = "cancelled"
    NOT_RETRYABLE = "error not retryable"
    HINT_TOO_LONG = "server asked for a longer wait than allowed"
    REFUSED_BY_SERVER = "server forbade a retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Root of all events."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent(Event):
    """Something in the life of one call."""

    call_id: str
    lane: Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted(CallEvent):
    """A worker took the call."""

    operation: OperationId


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStarted(CallEvent):
    """The breaker admitted an attempt."""

    attempt: int  # from 1
    probe: bool = False  # admitted in HALF_OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFinished(CallEvent):
    """An attempt ended."""

    attempt: int
    outcome: Outcome
    duration: float
    status: str = ""
    message: str = ""
    injected: str | None = None
    late: bool = False  # its permit was from an older epoch: the breaker ignored the result


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryScheduled(CallEvent):
    """A wait has begun. Published when it starts, so that a picture can count it down."""

    attempt: int  # the attempt that failed, from 1
    delay: float  # seconds, jitter included
    envelope: float  # seconds, the longest this wait could have been
    reason: RetryReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRejected(CallEvent):
    """The open circuit refused an attempt."""

    attempt: int
    retry_after: float | None  # seconds until a probe may go; None in HALF_OPEN and FORCED_OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleServed(CallEvent):
    """The last good copy was served instead of an answer."""

    age: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFinished(CallEvent):
    """The call ended; nothing more comes with this call_id."""

    result: CallResult
    stop: StopReason = StopReason.SUCCEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerEvent(Event):
    """Something happened inside a lane's circuit breaker. ``snapshot`` is the state after it.

    ``state`` values are those of app.resilience.CircuitState; text, so that domain stays at the bottom.
    """

    lane: Lane
    snapshot: Any  # app.resilience.BreakerSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerTransitioned(BreakerEvent):
    """The state changed."""

    before: str
    after: str
    reason: str  # "5 failures in a row", "2 of 2 probes succeeded", "forced by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerCounted(BreakerEvent):
    """An outcome was counted, a permit given or a late result ignored; the state did not change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultsChanged(Event):
    """The outage of one lane was changed. Empty ``summary`` means healthy."""

    lane: Lane
    summary: str  # "503 at 70 %, 250 ms"
    settings: Mapping[str, Any]


class BackendState(StrEnum):
    """Life of an embedded server."""

    STARTING = "starting"
    UP = "up"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendChanged(Event):
    """A server came up, failed or stopped."""

    lane: Lane
    state: BackendState
    address: str = ""  # URL or host:port
    message: str = ""  # why it failed; when it is up: what was unusual about the start
    addresses: Mapping[str, str] = field(default_factory=dict)  # all of them, as `trilane serve` prints them


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadChanged(Event):
    """Background traffic was started, changed or stopped."""

    running: bool
    rate: float  # calls a second on each lane
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsDropped(Event):
    """Background calls were not sent, because too many are under way. At most one event a second."""

    dropped: int  # since the traffic was started


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsApplied(Event):
    """Something other than a person put settings in force on a lane: a scenario did, or put them back."""

    lane: Lane
    settings: Any  # app.resilience.PipelineSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioProgress(Event):
    """A scenario's clock moved on to a step, or it ended."""

    name: str
    step: int  # index of the step just applied; -1 before the first
    steps: int
    elapsed: float
    duration: float
    caption: str
    running: bool
    paused: bool = False


class StreamState(StrEnum):
    """Life of one order stream."""

    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting to reconnect"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent(Event):
    """Something in the life of one order stream."""

    stream_id: str
    lane: Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamChanged(StreamEvent):
    """The stream opened, waits, or ended."""

    state: StreamState
    status: str = ""
    message: str = ""
    trailers: tuple[tuple[str, str], ...] = ()
    reconnects: int = 0
    outcome: Outcome | None = None  # of the end, or of the break that is waited after
    injected: str | None = None  # the fault rule that broke it
    delay: float = 0.0  # seconds until the reconnect that is waited for
    figures: StreamFigures | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReceived(StreamEvent):
    """One message of the feed arrived. Wall-clock times in seconds since the epoch."""

    sequence: int
    arrived: float
    published: float
    order: Mapping[str, Any]
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersReceived(StreamEvent):
    """Messages of one stream that arrived within a few milliseconds, in order. None is left out."""

    messages: tuple[OrderReceived, ...]
    figures: StreamFigures | None = None  # now and then, not with each batch


class TokenTrick(StrEnum):
    """A token that a backend must refuse."""

    TAMPERED = "tampered"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn(Event):
    """A token was issued; it serves all lanes."""

    email: str
    token: str
    lane: Lane = Lane.REST  # the lane that was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailed(Event):
    """No token was issued."""

    message: str  # why, for a person


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTried(Event):
    """One lane's answer to a token that it must refuse."""

    lane: Lane
    trick: TokenTrick
    status: str  # native: "401 UNAUTHORIZED", "16 UNAUTHENTICATED"
    message: str = ""
    refused: bool = True  # False: the backend let it pass, or could not be asked
    judged: bool = True  # False: no answer about the token came back
