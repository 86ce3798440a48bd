"""How the GraphQL lane takes part in its faults: refusals over HTTP, and everything over a WebSocket."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from graphql import DocumentNode

from backends.faults import FaultEngine, FaultKind, Injection
from backends.faults.broken import WholeAnswer
from backends.faults.rules import STREAM
from backends.faults.streams import LONGEST_HANG, STREAM_KINDS, StreamPlan
from backends.graphql.errors import fault_error, present
from backends.graphql.execution import RequestRefused
from backends.graphql.naming import operation_name

_STRICT = "application/graphql-response+json"
_HALF_FRAME = b'\x81\x7e\x01\x00{"id":'  # of a text frame of 256 bytes
_NO_FRAME = b"\x8f\x00"  # a frame type that does not exist

Cut = Callable[[bytes, bool], None]  # last bytes, whether to reset


class ConnectionCut(Exception):
    """The socket is gone on purpose: nothing more may be sent."""


def refuse(injection: Injection, environ: dict[str, Any]) -> WholeAnswer:
    """The answer of a whole error: 200, no data, the rule in the error and beside it."""
    body = {
        "data": None,
        "errors": [present(fault_error(injection))],
        "extensions": {"fault": injection.rule},
    }
    kind = _STRICT if _STRICT in environ.get("HTTP_ACCEPT", "") else "application/json"
    headers = (("Content-Type", kind), ("Cache-Control", "no-store"), ("Vary", "Accept"))
    return WholeAnswer("200 OK", headers, json.dumps(body, ensure_ascii=False).encode())


class SocketFaults:
    """The faults of one WebSocket. Used on the loop only."""

    def __init__(self, faults: FaultEngine, cut: Cut, peer: str = "", request_id: str = "") -> None:
        self._faults = faults
        self._cut = cut
        self._peer = peer
        self._request_id = request_id

    def decide(self, document: DocumentNode, name: str | None) -> Injection | None:
        """The fate of one operation."""
        if "graphql" not in self._faults.active:
            return None
        operation = operation_name(document, name)
        if operation is None:
            return None
        return self._faults.decide("graphql", operation, request_id=self._request_id, peer=self._peer)

    async def begin(self, injection: Injection, document: DocumentNode, name: str | None) -> None:
        """What happens before the first answer. Raises RequestRefused or ConnectionCut."""
        await asyncio.sleep(injection.delay)
        if operation_name(document, name) == STREAM and injection.kind in STREAM_KINDS:
            return
        if injection.kind in (FaultKind.ERROR, FaultKind.RATE_LIMIT) and not injection.partial:
            raise RequestRefused([present(fault_error(injection))])
        await self._break(injection)

    async def pause(self, plan: StreamPlan, sent: int, body: dict[str, Any]) -> None:
        """Wait as long as the next message is held up."""
        await asyncio.sleep(plan.pause(sent, len(json.dumps(body))))

    async def break_if_due(self, plan: StreamPlan, sent: int) -> None:
        """End a stream whose time has come. Raises RequestRefused or ConnectionCut."""
        if not plan.breaks(sent):
            return
        if plan.injection.kind is FaultKind.ABORT:
            raise RequestRefused([present(fault_error(plan.injection))])
        await self._break(plan.injection)

    async def _break(self, injection: Injection) -> None:
        match injection.kind:
            case FaultKind.HANG | FaultKind.STALL:
                await asyncio.sleep(LONGEST_HANG)
                self._cut(b"", False)
            case FaultKind.RESET:
                self._cut(b"", True)
            case FaultKind.EMPTY:
                self._cut(b"", False)
            case FaultKind.TRUNCATE:
                self._cut(_HALF_FRAME, False)
            case FaultKind.MALFORMED:
                self._cut(_NO_FRAME, False)
            case _:
                return
        raise ConnectionCut
