"""The HTTP server under REST and GraphQL: cheroot, made to start, stop and stream the way the lanes need it.

Knows nothing of routes or schemas. What it adds to cheroot: a taken port is an OSError that names the port,
a body that nobody read is dropped without a worker so that the refusal reaches the client, log lines go to
`logging`, and a response may hand its socket over to a `StreamLoop` so that a stream holds no worker thread.
"""

import contextlib
import errno
import logging
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from cheroot import server as cheroot_server
from cheroot import wsgi

from backends.addresses import bracketed, not_bound
from backends.http_request import Request
from backends.http_sockets import LONGEST_HEAD, SocketReader, SocketWriter
from backends.http_waiting import MOST_WAITING, WaitingConnections
from backends.http_workers import WorkerPool
from backends.stream_loop import SocketStream, StreamLoop

MAX_BODY_BYTES = 1024 * 1024
HAND_OVER = (
    "trilane.hand_over"  # environ key: call it with a SocketStream to take the socket after the headers
)
WAIT = "trilane.wait"  # environ key: call it with seconds to wait; False when the server stops meanwhile

_BLOCK_BYTES = 64 * 1024
_KEEP_ALIVE_SECONDS = 60
_STALL_SECONDS = 10  # between two pieces of a request that has begun, or of an answer
_STAY_SECONDS = 0.01  # a worker waits so long for a request, then the accept loop does
_BACKLOG = 128  # clients that may knock at the same moment; cheroot's 5 lets the others wait for seconds
_SELECT_SECONDS = 0.1  # longest time until the accept loop notices a stop

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class SocketTaken(Exception):
    """Raised by an application instead of answering: the socket goes to ``stream`` with nothing written."""

    def __init__(self, stream: SocketStream) -> None:
        super().__init__("the socket is taken")
        self.stream = stream


_ONCE = frozenset(
    {b"Authorization", b"Content-Length", b"Content-Type", b"Host", b"Idempotency-Key", b"Origin"}
)


class _Fields(dict[bytes, bytes]):
    """Header fields, of which some may come once: which of two tokens would count is anybody's guess."""

    def __setitem__(self, name: bytes, value: bytes) -> None:
        if name in _ONCE and name in self:
            raise ValueError(f"{name.decode()} is given more than once, or continued on a second line")
        super().__setitem__(name, value)


class _HeaderReader(cheroot_server.HeaderReader):
    """cheroot's reader, which would take the last of several fields of a name."""

    def __call__(self, rfile: Any, hdict: dict[bytes, bytes] | None = None) -> dict[bytes, bytes]:
        """Read the fields; a ValueError becomes a 400."""
        fields = super().__call__(rfile, _Fields())
        if hdict is None:
            return dict(fields)
        hdict.update(fields)
        return hdict

    def _allow_header(self, key_name: bytes) -> bool:
        return b"_" not in key_name  # WSGI cannot tell it from a hyphen: Content_Type would be a second one


class _Request(Request):
    """Our request with our reader of headers."""

    header_reader = _HeaderReader()


class _Connection(cheroot_server.HTTPConnection):
    """A connection whose socket may leave for a stream loop."""

    RequestHandlerClass = _Request
    handed_over = False
    answering = False  # a request has arrived whole enough to be answered
    _kept = False  # for a further request

    def __init__(self, server: Any, sock: socket.socket, makefile: object = None) -> None:
        sock.settimeout(_STALL_SECONDS)  # cheroot's is the longer one of keeping alive
        super().__init__(server, sock, self._file)

    def _file(self, sock: socket.socket, mode: str, _size: int = 0) -> SocketReader | SocketWriter:
        return SocketReader(sock, self.server.requests.stand_in) if "r" in mode else SocketWriter(sock)

    def communicate(self) -> bool:
        """Answer requests as long as they follow one another closely. False when the connection is to end.

        A way back through the accept loop wakes two threads, which costs more than many an answer. But no
        worker waits for the rest of a head: who sends halves of them would hold all.
        """
        while self._is_asked():
            if not super().communicate():  # type: ignore[no-untyped-call]
                return False
            self._kept = True
        return True

    def _is_asked(self) -> bool:
        while not self.rfile.head_has_come():
            with self.server.requests.staying() as may_stay:
                if not self.rfile.comes_within(_STAY_SECONDS if may_stay else 0):
                    return False
        return True

    @property
    def patience(self) -> float:
        """Seconds of silence before the wait for the next request, or for the rest of one, ends."""
        return _KEEP_ALIVE_SECONDS if self._kept and not self.rfile.has_data() else _STALL_SECONDS

    def give_up(self) -> None:
        """Tell a client that was silent in the middle of a request. Never blocks."""
        if self.rfile.has_data():
            self.socket.settimeout(0)
            self.RequestHandlerClass(self.server, self).simple_response("408 Request Timeout")

    def hang_up_if_silent(self) -> None:
        """End a wait for a request that has not come: the worker that waits is free at once."""
        if not self.answering:
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """Close, unless the socket now belongs to somebody else."""
        if not self.handed_over:
            super().close()


