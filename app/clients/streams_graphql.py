"""Orders as a GraphQL subscription: gql's WebsocketsTransport, graphql-transport-ws.

The transport lives in an event loop of its own. The reading thread runs that loop, and only while it reads:
a reader that is too slow takes nothing in, so the socket fills up and the server drops by its own rule.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from gql import gql
from gql.transport.exceptions import TransportError, TransportProtocolError
from gql.transport.websockets import WebsocketsTransport
from graphql import ExecutionResult
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from app.clients.streams import CANCELLED, Batch, failed, wall_seconds
from app.clients.streams_graphql_ends import explained, refusal
from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled, InvalidInput
from app.domain.lanes import Lane
from app.domain.results import Outcome
from app.domain.streams import OrdersRequest, StreamEnd, StreamMessage

T = TypeVar("T")

_DOCUMENT = gql(
    "subscription Orders($userId: String!, $count: Int!, $intervalMs: Int!, $live: Boolean!) {"
    " orders(userId: $userId, count: $count, intervalMs: $intervalMs, live: $live) {"
    " sequence publishedAt id userId total status createdAt dropped } }"
)
_NAMES = {"publishedAt": "published_at", "userId": "user_id", "createdAt": "created_at"}
_GOODBYE = 0.02  # seconds for a proper farewell; a cancel has to be quick
_QUIET = 0.2  # seconds: a subscription is never confirmed, but a refusal comes at once
_BATCH = 64


class GraphqlOrderStream:
    """Follows orders of one subscription server. Thread-safe."""

    lane = Lane.GRAPHQL
    resumes = False

    def __init__(self, url: str) -> None:
        """``url`` is ``ws://host:port/path``; raises InvalidInput for anything else. Connects when used."""
        parts = urlsplit(url)
        if parts.scheme != "ws" or not parts.hostname:
            raise InvalidInput("address", f"{url!r} is not a ws:// address")
        self._url = url

    def open(
        self,
        request: OrdersRequest,
        *,
        timeout: float | None,
        deadline: float | None,
        cancel: CancelToken | None = None,
        after: int | None = None,
    ) -> "OpenSubscription":
        """See OrderStream.open(). ``after`` cannot be said: the feed begins anew."""
        if cancel is not None:
            cancel.raise_if_cancelled()
        stream = OpenSubscription(self._url, request, deadline, cancel)
        try:
            stream.start(timeout, wait=not request.live)
        except BaseException:
            stream.close()
            raise
        return stream

    def close(self) -> None:
        """Nothing is kept between streams."""


class _Result(ExecutionResult):
    """An answer with the text it came in and when."""

    __slots__ = ("arrived", "raw")

    def __init__(self, result: ExecutionResult, arrived: float, raw: str) -> None:
        super().__init__(result.data, result.errors, result.extensions)
        self.arrived = arrived  # wall clock
        self.raw = raw


class _Transport(WebsocketsTransport):
    """gql's transport, with the text of each message at hand, and without a log line for each."""

    async def _receive(self) -> str:
        # As the original, which would write every message into the log.
        if self.websocket is None:
            return str(await super()._receive())
        data = await self.websocket.recv()
        if not isinstance(data, str):
            raise TransportProtocolError("binary data in the websocket")
        return data

    def _parse_answer(self, answer: str) -> tuple[str, int | None, ExecutionResult | None]:
        arrived = time.time()
        kind, query, result = super()._parse_answer(answer)
        return kind, query, None if result is None else _Result(result, arrived, answer)


