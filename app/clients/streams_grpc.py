"""Orders as a gRPC server stream, read as bytes, so that a message can be shown as it was sent."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from products import products_pb2 as pb

from app.clients.grpc import CHANNEL_OPTIONS
from app.clients.grpc_calls import pairs
from app.clients.messages import as_json
from app.clients.outcomes import HttpHeaders, grpc_outcome, injected_rule
from app.clients.streams import CANCELLED, Batch, failed, wall_seconds
from app.domain.cancel import CancelToken
from app.domain.errors import AttemptFailed, Cancelled
from app.domain.hints import pushback_seconds
from app.domain.lanes import Lane
from app.domain.results import Outcome, Reply
from app.domain.streams import OrdersRequest, StreamEnd, StreamMessage

METHOD = "/products.ProductService/StreamOrders"


class GrpcOrderStream:
    """Follows orders of one gRPC server. Thread-safe."""

    lane = Lane.GRPC
    resumes = False

    def __init__(self, target: str) -> None:
        """``target`` is ``host:port``. Connects when first used."""
        self._channel = grpc.insecure_channel(target, options=CHANNEL_OPTIONS)
        self._invoke: Callable[..., Any] = self._channel.unary_stream(METHOD, None, None)

    def open(
        self,
        request: OrdersRequest,
        *,
        timeout: float | None,
        deadline: float | None,
        cancel: CancelToken | None = None,
        after: int | None = None,
    ) -> "OpenGrpc":
        """See OrderStream.open(). ``after`` cannot be said: the feed begins anew."""
        if cancel is not None:
            cancel.raise_if_cancelled()
        try:
            call = self._invoke(_encoded(request), timeout=deadline)
        except ValueError as error:  # grpc's word for a channel that was closed
            raise AttemptFailed(Reply(outcome=Outcome.REFUSED, message=str(error))) from error
        stream = OpenGrpc(call, cancel)
        try:
            stream.start(timeout, wait=not request.live)
        except BaseException:
            stream.close()
            raise
        return stream

    def close(self) -> None:
        """Close the channel; streams under way end as cancelled."""
        self._channel.close()


class OpenGrpc:
    """A call under way. Used by the thread that opened it."""

    def __init__(self, call: Any, cancel: CancelToken | None) -> None:
        self._call = call
        self._cancel = cancel
        self._forget = cancel.on_cancel(call.cancel) if cancel is not None else _nothing
        self._timed_out = False
        self._kept: Batch = ()
        self._end: StreamEnd | None = None
        self.status = "0 OK"
        self.injected: str | None = None

    def start(self, timeout: float | None, *, wait: bool) -> None:
        """Wait for the head, and for the first message too. Raises AttemptFailed, Cancelled."""
        with self._within(timeout):
            headers = pairs(self._call.initial_metadata())
            self.injected = injected_rule(HttpHeaders(headers))
            # Without a head the call has ended: reading says how.
            first = self.read() if wait or not self._call.is_active() else ()
        if not isinstance(first, StreamEnd):
            self._kept = first
        elif first is CANCELLED:  # by us; a server that stops may say the same word of itself
            raise Cancelled(first.message)
        elif first.outcome is not Outcome.OK:
            hint, _ = pushback_seconds(HttpHeaders(first.trailers).get("grpc-retry-pushback-ms") or None)
            raise failed(first, hint)

    def read(self) -> Batch | StreamEnd:
        """The next message, or the end."""
        if self._kept:
            kept, self._kept = self._kept, ()
            return kept
        if self._end is not None:
            return self._end
        try:
            raw = next(self._call, None)
        except grpc.RpcError:
            raw = None
        if raw is None:
            return self._finish(self._ended())
        now = time.time()
        try:
            return (_message(raw, now),)
        except ValueError as error:  # DecodeError is one
            self._call.cancel()
            words = f"not an order: {error}"
            return self._finish(StreamEnd(outcome=Outcome.MALFORMED, status=self.status, message=words))

    def close(self) -> None:
        """Leave; the server notices at once."""
        self._forget()
        self._call.cancel()

    @contextmanager
    def _within(self, timeout: float | None) -> Iterator[None]:
        """Cancel the call when the block takes longer: a call has one limit, and that is the stream's."""
        if timeout is None:
            yield
            return
        alarm = threading.Timer(max(0.0, timeout), self._give_up)
        alarm.name = "stream-alarm"
        alarm.daemon = True
        alarm.start()
        try:
            yield
        finally:
            alarm.cancel()
            alarm.join()

    def _give_up(self) -> None:
        self._timed_out = True
        self._call.cancel()

    def _ended(self) -> StreamEnd:
        code = self._call.code()
        if code is not grpc.StatusCode.OK and self._cancel is not None and self._cancel.cancelled:
            return CANCELLED
        headers, trailers = pairs(self._call.initial_metadata()), pairs(self._call.trailing_metadata())
        injected = injected_rule(HttpHeaders(trailers)) or injected_rule(HttpHeaders(headers))
        if self._timed_out:
            words = "no message within the attempt's time"
            return StreamEnd(outcome=Outcome.TIMEOUT, message=words, trailers=trailers, injected=injected)
        details = self._call.details() or ""
        return StreamEnd(
            # The head came long ago: only trailers tell the server's words from a lost connection.
            outcome=grpc_outcome(code.name, details, answered=bool(trailers)),
            status=f"{code.value[0]} {code.name}",
            message=details,
            trailers=trailers,
            injected=injected,
        )

    def _finish(self, end: StreamEnd) -> StreamEnd:
        self._end = end
        self._forget()
        return end


def _message(raw: bytes, now: float) -> StreamMessage:
    order = pb.Order.FromString(raw)
    value: dict[str, Any] = {
        "sequence": order.sequence,
        "published_at": order.published_at,
        "id": order.id,
        "user_id": order.user_id,
        "total": order.total,
        "status": order.status,
        "created_at": order.created_at,
        "dropped": order.dropped,
    }
    if order.items:
        value["items"] = as_json(order)["items"]
    return StreamMessage(order.sequence, now, wall_seconds(order.published_at), order.dropped, value, raw)


def _encoded(request: OrdersRequest) -> bytes:
    message = pb.StreamOrdersRequest(
        user_id=request.user_id,
        count=request.wire_count,
        interval_ms=request.interval_ms,
        live=request.live,
    )
    return message.SerializeToString()


def _nothing() -> None:
    return
