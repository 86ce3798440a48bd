"""Orders as Server-Sent Events. The route checks and answers; the events are written by the stream loop.

Each message has its sequence as the event id, so that a client that reconnects with Last-Event-ID goes on
without gap or double. A slow reader loses the oldest messages and is told how many in ``dropped``. The last
event is ``end``; who reconnects after it gets 204, which tells a browser's EventSource to stay away. Only an
injected abort ends otherwise: with the event ``error``.
"""

import json
from collections.abc import Sequence

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field

from backends.catalog.errors import InvalidInput
from backends.catalog.validation import INT32_MAX, PLAIN_TEXT
from backends.faults import Injection
from backends.faults.wire import FAULT_HEADER, wire_name
from backends.faults.wsgi import INJECTION
from backends.http_server import HAND_OVER
from backends.orders import FeedRequest, OrderFeed, OrderMessage, Subscription, feed_request
from backends.orders.messages import INTERVAL_MAX_MS, USER_MAX
from backends.rest.routes import API, Documented, Route
from backends.rest.stream_faults import FaultyStream, SendOrders
from backends.stream_loop import Write

HEARTBEAT_SECONDS = 10.0
_RETRY_MS = 1_000  # what a browser waits before it reconnects
_MAX_ID_DIGITS = 18
_DESCRIPTION = (
    "Events named order carry one order each, as JSON, with their sequence as the id; comments keep the "
    "connection alive; the event named end is the last, or error when a fault is injected. A slow reader "
    "loses the oldest orders; dropped says how many were lost just before this one."
)


class OrderStreamQuery(BaseModel):
    """Query of the order stream. The limits are those of the feed, which checks them for every lane."""

    model_config = ConfigDict(strict=True, extra="forbid")

    user_id: str = Field(
        "", max_length=USER_MAX, pattern=PLAIN_TEXT, description="Whose orders; empty: everybody's."
    )
    count: int = Field(
        0,
        ge=-INT32_MAX,
        le=INT32_MAX,
        description="How many; 0 means 5 (live: endless), negative means endless.",
    )
    interval_ms: int = Field(
        0, ge=0, le=INTERVAL_MAX_MS, description="Milliseconds between orders; 0 means 1000."
    )
    live: bool = Field(False, description="Real orders instead of the demonstration feed.")


class OrderEvents:
    """Answers the route. Any thread."""

    def __init__(self, feed: OrderFeed) -> None:
        self._feed = feed

    def respond(self, query: OrderStreamQuery) -> Response:
        """Answer the current request: headers here, events on the stream loop. Raises InvalidInput."""
        wish = feed_request(
            user_id=query.user_id, count=query.count, interval_ms=query.interval_ms, live=query.live
        )
        after = _last_event_id(request.headers.get("Last-Event-ID"))
        if after is not None and not wish.live and wish.ends_with(after):
            return Response(status=204)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        injection: Injection | None = request.environ.get(INJECTION)
        if injection is not None:
            headers[FAULT_HEADER] = wire_name(injection.rule)
        if request.method == "GET":
            stream = _EventStream(self._feed, wish, after)
            broken = None if injection is None else FaultyStream(stream, injection, _event)
            request.environ[HAND_OVER](broken or stream)
        # An iterator, not a sequence: the length of the body is not known.
        return Response(iter(()), mimetype="text/event-stream", headers=headers)

    def routes(self) -> Sequence[Route]:
        """The table of this module."""
        return (
            Route(
                method="GET",
                rule=f"{API}/orders/stream",
                operation="stream-orders",
                handler=self.respond,
                summary="Follow orders as Server-Sent Events",
                description=_DESCRIPTION,
                tag="orders",
                query=OrderStreamQuery,
                request_headers={"Last-Event-ID": "The last id you have: the stream goes on behind it."},
                responses={
                    200: Documented(description="Events until the feed ends.", media="text/event-stream"),
                    204: Documented(description="You have seen the whole feed."),
                },
            ),
        )


class _EventStream:
    """One client's events. `run` on the stream loop, `stop` on any thread."""

    def __init__(self, feed: OrderFeed, wish: FeedRequest, after: int | None) -> None:
        self._feed = feed
        self._wish = wish
        self._after = after
        self._subscription: Subscription | None = None
        self._stopping = False

    async def run(self, write: Write) -> None:
        """Write every message and a last event that says why it is the last."""

        async def send(batch: Sequence[OrderMessage]) -> None:
            await write(b"".join(map(_event, batch)))

        await self.follow(write, send)

    async def follow(self, write: Write, send: SendOrders) -> None:
        """The whole stream; ``send`` writes the orders."""
        with self._feed.follow(self._wish, after=self._after) as reader:
            self._subscription = reader.subscription
            await write(f"retry: {_RETRY_MS}\n\n".encode())
            while not (reader.ended or self._stopping):
                batch = await reader.batch(HEARTBEAT_SECONDS)
                if batch:
                    await send(batch)
                elif not reader.ended:
                    await write(b": still here\n\n")
            await write(_end(reader.subscription, "shutdown" if self._stopping else "complete"))

    def stop(self) -> None:
        """End with the ``end`` event."""
        self._stopping = True
        if self._subscription is not None:
            self._subscription.close()


def _last_event_id(header: str | None) -> int | None:
    if not header:
        return None
    if header.isascii() and header.isdigit() and len(header) <= _MAX_ID_DIGITS:
        return int(header)
    raise InvalidInput.of([("Last-Event-ID", "must be an id that this stream has sent")])


def _event(message: OrderMessage) -> bytes:
    return f"id: {message.sequence}\nevent: order\ndata: {_json(message.to_json())}\n\n".encode()


def _end(subscription: Subscription, reason: str) -> bytes:
    data = {"reason": reason, "last": subscription.cursor, "dropped": subscription.dropped}
    return f"event: end\ndata: {_json(data)}\n\n".encode()


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
