"""A TCP server that does to its connections exactly what a test says, byte for byte."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

Behaviour = Callable[["Peer"], None]


class Peer:
    """The server's side of one connection, in the thread that serves it."""

    def __init__(self, sock: socket.socket, stop: threading.Event) -> None:
        self.sock = sock
        self.stop = stop  # set when the test is over: the only thing worth waiting for
        self._pending = b""

    def read_request(self) -> bytes:
        """One request, body included; empty when the client has closed."""
        while b"\r\n\r\n" not in self._pending:
            chunk = self.sock.recv(65536)
            if not chunk:
                return b""
            self._pending += chunk
        head, _, rest = self._pending.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(rest) < length:
            rest += self.sock.recv(65536)
        self._pending = rest[length:]
        return head + b"\r\n\r\n" + rest[:length]

    def answer(self, body: bytes = b"{}", status: str = "200 OK", headers: tuple[str, ...] = ()) -> bytes:
        """Send a whole response with a length; returns its bytes."""
        lines = (f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", "")
        response = "\r\n".join(lines).encode() + body
        self.sock.sendall(response)
        return response

    def reset(self) -> None:
        """End the connection with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class RawServer:
    """Runs ``behaviour`` for each connection, in a thread of its own. Use as a context manager."""

    def __init__(self, behaviour: Behaviour, *, receive_buffer: int | None = None) -> None:
        self._behaviour = behaviour
        self._stop = threading.Event()
        self._listener = socket.socket()
        if receive_buffer is not None:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        self._threads: list[threading.Thread] = []
        self._peers: list[socket.socket] = []
        self.connections = 0

    @property
    def address(self) -> str:
        """``http://host:port``."""
        host, port = self._listener.getsockname()
        return f"http://{host}:{port}"

    def __enter__(self) -> "RawServer":
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for sock in (self._listener, *self._peers):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(2)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._peers.append(sock)
            self._start(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        with suppress(OSError):
            self._behaviour(Peer(sock, self._stop))
            sock.close()


def answering(peer: Peer) -> None:
    """Answer ``{}`` to every request."""
    while peer.read_request():
        peer.answer()


@contextmanager
def full_backlog(listener: socket.socket) -> Iterator[int]:
    """A port whose queue of connections is full: further ones are neither accepted nor refused."""
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    fillers: list[socket.socket] = []
    try:
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        yield listener.getsockname()[1]
    finally:
        for filler in fillers:
            filler.close()