@lru_cache(maxsize=256)
def _variable(header: bytes) -> str:
    """What a WSGI application calls a header."""
    name = header.decode("latin-1").upper().replace("-", "_")
    return name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"


class _Gateway(wsgi.Gateway_10):
    """One request: gets rid of unread bodies and lets the application take the socket."""

    def __init__(self, request: Any) -> None:
        self._taken: list[SocketStream] = []
        super().__init__(request)

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]  # cheroot's stub says None
        """The WSGI environment (PEP 3333)."""
        request, connection, server = self.req, self.req.conn, self.req.server
        environ: dict[str, Any] = {
            "PATH_INFO": request.path.decode("latin-1"),
            "QUERY_STRING": request.qs.decode("latin-1"),
            "REMOTE_ADDR": connection.remote_addr or "",
            "REMOTE_PORT": str(connection.remote_port or ""),
            "REQUEST_METHOD": request.method.decode("latin-1"),
            "REQUEST_URI": request.uri.decode("latin-1"),
            "SCRIPT_NAME": "",
            "SERVER_NAME": server.server_name,
            "SERVER_PORT": str(server.bind_addr[1]),
            "SERVER_PROTOCOL": request.request_protocol.decode("latin-1"),
            "SERVER_SOFTWARE": server.software,
            "wsgi.errors": sys.stderr,
            "wsgi.input": request.rfile,
            "wsgi.input_terminated": request.chunked_read,
            "wsgi.multiprocess": False,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.url_scheme": "http",
            "wsgi.version": self.version,
            HAND_OVER: self._taken.append,
            WAIT: self._wait,
        }
        for name, value in request.inheaders.items():
            environ[_variable(name)] = value.decode("latin-1")
        return environ

    def respond(self) -> None:
        """Run the application, then hand the socket over if it asked for that."""
        self.req.conn.answering = True
        if self._declared() > MAX_BODY_BYTES:
            self.req.close_connection = True  # it will be refused unread: nothing can follow it
        try:
            super().respond()
        except SocketTaken as given:
            self._give_away(given.stream)
            return
        self.req.conn.answering = False
        if self._taken and self.req.status.startswith(b"200"):
            self._hand_over(self._taken[0])
        elif self._is_unread():
            self._linger()

    def _declared(self) -> int:
        """Bytes of the body that are still to be read, as far as the client said how many."""
        remaining: int = getattr(self.req.rfile, "remaining", 0)
        return remaining

    def _is_unread(self) -> bool:
        if self.req.chunked_read:
            return not getattr(self.req.rfile, "closed", True)
        return self.req.close_connection and self._declared() > 0

    def _linger(self) -> None:
        """Let the client finish its body before the socket is closed, but not at a worker's expense.

        A socket that is closed with unread data is reset, and the refusal would be lost on its way.
        """
        connection = self.req.conn
        self.req.close_connection = True
        connection.wfile.flush()
        connection.handed_over = True
        self.req.server.streams.linger(connection.socket)

    def _wait(self, seconds: float) -> bool:
        server = self.req.server
        server.requests.stand_in()
        return not server.stopping.wait(seconds)

    def _give_away(self, stream: SocketStream) -> None:
        # What is left unread would turn the closing into a reset.
        if self._declared() <= MAX_BODY_BYTES:
            while self.req.rfile.read(_BLOCK_BYTES):
                pass
        self.req.ready = False  # else cheroot would send the headers of a response that nobody made
        self._hand_over(stream)

    def _hand_over(self, stream: SocketStream) -> None:
        request, connection = self.req, self.req.conn
        chunked = bool(request.chunked_write)
        request.chunked_write = False  # cheroot must not write the last chunk: the stream does
        request.close_connection = True
        connection.wfile.flush()
        connection.handed_over = True
        request.server.streams.adopt(connection.socket, stream, chunked=chunked)


