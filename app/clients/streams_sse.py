"""Orders as Server-Sent Events: requests over the instrumented connection, sseclient for the events.

The only lane that resumes: the sequence is the event id, and Last-Event-ID goes on behind it.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from sseclient import SSEClient

from app.clients.causes import explain
from app.clients.outcomes import http_outcome, injected_rule
from app.clients.rest import USER_AGENT
from app.clients.rest_decode import rest_reply
from app.clients.streams import CANCELLED, Batch, failed, wall_seconds
from app.clients.transport import FOREIGN, HttpBeginning, HttpRequest, HttpTransport
from app.clients.wire import Transfer
from app.domain.cancel import CancelToken
from app.domain.errors import AttemptFailed, Cancelled
from app.domain.lanes import Lane
from app.domain.results import Headers, Outcome
from app.domain.streams import OrdersRequest, StreamEnd, StreamMessage

PATH = "/api/v1/orders/stream"
_ENDINGS = (b"\n\n", b"\r\r", b"\r\n\r\n")
_LONGEST_EVENT = 1 << 20  # bytes; one order takes about 250


class SseOrderStream:
    """Follows orders of one REST server. Thread-safe."""

    lane = Lane.REST
    resumes = True

    def __init__(self, base_url: str) -> None:
        """``base_url`` is ``http://host:port``; raises InvalidInput for anything else."""
        self._transport = HttpTransport(base_url)

    def open(
        self,
        request: OrdersRequest,
        *,
        timeout: float | None,
        deadline: float | None,
        cancel: CancelToken | None = None,
        after: int | None = None,
    ) -> "OpenSse":
        """See OrderStream.open()."""
        now = time.perf_counter()
        last = None if deadline is None else now + deadline
        limits = [now + seconds for seconds in (timeout, deadline) if seconds is not None]
        transfer = Transfer(min(limits, default=None))
        forget = cancel.on_cancel(transfer.cancel) if cancel is not None else _nothing
        try:
            head = self._transport.begin(_http_request(request, after), transfer)
            stream = OpenSse(head, transfer, self._transport.base_url, forget)
            stream.start(wait=not request.live)
        except BaseException:
            forget()
            raise
        transfer.deadline = last
        return stream

    def close(self) -> None:
        """Close every kept connection."""
        self._transport.close()


