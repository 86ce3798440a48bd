"""Opens the program's own order streams for tests, and reads them to their end."""

from collections.abc import Mapping

from app.clients.streams import OpenStream, OrderStream
from app.domain.cancel import CancelToken
from app.domain.errors import AttemptFailed
from app.domain.lanes import Lane
from app.domain.results import Reply
from app.domain.streams import OrdersRequest, StreamEnd, StreamMessage
from app.operations.stream_access import StreamAccess

PATIENCE = 10.0  # seconds for a message on a busy machine

Read = tuple[list[StreamMessage], StreamEnd]


def order_streams(addresses: Mapping[str, str]) -> dict[Lane, OrderStream]:
    """The three clients of running servers."""
    access = StreamAccess()
    for lane in Lane:
        access.connect(lane, addresses)
    return {lane: access.stream(lane) for lane in Lane}


def opened(
    stream: OrderStream,
    request: OrdersRequest,
    *,
    cancel: CancelToken | None = None,
    after: int | None = None,
    deadline: float | None = None,
    timeout: float = PATIENCE,
) -> OpenStream:
    """An open stream."""
    return stream.open(request, timeout=timeout, deadline=deadline, cancel=cancel, after=after)


def drained(stream: OpenStream) -> Read:
    """Every message, and the end."""
    messages: list[StreamMessage] = []
    while not isinstance(news := stream.read(), StreamEnd):
        messages.extend(news)
    return messages, news


def refused(stream: OrderStream, request: OrdersRequest, *, timeout: float = PATIENCE) -> Reply:
    """How a stream fails that never delivers anything."""
    try:
        opened(stream, request, timeout=timeout).close()
    except AttemptFailed as failed:
        return failed.reply
    raise AssertionError("it was opened")
