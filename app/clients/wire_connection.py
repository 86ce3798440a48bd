"""The connections of one server: urllib3's, reporting to the transfer under way.

A usual request, whose answer is small and usual too, is written and read in one step each; that is a third of
what the general way through urllib3 and http.client costs. Everything else takes the general way, from the
byte where it turned out to be unusual. Knows nothing about operations or lanes.
"""

import http.client
import io
import time
from collections.abc import Mapping
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPHeaderDict, HTTPResponse
from urllib3.connection import HTTPConnection

from app.clients import http_head
from app.clients.wire import Transfer, WireSocket, current, open_socket

IDLE_LIMIT = 4.0  # seconds; servers close kept connections after 5 to 60, so ours are given up before that
_JOINED = 64 * 1024  # bytes; a body up to this leaves in one piece with its head
_BLOCK = 64 * 1024  # bytes; what is asked for first: usually the whole answer
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})


class WholeHead(http.client.HTTPResponse):
    """The standard library's response, minus its tolerance: a head that was cut short is no head."""

    def begin(self) -> None:
        """Read status line and headers. Raises IncompleteRead when the connection ended among them."""
        super().begin()
        transfer = current()
        if transfer is not None and transfer.saw_end:
            raise http.client.IncompleteRead(b"")


class WireConnection(HTTPConnection):
    """A urllib3 connection that reports to the current transfer. One thread at a time, as urllib3 uses it."""

    response_class = WholeHead
    sock: WireSocket | None
    reusable = True
    _joins = False  # the head waits for the body: one packet, for which the server wakes once
    _waiting = b""

    def _new_conn(self) -> WireSocket:
        return open_socket(self._dns_host, self.port or 80, self._transfer(), self.socket_options)

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        """Send one request. Only after all of it went out may the connection be kept."""
        transfer = self._take_up()
        self._joins, self._waiting = isinstance(body, bytes) and 0 < len(body) <= _JOINED, b""
        super().request(method, url, body=body, headers=headers, **options)
        transfer.complete = True
        # A length that a person typed may be wrong, and what is left over would spoil the next exchange.
        self.reusable = bool(options.get("chunked")) or not _typed_framing(headers, body)

    def ask(
        self, method: str, head: bytes, body: bytes | None, pool: "WirePool"
    ) -> "QuickAnswer | HTTPResponse":
        """Send a usual request, and read the head of what comes. Raises as http.client does."""
        transfer = self._take_up()
        try:
            self._put_out(transfer, head, body)
        except (BrokenPipeError, ConnectionResetError):
            # The server may have refused what it did not want to read, and said so.
            if self.sock is None:
                raise
        sock = self.sock
        assert sock is not None  # it has just sent something
        begun = sock.recv(_BLOCK)
        end = begun.find(http_head.END)
        usual = http_head.read_head(begun[:end]) if end >= 0 else None
        if usual is None:
            return self._general(method, begun, sock, pool)
        return QuickAnswer(self, sock, pool, usual[0], begun[end + len(http_head.END) :], usual[1])

    def _put_out(self, transfer: Transfer, head: bytes, body: bytes | None) -> None:
        self._joins, self._waiting = False, b""
        if body is None:
            self.send(head)
        elif len(body) <= _JOINED:
            transfer.head = head
            self.send(head + body)
        else:
            self.send(head)
            self.send(body)
        transfer.complete = self.reusable = True

    def _general(self, method: str, begun: bytes, sock: WireSocket, pool: "WirePool") -> HTTPResponse:
        """What urllib3 makes of an answer that began with ``begun``."""
        answer = WholeHead(_Begun(sock, begun), method=method)  # type: ignore[arg-type]
        try:
            answer.begin()
        except BaseException:
            answer.close()
            raise
        if answer.will_close:
            self.close()
        return HTTPResponse(
            body=answer,
            headers=HTTPHeaderDict(answer.msg.items()),
            status=answer.status,
            version=answer.version,
            reason=answer.reason,
            preload_content=False,
            decode_content=False,
            original_response=answer,
            request_method=method,
            connection=self,
            pool=pool,
        )

    def _take_up(self) -> Transfer:
        """Begin another request on this connection, if it is fresh enough."""
        transfer = self._transfer()
        transfer.queued = time.perf_counter()
        if self.sock is not None and transfer.queued - self.sock.idle_since > IDLE_LIMIT:
            self.close()
        transfer.reused = self.sock is not None
        if self.sock is not None:
            transfer.attach(self.sock)
        self.reusable = False
        return transfer

    def send(self, data: Any) -> None:
        """Send; a kept connection that turns out dead before any byte went out is replaced, once."""
        transfer = self._transfer()
        if self._joins:
            self._joins, self._waiting = False, bytes(data)
            return
        if self._waiting:
            transfer.head = self._waiting
            data, self._waiting = self._waiting + data, b""
        try:
            super().send(data)
        except ConnectionError:
            # The server closed the idle connection between urllib3's look at it and this write. No byte of
            # the request left, so this is no failure of the server's. After the first byte it would be.
            if not transfer.reused or transfer.bytes_up or transfer.cancelled or self.sock is None:
                raise
            self.sock.close()
            self.sock = None
            transfer.reused = False
            super().send(data)

    def _transfer(self) -> Transfer:
        transfer = current()
        if transfer is None:
            raise RuntimeError("a WireConnection is used inside Transferring() only")
        return transfer


