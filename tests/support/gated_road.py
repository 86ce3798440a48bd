"""A road between a client and a live server that a test can hold up, cut or close at any moment.

It carries bytes and knows no protocol, so that the same trouble can be made on every lane.
"""

import socket
import struct
import threading
from contextlib import suppress

_HOUSEKEEPING = 40  # bytes; HTTP/2's own pings and window updates, which come when they like, are let through


class GatedRoad:
    """Forwards connections to ``upstream``. Any thread."""

    def __init__(self, upstream: tuple[str, int]) -> None:
        self._upstream = upstream
        self._requests = threading.Event()
        self._answers = threading.Event()
        self.held = threading.Event()  # something waits at a closed gate
        self._trickle = 0
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = _listen(0)
        self.port: int = self._listener.getsockname()[1]
        self.pass_all()
        self._spawn(self._accept, self._listener)

    @property
    def address(self) -> str:
        """``host:port`` of the client's end."""
        return f"127.0.0.1:{self.port}"

    def hold_answers(self, after: int = 0) -> None:
        """Let ``after`` more bytes of what the server says through, then nothing."""
        self.held.clear()
        self._trickle = after
        self._answers.clear()

    def hold_requests(self) -> None:
        """Let nothing of what the client says through."""
        self.held.clear()
        self._requests.clear()

    def pass_all(self) -> None:
        """Open both gates."""
        self._requests.set()
        self._answers.set()

    def cut(self) -> None:
        """Reset every connection; new ones are welcome."""
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for sock in sockets:
            with suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.shutdown(socket.SHUT_RD)  # wakes its pump
            sock.close()

    def close(self) -> None:
        """Close the road: connections are cut, new ones refused."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self.pass_all()
        for thread in self._threads:
            thread.join(2)

    def reopen(self) -> None:
        """Listen again where it listened before."""
        self._listener = _listen(self.port)
        self._spawn(self._accept, self._listener)

    def _spawn(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(self._upstream)
            except OSError:
                return
            for sock in (near, far):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._sockets += [near, far]
            self._spawn(self._pump, near, far, self._requests)
            self._spawn(self._pump, far, near, self._answers)

    def _pump(self, source: socket.socket, target: socket.socket, gate: threading.Event) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not gate.is_set() and len(data) > _HOUSEKEEPING:
                    if gate is self._answers and self._trickle:
                        target.sendall(data[: self._trickle])
                        data, self._trickle = data[self._trickle :], 0
                    self.held.set()
                    gate.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    return listener
