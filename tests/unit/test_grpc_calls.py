"""Which way a unary call takes, over channels that only note it."""

from typing import Any

import grpc
import pytest

from app.clients.grpc_calls import Finished, Roads, UnaryMethod
from app.clients.grpc_room import LARGE, Room
from app.domain.cancel import CancelToken
from app.domain.errors import Cancelled


class StreamOfOne:
    """A finished call with one message."""

    def __init__(self, code: grpc.StatusCode = grpc.StatusCode.OK) -> None:
        self._code = code

    def __iter__(self) -> "StreamOfOne":
        return self

    def __next__(self) -> bytes:
        raise StopIteration

    def cancel(self) -> None:
        self._code = grpc.StatusCode.CANCELLED

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return ""

    def initial_metadata(self) -> tuple[()]:
        return ()

    trailing_metadata = initial_metadata


class UnknownChannel:
    """A channel of a grpcio that is built otherwise: its multi-callables keep their parts elsewhere."""

    def __init__(self) -> None:
        self.streamed: list[bytes] = []

    def unary_unary(self, *_: Any) -> object:
        return object()

    def unary_stream(self, *_: Any) -> Any:
        def begin(body: bytes, **_: Any) -> StreamOfOne:
            self.streamed.append(body)
            return StreamOfOne()

        return begin


def test_an_unknown_grpcio_is_read_as_a_stream() -> None:
    """Where no blocking call can be taken hold of, a call is a stream of one message."""
    channel: Any = UnknownChannel()
    method = UnaryMethod(Roads(channel, channel), "/a/B")
    assert method(b"small", timeout=1, metadata=(), cancel=None).code == "OK"
    assert channel.streamed == [b"small"]


def test_a_large_message_has_a_connection_of_its_own() -> None:
    """A message that may fill a send buffer goes over the other channel."""
    channel: Any = UnknownChannel()
    large: Any = UnknownChannel()
    method = UnaryMethod(Roads(channel, large), "/a/B")
    method(b"x" * LARGE, timeout=1, metadata=(), cancel=None)
    assert (channel.streamed, large.streamed) == ([], [b"x" * LARGE])


def test_cancelled_before_the_call_began() -> None:
    """A token that is set before the call is made ends the call as it begins."""
    channel: Any = UnknownChannel()
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        UnaryMethod(Roads(channel, channel), "/a/B")(b"", timeout=1, metadata=(), cancel=cancel)


def test_small_calls_block_only_while_they_fit_into_a_send_buffer() -> None:
    """A call that begins while others may fill the buffer is a stream, which can be cancelled there."""
    channel: Any = UnknownChannel()
    method = UnaryMethod(Roads(channel, channel), "/a/B")
    blocked: list[bytes] = []

    def block(body: bytes, *_: Any) -> Finished:
        blocked.append(body)
        if len(blocked) == 1:
            method(b"second" * 1000, timeout=1, metadata=(), cancel=None)
            method(b"third" * 3000, timeout=1, metadata=(), cancel=None)
        return Finished(grpc.StatusCode.OK, "", (), (), b"")

    method._block = block
    method(b"first" * 1000, timeout=1, metadata=(), cancel=None)
    assert blocked == [b"first" * 1000, b"second" * 1000]
    assert channel.streamed == [b"third" * 3000]


def test_an_answer_proves_that_what_was_sent_before_has_left() -> None:
    """Room taken by an unanswered call comes back with the answer to a later one, not to one before it."""
    room = Room()
    large = LARGE - 1
    before = room.losses
    assert room.take(large)
    room.leave(large, before, answered=False)
    assert not room.take(10)
    room.leave(0, before, answered=True)
    assert not room.take(10)
    room.leave(0, room.losses, answered=True)
    assert room.take(10)