class _Server(wsgi.Server):
    """cheroot's server with our connection, gateway and log."""

    ConnectionClass = _Connection
    expiration_interval = _SELECT_SECONDS
    keep_alive_conn_limit = MOST_WAITING

    def __init__(self, address: tuple[str, int], app: WsgiApp, streams: StreamLoop, lane: str) -> None:
        super().__init__(
            address,
            app,
            timeout=_KEEP_ALIVE_SECONDS,
            server_name="trilane",
            request_queue_size=_BACKLOG,
        )
        self.requests = WorkerPool(self)
        self.gateway = _Gateway
        self.software = "trilane"
        self.streams = streams
        self.stopping = threading.Event()
        self.max_request_header_size = LONGEST_HEAD
        self._log = logging.getLogger(f"trilane.{lane}")

    def prepare(self) -> None:
        """Bind, and watch connections our way."""
        super().prepare()
        own: Any = self
        own._connections._selector.close()
        own._connections = WaitingConnections(self)

    def clear_stats(self) -> None:
        """Keep the counters out of cheroot's list for the whole process: it never lets a server go again."""
        super().clear_stats()  # type: ignore[no-untyped-call]
        registry: dict[str, object] = logging.statistics  # type: ignore[attr-defined]
        registry.pop(f"Cheroot HTTPServer {id(self)}", None)

    def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:
        """Bind as cheroot does, but close the socket if that fails."""
        made: socket.socket = self.prepare_socket(
            self.bind_addr, family, type, proto, self.nodelay, self.ssl_adapter, self.reuse_port
        )
        try:
            self.socket = self.bind_socket(made, self.bind_addr)  # type: ignore[no-untyped-call]
        except OSError:
            made.close()
            raise
        self.bind_addr = self.resolve_real_bind_addr(made)  # type: ignore[no-untyped-call]
        return made

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Send cheroot's messages to `logging` instead of the standard error stream."""
        self._log.log(level, msg, exc_info=traceback)


class HttpServer:
    """Serves one WSGI application until told to stop. `serve` blocks; `shutdown` is for any thread."""

    def __init__(self, *, lane: str, host: str, port: int, streams: StreamLoop) -> None:
        self._lane = lane
        self._address = (host, port)
        self._streams = streams
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._stopping = False
        self._served = threading.Event()

    def serve(self, app: WsgiApp, on_bound: Callable[[str], None]) -> None:
        """Bind, tell the base URL, serve. Raises OSError naming the address when it cannot bind."""
        server = _Server(self._address, app, self._streams, self._lane)
        if self._stopping:
            return
        self._bind(server)  # without the lock: looking up a host can take long, and shutdown waits for nobody
        with self._lock:
            wanted = not self._stopping
            self._server = server if wanted else None
        if not wanted:
            server.stop()
            return
        host, port = server.bind_addr[:2]
        try:
            on_bound(f"http://{bracketed(host)}:{port}")
            server.serve()
        finally:
            self.shutdown()

    def _bind(self, server: _Server) -> None:
        host, port = self._address
        try:
            server.prepare()
        except OSError as error:
            raise not_bound(host, port, OSError(_number(error), str(error))) from error

    def shutdown(self, grace: float = 1.0) -> None:
        """Stop accepting, give running requests `grace` seconds, then close. Idempotent, any thread."""
        with self._lock:
            self._stopping = True
            server, self._server = self._server, None
        if server is not None:
            server.stopping.set()
            server.shutdown_timeout = max(grace, 0.01)
            server.stop()


def _number(error: OSError) -> int:
    """What went wrong when cheroot bound: its own error has no number, but quotes those that it met."""
    quoted = re.search(r"\[(?:Errno|WinError) (\d+)\]", str(error))
    return error.errno or (int(quoted[1]) if quoted else errno.EADDRNOTAVAIL)
