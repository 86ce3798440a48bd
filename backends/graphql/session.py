"""One graphql-transport-ws conversation: messages in, messages out. Knows the protocol, not the socket."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor as Pool
from contextlib import aclosing
from typing import Any

from graphql import DocumentNode, OperationType

from backends.faults import Injection
from backends.faults.streams import StreamPlan
from backends.graphql.context import RequestContext
from backends.graphql.execution import (
    Executor,
    GraphqlRequest,
    RequestRefused,
    body_of,
    read_request,
    select_operation,
    unexpected,
)
from backends.graphql.faults import ConnectionCut, SocketFaults
from backends.graphql.partial import lose_a_field

SUBPROTOCOL = "graphql-transport-ws"
MAX_OPERATIONS = 100  # at the same time on one socket

CLOSE_TEXT = {
    4400: "Invalid message",
    4401: "Unauthorized",
    4406: "Subprotocol not acceptable",
    4408: "Connection initialisation timeout",
    4409: "Subscriber already exists",
    4429: "Too many initialisation requests",
}

Send = Callable[[Sequence[dict[str, Any]]], Awaitable[None]]  # messages that go out together


class SocketClosed(Exception):
    """The client broke the protocol: the socket must be closed with this code."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason or CLOSE_TEXT[code]


class PeerLeft(Exception):
    """Raised by ``send`` when the socket is closed: there is nobody to answer any more."""


class Session:
    """State of one socket: initialised or not, and the operations that run. Used on the loop only."""

    def __init__(
        self,
        send: Send,
        executor: Executor,
        pool: Pool,
        make_context: Callable[[str | None], RequestContext],
        faults: SocketFaults,
    ) -> None:
        self._send = send
        self._executor = executor
        self._pool = pool
        self._make_context = make_context
        self._faults = faults
        self.initialised = False
        self._authorization: str | None = None
        self._running: dict[str, asyncio.Task[None]] = {}

    async def receive(self, text: str | bytes) -> None:
        """Act on one message. Raises SocketClosed when the protocol demands the end of the socket."""
        message = _decode(text)
        match message.get("type"):
            case "connection_init":
                await self._initialise(message.get("payload"))
            case "ping":
                await self._send([_with_payload({"type": "pong"}, message)])
            case "pong":
                pass
            case "subscribe":
                self._subscribe(message)
            case "complete":
                self._complete(message)
            case other:
                raise SocketClosed(4400, f"Unknown message type {str(other)[:40]!r}")

    async def _initialise(self, payload: object) -> None:
        if self.initialised:
            raise SocketClosed(4429)
        if payload is not None and not isinstance(payload, dict):
            raise SocketClosed(4400, "connection_init: payload must be an object")
        given = [value for name, value in (payload or {}).items() if name.lower() == "authorization"]
        if given and (len(given) > 1 or not isinstance(given[0], str)):
            raise SocketClosed(4400, "connection_init: authorization must be one text")
        self._authorization = given[0] if given else None
        self.initialised = True
        await self._send([{"type": "connection_ack"}])

    def _subscribe(self, message: dict[str, Any]) -> None:
        if not self.initialised:
            raise SocketClosed(4401)
        name = message.get("id")
        if not isinstance(name, str) or not name:
            raise SocketClosed(4400, "subscribe: id must be a non-empty string")
        if name in self._running:
            raise SocketClosed(4409, f"Subscriber for {name[:40]} already exists")
        if len(self._running) >= MAX_OPERATIONS:
            raise SocketClosed(4400, f"More than {MAX_OPERATIONS} operations on one socket")
        if not isinstance(message.get("payload"), dict):
            raise SocketClosed(4400, "subscribe: payload must be an object")
        task = asyncio.ensure_future(self._operate(name, message["payload"]))
        self._running[name] = task

    def _complete(self, message: dict[str, Any]) -> None:
        name = message.get("id")
        if not isinstance(name, str):
            raise SocketClosed(4400, "complete: id must be a string")
        # Unknown ids are no fault: the operation may have ended while the message was under way.
        if (task := self._running.pop(name, None)) is not None:
            task.cancel()

    async def _operate(self, name: str, payload: dict[str, Any]) -> None:
        try:
            await self._answer(name, payload)
            ending: dict[str, Any] = {"id": name, "type": "complete"}
        except RequestRefused as refused:
            ending = {"id": name, "type": "error", "payload": refused.errors}
        except (PeerLeft, ConnectionCut):
            return
        except Exception as error:  # noqa: BLE001  # a handler's boundary: nothing internal may leave
            ending = {"id": name, "type": "error", "payload": unexpected(error).errors}
        self._running.pop(name, None)
        with contextlib.suppress(PeerLeft):
            await self._send([ending])

    async def _answer(self, name: str, payload: dict[str, Any]) -> None:
        request = read_request(payload)
        document = await self._in_pool(self._executor.document, request.query)
        kind = select_operation(document, request.operation_name)
        context = self._make_context(self._authorization)
        injection = self._faults.decide(document, request.operation_name)
        if injection is not None:
            await self._faults.begin(injection, document, request.operation_name)
        if kind is not OperationType.SUBSCRIPTION:
            result = await self._in_pool(self._executor.run, document, request, context)
            if injection is not None and injection.partial:
                schema = self._executor.schema
                result = lose_a_field(schema, document, request.operation_name, result, injection)
            await self._next(name, [_named(body_of(result), injection)])
        elif injection is None:
            await self._follow(name, document, request, context)
        else:
            await self._follow_faulty(name, document, request, context, StreamPlan(injection))

    async def _follow(
        self, name: str, document: DocumentNode, request: GraphqlRequest, context: RequestContext
    ) -> None:
        # Closed at once, not when it is collected: the generator holds the feed's subscription.
        async with aclosing(self._executor.follow(document, request, context)) as results:
            async for batch in results:
                await self._next(name, [body_of(result) for result in batch])

    async def _follow_faulty(
        self,
        name: str,
        document: DocumentNode,
        request: GraphqlRequest,
        context: RequestContext,
        plan: StreamPlan,
    ) -> None:
        await self._faults.break_if_due(plan, 0)
        sent = 0
        async with aclosing(self._executor.follow(document, request, context)) as results:
            async for batch in results:
                for result in batch:
                    body = _named(body_of(result), plan.injection)
                    await self._faults.pause(plan, sent, body)
                    await self._next(name, [body])
                    sent += 1
                    await self._faults.break_if_due(plan, sent)

    async def _next(self, name: str, bodies: Sequence[dict[str, Any]]) -> None:
        await self._send([{"id": name, "type": "next", "payload": body} for body in bodies])

    async def _in_pool(self, func: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, func, *args)

    async def close(self) -> None:
        """End every operation of this socket."""
        running, self._running = list(self._running.values()), {}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _named(body: dict[str, Any], injection: Injection | None) -> dict[str, Any]:
    return body if injection is None else {**body, "extensions": {"fault": injection.rule}}


def _decode(text: str | bytes) -> dict[str, Any]:
    if not isinstance(text, str):
        raise SocketClosed(4400, "Messages must be text")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise SocketClosed(4400, "Messages must be JSON") from None
    if not isinstance(message, dict):
        raise SocketClosed(4400, "Messages must be objects")
    return message


def _with_payload(reply: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    return {**reply, "payload": message["payload"]} if "payload" in message else reply
