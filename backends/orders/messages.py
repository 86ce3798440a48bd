"""What the feed carries and what a subscriber may ask for. Pure data; the checks live here once."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backends.catalog.errors import InvalidInput
from backends.catalog.models import OrderItem
from backends.catalog.validation import INT32_MAX, is_plain

DEFAULT_COUNT = 5
DEFAULT_INTERVAL_MS = 1_000
INTERVAL_MAX_MS = 3_600_000
USER_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMessage:
    """One order as published. ``sequence`` is its position in the feed, from 1."""

    sequence: int
    published_at: str  # RFC 3339, UTC
    id: str
    user_id: str
    total: float
    status: str
    created_at: str
    items: tuple[OrderItem, ...] = ()
    dropped: int = 0  # messages this subscriber lost just before this one, because it was too slow

    def to_json(self) -> dict[str, Any]:
        """The neutral form that Server-Sent Events carry."""
        return {
            "sequence": self.sequence,
            "published_at": self.published_at,
            "id": self.id,
            "user_id": self.user_id,
            "total": self.total,
            "status": self.status,
            "created_at": self.created_at,
            "dropped": self.dropped,
        }


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """A checked wish. Subscribers with equal wishes share a feed."""

    user_id: str = ""
    count: int | None = DEFAULT_COUNT  # None: endless
    interval: float = DEFAULT_INTERVAL_MS / 1000  # seconds; live orders come when they come
    live: bool = False

    def ends_with(self, sequence: int) -> bool:
        """Whether this message is the last one wished for."""
        return self.count is not None and sequence >= self.count


def published_time(seconds: float) -> str:
    """RFC 3339 in UTC, to the microsecond: on one machine a message lags by less than a millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def feed_request(
    *, user_id: str = "", count: int = 0, interval_ms: int = 0, live: bool = False
) -> FeedRequest:
    """Check the parameters as they come over the wire. Raises InvalidInput naming each bad one.

    count: 0 means five orders (live: endless), a negative one means endless. interval_ms: 0 means 1000.
    """
    faults = []
    if len(user_id) > USER_MAX or not is_plain(user_id):
        faults.append(("user_id", f"must be at most {USER_MAX} characters, none of them a control character"))
    if count > INT32_MAX:
        faults.append(("count", f"must be at most {INT32_MAX}"))
    if not 0 <= interval_ms <= INTERVAL_MAX_MS:
        faults.append(("interval_ms", f"must be from 1 to {INTERVAL_MAX_MS} milliseconds, or 0 for 1000"))
    if faults:
        raise InvalidInput.of(faults)
    default = None if live else DEFAULT_COUNT
    interval = 0.0 if live else (interval_ms or DEFAULT_INTERVAL_MS) / 1000
    return FeedRequest(user_id, default if count == 0 else None if count < 0 else count, interval, live)
