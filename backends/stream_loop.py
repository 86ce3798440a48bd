"""One asyncio loop in one thread for a lane's long-lived connections.

Hundreds of open streams cost one thread here, and none of the handler threads that answer ordinary
requests. Knows sockets and chunks, not orders: what is written is decided by the stream it is given.
"""

import asyncio
import contextlib
import logging
import os
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Protocol

_LOG = logging.getLogger("trilane.streams")

_DROPPED_BYTES = 64 * 1024 * 1024  # of a body that nobody reads; who sends more is cut off
_LINGER_SECONDS = 10.0

Write = Callable[[bytes], Awaitable[None]]


class CutOff(Exception):
    """Raised by a stream that ends without its protocol's ending: ``data`` as it stands, then FIN or RST."""

    def __init__(self, data: bytes = b"", *, reset: bool = False) -> None:
        super().__init__("reset" if reset else "cut off")
        self.data = data
        self.reset = reset


class Lingering(Protocol):
    """A socket, or asyncio's view of one."""

    def setsockopt(self, level: int, option: int, value: bytes, /) -> None:
        """As `socket.socket.setsockopt`."""


class SocketStream(Protocol):
    """What is written to an adopted socket."""

    async def run(self, write: Write) -> None:
        """Write until the end. Cancelled when the peer leaves. May raise CutOff."""

    def stop(self) -> None:
        """The server shuts down: end soon, as the protocol wants it. Any thread."""


class StreamLoop:
    """Owns the loop and its thread, which starts with the first stream. Methods are for any thread."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._adopted: set[SocketStream] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> "Future[Any]":
        """Run a coroutine on the loop. Raises RuntimeError after `stop`."""
        with self._lock:
            if self._closed:
                work.close()
                raise RuntimeError(f"{self._name} is stopped")
            if self._loop is None:
                self._start()
            assert self._loop is not None
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _start(self) -> None:
        loop = asyncio.new_event_loop()
        self._loop = loop
        self._thread = threading.Thread(target=self._run, args=(loop,), name=self._name)
        self._thread.start()

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            loop.close()

    def adopt(self, connection: socket.socket, stream: SocketStream, *, chunked: bool) -> None:
        """Take over a socket: run `stream` on it, watch for the peer to leave, close it at the end."""
        try:
            self.spawn(self._keep(connection, stream, chunked=chunked))
        except RuntimeError:
            connection.close()

    def linger(self, connection: socket.socket) -> None:
        """Close a socket whose peer may still be sending: what comes is dropped, for a while."""
        try:
            self.spawn(_drop_the_rest(connection))
        except RuntimeError:
            connection.close()

    async def _keep(self, connection: socket.socket, stream: SocketStream, *, chunked: bool) -> None:
        with self._lock:
            self._adopted.add(stream)
            late = self._closed
        if late:
            stream.stop()
        try:
            await _serve_socket(connection, stream, chunked=chunked)
        finally:
            with self._lock:
                self._adopted.discard(stream)

    def stop(self, grace: float = 1.0) -> None:
        """Ask the streams to end, cancel those that still run after ``grace`` seconds, end the thread."""
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
            adopted = list(self._adopted)
        if loop is None or thread is None:
            return
        for stream in adopted:
            stream.stop()
        asyncio.run_coroutine_threadsafe(_finish(grace), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _finish(grace: float) -> None:
    own = asyncio.current_task()
    tasks = {task for task in asyncio.all_tasks() if task is not own}
    if tasks:
        await asyncio.wait(tasks, timeout=max(grace, 0))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


async def _serve_socket(connection: socket.socket, stream: SocketStream, *, chunked: bool) -> None:
    loop = asyncio.get_running_loop()
    connection.setblocking(False)

    async def write(data: bytes) -> None:
        await loop.sock_sendall(connection, b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)

    writing = asyncio.ensure_future(stream.run(write))
    leaving = asyncio.ensure_future(_peer_left(connection))
    try:
        await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if writing.done():
            writing.result()
            if chunked:
                await loop.sock_sendall(connection, b"0\r\n\r\n")
    except CutOff as cut:
        with contextlib.suppress(OSError):
            await loop.sock_sendall(connection, cut.data)
            if cut.reset:
                end_with_reset(connection)
                connection.close()  # before the orderly ending below
    except OSError:
        pass  # the peer went away while we wrote: nobody is left to tell
    finally:
        for task in (writing, leaving):
            task.cancel()
        await asyncio.gather(writing, leaving, return_exceptions=True)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        connection.close()


def end_with_reset(connection: Lingering) -> None:
    """Make the coming close a reset, so that the peer cannot take it for a proper ending."""
    # Two ints, on Windows two shorts: linger on, for 0 seconds.
    connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    )


async def _peer_left(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError):
        while await loop.sock_recv(connection, 4096):
            pass  # a stream's client has nothing more to say; what it says is dropped


async def _drop_the_rest(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    try:
        connection.setblocking(False)
        connection.shutdown(socket.SHUT_WR)
        left = _DROPPED_BYTES
        async with asyncio.timeout(_LINGER_SECONDS):
            while left > 0 and (block := await loop.sock_recv(connection, 65_536)):
                left -= len(block)
    except (OSError, TimeoutError):
        pass  # gone, or too slow to be waited for
    finally:
        connection.close()
