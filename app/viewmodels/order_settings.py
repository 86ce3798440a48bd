"""What the Orders panel is set to, and how it is remembered. Pure."""

from collections.abc import Collection

from app.domain.lanes import Lane
from app.domain.streams import OrdersRequest
from app.viewmodels.memory import Memory

_KEY = "orders"
_YES, _NO = "yes", "no"
_ENDLESS = "endless"
FIRST = OrdersRequest(user_id="user_123")


def recall_request(memory: Memory) -> OrdersRequest:
    """As it was left; what cannot be read is as at first."""
    count = memory.recall(f"{_KEY}.count", "")
    deadline = _number(memory.recall(f"{_KEY}.deadline", ""), 0, 86_400)
    interval = _number(memory.recall(f"{_KEY}.interval_ms", ""), 1, 3_600_000)
    orders = _number(count, 1, 10_000_000)
    return OrdersRequest(
        user_id=memory.recall(f"{_KEY}.user_id", FIRST.user_id)[:200],
        count=None if count == _ENDLESS else FIRST.count if orders is None else int(orders),
        interval_ms=FIRST.interval_ms if interval is None else int(interval),
        live=memory.recall(f"{_KEY}.live", _NO) == _YES,
        deadline=deadline or None,
    )


def keep_request(memory: Memory, request: OrdersRequest) -> None:
    """Remember what the next start asks for."""
    memory.keep(f"{_KEY}.user_id", request.user_id)
    memory.keep(f"{_KEY}.count", _ENDLESS if request.count is None else str(request.count))
    memory.keep(f"{_KEY}.interval_ms", str(request.interval_ms))
    memory.keep(f"{_KEY}.live", _YES if request.live else _NO)
    memory.keep(f"{_KEY}.deadline", "" if request.deadline is None else f"{request.deadline:g}")


def recall_reconnect(memory: Memory) -> bool:
    """Whether broken streams begin anew by themselves."""
    return memory.recall(f"{_KEY}.auto_reconnect", _NO) == _YES


def keep_reconnect(memory: Memory, on: bool) -> None:
    """Remember that."""
    memory.keep(f"{_KEY}.auto_reconnect", _YES if on else _NO)


def recall_filter(memory: Memory) -> tuple[frozenset[Lane], str]:
    """Lanes and words that the rows are filtered by."""
    names = memory.recall(f"{_KEY}.shown_lanes", " ".join(Lane)).split()
    return frozenset(lane for lane in Lane if lane.value in names), memory.recall(f"{_KEY}.filter", "")


def keep_filter(memory: Memory, lanes: Collection[Lane], text: str) -> None:
    """Remember them."""
    memory.keep(f"{_KEY}.shown_lanes", " ".join(lane.value for lane in Lane if lane in lanes))
    memory.keep(f"{_KEY}.filter", text)


def _number(text: str, low: float, high: float) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if low <= found <= high else None
