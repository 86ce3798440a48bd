"""What a client of the order feed can do, whatever carries it. Use cases know this and no adapter.

A stream is opened, read until it ends, and ends once. Reading raises nothing: a break, a refusal and a
cancel are ends like any other, and say what they are.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from app.domain.cancel import CancelToken
from app.domain.errors import AttemptFailed
from app.domain.lanes import Lane
from app.domain.results import Outcome, Reply
from app.domain.streams import OrdersRequest, StreamEnd, StreamMessage

CANCELLED = StreamEnd(outcome=Outcome.CANCELLED, status="cancelled", message="cancelled by the caller")

Batch = Sequence[StreamMessage]


class OpenStream(Protocol):
    """A stream that has begun. Read by one thread, the one that opened it."""

    @property
    def status(self) -> str:
        """How the server accepted it: "200 OK", "101 Switching Protocols", "open"."""

    @property
    def injected(self) -> str | None:
        """The fault rule that the server named at the beginning."""

    def read(self) -> Batch | StreamEnd:
        """The next messages, at least one, or the end. Blocks; a cancel ends the wait at once."""

    def close(self) -> None:
        """Leave without waiting for the end. Idempotent."""


class OrderStream(Protocol):
    """One protocol's way of following orders. Thread-safe: many streams at once."""

    @property
    def lane(self) -> Lane:
        """Whose client this is."""

    @property
    def resumes(self) -> bool:
        """Whether ``after`` goes on without gap or double."""

    def open(
        self,
        request: OrdersRequest,
        *,
        timeout: float | None,
        deadline: float | None,
        cancel: CancelToken | None = None,
        after: int | None = None,
    ) -> OpenStream:
        """Connect and wait at most ``timeout`` seconds for the first message, or for the end.

        Live orders come when they come: there it is enough that the server has accepted the stream.
        ``deadline`` is what the whole stream may take, in seconds; ``after`` the last sequence seen. Raises
        AttemptFailed when the stream broke before its first message, and Cancelled.
        """

    def close(self) -> None:
        """Let go of every connection. Idempotent."""


def wall_seconds(text: object) -> float:
    """Seconds since the epoch of an RFC 3339 time; 0 when it is none."""
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return 0.0


def failed(end: StreamEnd, retry_after: float | None = None) -> AttemptFailed:
    """A stream that broke before its first message, as a failed attempt."""
    return AttemptFailed(
        Reply(
            outcome=end.outcome,
            status=end.status,
            message=end.message,
            injected=end.injected,
            retry_after=retry_after,
        )
    )
