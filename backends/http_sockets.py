"""Reading and writing the socket of one HTTP connection: what cheroot's file objects do, in fewer steps.

Those are the standard library's pure-Python buffers, and cost a lane more than its catalog does. Here a line
is found by one search, and the head of an answer leaves together with its first piece: one system call, one
packet, and a client that wakes once. One thread at a time.
"""

import re
import socket
from collections.abc import Callable
from typing import Self

LONGEST_LINE = 64 * 1024  # bytes, where nobody asks for less
LONGEST_HEAD = 64 * 1024  # bytes of a request before its body
_BLOCK = 64 * 1024
_BEYOND = 512  # so much more of a head has come when its reader finds it too long
_SOON = 0.02  # seconds; who waits longer for a client holds a thread that others may need
_ALONE = re.compile(rb"(?<!\r)\n")  # the end of a line as HTTP has none


def _nothing() -> None:
    return


class SocketReader:
    """The bytes that a client sends, in lines and blocks."""

    def __init__(self, sock: socket.socket, on_wait: Callable[[], None] = _nothing) -> None:
        """``on_wait`` is called by a thread that is about to wait for a slow client."""
        self._socket = sock
        self._on_wait = on_wait
        self._buffer = b""
        self._at = 0  # up to here it has been read
        self._searched = 0  # up to here there is no end of a head
        self._ended = False
        self.bytes_read = 0

    def head_has_come(self) -> bool:
        """Whether a request can be read, or refused, without waiting: its head is whole or no head at all."""
        buffer, at = self._buffer, self._at
        if self._ended or len(buffer) - at >= LONGEST_HEAD + _BEYOND:
            return True
        if buffer.find(b"\r\n\r\n", max(at, self._searched)) >= 0:
            return True
        if buffer.startswith(b"\r\n", at):
            at += 2  # one empty line before a request is passed over
        end = buffer.find(b"\n", at)
        if end >= 0 and (b" HTTP/" not in buffer[at:end] or _ALONE.search(buffer, max(at, self._searched))):
            return True
        self._searched = max(self._at, len(buffer) - 3)
        return False

    def has_data(self) -> bool:
        """Whether something has come that was not read: a request right behind the one before."""
        return self._at < len(self._buffer)

    def comes_within(self, seconds: float) -> bool:
        """Wait for something more to come, or for the client to go. False when neither happened."""
        try:
            self._keep(self._look(_BLOCK, seconds))
        except (TimeoutError, BlockingIOError):
            return False
        return True

    def whole_line(self) -> bytes:
        """The next line without taking it; empty when it has not come in one piece."""
        if not self.has_data() and not self._fill():
            return b""
        return self._buffer[self._at : self._buffer.find(b"\n", self._at) + 1]

    def skip(self, count: int) -> None:
        """Take ``count`` bytes that were looked at."""
        self._at += count

    def readline(self, limit: int = LONGEST_LINE) -> bytes:
        """The next line with its end; without one after ``limit`` bytes, or at the end of the stream."""
        while True:
            at, known = self._at, len(self._buffer)
            end = self._buffer.find(b"\n", at, at + limit) + 1
            if not end and known - at >= limit:
                end = at + limit
            if end or not self._fill():
                self._at = end or known
                return self._buffer[at : self._at]

    def read(self, size: int | None = None) -> bytes:
        """``size`` bytes, fewer only at the end of the stream; all that comes when None."""
        wanted = float("inf") if size is None or size < 0 else size
        end = len(self._buffer) if wanted > len(self._buffer) else self._at + int(wanted)
        first = self._buffer[self._at : end]
        self._at += len(first)
        if len(first) == size:
            return first
        parts, left = [first], wanted - len(first)
        while left > 0 and (block := self._receive(int(min(left, _BLOCK)))):
            parts.append(block)
            left -= len(block)
        return b"".join(parts)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def close(self) -> None:
        """Forget what was not read. The socket is the connection's to close."""
        self._buffer, self._at = b"", 0

    def _fill(self) -> bool:
        return self._keep(self._receive(_BLOCK))

    def _keep(self, block: bytes) -> bool:
        at, self._at = self._at, 0
        self._searched = max(0, self._searched - at)
        self._buffer = self._buffer[at:] + block
        self._ended = not block
        return bool(block)

    def _receive(self, size: int) -> bytes:
        try:
            return self._look(size, _SOON)
        except TimeoutError:
            self._on_wait()
        block = self._socket.recv(size)
        self.bytes_read += len(block)
        return block

    def _look(self, size: int, seconds: float) -> bytes:
        before = self._socket.gettimeout()
        self._socket.settimeout(seconds)
        try:
            block = self._socket.recv(size)
        finally:
            self._socket.settimeout(before)
        self.bytes_read += len(block)
        return block


class SocketWriter:
    """The bytes that go to a client. Nothing waits here except a head that is held."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._held = b""
        self.bytes_written = 0

    def hold(self, head: bytes) -> None:
        """Keep ``head`` until something is written, or flushed."""
        self._held += head

    def write(self, data: bytes) -> int:
        """Send what is held, and ``data``."""
        if self._held and len(data) > _BLOCK:
            self.flush()
        held, self._held = self._held, b""
        self._send(held + data if held else data)
        return len(data)

    def flush(self) -> None:
        """Send what is held."""
        held, self._held = self._held, b""
        if held:
            self._send(held)

    def close(self) -> None:
        """Forget what is held. The socket is the connection's to close."""
        self._held = b""

    def _send(self, data: bytes) -> None:
        # Not sendall(): its time limit is for everything, and a slow client may take longer while it reads.
        sent = self._socket.send(data)
        self.bytes_written += len(data)
        if sent == len(data):
            return
        with memoryview(data) as left:
            while sent < len(data):
                sent += self._socket.send(left[sent:])