class OpenSse:
    """An answered event stream. Used by the thread that opened it."""

    def __init__(
        self, head: HttpBeginning, transfer: Transfer, base_url: str, forget: Callable[[], None]
    ) -> None:
        self._head = head
        self._transfer = transfer
        self._base_url = base_url
        self._forget = forget
        self._chunks: Iterator[bytes] = iter(())
        self._rest = b""
        self._end: StreamEnd | None = None
        self._kept: Batch = ()
        self.status = head.status_line
        self.injected = injected_rule(head.headers)

    def start(self, *, wait: bool) -> None:
        """Look at the head; ``wait`` for the first message too. Raises AttemptFailed, Cancelled."""
        if self._head.status == 204:  # the server's word for: you have seen it all
            self._finish(StreamEnd(outcome=Outcome.OK, status=self.status, message="nothing left to send"))
            return
        if http_outcome(self._head.status) is not Outcome.OK:
            try:
                raise AttemptFailed(rest_reply(None, PATH, self._head.whole()))
            finally:
                self.close()
        self._chunks = self._head.chunks()
        if not wait:
            return
        first = self.read()
        if not isinstance(first, StreamEnd):
            self._kept = first
        elif first.outcome is Outcome.CANCELLED:
            raise Cancelled(first.message)
        elif first.outcome is not Outcome.OK:
            raise failed(first)

    def read(self) -> Batch | StreamEnd:
        """The events of the next chunk that holds any, or the end."""
        if self._kept:
            kept, self._kept = self._kept, ()
            return kept
        while self._end is None:
            try:
                chunk = next(self._chunks, None)
            except FOREIGN as error:
                return self._broken(error)
            if chunk is None:
                words = "the stream stopped without its last event"
                return self._finish(StreamEnd(outcome=Outcome.RESET, status=self.status, message=words))
            batch = self._take(chunk)
            if batch:
                return batch
        return self._end

    def close(self) -> None:
        """Leave; the server notices at once."""
        self._forget()
        self._head.close()

    def _take(self, chunk: bytes) -> list[StreamMessage]:
        now = time.time()
        data = self._rest + chunk if self._rest else chunk
        cut = max(data.rfind(mark) + len(mark) if mark in data else 0 for mark in _ENDINGS)
        self._rest = data[cut:]
        if len(self._rest) > _LONGEST_EVENT:
            self._finish(StreamEnd(outcome=Outcome.MALFORMED, status=self.status, message="endless event"))
            return []
        events = _RawEvents(data[:cut])
        batch: list[StreamMessage] = []
        try:
            for event in events.events():
                if event.event == "order":
                    batch.append(_message(json.loads(event.data), now, events.raw))
                elif event.event in ("end", "error"):
                    self._finish(self._said(event.event, json.loads(event.data)))
        except (ValueError, KeyError, TypeError) as error:
            words = f"not an order event: {error}"
            self._finish(StreamEnd(outcome=Outcome.MALFORMED, status=self.status, message=words))
        return batch

    def _said(self, kind: str, data: Mapping[str, Any]) -> StreamEnd:
        """The end that the server announced."""
        trailers: Headers = tuple((name, str(value)) for name, value in data.items())
        if kind == "end":
            whole = data.get("reason") != "shutdown"
            return StreamEnd(
                outcome=Outcome.OK if whole else Outcome.UNAVAILABLE,
                status=self.status,
                message=str(data.get("reason", "")) if whole else "the server is shutting down",
                trailers=trailers,
                injected=self.injected,
            )
        status = int(data.get("status", 500))
        return StreamEnd(
            outcome=http_outcome(status),
            status=f"{status} {data.get('error', 'error')}",
            message=str(data.get("message", "")),
            trailers=trailers,
            injected=str(data["fault"]) if "fault" in data else self.injected,
        )

    def _broken(self, error: Exception) -> StreamEnd:
        if self._transfer.cancelled:
            return self._finish(CANCELLED)
        outcome, words = explain(self._transfer, error, self._base_url)
        if outcome is Outcome.TIMEOUT:
            waited = time.perf_counter() - self._transfer.started
            words = f"the deadline passed after {waited:.2f} s"
        end = StreamEnd(outcome=outcome, status=self.status, message=words, injected=self.injected)
        return self._finish(end)

    def _finish(self, end: StreamEnd) -> StreamEnd:
        self._end = end
        self.close()
        return end


class _RawEvents(SSEClient):
    """sseclient over whole events, with the bytes of the one at hand."""

    def __init__(self, data: bytes) -> None:
        super().__init__(iter((data,) if data else ()))
        self.raw = b""

    def _read(self) -> Iterator[bytes]:
        for self.raw in super()._read():  # type: ignore[misc]  # left out of the library's stubs
            yield self.raw


def _message(order: dict[str, Any], now: float, raw: bytes) -> StreamMessage:
    published = wall_seconds(order["published_at"])
    return StreamMessage(int(order["sequence"]), now, published, int(order.get("dropped", 0)), order, raw)


def _http_request(request: OrdersRequest, after: int | None) -> HttpRequest:
    query = {"count": request.wire_count, "interval_ms": request.interval_ms}
    text: dict[str, Any] = {**query, "live": "true"} if request.live else dict(query)
    if request.user_id:
        text["user_id"] = request.user_id
    headers: Headers = (("User-Agent", USER_AGENT), ("Accept", "text/event-stream"))
    if after is not None:
        headers += (("Last-Event-ID", str(after)),)
    return HttpRequest(method="GET", target=f"{PATH}?{urlencode(text)}", headers=headers)


def _nothing() -> None:
    return
