"""What a call brought back, in one shape for all lanes. Times in seconds; unknown is None, never zero."""

from collections.abc import Callable
from dataclasses import field
from enum import StrEnum
from typing import Any

from app.domain.lanes import Lane
from app.domain.operations import OperationId
from app.domain.values import dataclass

Headers = tuple[tuple[str, str], ...]


class Outcome(StrEnum):
    """One taxonomy for three protocols. The native status is kept beside it."""

    OK = "ok"
    PARTIAL = "partial"  # GraphQL data with errors
    INVALID = "invalid"  # 400, 413, 415, 422, INVALID_ARGUMENT, GraphQL validation
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not found"
    CONFLICT = "conflict"
    RATE_LIMITED = "rate limited"
    UNAVAILABLE = "unavailable"  # 502, 503, 504, UNAVAILABLE
    INTERNAL = "internal error"  # 500, INTERNAL, UNKNOWN
    TIMEOUT = "timeout"  # our deadline passed, or DEADLINE_EXCEEDED
    REFUSED = "connection refused"  # nothing reached the server
    RESET = "connection lost"  # reset, closed or cut short after the request was sent
    MALFORMED = "malformed response"
    UNSUPPORTED = "no counterpart"
    REJECTED = "rejected by open circuit"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """Seconds since the exchange was handed to the client; None where the protocol cannot tell."""

    queued: float | None = None  # waited for a worker or a pooled connection
    connected: float | None = None  # None too when a kept connection was reused
    sent: float | None = None  # last request byte handed to the kernel
    first_byte: float | None = None
    last_byte: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """A request as it went out."""

    start: str  # "GET /api/v1/products/1" or "/products.ProductService/GetProduct"
    target: str  # full URL, or host:port for gRPC
    headers: Headers = ()
    body: bytes = b""
    text: str = ""  # readable form of the body: JSON, the GraphQL document, the message as JSON


class UnwrittenText:
    """A text that is made when it is first read. Any thread; two that come at once both make it."""

    __slots__ = ("_make", "_text")

    def __init__(self, make: Callable[[], str]) -> None:
        self._make: Callable[[], str] | None = make
        self._text = ""

    def __str__(self) -> str:
        make = self._make
        if make is not None:
            self._text = make()
            self._make = None
        return self._text


@dataclass(frozen=True, slots=True, kw_only=True)
class WireResponse:
    """A response as it came in."""

    status: str  # "200 OK", "5 NOT_FOUND"
    headers: Headers = ()  # initial metadata for gRPC
    trailers: Headers = ()
    body: bytes = b""
    written: str | UnwrittenText = field(default="", compare=False)  # the body says it all
    media_type: str = ""

    @property
    def text(self) -> str:
        """The body to read: as it came, or a gRPC message as JSON."""
        return str(self.written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One round trip on the wire."""

    request: WireRequest
    response: WireResponse | None
    phases: Phases
    bytes_up: int | None = None  # headers and body, as counted at the socket; None when it cannot be seen
    bytes_down: int | None = None
    reused: bool | None = None  # a kept connection was used


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one attempt brought back: the decoded value and every exchange it took."""

    outcome: Outcome
    status: str = ""  # native status of the last exchange: "200 OK", "14 UNAVAILABLE"
    value: Any = None  # neutral JSON value with snake_case names, None without one
    message: str = ""  # the server's or the transport's words
    exchanges: tuple[Exchange, ...] = ()
    retry_after: float | None = None  # seconds, from Retry-After or pushback
    pushback_refused: bool = False  # gRPC pushback negative or malformed: the server forbids a retry
    injected: str | None = None  # the rule that injected this fault, as the server named it
    details: tuple[tuple[str, str], ...] = ()  # (field, reason) of a validation error


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One line of a call's attempt history."""

    number: int  # from 1
    outcome: Outcome
    status: str
    duration: float
    wait_after: float | None = None  # None: no retry followed
    reason: str = ""  # where the wait came from: backoff, Retry-After, pushback
    message: str = ""
    injected: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """A last good copy was served instead of an answer."""

    age: float  # seconds
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """The end of a call: what the caller gets and how it came about."""

    call_id: str
    lane: Lane
    operation: OperationId
    reply: Reply  # of the last attempt, or of the stored copy when stale is set
    attempts: tuple[AttemptRecord, ...] = ()
    started_at: float = 0.0  # wall clock, for display only
    total: float = 0.0  # from submit to result, waits included
    queued: float = 0.0  # before a worker took it
    stale: Stale | None = None
    error: Outcome | None = None  # why the copy was served; None when reply is the answer
    fields: tuple[str, ...] = ()  # the wanted fields

    @property
    def outcome(self) -> Outcome:
        """What the caller saw."""
        return self.reply.outcome

    @property
    def wire_time(self) -> float | None:
        """Seconds to the last byte of the last attempt, over all its exchanges; None when unknown."""
        ends = [exchange.phases.last_byte for exchange in self.reply.exchanges]
        known = [end for end in ends if end is not None]
        return sum(known) if known and len(known) == len(ends) else None

    @property
    def bytes_up(self) -> int | None:
        """Bytes sent by the last attempt."""
        return _total([exchange.bytes_up for exchange in self.reply.exchanges])

    @property
    def bytes_down(self) -> int | None:
        """Bytes received by the last attempt."""
        return _total([exchange.bytes_down for exchange in self.reply.exchanges])

    @property
    def round_trips(self) -> int:
        """Exchanges of the last attempt."""
        return len(self.reply.exchanges)

    @property
    def retries(self) -> int:
        """Attempts after the first."""
        return max(0, len(self.attempts) - 1)


def _total(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None
