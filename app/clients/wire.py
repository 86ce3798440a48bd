"""An instrumented socket and what it reports to: it can be cancelled, keeps one deadline, and counts.

urllib3 offers no hook for any of this, so the socket class itself does it. Knows nothing about HTTP.
"""

import errno
import os
import socket
import threading
import time
from contextlib import suppress
from typing import Any

from urllib3.util.wait import wait_for_write

_CONNECT_SLICE = 0.02  # seconds; a connecting socket cannot be woken on every system, so look this often


class TransferStoppedError(OSError):
    """The transfer was cancelled before it had a socket that could be shut down."""


class Transfer:
    """One exchange on the wire while it is under way.

    Its fields belong to the calling thread; ``cancel`` may come from any. Times are perf_counter seconds.
    """

    __slots__ = (
        "_lock",
        "_socket",
        "bytes_down",
        "bytes_up",
        "cancelled",
        "complete",
        "connected",
        "deadline",
        "first_byte",
        "head",
        "last_byte",
        "queued",
        "reused",
        "saw_end",
        "sent",
        "started",
        "timed_out",
    )

    def __init__(self, deadline: float | None = None) -> None:
        """``deadline`` is an absolute perf_counter time for the whole exchange."""
        self.started = time.perf_counter()
        self.deadline = deadline
        self.queued: float | None = None
        self.connected: float | None = None
        self.sent: float | None = None
        self.first_byte: float | None = None
        self.last_byte: float | None = None
        self.bytes_up = 0
        self.bytes_down = 0
        self.reused: bool | None = None
        self.complete = False  # the whole request was handed to the kernel
        self.saw_end = False  # the server closed its side
        self.timed_out = False
        self.cancelled = False
        self.head = b""  # start line and headers as sent
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """End the transfer now, whatever it is blocked in. Any thread; idempotent."""
        with self._lock:
            self.cancelled = True
            if self._socket is not None:
                with suppress(OSError):  # already closed by the other side, or not connected yet
                    self._socket.shutdown(socket.SHUT_RDWR)

    def attach(self, sock: "WireSocket") -> None:
        """From now on cancel() shuts ``sock`` down. Raises TransferStoppedError when that has happened."""
        with self._lock:
            if self.cancelled:
                raise TransferStoppedError(errno.ECANCELED, "cancelled")
            self._socket = sock
        sock.transfer = self

    def release(self) -> None:
        """Let go of the socket: from now on it belongs to the pool, and cancel() no longer reaches it."""
        with self._lock:
            sock, self._socket = self._socket, None
        if isinstance(sock, WireSocket):
            sock.transfer = None
            sock.idle_since = time.perf_counter()

    def remaining(self) -> float | None:
        """Seconds left of the whole exchange, None without a deadline. Raises TimeoutError when none are."""
        if self.deadline is None:
            return None
        left = self.deadline - time.perf_counter()
        if left <= 0:
            self.timed_out = True
            raise TimeoutError(errno.ETIMEDOUT, "deadline passed")
        return left

    def count_sent(self, count: int) -> None:
        """``count`` more bytes were handed to the kernel."""
        self.bytes_up += count
        self.sent = time.perf_counter()

    def count_received(self, count: int) -> None:
        """``count`` more bytes arrived; none means that the server closed its side."""
        if count == 0:
            self.saw_end = True
            return
        now = time.perf_counter()
        if self.first_byte is None:
            self.first_byte = now
        self.last_byte = now
        self.bytes_down += count


class _Current(threading.local):
    transfer: Transfer | None = None


_current = _Current()


def current() -> Transfer | None:
    """The transfer that connections used by this thread report to."""
    return _current.transfer


class Beginning:
    """As Transferring(), but the answer is read after the block: its reader releases the transfer."""

    __slots__ = ("_transfer",)

    def __init__(self, transfer: Transfer) -> None:
        self._transfer = transfer

    def __enter__(self) -> None:
        _current.transfer = self._transfer

    def __exit__(self, *_raised: object) -> None:
        _current.transfer = None


class Transferring(Beginning):
    """Connections used by this thread inside the block report to ``transfer``."""

    __slots__ = ()

    def __exit__(self, *_raised: object) -> None:
        _current.transfer = None
        self._transfer.release()


class WireSocket(socket.socket):
    """A TCP socket that reports to the transfer using it and never outlasts that transfer's deadline."""

    transfer: Transfer | None = None
    idle_since: float = 0.0

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Receive, waiting at most until the deadline of the whole transfer."""
        transfer = self.transfer
        if transfer is None:
            return super().recv_into(buffer, nbytes, flags)
        try:
            self.settimeout(transfer.remaining())
            count = super().recv_into(buffer, nbytes, flags)
        except TimeoutError:
            transfer.timed_out = True
            raise
        transfer.count_received(count)
        return count

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """As recv_into(), for what is small."""
        transfer = self.transfer
        if transfer is None:
            return super().recv(bufsize, flags)
        try:
            self.settimeout(transfer.remaining())
            data = super().recv(bufsize, flags)
        except TimeoutError:
            transfer.timed_out = True
            raise
        transfer.count_received(len(data))
        return data

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send everything; in steps, so that what was sent is known when it fails halfway."""
        transfer = self.transfer
        if transfer is None:
            super().sendall(data, flags)
            return
        if not transfer.head:
            transfer.head = bytes(data)
        with memoryview(data) as view:
            offset = 0
            while offset < len(view):
                try:
                    self.settimeout(transfer.remaining())
                    count = self.send(view[offset:], flags)
                except TimeoutError:
                    transfer.timed_out = True
                    raise
                transfer.count_sent(count)
                offset += count


def open_socket(host: str, port: int, transfer: Transfer, options: Any = ()) -> WireSocket:
    """Connect within the transfer's deadline; cancel() ends it within 20 ms. Raises OSError."""
    failure: OSError = OSError(errno.EHOSTUNREACH, f"no address for {host}")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = WireSocket(family, kind, protocol)
        try:
            for option in options or ():
                sock.setsockopt(*option)
            transfer.attach(sock)
            _connect(sock, address, transfer)
        except OSError as error:
            sock.close()
            failure = error
            if transfer.cancelled or transfer.timed_out:
                break
        else:
            transfer.connected = time.perf_counter()
            return sock
    raise failure


def _connect(sock: WireSocket, address: Any, transfer: Transfer) -> None:
    sock.setblocking(False)
    code = sock.connect_ex(address)
    while code in {errno.EINPROGRESS, errno.EWOULDBLOCK}:
        left = transfer.remaining()
        if transfer.cancelled:
            raise TransferStoppedError(errno.ECANCELED, "cancelled")
        if wait_for_write(sock, _CONNECT_SLICE if left is None else min(left, _CONNECT_SLICE)):
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            break
    if transfer.cancelled:
        raise TransferStoppedError(errno.ECANCELED, "cancelled")
    if code:
        raise OSError(code, os.strerror(code))
