"""What can be said about one order stream, whatever carries it. Times in seconds; wall clocks say so."""

from collections.abc import Mapping
from typing import Any

from app.domain.results import Headers, Outcome
from app.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersRequest:
    """Which orders to follow. Every lane gets the same."""

    user_id: str = ""  # empty: everybody's
    count: int | None = 5  # None: endless
    interval_ms: int = 1000  # of the demonstration feed
    live: bool = False  # real orders of the catalog, which come when they come
    deadline: float | None = None  # seconds from the start, reconnects included; None: none

    @property
    def wire_count(self) -> int:
        """The count as the servers want it: negative is endless."""
        return -1 if self.count is None else self.count


@dataclass(frozen=True, slots=True)
class StreamMessage:
    """One message as it arrived."""

    sequence: int  # position in the feed, from 1
    arrived: float  # wall clock
    published: float  # wall clock of the server
    dropped: int  # messages that the server says it lost just before this one
    order: Mapping[str, Any]  # snake_case names
    raw: bytes  # as sent: the event, the text message, or the encoded message


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnd:
    """Why nothing follows. OK: the feed came to its end."""

    outcome: Outcome
    status: str = ""  # native: "200 OK", "1001 going away", "14 UNAVAILABLE"
    message: str = ""
    trailers: Headers = ()
    injected: str | None = None  # the fault rule, as the server named it


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFigures:
    """What was measured so far. None: nothing to measure yet.

    ``jitter`` is RFC 3550's (6.4.1): the smoothed change of the lag from one message to the next.
    """

    received: int = 0
    dropped: int = 0  # by the server, which says how many
    rate: float | None = None  # messages a second, over the last five seconds
    lag_p50: float | None = None  # arrival behind publication
    lag_p99: float | None = None
    lag_max: float | None = None
    jitter: float | None = None
