"""GraphQL over WebSocket: the graphql-transport-ws protocol on a port of its own.

Runs as coroutines on the backend's stream loop, so that hundreds of subscribers hold no thread. What blocks
(a query over the socket, parsing) goes to a small pool.
"""

import asyncio
import contextlib
import http
import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.legacy.server import WebSocketServer, WebSocketServerProtocol, serve
from websockets.typing import Subprotocol

from backends.addresses import bracketed, not_bound
from backends.graphql.context import RequestContext
from backends.graphql.execution import Executor
from backends.graphql.faults import SocketFaults
from backends.graphql.session import CLOSE_TEXT, SUBPROTOCOL, PeerLeft, Session, SocketClosed
from backends.http_guard import objection
from backends.shared import Opened
from backends.stream_loop import StreamLoop, end_with_reset

_LOG = logging.getLogger("trilane.graphql")

PATH = "/graphql"
_MAX_MESSAGE_BYTES = 64 * 1024
_GOODBYE_SECONDS = 0.2  # for the closing handshake
INIT_SECONDS = 3.0  # how long a client may take to initialise its connection


_json = json.JSONEncoder(separators=(",", ":")).encode


class Connection(WebSocketServerProtocol):
    """A socket that can send several messages in one piece. Used on the loop only."""

    async def send_together(self, messages: Sequence[str]) -> None:
        """As `send` for each text, with one write for all: each is a packet and a wake-up of the reader."""
        await self.ensure_open()
        frames = [Frame(Opcode.TEXT, message.encode()).serialize(mask=False) for message in messages]
        self.transport.write(b"".join(frames))
        await self.drain()


class SubscriptionServer:
    """Accepts sockets and gives each a session. `start` and `stop` are for the backend's thread."""

    def __init__(self, opened: Opened, executor: Executor, streams: StreamLoop) -> None:
        self._opened = opened
        self._executor = executor
        self._streams = streams
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="graphql-ws")
        self._server: WebSocketServer | None = None
        self._page_port = 0  # of the pages that may open a socket; until it is known, none may

    def allow_pages(self, url: str) -> None:
        """Let the pages of our own HTTP port in, and of no other."""
        self._page_port = urlsplit(url).port or 0

    def start(self) -> str:
        """Listen and return the address. Raises OSError naming the port when it is taken."""
        settings = self._opened.settings
        try:
            self._server = self._streams.spawn(self._listen()).result()
        except OSError as error:
            raise not_bound(settings.host, settings.graphql_ws_port, error) from error
        host, port = next(iter(self._server.sockets)).getsockname()[:2]
        return f"ws://{bracketed(host)}:{port}{PATH}"

    async def _listen(self) -> WebSocketServer:
        return await serve(
            self._handle,
            self._opened.settings.host,
            self._opened.settings.graphql_ws_port,
            create_protocol=Connection,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            process_request=self._check_request,
            max_size=_MAX_MESSAGE_BYTES,
            max_queue=16,
            compression=None,
            ping_interval=20,
            ping_timeout=20,
            open_timeout=INIT_SECONDS,
            close_timeout=_GOODBYE_SECONDS,
            logger=_socket_log(),
        )

    async def _check_request(
        self, path: str, headers: Any
    ) -> tuple[http.HTTPStatus, list[Any], bytes] | None:
        if path.partition("?")[0] != PATH:
            return http.HTTPStatus.NOT_FOUND, [], b"Subscriptions are at /graphql.\n"
        for name in ("Host", "Origin", "Authorization"):
            if len(headers.get_all(name)) > 1:
                return http.HTTPStatus.BAD_REQUEST, [], f"{name} is given more than once.\n".encode()
        if "Host" not in headers:
            return http.HTTPStatus.BAD_REQUEST, [], b"A Host header is needed.\n"
        bound_to = self._opened.settings.host
        host, origin = headers.get("Host"), headers.get("Origin")
        found = objection(bound_to, host, origin, page_port=self._page_port)
        return None if found is None else (http.HTTPStatus(found[0]), [], f"{found[1]}\n".encode())

    async def _handle(self, connection: WebSocketServerProtocol) -> None:
        assert isinstance(connection, Connection)

        async def send(messages: Sequence[dict[str, Any]]) -> None:
            try:
                await connection.send_together([_json(message) for message in messages])
            except ConnectionClosed:
                raise PeerLeft from None

        faults = self._faults(connection)
        session = Session(send, self._executor, self._pool, self._context_maker(connection), faults)
        try:
            if connection.subprotocol != SUBPROTOCOL:
                raise SocketClosed(4406)
            async with asyncio.timeout(INIT_SECONDS) as limit:
                while not session.initialised:
                    await session.receive(await connection.recv())
                limit.reschedule(None)
                async for message in connection:
                    await session.receive(message)
        except TimeoutError:
            await connection.close(4408, CLOSE_TEXT[4408])
        except SocketClosed as closed:
            await connection.close(closed.code, closed.reason)
        except (ConnectionClosed, PeerLeft):
            pass  # the client left: ending its subscriptions is all there is to do
        finally:
            await session.close()

    def _context_maker(self, connection: WebSocketServerProtocol) -> Callable[[str | None], RequestContext]:
        client = connection.remote_address[0] if connection.remote_address else ""
        header = connection.request_headers.get("Authorization")

        def make(authorization: str | None) -> RequestContext:
            return RequestContext(
                opened=self._opened, authorization=authorization or header, client=str(client)
            )

        return make

    def _faults(self, connection: WebSocketServerProtocol) -> SocketFaults:
        def cut(data: bytes, reset: bool) -> None:
            transport = connection.transport
            transport.write(data)
            if reset:
                end_with_reset(transport.get_extra_info("socket"))
                transport.abort()
            else:
                transport.close()

        address = connection.remote_address
        peer = f"{address[0]}:{address[1]}" if address else ""
        request_id = connection.request_headers.get("X-Request-Id", "")
        return SocketFaults(self._opened.faults, cut, peer, request_id)

    def stop(self) -> None:
        """Close the port and each socket with 1001 (going away). Idempotent."""
        server, self._server = self._server, None
        if server is not None:
            self._streams.spawn(_close(server)).result()
        self._pool.shutdown()


def _socket_log() -> logging.Logger:
    log = logging.getLogger("trilane.graphql.socket")
    # Whoever connects and says something else, or nothing, is no failure of ours.
    if not log.filters:
        log.addFilter(lambda record: record.msg != "opening handshake failed")
    return log


async def _close(server: WebSocketServer) -> None:
    server.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(server.wait_closed(), _GOODBYE_SECONDS)
    for connection in list(server.websockets):  # clients that answer nothing, not even the handshake
        connection.transport.abort()
    await server.wait_closed()
