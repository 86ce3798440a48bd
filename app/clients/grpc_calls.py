"""Unary gRPC calls that block their thread, as the quickest ones do, and that another thread can end.

grpcio offers either: a blocking call cannot be cancelled, and a future, or a stream of one message, costs a
tenth to a half of a call more. The blocking call makes a call object that could be cancelled, but keeps it to
itself; so the multi-callable gets a channel that hands it over. Where a release of grpcio is built otherwise,
the call is read as a stream of one. So is a call with a large message: a blocking call does not end, not even
when it is cancelled or its time is over, before its message has left, and the other side may not read. It has
a connection of its own, so that no small message gets stuck behind it.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import grpc
import grpc.experimental

from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled
from app.domain.results import Headers

Metadata = Sequence[tuple[str, str | bytes]]
LARGE = 16 * 1024  # bytes; less than the smallest send buffer of a socket
_Run = Callable[[bytes, float | None, Metadata, "_Grip"], "Finished"]
# A stream of one can be read in the calling thread, without a hand-over between threads.
READ_IN_CALLER = (grpc.experimental.ChannelOptions.SingleThreadedUnaryStream, 1)


class Finished:
    """A call that is over, read out."""

    __slots__ = ("code", "details", "elapsed", "headers", "message", "status", "trailers")

    def __init__(self, call: Any, message: bytes | None, elapsed: float) -> None:
        code = call.code()
        self.code: str = code.name
        self.status = f"{code.value[0]} {code.name}"
        self.details: str = call.details() or ""
        self.headers = pairs(call.initial_metadata())
        self.trailers = pairs(call.trailing_metadata())
        self.message = message
        self.elapsed = elapsed  # seconds

    @property
    def answered(self) -> bool:
        """Whether the status surely came from the server: what grpc makes up itself has no trailers."""
        return bool(self.trailers)


def pairs(metadata: Any) -> Headers:
    """Metadata as text."""
    if not metadata:
        return ()
    return tuple(
        (key, value.decode("utf-8", "replace") if isinstance(value, bytes) else value)
        for key, value in metadata
    )


class UnaryMethod:
    """One method of a server. Thread-safe."""

    def __init__(self, channel: grpc.Channel, large: grpc.Channel, path: str) -> None:
        """``large`` is the channel of large messages; it needs the option READ_IN_CALLER, as ``channel``."""
        self._run: _Run = _blocking(channel, path) or _streamed(channel, path)
        self._run_large: _Run = _streamed(large, path)

    def __call__(
        self, body: bytes, *, timeout: float | None, metadata: Metadata, cancel: CancelToken | None
    ) -> Finished:
        """Send ``body`` and wait for the end. Raises Cancelled, and ValueError when the channel is closed."""
        grip = _Grip()
        run = self._run if len(body) < LARGE else self._run_large
        forget = cancel.on_cancel(grip.cancel) if cancel is not None else None
        try:
            finished = run(body, timeout, metadata, grip)
        finally:
            if forget is not None:
                forget()
        if grip.cancelled and finished.code != "OK":
            raise Cancelled("cancelled by the caller")
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
    try:
        from grpc._cython import cygrpc  # type: ignore[attr-defined, unused-ignore]

        method: Any = channel.unary_unary(path, None, None)
        inner = method._channel
        method._channel = _Telling(inner, cygrpc.StatusCode.cancelled)
        if not callable(inner.segregated_call) or not callable(method.with_call):
            return None
    except (ImportError, AttributeError):
        return None

    def run(body: bytes, timeout: float | None, metadata: Metadata, grip: _Grip) -> Finished:
        started = time.perf_counter()
        _beginning.grip = grip
        try:
            message, call = method.with_call(body, timeout, metadata)
        except grpc.RpcError as error:
            message, call = None, error  # it has what a call has
        finally:
            _beginning.grip = None
        return Finished(call, message, time.perf_counter() - started)

    return run


def _streamed(channel: grpc.Channel, path: str) -> _Run:
    method: Any = channel.unary_stream(path, None, None)

    def run(body: bytes, timeout: float | None, metadata: Metadata, grip: _Grip) -> Finished:
        started = time.perf_counter()
        call = method(body, timeout=timeout, metadata=metadata)
        grip.take(call.cancel)
        message: bytes | None = None
        with suppress(grpc.RpcError):
            message = next(call, None)
            for _ in call:  # to the end: the status comes after the message
                pass
        return Finished(call, message, time.perf_counter() - started)

    return run