class OpenSubscription:
    """One subscription on a socket of its own. Used by the thread that opened it."""

    def __init__(
        self, url: str, request: OrdersRequest, deadline: float | None, cancel: CancelToken | None
    ) -> None:
        self._url = url
        self._request = request
        self._cancel = cancel
        self._started = time.monotonic()
        self._deadline = None if deadline is None else self._started + deadline
        self._loop = asyncio.new_event_loop()
        self._transport: _Transport | None = None
        self._pump: asyncio.Task[None] | None = None
        self._inbox: deque[StreamMessage] = deque()
        self._ready = asyncio.Event()
        self._end: StreamEnd | None = None
        self.status = "101 Switching Protocols"
        self.injected: str | None = None

    def start(self, timeout: float | None, *, wait: bool) -> None:
        """Connect, subscribe, wait for the first message or a refusal. Raises AttemptFailed, Cancelled."""
        limits = [each for each in (timeout, self._left()) if each is not None]
        try:
            self._run(self._begin(min(limits, default=None), wait))
        except asyncio.CancelledError:
            raise Cancelled("cancelled by the caller") from None
        except TimeoutError:
            words = "no message within the attempt's time"
            raise failed(StreamEnd(outcome=Outcome.TIMEOUT, message=words)) from None
        except (OSError, InvalidHandshake, ConnectionClosed, TransportError, EOFError) as error:
            raise failed(explained(error, self._url, self.injected)) from error
        if self._end is not None and not self._inbox and self._end.outcome is not Outcome.OK:
            raise failed(self._end)

    def read(self) -> Batch | StreamEnd:
        """The messages that are there, or the next one, or the end."""
        if not self._inbox and self._end is None:
            try:
                self._run(self._await_news(self._left()))
            except asyncio.CancelledError:
                return self._finish(CANCELLED)
            except TimeoutError:
                words = f"the deadline passed after {time.monotonic() - self._started:.2f} s"
                return self._finish(
                    StreamEnd(
                        outcome=Outcome.TIMEOUT, status=self.status, message=words, injected=self.injected
                    )
                )
        if self._inbox:
            return [self._inbox.popleft() for _ in range(min(_BATCH, len(self._inbox)))]
        assert self._end is not None
        return self._finish(self._end)

    def close(self) -> None:
        """Say goodbye if that is quick, else cut the connection. Idempotent."""
        if self._loop.is_closed():
            return
        try:
            self._loop.run_until_complete(self._leave())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the loop until ``work`` is done; a cancel from any thread raises CancelledError in it."""
        task = self._loop.create_task(work)

        def stop() -> None:
            with suppress(RuntimeError):  # the loop has closed: there is nothing left to stop
                self._loop.call_soon_threadsafe(task.cancel)

        forget: Callable[[], None] | None = None if self._cancel is None else self._cancel.on_cancel(stop)
        try:
            return self._loop.run_until_complete(task)
        finally:
            if forget is not None:
                forget()

    async def _begin(self, limit: float | None, wait: bool) -> None:
        async with asyncio.timeout(limit):
            self._transport = _Transport(
                self._url,
                connect_timeout=None,
                ack_timeout=None,
                close_timeout=_GOODBYE,
                connect_args={"compression": None, "open_timeout": None, "close_timeout": _GOODBYE},
                subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
            )
            await self._transport.connect()
            self._pump = asyncio.create_task(self._take_in(self._transport))
            if wait:
                await self._await_news(None)
            else:
                with suppress(TimeoutError):
                    await self._await_news(_QUIET)

    async def _await_news(self, limit: float | None) -> None:
        async with asyncio.timeout(limit):
            while not self._inbox and self._end is None:
                self._ready.clear()
                await self._ready.wait()

    async def _take_in(self, transport: _Transport) -> None:
        request = self._request
        variables = {
            "userId": request.user_id,
            "count": request.wire_count,
            "intervalMs": request.interval_ms,
            "live": request.live,
        }
        end = StreamEnd(outcome=Outcome.OK, status=self.status, message="complete")
        try:
            async for result in transport.subscribe(_DOCUMENT, variables):
                assert isinstance(result, _Result)  # our transport makes no other
                refused = self._accept(result)
                if refused is not None:
                    end = refused
                    break
        except (TransportError, ConnectionClosed, OSError) as error:
            end = explained(error, self._url, self.injected)
        self._end = replace(end, injected=end.injected or self.injected)
        self._ready.set()

    def _accept(self, result: _Result) -> StreamEnd | None:
        """Keep a message; the end that it amounts to when it holds no order."""
        fault = (result.extensions or {}).get("fault")
        self.injected = str(fault) if fault else self.injected
        order = (result.data or {}).get("orders")
        if not isinstance(order, dict):
            return refusal(result.errors or [], result.data, self.injected)
        neutral: dict[str, Any] = {_NAMES.get(name) or name: value for name, value in order.items()}
        try:
            message = StreamMessage(
                int(neutral["sequence"]),
                result.arrived,
                wall_seconds(neutral["published_at"]),
                int(neutral.get("dropped") or 0),
                neutral,
                result.raw.encode(),
            )
        except (KeyError, TypeError, ValueError) as error:
            return StreamEnd(outcome=Outcome.MALFORMED, status=self.status, message=f"not an order: {error}")
        self._inbox.append(message)
        self._ready.set()
        return None

    async def _leave(self) -> None:
        transport = self._transport
        socket = transport.websocket if transport is not None else None
        if self._pump is not None:
            self._pump.cancel()  # gql says complete to the server
            with suppress(TimeoutError, asyncio.CancelledError, ConnectionClosed, TransportError):
                await asyncio.wait_for(self._pump, _GOODBYE)
        if socket is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_GOODBYE):
                    await socket.close()
            if socket.transport is not None:
                socket.transport.abort()
        own = asyncio.current_task()
        rest = [task for task in asyncio.all_tasks() if task is not own]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _finish(self, end: StreamEnd) -> StreamEnd:
        self._end = end
        self.close()
        return end

    def _left(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