class QuickAnswer:
    """A small answer of known length, whose head was usual: what urllib3's response is for others."""

    __slots__ = ("_begun", "_connection", "_length", "_pool", "_sock", "head")

    def __init__(
        self,
        connection: WireConnection,
        sock: WireSocket,
        pool: "WirePool",
        head: http_head.Head,
        begun: bytes,
        length: int,
    ) -> None:
        self._connection = connection
        self._sock = sock
        self._pool = pool
        self._begun = begun
        self._length = length
        self.head = head

    def read(self, *, decode_content: bool = False) -> bytes:
        """The whole body as it came. Raises IncompleteRead when the connection ended before, and OSError."""
        begun, length = self._begun, self._length
        while len(begun) < length:
            piece = self._sock.recv(_BLOCK)
            if not piece:
                raise http.client.IncompleteRead(begun, length - len(begun))
            begun += piece
        if len(begun) > length:  # it answers what nobody asked
            self._connection.reusable = False
        return begun[:length]

    def release_conn(self) -> None:
        """Give the connection back."""
        self._pool._put_conn(self._connection)

    def close(self) -> None:
        """Give the connection back, closed."""
        self._connection.close()
        self._pool._put_conn(self._connection)


class _Begun:
    """A socket of which some bytes were read already, for http.client to read from."""

    def __init__(self, sock: WireSocket, begun: bytes) -> None:
        self._sock = sock
        self._begun = begun

    def makefile(self, _mode: str) -> io.BufferedReader:
        """A file over all of it."""
        return io.BufferedReader(_Rest(self._begun, self._sock.makefile("rb", buffering=0)))


class _Rest(io.RawIOBase):
    """First what is known, then what comes."""

    def __init__(self, begun: bytes, coming: io.RawIOBase) -> None:
        super().__init__()
        self._begun = begun
        self._coming = coming

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read some bytes; none at the end."""
        if not self._begun:
            return self._coming.readinto(buffer)
        count = min(len(buffer), len(self._begun))
        buffer[:count] = self._begun[:count]
        self._begun = self._begun[count:]
        return count

    def close(self) -> None:
        """Let go of the socket, too."""
        self._coming.close()
        super().close()


def _typed_framing(headers: Mapping[str, str] | None, body: Any) -> bool:
    for name, value in (headers or {}).items():
        if name.lower() not in _FRAMING:
            continue
        if name.lower() != "content-length" or value != str(len(body or b"")):
            return True
    return False


class WirePool(HTTPConnectionPool):
    """Kept connections to one server; never blocks, never keeps a connection in an unknown state."""

    ConnectionCls = WireConnection

    def ask(self, method: str, head: bytes, body: bytes | None) -> "QuickAnswer | HTTPResponse":
        """Send a usual request on a kept connection, or a new one. Raises as http.client does."""
        connection: Any = self._get_conn()
        try:
            answer: QuickAnswer | HTTPResponse = connection.ask(method, head, body, self)
        except BaseException:
            connection.close()
            self._put_conn(None)
            raise
        return answer

    def _put_conn(self, conn: Any) -> None:
        transfer = current()
        if transfer is not None:
            transfer.release()  # before another thread can take the connection
        if conn is not None and not conn.reusable:
            conn.close()
        super()._put_conn(conn)
