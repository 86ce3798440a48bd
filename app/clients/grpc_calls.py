"""Unary gRPC calls that block their thread, as the quickest ones do, and that another thread can end.

grpcio offers either: a blocking call cannot be cancelled; a stream of one message is a tenth slower and a
future more than a quarter (grpcio 1.85). The blocking call makes a call object that could be cancelled, but
keeps it to itself; so the multi-callable gets a channel that hands it over. Where a release of grpcio is
built otherwise, the call is read as a stream of one.

So is a call whose message may have to wait for room: a blocking call does not end, not even when it is
cancelled or its time is over, before its message has left, and the other side may not read. Large messages
have a connection of their own, so that no small one gets stuck behind them; and of small ones only as many
block at once as surely fit into a send buffer.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import grpc
import grpc.experimental

from app.clients.grpc_room import LARGE, Room
from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled
from app.domain.results import Headers

Metadata = Sequence[tuple[str, str | bytes]]
_OVERHEAD = 64  # bytes that HTTP/2 adds to a call beside its metadata
_Run = Callable[[bytes, float | None, Metadata, "_Grip"], "Finished"]
# A stream of one can be read in the calling thread, without a hand-over between threads.
READ_IN_CALLER = (grpc.experimental.ChannelOptions.SingleThreadedUnaryStream, 1)


class Finished:
    """A call that is over, read out."""

    __slots__ = ("code", "details", "elapsed", "headers", "message", "status", "trailers")

    def __init__(
        self, code: grpc.StatusCode, details: Any, headers: Any, trailers: Any, message: bytes | None
    ) -> None:
        if code is grpc.StatusCode.OK:  # an Enum is slow to tell its name
            self.code, self.status = "OK", "0 OK"
        else:
            self.code, self.status = code.name, f"{code.value[0]} {code.name}"
        self.details = _as_text(details) if details else ""
        self.headers = pairs(headers)
        self.trailers = pairs(trailers)
        self.message = message
        self.elapsed = 0.0  # seconds

    @property
    def answered(self) -> bool:
        """Whether the status surely came from the server: what grpc makes up itself has no trailers."""
        return bool(self.trailers)

    @property
    def ended_here(self) -> bool:
        """Whether this side may have ended the call, with its message still on the way."""
        return self.code in ("CANCELLED", "DEADLINE_EXCEEDED")


def pairs(metadata: Any) -> Headers:
    """Metadata as text; grpc says None for none."""
    return tuple((key, _as_text(value)) for key, value in metadata) if metadata else ()


def _as_text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


class Roads:
    """The two connections to a server: for small messages and for large ones."""

    __slots__ = ("large", "room", "small")

    def __init__(self, small: grpc.Channel, large: grpc.Channel) -> None:
        """Both need the option READ_IN_CALLER."""
        self.small = small
        self.large = large
        self.room = Room()  # in the first one's send buffer


class UnaryMethod:
    """One method of a server. Thread-safe."""

    def __init__(self, roads: Roads, path: str) -> None:
        self._room = roads.room
        self._block: _Run | None = _blocking(roads.small, path)
        self._stream: _Run = _streamed(roads.small, path)
        self._stream_large: _Run = _streamed(roads.large, path)

    def __call__(
        self, body: bytes, *, timeout: float | None, metadata: Metadata, cancel: CancelToken | None
    ) -> Finished:
        """Send ``body`` and wait for the end. Raises Cancelled, and ValueError when the channel is closed."""
        grip = _Grip()
        forget = cancel.on_cancel(grip.cancel) if cancel is not None else None
        size = len(body) + _OVERHEAD
        for key, value in metadata:
            size += len(key) + len(value)
        started = time.perf_counter()
        try:
            if size < LARGE:
                finished = self._small(size, body, timeout, metadata, grip)
            else:
                finished = self._stream_large(body, timeout, metadata, grip)
        finally:
            if forget is not None:
                forget()
        finished.elapsed = time.perf_counter() - started
        if grip.cancelled and finished.code != "OK":
            raise Cancelled("cancelled by the caller")
        return finished

    def _small(
        self, size: int, body: bytes, timeout: float | None, metadata: Metadata, grip: "_Grip"
    ) -> Finished:
        run, losses = self._block, self._room.losses
        if run is None or not self._room.take(size):
            run, size = self._stream, 0
        answered = True
        try:
            finished = run(body, timeout, metadata, grip)
            answered = not finished.ended_here
        finally:
            self._room.leave(size, losses, answered=answered)
        return finished


class _Grip:
    """What ends one call, from any thread, whether it has begun or not."""

    __slots__ = ("_end", "cancelled")

    def __init__(self) -> None:
        self.cancelled = False
        self._end: Callable[[], object] | None = None

    def take(self, end: Callable[[], object]) -> None:
        """The call has begun. Either this or cancel() sees the other's mark, so that none is missed."""
        self._end = end
        if self.cancelled:
            end()

    def cancel(self) -> None:
        """End it; what is over stays as it is."""
        self.cancelled = True
        if self._end is not None:
            self._end()


class _Beginning(threading.local):
    grip: _Grip | None = None


_beginning = _Beginning()


class _Telling:
    """The channel inside a multi-callable, which tells the thread's grip of each call that it makes."""

    __slots__ = ("_channel", "_code")

    def __init__(self, channel: Any, code: Any) -> None:
        self._channel = channel
        self._code = code

    def segregated_call(self, *given: Any) -> Any:
        """A call whose events are for its own thread alone."""
        call = self._channel.segregated_call(*given)
        if _beginning.grip is not None:
            _beginning.grip.take(lambda: call.cancel(self._code, "cancelled by the caller"))
        return call


def _blocking(channel: grpc.Channel, path: str) -> _Run | None:
    """None where this release of grpcio keeps its parts elsewhere."""
    try:
        from grpc import _channel as parts
        from grpc._cython import cygrpc  # type: ignore[attr-defined, unused-ignore]

        method: Any = channel.unary_unary(path, None, None)
        inner = method._channel
        method._channel = _Telling(inner, cygrpc.StatusCode.cancelled)
        block: Callable[..., tuple[Any, Any]] = method._blocking
        _read(parts._RPCState((), None, None, None, None))  # type: ignore[attr-defined, unused-ignore]
        if not callable(inner.segregated_call):
            return None
    except (ImportError, AttributeError, TypeError):
        return None

    def run(body: bytes, timeout: float | None, metadata: Metadata, grip: _Grip) -> Finished:
        _beginning.grip = grip
        try:
            state, _ = block(body, timeout, metadata)
        finally:
            _beginning.grip = None
        return Finished(*_read(state))

    return run


def _read(state: Any) -> tuple[Any, Any, Any, Any, Any]:
    return state.code, state.details, state.initial_metadata, state.trailing_metadata, state.response


def _streamed(channel: grpc.Channel, path: str) -> _Run:
    method: Any = channel.unary_stream(path, None, None)

    def run(body: bytes, timeout: float | None, metadata: Metadata, grip: _Grip) -> Finished:
        call = method(body, timeout=timeout, metadata=metadata)
        grip.take(call.cancel)
        message: bytes | None = None
        with suppress(grpc.RpcError):
            message = next(call, None)
            for _ in call:  # to the end: the status comes after the message
                pass
        return Finished(
            call.code(), call.details(), call.initial_metadata(), call.trailing_metadata(), message
        )

    return run
