"""The event stream with an injected fault: order by order, slower, or broken off."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from backends.faults import FaultKind, Injection
from backends.faults.broken import BROKEN_CHUNK
from backends.faults.streams import LONGEST_HANG, StreamPlan
from backends.orders import OrderMessage
from backends.rest.problems import WORDS
from backends.stream_loop import CutOff, Write

SendOrders = Callable[[Sequence[OrderMessage]], Awaitable[None]]

_HALF_CHUNK = b"ff\r\nid: "  # of the 255 bytes that it promises


class EventStream(Protocol):
    """The healthy stream."""

    async def follow(self, write: Write, send: SendOrders) -> None:
        """Everything but the orders goes to ``write``, the orders to ``send``."""

    def stop(self) -> None:
        """The server shuts down."""


class FaultyStream:
    """One client's broken stream. `run` on the stream loop, `stop` on any thread."""

    def __init__(
        self, stream: EventStream, injection: Injection, render: Callable[[OrderMessage], bytes]
    ) -> None:
        self._stream = stream
        self._injection = injection
        self._plan = StreamPlan(injection)
        self._render = render
        self._sent = 0

    async def run(self, write: Write) -> None:
        """Write until the stream ends or breaks."""

        async def send(batch: Sequence[OrderMessage]) -> None:
            for message in batch:
                event = self._render(message)
                await asyncio.sleep(self._plan.pause(self._sent, len(event)))
                await write(event)
                self._sent += 1
                await self._break_if_due(write)

        with contextlib.suppress(_Aborted):
            await self._break_if_due(write)
            await self._stream.follow(write, send)

    async def _break_if_due(self, write: Write) -> None:
        if not self._plan.breaks(self._sent):
            return
        match self._injection.kind:
            case FaultKind.STALL:
                await asyncio.sleep(LONGEST_HANG)
                raise CutOff
            case FaultKind.RESET:
                raise CutOff(reset=True)
            case FaultKind.MALFORMED:
                raise CutOff(BROKEN_CHUNK)
            case FaultKind.TRUNCATE:
                raise CutOff(_HALF_CHUNK)
        await write(_error(self._injection))
        raise _Aborted

    def stop(self) -> None:
        """End as the healthy stream would; a stalled one is cancelled."""
        self._stream.stop()


class _Aborted(Exception):
    """The stream has said its error and ends in good order."""


def _error(injection: Injection) -> bytes:
    data = {
        "error": WORDS.get(injection.status, "error"),
        "status": injection.status,
        "message": f"injected fault: {injection.rule}",
        "fault": injection.rule,
    }
    return f"event: error\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
